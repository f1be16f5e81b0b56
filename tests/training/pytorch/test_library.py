import contextlib
import sys

import pytest
import torch

from etascope.core.errors import InputError
from etascope.training.pytorch.library import (
    autocast,
    check_settings,
    device_of,
    load_torch,
    moved,
    one_thread,
    tensors_in,
)


def test_a_missing_library_is_named_with_the_line_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(InputError, match=r"needs PyTorch, which is not installed.*pip install 'etascope\[torch\]'\.$"):
        load_torch()


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is CUDA here")
def test_the_device_is_the_one_asked_for_or_refused():
    assert device_of(None) == device_of("cpu") == torch.device("cpu")
    with pytest.raises(InputError, match=r"the device cuda needs CUDA, and PyTorch finds none here. Try device='cpu'"):
        device_of("cuda")
    with pytest.raises(InputError, match=r"must be one that PyTorch knows.*found 'gpu'"):
        device_of("gpu")
    with pytest.raises(InputError, match="the device mps cannot be used here"):
        device_of("mps")


def test_settings_out_of_range_are_refused():
    check_settings(None, 1, None, None)
    check_settings("bf16-mixed", 4, 0.5, 2)
    for bad, message in [
        (("bf16", 1, None, None), "precision must be one of"),
        ((None, 0, None, None), "accumulate must be a whole number of at least 1; found 0"),
        ((None, 1, 0.0, None), "clipped to must be a finite number above 0"),
        ((None, 1, float("nan"), None), "clipped to must be"),
        ((None, 1, None, 0), "the number of trials in memory must be"),
    ]:
        with pytest.raises(InputError, match=message):
            check_settings(*bad)


def test_autocast_runs_products_in_bfloat16_only_when_asked():
    a = torch.ones(2, 2)
    with autocast(torch.device("cpu"), "bf16-mixed"):
        assert (a @ a).dtype == torch.bfloat16
    with autocast(torch.device("cpu"), None):
        assert (a @ a).dtype == torch.float32


def test_nested_values_are_moved_and_found():
    from collections import namedtuple

    pair = namedtuple("pair", "left right")
    nested = {"a": torch.zeros(1), "b": [torch.ones(1), ("text", pair(torch.ones(2), 3))]}
    there = moved(nested, torch.device("meta"))
    assert [t.device.type for t in tensors_in(there)] == ["meta"] * 3
    assert there["b"][1][0] == "text"
    assert there["b"][1][1].right == 3
    assert [t.device.type for t in tensors_in(nested)] == ["cpu"] * 3


def test_threads_are_put_back():
    torch.set_num_threads(2)
    with contextlib.suppress(KeyError), one_thread():
        assert torch.get_num_threads() == 1
        raise KeyError
    assert torch.get_num_threads() == 2
    with one_thread(where=False):
        assert torch.get_num_threads() == 2
