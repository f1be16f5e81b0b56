"""The page of the public API names all of it, as it is."""

import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest

import etascope
from etascope.cli.commands import pick as commands
from etascope.core.recording import StoreRecorder

PAGE = (Path(__file__).parents[1] / "docs" / "api.md").read_text(encoding="utf-8")
NAMES = [
    *(("etascope", name) for name in etascope.__all__),
    *(("etascope.torch", name) for name in etascope.torch.__all__),
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


def parameters(dotted):
    module, _, name = dotted.rpartition(".")
    return set(inspect.signature(getattr(import_module(module), name)).parameters)


def test_every_option_of_pick_has_a_place_in_python():
    section = PAGE.partition("## The command line's options in Python")[2]
    options, rest = dict[str, str](), {"--json", "--report", "--ascii", "--store", "--no-store"}
    for row in re.findall(r"^\| (.*) \|$", section, re.MULTILINE)[1:]:
        named, where, _ = row.split(" | ")
        assert not (twice := options.keys() & re.findall(r"--[a-z-]+", named)), twice
        options |= dict.fromkeys(re.findall(r"--[a-z-]+", named), where)
    command = {p.opts[0]: p.name for p in commands.pick.params if p.opts[0].startswith("--")}
    assert options.keys() == command.keys()
    other = {"ray": "address"}
    for option, where in options.items():
        if option not in rest:
            name = option.removeprefix("--").replace("-", "_")
            assert other.get(name, name) in parameters(where.split("`")[1]), option


def test_a_search_can_be_kept_in_a_store_from_python(tmp_path):
    store = etascope.open_store(str(tmp_path / "runs.sqlite"))
    recorder = StoreRecorder(store)
    run = etascope.pick("digits", recipe=etascope.Recipe(hidden=(), epochs=1), budget=3, recorder=recorder)
    assert store.get(recorder.run_id).choice.learning_rate == run.choice.learning_rate


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
