import pytest


@pytest.fixture(autouse=True)
def _one_thread(one_torch_thread):
    """Small networks are faster so, and others use the machine."""
