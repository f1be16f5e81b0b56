"""What a page needs to replay a run: its trials and its final training, as data for the page modules."""

from __future__ import annotations

import math
from importlib import resources
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from etascope.core.plain import Document, number
from etascope.core.run import Run
from etascope.core.trace import Trace
from etascope.report.charts.chart import COLOURS
from etascope.report.charts.colour import rate_colours
from etascope.report.charts.rate_axis import domain, window
from etascope.report.files.document import pick_document
from etascope.report.html.linker import link
from etascope.report.html.parts import shown

#: A page holds at most so many numbers of trials and of layers: beyond, trials have their ends alone, and further
#: layers no values.
MOST_OF_TRIALS, MOST_OF_LAYERS = 60_000, 49_152
#: Means over at most so many parts of the final training stand for the loss of its steps.
PARTS = 300
#: Digits of a number, and of what a unit gives: more are not seen.
DIGITS, DIGITS_OF_UNITS = 4, 3

_COURSES = ("train_loss", "valid_loss", "valid_accuracy")


def replay_document(run: Run) -> Document:
    """Return what `replay.js` draws: parts of `pick_document`, with numbers in four digits and harmless text.

    Colours and axis are those of the page's charts. The image of the prediction is left out: the page has it already.
    """
    told, ends = pick_document(run), window(run.choice)
    low, high = domain(ends)
    rate = run.choice.learning_rate
    return {
        "axis": {"low": low, "high": high},
        "colours": {
            "rates": rate_colours(*ends, COLOURS)[0],
            "light": rate_colours(*ends, COLOURS)[1],
            "dark": rate_colours(*ends, COLOURS, dark=True)[1],
        },
        "start": math.sqrt(low * high) if rate is None else rate,
        "run": {
            **{name: told[name] for name in ("learning_rate", "basin", "walls")},
            "reports": _harmless(told["reports"]),
            "trials": _trials(told["trials"]),
        },
        "trace": None if run.trace is None else _trace(run.trace, told["trace"]),
    }


def replay_script() -> str:
    """Return the page modules that replay a run, linked into one script.

    The studio serves the same files: `etascope/report/page_modules`.
    """
    files = resources.files("etascope.report") / "page_modules"
    return link("replay.js", lambda name: (files / name).read_text(encoding="utf-8"))


def place(name: str) -> str:
    """Return where on the page a part of the replay is drawn: `landscape`, `epochs` or `prediction`."""
    return f'<div class="replay" data-replay="{name}"></div>\n'


def _trials(told: list[Document]) -> list[Document]:
    whole = sum(len(trial[name]) for trial in told for name in _COURSES) <= MOST_OF_TRIALS
    return [
        {
            "learning_rate": trial["learning_rate"],
            "status": trial["status"],
            "word": _harmless(trial["word"]),
            "train_loss": _short(trial["train_loss"]) if whole else [],
            "valid_loss": _short(trial["valid_loss"] if whole else trial["valid_loss"][-1:]),
            "valid_accuracy": _short(trial["valid_accuracy"] if whole else trial["valid_accuracy"][-1:]),
        }
        for trial in told
    ]


def _trace(trace: Trace, told: Document) -> Document:
    names = ("learning_rate", "class_names", "epochs", "validation")
    seen, found = told["prediction"], {name: told[name] for name in names}
    if seen is not None:
        shares = _short(seen["probabilities"])
        seen = {**seen, "image": None, "probabilities": shares, "layers": _layers(seen["layers"])}
    steps = _short([number(mean) for mean in _means(trace.step_loss)])
    return _harmless({**found, "prediction": seen, "step_loss": steps})


def _layers(told: list[Document]) -> list[Document]:
    kept, room = list[Document](), MOST_OF_LAYERS
    for layer in told:
        # What input and output have to say, image and probabilities do.
        values: list[Any] = [] if layer["kind"] in ("input", "logits") else layer["values"]
        values = values if len(values) <= room else []
        room -= len(values)
        kept.append({**layer, "values": _short(values, DIGITS_OF_UNITS)})
    return kept


def _means(loss: NDArray[np.float32]) -> list[float]:
    parts = np.array_split(loss.astype(np.float64), min(PARTS, len(loss)))
    return [float(part.mean()) for part in parts]


def _short(values: list[Any], digits: int = DIGITS) -> list[Any]:
    return [float(f"{value:.{digits}g}") if isinstance(value, float) else value for value in values]


def _harmless(value: Any) -> Any:  # noqa: ANN401 - any part of a document
    """Return a part of a document with its texts as a page shows them."""
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, list):
        return [_harmless(item) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {name: _harmless(item) for name, item in cast("Document", value).items()}
    return value
