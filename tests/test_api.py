"""The page of the public API names all of it, as it is."""

import inspect
from importlib import import_module
from pathlib import Path

import pytest

import etascope

PAGE = (Path(__file__).parents[1] / "docs" / "api.md").read_text(encoding="utf-8")
NAMES = [
    *(("etascope", name) for name in etascope.__all__),
    *(("etascope.torch", name) for name in etascope.torch.__all__),
    ("etascope.loops.command", "pick_command"),
]
#: What every door takes that searches with images or rows, loaders or a script.
WORDS = {"budget", "low", "high", "tolerance"}


@pytest.mark.parametrize(("module", "name"), NAMES)
def test_each_public_name_stands_there_with_all_that_it_takes(module, name):
    value = getattr(import_module(module), name)
    takes = ", ".join(f"`{parameter}`" for parameter in inspect.signature(value).parameters)
    first = inspect.getdoc(value).splitlines()[0]
    assert f"| `{module}.{name}` | {first} | {takes} |" in PAGE


def test_the_page_names_nothing_else():
    assert PAGE.count("\n| `") == len(NAMES)


@pytest.mark.parametrize("door", ["pick", "torch.pick", "Search", "pick_command", "sklearn"])
def test_the_words_of_a_search_are_the_same_at_every_door(door):
    from etascope.integrations.sklearn import LearningRateClassifier
    from etascope.loops.command import pick_command

    doors = {
        "pick": etascope.pick,
        "torch.pick": etascope.torch.pick,
        "Search": etascope.Search,
        "pick_command": pick_command,
        "sklearn": LearningRateClassifier,
    }
    assert set(inspect.signature(doors[door]).parameters) >= WORDS
