import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from etascope.core.errors import InputError
from etascope.training.pytorch.batches import Batch
from etascope.training.pytorch.custom import iterating


def test_a_loader_is_gone_through_anew_each_time():
    loader = DataLoader(TensorDataset(torch.arange(4)), 2)
    assert [len(list(iterating.iterator_of("train_loader", loader))) for _ in range(2)] == [2, 2]
    assert iterating.length_of(loader) == 2
    assert iterating.length_of(iter([1])) is None


def test_what_does_not_end_is_refused_in_a_sentence(monkeypatch):
    monkeypatch.setattr(iterating, "MOST_BATCHES", 3)
    batch = Batch(torch.zeros(1), torch.zeros(1), 1)
    assert len(list(iterating.until_the_end("valid_loader", [batch] * 3))) == 3
    with pytest.raises(InputError, match="valid_loader must end"):
        list(iterating.until_the_end("valid_loader", [batch] * 4))


def test_workers_that_persist_begin_anew():
    loader = DataLoader(TensorDataset(torch.arange(4)), 2, num_workers=1, persistent_workers=True)
    assert not iterating.with_new_workers(loader).persistent_workers
    assert loader.persistent_workers
