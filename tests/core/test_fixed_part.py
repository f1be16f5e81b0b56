import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from etascope.core.fixed_part import fixed_part


@given(
    labels=st.lists(st.integers(0, 4), min_size=1, max_size=60),
    fold=st.integers(-1, 4), small=st.integers(0, 70), more=st.integers(0, 70),
)  # fmt: skip
def test_parts_lie_within_larger_ones_and_have_each_class_in_its_share(labels, fold, small, more):
    labels = np.array(labels, np.int64)
    part, larger = fixed_part(labels, fold, small), fixed_part(labels, fold, small + more)
    assert len(part) == min(small, len(labels))
    assert part.tolist() == sorted(set(part.tolist()))
    assert set(part.tolist()) <= set(larger.tolist())
    for label in set(labels.tolist()):
        share = len(part) * (labels == label).mean()
        assert abs((labels[part] == label).sum() - share) <= len(set(labels.tolist()))


def test_folds_have_parts_of_their_own():
    labels = np.zeros(200, np.int64)
    assert fixed_part(labels, 0, 20).tolist() != fixed_part(labels, 1, 20).tolist()
