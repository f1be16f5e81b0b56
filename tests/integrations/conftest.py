"""What tests of trainings with PyTorch share."""

import pytest


@pytest.fixture
def one_torch_thread():
    """Hold PyTorch to one thread: threads cost small networks more than they give."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
