"""Labels that name several are refused, and plain ones are not."""

from __future__ import annotations

import contextlib
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.core.errors import InputError
from etascope.images.labels.several import one_each, several_notes
from etascope.images.open import open_images
from tests.images.making import pictures, refused, write_folder

SEVERAL = [
    ["A", "B", "A|B"],
    ["A", "B", "C", "A|D", "B | C"],
    ["Effusion|Mass", "No Finding", "Cardiomegaly|Edema", "Mass"],
    ["cat|left", "cat|right", "dog|left", "dog|right"],
    ["x", "cat;dog"],
    ["x", "cat \uff5c dog"],
    ["cat", "dog", "cat, dog"],
    ["cat", "hot dog", "Cat, Hot dog"],
    ["cat", "dog", "cat+dog"],
    ["cat", "dog", "cat & dog"],
    ["cat", "dog", "cat/dog"],
    ["cat", "dog", "emu", "cat dog", "dog emu"],
    ["0", "1", "2", "0/1", "1/2"],
    ["cat", "dog", "cat and dog"],
    ["cat", "dog", "emu", "cat, dog and emu"],
    ["cat", "dog", "cat\uff0cdog"],
    ["a,b", "c,d", "a,d", "b,c"],
    ["red/big", "red/small", "blue/big", "blue/small"],
    *(
        [f"cat{sign}dog", "cat", "dog"]
        for sign in (" -> ", "=", ".", "@", "\t", " - ", " vs ", "\u30fb", "\u3000", " (")
    ),
    ["<cat><dog>", "<cat>", "<dog>"],
    ['"cat","dog"', "cat", "dog"],
    ["147 616 813", "51 616"],
    ["0.3 0.7", "0.6 0.4"],
    ["0, 1", "2"],
    ["0,1,2", "2"],
    ["0", "1", "[0, 1]"],
    ["[0]", "[1]", "[0, 1]"],
    ["[0]", "[1]", "[0 1]"],
    ["['cat', 'dog']", "['dog']"],
    ["[cat, dog]", "cat"],
    ["['cat' 'dog']", "cat"],
    ["('cat',)", "('dog', 'cat')"],
    ["{'cat', 'dog'}", "x"],
    ["{'cat': 1, 'dog': 0}", "{'cat': 0, 'dog': 1}"],
    ['{"choices": ["cat", "dog"]}', "cat"],
    ['[{"x": 1, "rectanglelabels": ["cat"]}]', "cat"],
    ["['cat']", "[]"],
    ["['cat']", "['']"],
    ["['cat']", "[nan]"],
    ["{'cat'}", "set()"],
    ["array(['cat', 'dog'], dtype=object)", "x"],
    ["tensor([1, 1])", "tensor([0, 1])"],
    ["True,True", "False,True"],
    ["[0, 1]", "[1, 0]", "[1, 1]"],
    ["[0, 2]", "[1, 3]"],
    ["(0, 1)", "(1,)"],
    ["0", "2", "(0, 2)", "(2, 4)"],
    ["[0 0]", "[1 0]"],
    ["[0. 1.]", "[1. 1.]"],
    ["[0.0, 1.0]", "[1.0, 1.0]"],
    ["1 1 0", "0 1 0"],
    ["1,0,0", "0,0,0"],
]
#: What is read, and whether it is told.
PLAIN = [
    (["cat", "dog", "golden retriever", "not dog"], False),
    (["tench, Tinca tinca", "cardigan", "cardigan, Cardigan Welsh corgi"], True),
    (["animals/cat", "animals/dog", "plants/rose"], True),
    (["ice", "ice cream"], True),
    (["haze primary", "haze primary water", "cloudy"], True),
    (["red apple", "green apple", "red pear", "green pear"], True),
    (["cat", "dog", "cat_dog", "emu-x"], True),
    (["cat", "emu", "dog", "emu_dog", "emu-x"], True),
    (["[0, 1]", "[1, 0]"], True),
    (["[0. 1.]", "[1. 0.]"], True),
    (["1 0 0", "0 1 0"], True),
    (["[True, False]", "[False, True]"], True),
    (["1.5", "1", "5"], False),
    (["<30", "30 - 60", ">60"], False),
    (["1", "1 - 2", "2"], False),
    (["110", "010"], True),
    (["(0, 10]", "(10, 20]"], False),
    (["[0, 10)", "[10, 20)"], False),
    (["|", ",", ";;"], False),
    (["a", "a|"], True),
    (["cat|", "dog"], True),
    (["cat", "dog", "cat dog"], True),
    (["Grand", "Piano", "Grand Piano"], True),
    (["Lung", "Opacity", "Lung Opacity"], True),
    (["2", "3", "2/3"], True),
    (["(0, 2)", "(4, 6)", "(8, 23)", "(8, 12)", "2", "35"], True),
    (["[0, 10]", "[10, 20]"], True),
    (["haze primary", "clear primary", "partly_cloudy primary", "cloudy primary"], True),
    (["stage i", "stage ii", "stage iii", "stage iv"], False),
    (["[]", "()", "[ ]"], False),
    (["salt &amp; pepper", "x"], True),
    (["2020/01/02", "2020/01/03", "2021/01/02"], False),
    (["12:30", "12:45"], False),
    (["1,5", "2,5", "1"], False),
    (["(unknown)", "[unknown]", "cat (small)"], False),
    (["stage 1", "stage 2", "stage 3"], False),
    (["A+", "A-", "C++"], False),
]


