import pytest


@pytest.fixture
def one_torch_thread():
    """Hold PyTorch to one thread: the networks are small, and others use the machine."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
