"""Records of every type, made from the declared types of their fields, and how to tell that two are the same bits."""

import dataclasses
import enum
import struct
import types
import typing
from datetime import datetime

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from etascope.core.choice import Choice, Cost, Landscape, Verdict
from etascope.core.history import History, Status
from etascope.core.measure import Measure
from etascope.core.plan import Checkpoint, Plan
from etascope.core.recipe import PIXELS, Recipe, Task
from etascope.core.run import DataSummary, Run
from etascope.core.schedules import SCHEDULES
from etascope.core.sentences import Sentence, Setting, say
from etascope.core.stored import Job
from etascope.core.trace import Trace
from etascope.store.codec import unaliased

#: Everything that Python's JSON is tempted to change: lone surrogates, zero characters, text beyond the first plane.
TEXT = st.one_of(st.text(max_size=8), st.sampled_from(["", "\0", "\udcff", "é\U0001f600", "nan"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)
SHAPES = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3)

WHY = say("because of {low:rate}", Setting("low", 0.5), share=0.25)


def values(kind):
    """Return a strategy of values of a type, as a record's field declares it."""
    kind = unaliased(kind)
    if kind in OWN:
        return OWN[kind]()
    if kind is typing.Any:
        return JSON
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return st.one_of(*(st.none() if arm is type(None) else values(arm) for arm in arguments))
    if origin is tuple and arguments[-1] is Ellipsis:
        return st.lists(values(arguments[0]), max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*(values(argument) for argument in arguments))
    if origin is dict:
        return st.dictionaries(TEXT, values(arguments[1]), max_size=2)
    if origin is np.ndarray:
        dtype = typing.get_args(arguments[1])[0]
        kinds = st.sampled_from([np.float32, np.int16, np.uint8, np.int64, np.bool_])  # Of any type: those of a model.
        return hnp.arrays(kinds if dtype is typing.Any else dtype, SHAPES).flatmap(
            lambda a: st.sampled_from([a, np.asfortranarray(a), a.T])
        )
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return st.builds(kind, **{f.name: values(hints[f.name]) for f in dataclasses.fields(kind)})
    if issubclass(kind, enum.Enum):
        return st.sampled_from(kind)
    return {bool: st.booleans(), int: st.integers(), float: st.floats() | st.integers(-5, 5), str: TEXT}[kind]


def _recipes():
    return st.builds(
        Recipe,
        hidden=st.lists(st.integers(1, 999), max_size=2).map(tuple),
        optimizer=st.sampled_from(["nesterov", "momentum"]),
        schedule=st.sampled_from(sorted(SCHEDULES)),
        momentum=st.none() | st.floats(0, 0.99),
        pixels=st.sampled_from(PIXELS),
        seed=st.integers(0, 2**32 - 1),
    )


@st.composite
def _plans(draw):
    trials, steps = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    rates = draw(hnp.arrays(np.float64, (trials, steps), elements=st.floats(1e-300, 1e300)))
    numbers = hnp.arrays(np.int64, trials)
    start = draw(st.integers(0, 3))
    resume = None
    if start or draw(st.booleans()):
        one = values(Checkpoint).map(lambda c: dataclasses.replace(c, step=start))
        resume = tuple(draw(st.lists(one, min_size=trials, max_size=trials)))
    stops = draw(st.none() | st.sets(st.integers(start + 1, start + steps)).map(lambda s: tuple(sorted(s))))
    return Plan(rates, draw(numbers), draw(numbers), start, resume, draw(st.booleans()), stops, draw(st.booleans()))


@st.composite
def _histories(draw):
    """Parts that fit the plan, as a store requires when it reads them."""
    plan, evaluations = draw(_plans()), draw(st.integers(0, 3))
    trials = len(plan)

    def table(dtype, *shape):
        return draw(hnp.arrays(dtype, (trials, *shape)).flatmap(lambda a: st.sampled_from([a, np.asfortranarray(a)])))

    def each(kind):
        return tuple(draw(st.lists(values(kind), min_size=trials, max_size=trials)))

    return History(
        plan, table(np.float32, plan.steps), draw(hnp.arrays(np.int64, evaluations)),
        *(table(np.float64, evaluations) for _ in range(4)), each(Status), table(np.int64), table(np.int64),
        draw(st.sampled_from([(), each(Checkpoint | None)])), draw(values(float)),
        draw(st.none() | st.just(table(np.float32, evaluations, 2, 3))), draw(st.sampled_from([(), each(str)])),
    )  # fmt: skip


def _measures():
    best = st.none() | st.floats(allow_nan=False, allow_infinity=False)
    return st.builds(Measure, name=TEXT, maximize=st.booleans(), best=best)


OWN = {Recipe: _recipes, Plan: _plans, History: _histories, Measure: _measures}


def same(a, b):
    """Return whether two values are the same to the last bit, their types and their arrays' dtypes and shapes too."""
    if type(a) is not type(b):
        return False
    if dataclasses.is_dataclass(a):
        return all(same(getattr(a, f.name), getattr(b, f.name)) for f in dataclasses.fields(a))
    if isinstance(a, np.ndarray):
        return (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())
    if isinstance(a, float):
        return struct.pack(">d", a) == struct.pack(">d", b)
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    assert a is None or isinstance(a, str | int | bool | enum.Enum | datetime), type(a)
    return a == b


def job(source="digits", **options):
    data = DataSummary(source, "f" * 64, 1000, (28, 28, 1), 800, 200, tuple("0123456789"), ("opened",))
    return Job(data, Task(Recipe(hidden=()), 10, 800, 5, 40), options, {"etascope": "0.2.0"})


def checkpoint(step=2, seed=0):
    weights = np.random.default_rng(seed).standard_normal((3, 10)).astype(np.float32)
    return Checkpoint(step, (weights, np.zeros(10, np.float32)), {"velocity": (weights * 2, weights[0])}, 0.1)


def history(rates=(0.1, 0.2), start=0, resume=None, checkpoints=()):
    """Two steps of a trial at each rate."""
    trials = len(rates)
    table = np.linspace(0.1, np.pi, trials).reshape(-1, 1)
    plan = Plan(
        np.outer(rates, np.ones(2)), np.zeros(trials, np.int64), np.zeros(trials, np.int64), start, resume,
        keep_checkpoints=bool(checkpoints),
    )  # fmt: skip
    return History(
        plan, np.full((trials, 2), np.nan, np.float32), np.array([start + 2]), table, table / 9, table * 2, table / 8,
        tuple([Status.PAUSED] * (trials - 1) + [Status.DIVERGED]), np.full(trials, -1), np.full(trials, 32),
        checkpoints, 0.25,
    )  # fmt: skip


def run(of, histories, learning_rate=0.1, trace=None):
    """The end of a search."""
    landscape = Landscape(np.array([0.1]), ((0, 0),), np.array([[0.5]]), np.array([[0.9]]))
    choice = Choice(
        learning_rate=learning_rate,
        valid_loss=0.5,
        valid_accuracy=0.9,
        reasons=(WHY,),
        not_tried=Sentence("much"),
        landscape=landscape,
        verdicts=(Verdict("best"),),
        cost=Cost(2, 5, 0.1, 0.2),
    )
    return Run(of.data, of.task, tuple(histories), choice, trace, 1.25, of.versions, of.options)


RECORDS = (Job, History, Choice, Trace)


def _measures():
    best = st.none() | st.floats(allow_nan=False, allow_infinity=False)
    return st.builds(Measure, name=TEXT, maximize=st.booleans(), best=best)


OWN[Measure] = _measures
