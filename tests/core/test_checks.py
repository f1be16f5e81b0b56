"""What is given to a public function or record is of the kind that its annotation says, or a sentence says so."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import etascope
from etascope import InputError, Recipe, Search
from etascope.core.checks import KINDS, check_values, checked, held_to
from etascope.core.history import History
from etascope.core.plan import sweep
from etascope.core.protocols import ignore
from etascope.loops.command import pick_command
from etascope.selection.automatic import Automatic
from etascope.selection.cross_validation.method import CrossValidation
from etascope.selection.halving.method import Halving
from etascope.torch import TrainingOptions
from etascope.training.dense.engine import DenseEngine


@checked
def given(
    number: "float | None" = None,
    count: "int" = 1,
    *,
    flag: "bool" = False,
    text: "str | None" = None,
    counts: "tuple[int, ...]" = (),
    path: "str | PathLike[str] | None" = None,  # noqa: F821
    anything: "object" = None,
    **more: "object",
):
    return number, count, flag, text, counts, path, anything, more


@pytest.mark.parametrize(
    ("words", "at", "value"),
    [
        ({"number": 3}, 0, 3),
        ({"number": np.float32(0.25)}, 0, 0.25),
        ({"number": np.array(0.5)}, 0, 0.5),
        ({"number": Fraction(1, 4)}, 0, 0.25),
        ({"number": None}, 0, None),
        ({"count": np.int64(2)}, 1, 2),
        ({"count": np.uint8(2)}, 1, 2),
        ({"flag": np.bool_(True)}, 2, True),
        ({"text": np.str_("adam")}, 3, "adam"),
        ({"counts": [16, np.int32(32)]}, 4, (16, 32)),
        ({"counts": np.array([16, 32])}, 4, (16, 32)),
        ({"counts": (n for n in (16, 32))}, 4, (16, 32)),
        ({"counts": range(2)}, 4, (0, 1)),
        ({"path": Path("runs") / "a.sqlite"}, 5, str(Path("runs") / "a.sqlite")),
        ({"anything": "3"}, 6, "3"),
        ({"other": "3"}, 7, {"other": "3"}),
    ],
)
def test_numbers_of_numpy_and_whatever_can_be_gone_through_are_taken(words, at, value):
    taken = given(**words)[at]
    assert taken == value
    assert type(taken) is type(value)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"number": "3"}, "number must be a number; found '3'. Write number=3."),
        ({"number": [0.1]}, "number must be a number; found [0.1]. Write number=0.1."),
        ({"number": True}, "number must be a number; found True. Leave it out for the default."),
        ({"number": 10**400}, "number must be a number; found a value of type int. Leave it out for the default."),
        ({"number": "a{b}"}, "number must be a number; found 'a{b}'. Leave it out for the default."),
        ({"number": np.ones(2)}, "number must be a number; found a value of type ndarray."),
        ({"count": 1.5}, "count must be a whole number; found 1.5. Leave it out for the default."),
        ({"count": 2.0}, "count must be a whole number; found 2.0. Write count=2."),
        ({"count": None}, "count must be a whole number; found None. Leave it out for the default."),
        ({"count": False}, "count must be a whole number; found False."),
        ({"flag": "no"}, "flag must be True or False; found 'no'."),
        ({"flag": 1}, "flag must be True or False; found 1."),
        ({"text": 3}, "text must be text; found 3."),
        ({"counts": 128}, "counts must be several whole numbers; found 128. Write counts=(128,)."),
        ({"counts": "64"}, "counts must be several whole numbers; found '64'. Write counts=(64,)."),
        ({"counts": {8: 16}}, "counts must be several whole numbers; found {8: 16}."),
        ({"counts": (1.5,)}, "counts must be several whole numbers; found (1.5,)."),
        ({"path": 3}, "path must be a path; found 3."),
    ],
)
def test_another_kind_of_value_is_a_sentence(words, sentence):
    with pytest.raises(InputError) as raised:
        given(**words)
    assert sentence in str(raised.value)


def test_places_are_held_as_names_are_and_a_wrong_call_stays_pythons():
    assert given(np.int64(3), np.int64(2))[:2] == (3, 2)
    with pytest.raises(InputError, match="count must be a whole number"):
        given(3, "2")
    with pytest.raises(TypeError, match="positional"):
        given(1, 2, 3)
    assert held_to(given, {"count": np.int64(2), "unknown": "x"}) == {"count": 2, "unknown": "x"}


def test_what_has_no_default_cannot_be_left_out():
    @checked
    def log(run: "Run"):  # noqa: F821
        return run

    with pytest.raises(InputError, match=r"run must be a Run, as pick returns it; found None\. Give one\."):
        log(None)


def test_a_record_is_held_and_set_as_pythons_values():
    @dataclass(frozen=True)
    class Record:
        epochs: "int"
        hidden: "tuple[int, ...]" = ()

        def __post_init__(self):
            check_values(self)

    assert Record(np.int64(3), [4]) == Record(3, (4,))
    assert type(Record(np.int64(3)).epochs) is int
    with pytest.raises(InputError, match=r"epochs must be a whole number; found None\. Give one\."):
        Record(None)


def test_objects_are_known_by_what_they_can_do():
    histories = [History.blank(sweep(Recipe(), 2, [0.1], [0]), np.array([2]))]
    for kind, good, bad in [
        ("Method", Automatic(), [3, "x", Automatic, None]),
        ("Engine", DenseEngine(), ["x", DenseEngine]),
        ("OnProgress", ignore, [None, 3]),
        ("Recipe", Recipe(), [{}, "sgd", Recipe]),
        ("Sequence[History]", histories, [3, [3], "run"]),
        ("Recorder", None, [3]),
        ("Loss", abs, [3, int]),
        ("Mapping[str, Metric]", {"f": abs}, [[abs], "f"]),
    ]:
        read = KINDS[kind][1]
        if good is not None:
            read(good)
        for other in bad:
            with pytest.raises(TypeError):
                read(other)


DOORS = {
    "pick": etascope.pick,
    "trace": etascope.trace,
    "torch": lambda **words: etascope.torch.pick(None, (), (), None, **words),
    "command": lambda **words: pick_command("train {lr}", **{"logs": "out"} | words),
    "scaling": etascope.scaling,
    "range test": etascope.range_test,
    "sharpness": etascope.sharpness,
    "referee": etascope.referee,
    "recipe": Recipe,
    "search": Search,
    "automatic": Automatic,
    "halving": Halving,
    "cross-validation": CrossValidation,
    "options": TrainingOptions,
}


@pytest.mark.parametrize(
    ("door", "words"),
    [
        ("pick", {"folds": 1.5}), ("pick", {"folds": "5"}), ("pick", {"image": "0"}), ("pick", {"budget": "3"}),
        ("pick", {"budget": True}), ("pick", {"low": True}), ("pick", {"tolerance": "1"}), ("pick", {"recipe": {}}),
        ("pick", {"recipe": "sgd"}), ("pick", {"method": 3}), ("pick", {"method": Automatic}), ("pick", {"engine": 3}),
        ("pick", {"progress": 3}), ("pick", {"histories": 3}), ("pick", {"recorder": 3}), ("pick", {"test": True}),
        ("trace", {"learning_rate": "0.1"}), ("trace", {"learning_rate": [0.1]}), ("trace", {"learning_rate": True}),
        ("torch", {"metrics": [abs]}), ("torch", {"training": "x"}), ("torch", {"training": {}}),
        ("torch", {"epochs": 1.5}), ("torch", {"low": "a"}), ("torch", {"loss": 3}), ("torch", {"histories": [3]}),
        ("command", {"workers": "a"}), ("command", {"timeout": "a"}), ("command", {"best": "a"}),
        ("command", {"metric": 3}), ("command", {"restart": "no"}), ("command", {"logs": 3}),
        ("scaling", {"times": "a"}), ("scaling", {"times": 2}), ("scaling", {"widths": [1.5]}),
        ("range test", {"measure": "no"}), ("range test", {"own_sweeps": "yes"}), ("range test", {"low": "a"}),
        ("range test", {"steps": "10"}), ("sharpness", {"learning_rate": "0.1"}), ("sharpness", {"measure": 1}),
        ("referee", {"seeds": "1"}), ("referee", {"replicates": 1.5}), ("referee", {"advisers": "x"}),
        ("recipe", {"hidden": 128}), ("recipe", {"warmup": "0.1"}), ("recipe", {"momentum": "0.9"}),
        ("recipe", {"weight_decay": "0"}), ("recipe", {"model": 3}),
        ("search", {"low": "a"}), ("search", {"epochs": 1.5}), ("automatic", {"budget": "3"}),
        ("halving", {"middle": "a"}), ("cross-validation", {"seeds": 3}), ("cross-validation", {"rates": 12.5}),
        ("options", {"step": 3}), ("options", {"clip_norm": "1"}),
    ],
)  # fmt: skip
def test_every_door_holds_what_it_is_given_before_it_does_anything(door, words):
    (name,) = words
    with pytest.raises(InputError, match=rf"^{name} must be .*found .*\. .+\.$"):
        DOORS[door](**words)


def test_numbers_of_numpy_are_numbers_at_every_door():
    recipe = Recipe(
        hidden=np.array([8]), epochs=np.int64(1), batch_size=np.int32(16), seed=np.uint8(0), warmup=np.float32(0.25)
    )
    assert recipe == Recipe(hidden=(8,), epochs=1, warmup=0.25)
    assert TrainingOptions(accumulate=np.int64(2)).accumulate == 2
    assert Search(epochs=np.int64(3), low=np.float32(0.25)).__class__ is Search
    generator = Recipe(hidden=(units for units in (16,)))
    assert generator.hidden == (16,)
    assert Automatic(budget=np.float64(3)).budget == 3


def test_a_share_to_test_on_may_be_numpys():
    x, y = np.random.default_rng(0).integers(0, 255, (60, 4, 4), np.uint8), np.arange(60) % 2
    run = etascope.pick(x, y, recipe=Recipe(hidden=(), epochs=1), test=np.float32(0.25), budget=np.int64(3))
    assert run.data.test == 15
    (axis,) = etascope.scaling(x, y, recipe=Recipe(hidden=(), epochs=1), times=(n for n in (1, 2))).axes
    assert [setting.value for setting in axis.settings] == [1, 2]


@pytest.mark.parametrize("kind", ["mlflow", "tensorboard", "wandb", "optuna"])
def test_what_is_no_run_is_not_logged(kind, tmp_path):
    name = "optuna_study" if kind == "optuna" else f"log_to_{kind}"
    log = getattr(pytest.importorskip(f"etascope.integrations.{kind}"), name)
    words = {"folder": tmp_path} if kind == "tensorboard" else {}
    with pytest.raises(InputError, match=r"run must be a Run, as pick returns it; found 3\. Give one\."):
        log(3, **words)
