import numpy as np
import pytest
import torch

from etascope.core.errors import InputError
from etascope.training.pytorch.memory import in_memory_groups, is_out_of_memory


def exhaust():
    return torch.empty(1 << 55)


def test_pytorchs_own_words_are_understood():
    with pytest.raises(RuntimeError) as caught:
        exhaust()
    assert is_out_of_memory(caught.value)
    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory."))
    assert not is_out_of_memory(ValueError("out of memory"))


def runner(most):
    def run(group):
        if len(group) > most:
            exhaust()
        return group.tolist()

    return run


@pytest.mark.parametrize(("most", "sizes", "expected"), [(8, [7], []), (4, [4, 3], [4]), (2, [2, 2, 2, 1], [4, 2])])
def test_fewer_trials_are_tried_until_they_fit(most, sizes, expected):
    heard = []
    results, left = in_memory_groups(np.arange(7), 7, runner(most), heard.append)
    assert [len(group) for group, _ in results] == sizes
    assert [trial for _, result in results for trial in result] == list(range(7))
    assert heard == expected
    assert left == min(most, 7) if expected else left == 7


def test_where_one_is_too_much_a_sentence_says_so():
    with pytest.raises(InputError, match=r"^memory ran out while one trial trained alone\. Try smaller batches"):
        in_memory_groups(np.arange(3), 3, runner(0), lambda size: None)


def test_other_errors_pass():
    def fail(group):
        raise RuntimeError("shapes do not fit")

    with pytest.raises(RuntimeError, match="shapes"):
        in_memory_groups(np.arange(3), 3, fail, lambda size: None)
