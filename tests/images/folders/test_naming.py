"""What the names of folders say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.images.folders.naming import BESIDE, CONTAINERS, NO_CLASS, is_named, part_of, subject, words

SEPARATORS = st.sampled_from(["_", "-", " ", ".", "__", "2", "/"])


@given(
    word=st.sampled_from(
        [("train", "train"), ("Testing", "test"), ("VAL", "valid"), ("dev", "valid"), ("trainset", "train")]
    ),
    before=st.sampled_from(["", "seg", "images", "01", "dogs"]),
    after=st.sampled_from(["", "set", "2017", "v1", "data"]),
    one=SEPARATORS,
    two=SEPARATORS,
)
def test_a_part_is_a_whole_word_wherever_it_stands(word, before, after, one, two):
    name = f"{before}{one}{word[0]}{two}{after}"
    assert part_of(name) == word[1]
    assert subject(name) == ({"dogs"} if before == "dogs" else frozenset())


@pytest.mark.parametrize(
    "name", ["trainer", "contest", "evaluator", "interval", "attested", "developer", "restraint", ""]
)
def test_a_part_of_a_word_is_none(name):
    assert part_of(name) is None


@given(st.text(max_size=30))
def test_any_name_has_an_answer(name):
    assert part_of(name) in ("train", "test", "valid", None)
    assert all(word == word.casefold() for word in words(name))
    assert isinstance(is_named(name, BESIDE), bool)


@pytest.mark.parametrize(
    ("name", "names", "said"),
    [("Meta", NO_CLASS, True), ("ground-truth", NO_CLASS, True), ("sample_predictions", BESIDE, True),
     ("no_mask", BESIDE, False), ("data", CONTAINERS, False), ("JPEGImages", CONTAINERS, True)],
)  # fmt: skip
def test_names_of_what_is_no_class(name, names, said):
    assert is_named(name, names) == said
