import numpy as np
import pytest
import torch

from etascope.core.errors import InputError
from etascope.training.pytorch.packing import pack_state, unpack_state


def test_the_state_of_optimizers_comes_back_bit_for_bit():
    for kind in (torch.optim.SGD, torch.optim.AdamW, torch.optim.Adagrad, torch.optim.LBFGS):
        weight = torch.nn.Parameter(torch.arange(6.0).reshape(2, 3))
        optimizer = kind([weight], lr=0.1)
        for _ in range(3):
            (weight**2).sum().backward()
            optimizer.step(lambda weight=weight: (weight**2).sum())
        state = optimizer.state_dict()
        back = unpack_state(pack_state(state, "the optimizer"))
        again = kind([torch.nn.Parameter(torch.zeros(2, 3))], lr=0.5)
        again.load_state_dict(back)
        assert repr(again.state_dict()) == repr(state)


TYPES = ("float32", "float64", "float16", "bfloat16", "float8_e4m3fn", "int64", "bool", "uint8")


@pytest.mark.parametrize("dtype", TYPES)
def test_tensors_of_every_type_come_back(dtype):
    tensor = (torch.arange(12).reshape(3, 4) % 3).to(getattr(torch, dtype)).t()
    packed = pack_state({"t": tensor}, "it")
    back = unpack_state(packed)["t"]
    assert (back.dtype, back.shape) == (tensor.dtype, tensor.shape)
    assert torch.equal(*(t.contiguous().view(torch.uint8) for t in (back, tensor)))
    assert all(array.dtype != object for array in packed)


def test_numbers_texts_and_nesting_come_back():
    state = {
        "a": None,
        3: (True, 2**70, float("inf"), "é"),
        "x": [[], {}, np.float64(0.1), -0.0],
        "s": torch.ones(()),
    }
    back = unpack_state(pack_state(state, "it"))
    assert repr(back) == repr({**state, "x": [[], {}, 0.1, -0.0]})
    assert type(back[3]) is tuple


def test_what_changes_later_is_not_in_it():
    tensor = torch.zeros(3)
    packed = pack_state([tensor], "it")
    tensor += 1
    assert unpack_state(packed)[0].sum() == 0


def test_objects_are_refused():
    for bad in (object(), {(1, 2): 3}, [{1, 2}], {True: 1}):
        with pytest.raises(InputError, match=r"the optimizer must be made of tensors.*found a \w+ in it\.$"):
            pack_state(bad, "the optimizer")