@pytest.mark.parametrize("labels", SEVERAL)
def test_labels_that_name_several_are_refused(labels):
    with refused("an image has one label", "among the labels", "several"):
        one_each(labels, "the labels")


@pytest.mark.parametrize(("labels", "expected"), PLAIN)
def test_plain_labels_are_not(labels, expected):
    assert one_each(labels, "the labels") == labels
    notes = several_notes(labels, labels)
    assert bool(notes) == expected
    assert all("may name several" in note or "may be rows" in note for note in notes)


@pytest.mark.parametrize(
    ("written", "name"),
    [("['cat']", "cat"), ('["hot dog"]', "hot dog"), ("('cat',)", "cat"), ("{'cat'}", "cat"), ("[7]", "7"),
     ("array(['cat'], dtype=object)", "cat"), ("np.str_('cat')", "cat"), ("frozenset({'cat'})", "cat"),
     ('{"choices": ["cat"]}', "cat"), ('{"label": "cat"}', "cat"), ("[['cat']]", "cat")],
)  # fmt: skip
def test_a_list_of_one_is_that_one(written, name):
    assert one_each([written, "x", "ant"], "the labels") == [name, "x", "ant"]
    assert several_notes([written], [name]) == [
        f"Labels are lists of one, such as {written!r}, which was read as {name!r}."
    ]


def test_many_labels_of_few_words():
    tags = ["clear primary", "haze primary", "clear water", "haze water"]
    tags += [f"{tag} {more}" for tag in tags for more in ("road", "road mine")]
    with refused("names several, 'clear' and 'primary'"):
        one_each(tags, "the labels")
    assert one_each(tags[:6], "the labels") == tags[:6]


@given(st.lists(st.text("ab0[](){}|;:&/, '\"", min_size=1, max_size=9), max_size=8))
def test_no_text_is_too_odd(labels):
    with contextlib.suppress(InputError):
        assert len(one_each(labels, "the labels")) == len(labels)
    several_notes(labels, labels)


@pytest.mark.parametrize(
    "label", ["(" * 20_000, "[" * 5000 + "]" * 5000, "a," * 30_000, "<" * 9000, "{'a':" * 3000 + "}" * 3000,
              "array(" * 3000 + ")" * 3000, " " * 9000 + "a"]
)  # fmt: skip
def test_no_text_is_too_long(label):
    start = time.perf_counter()
    with contextlib.suppress(InputError):
        one_each([label, "x"], "the labels")
    several_notes([label], [label])
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize("door", [list, np.array, lambda labels: np.array(labels, object)])
def test_arrays_of_them(door):
    with refused("'cat;dog' among the labels names several", "'cat' and 'dog'"):
        open_images(pictures(4), door(["cat", "dog", "cat;dog", "dog"]))


def test_pairs_of_them():
    with refused("'cat;dog' among the labels names several"):
        open_images(list(zip(pictures(3), ["cat", "dog", "cat;dog"], strict=True)))


def test_tables_of_them(tmp_path):
    paths = write_folder(tmp_path, pictures(3), ["x"] * 3)
    table = tmp_path / "list.csv"
    lines = [f"{path},{label}" for path, label in zip(paths, ["A", "B", "A|B"], strict=True)]
    table.write_text("\n".join(["path,label", *lines]))
    with refused(f"'A|B' among those of {table} names several"):
        open_images(table)


def test_notes_of_tables_and_arrays(tmp_path):
    labels = ["['cat']", "ice", "ice cream"]
    paths = write_folder(tmp_path, pictures(3), ["x"] * 3)
    table = tmp_path / "list.csv"
    table.write_text("\n".join(f"{path},{label}" for path, label in zip(paths, labels, strict=True)))
    for data in (open_images(table), open_images(pictures(3), np.array(labels)), open_images(pictures(3), labels)):
        assert data.class_names == ("cat", "ice", "ice cream")
        assert any("lists of one" in note for note in data.notes)
        assert any("'ice cream' may name several" in note for note in data.notes)
