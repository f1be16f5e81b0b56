"""What a page needs to replay a run: its data (`replay_document`), and the page modules linked into one script."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from etascope.core.errors import InputError
from etascope.core.plain import Document, number
from etascope.core.run import Run
from etascope.core.trace import Trace
from etascope.report.charts.chart import COLOURS
from etascope.report.charts.rate_axis import domain, window
from etascope.report.charts.theme import rate_colours
from etascope.report.files.document import pick_document
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
    document, ends = pick_document(run), window(run.choice)
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
            **{name: document[name] for name in ("learning_rate", "basin", "walls")},
            "measure": _harmless(document["measure"]),
            "trials": _trials(document["trials"]),
        },
        "trace": None if run.trace is None else _trace(run.trace, document["trace"]),
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


def _trials(documents: list[Document]) -> list[Document]:
    whole = sum(len(trial[name]) for trial in documents for name in _COURSES) <= MOST_OF_TRIALS
    return [
        {
            "learning_rate": trial["learning_rate"],
            "status": trial["status"],
            "word": _harmless(trial["word"]),
            "train_loss": _short(trial["train_loss"]) if whole else [],
            "valid_loss": _short(trial["valid_loss"] if whole else trial["valid_loss"][-1:]),
            "valid_accuracy": _short(trial["valid_accuracy"] if whole else trial["valid_accuracy"][-1:]),
        }
        for trial in documents
    ]


def _trace(trace: Trace, document: Document) -> Document:
    names = ("learning_rate", "class_names", "epochs", "validation")
    predicted, kept = document["prediction"], {name: document[name] for name in names}
    if predicted is not None:
        shares = _short(predicted["probabilities"])
        predicted = {**predicted, "image": None, "probabilities": shares, "layers": _layers(predicted["layers"])}
    steps = _short([number(mean) for mean in _means(trace.step_loss)])
    return _harmless({**kept, "prediction": predicted, "step_loss": steps})


def _layers(documents: list[Document]) -> list[Document]:
    kept, room = list[Document](), MOST_OF_LAYERS
    for layer in documents:
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


#: The forms that are understood. Imports stand before all else, exports at the beginning of a line.
NAMED = re.compile(r"import \{([\w\s,$]*)\} from \"(\./[\w./-]+\.js)\";\n")
WHOLE = re.compile(r"import \* as ([\w$]+) from \"(\./[\w./-]+\.js)\";\n")
EXPORT = re.compile(r"^export (?=(?:(?:async )?function|const) ([\w$]+)\b)", re.MULTILINE)
ASIDE = re.compile(r"(?://.*|\s*)\n")
#: What is left of a module may hold none of these, each with what it is called.
REFUSED = (
    (re.compile(r"^[ \t]*import\b", re.MULTILINE), "an import of another form, or not at the top"),
    (re.compile(r"^[ \t]*export\b", re.MULTILINE), "an export of another form"),
    (re.compile(r"\bimport\s*[.(]"), "a dynamic import or import.meta"),
    (re.compile(r"^(?:[^`\n]*`[^`\n]*`)*[^`\n]*`[^`\n]*$", re.MULTILINE), "a template over several lines"),
    (re.compile(r"^(?:const .* = |let .* = )?await\b|^for await\b", re.MULTILINE), "an await outside of a function"),
    (re.compile(r"</script|<!--", re.IGNORECASE), "what ends or hides a script of a page"),
)


@dataclass(frozen=True)
class Module:
    """One module, read.

    Attributes
    ----------
    imports
        What it takes, in order: the names, or one name for all of them, and the module.
    exports
        Names that it gives.
    body
        All but its imports, the word `export` left out.
    """

    imports: tuple[tuple[tuple[str, ...] | str, str], ...]
    exports: tuple[str, ...]
    body: str


def link(entry: str, read: Callable[[str], str]) -> str:
    r"""Return one script that does what a module does, with all that it imports, each once and before its importers.

    Each module becomes a function that is called at once and returns what it exports, so that its names stay its own.
    Understood are `import { a, b } from "./other.js";` and `import * as name from "./other.js";` at the top, and
    `export` before `function`, `async function` and `const`: exports that never change, which may be copied.

    Parameters
    ----------
    entry
        Name of the module to begin with, as `replay.js`.
    read
        Returns the text of a module by its name.

    Raises
    ------
    InputError
        If a module has another form, asks for what is not exported, or imports itself through others.

    Examples
    --------
    >>> modules = {"a.js": 'import { two } from "./b.js";\nconsole.log(two);\n', "b.js": "export const two = 2;\n"}
    >>> print(link("a.js", modules.__getitem__))
    "use strict";
    (() => {
    const modules = {};
    modules["b.js"] = (() => {
    const two = 2;
    return Object.freeze({ two });
    })();
    modules["a.js"] = (() => {
    const { two } = modules["b.js"];
    console.log(two);
    return Object.freeze({  });
    })();
    })();
    <BLANKLINE>
    """
    done: dict[str, Module] = {}
    _visit(entry, (), done, read)
    linked = "".join(_called(name, module) for name, module in done.items())
    return f'"use strict";\n(() => {{\nconst modules = {{}};\n{linked}}})();\n'


def parse(name: str, text: str) -> Module:
    """Return a module read from its text.

    Raises
    ------
    InputError
        If it has a form that `link` does not understand; the error names it and the line.
    """
    imports, at = list[tuple[tuple[str, ...] | str, str]](), 0
    while True:
        if match := NAMED.match(text, at):
            names = tuple(part.strip() for part in match[1].split(",") if part.strip())
            if not all(re.fullmatch(r"[\w$]+", one) for one in names):
                raise _refused(name, text, at, "an import under another name")
            imports.append((names, match[2].removeprefix("./")))
        elif match := WHOLE.match(text, at):
            imports.append((match[1], match[2].removeprefix("./")))
        elif not (match := ASIDE.match(text, at)):
            break
        at = match.end()
    body = text[at:]
    # An export that is understood is one without its word; the places stay.
    bare = EXPORT.sub(" " * len("export "), body)
    for form, called in REFUSED:
        if match := form.search(bare):
            raise _refused(name, text, at + match.start(), called)
    return Module(tuple(imports), tuple(EXPORT.findall(body)), EXPORT.sub("", body))


def _visit(name: str, above: tuple[str, ...], done: dict[str, Module], read: Callable[[str], str]) -> None:
    if name in above:
        raise InputError(f"a module must not import itself; found {' -> '.join((*above, name))}. Split one of them.")
    if name in done:
        return
    module = parse(name, read(name))
    for names, other in module.imports:
        _visit(other, (*above, name), done, read)
        missing = [] if isinstance(names, str) else [one for one in names if one not in done[other].exports]
        if missing:
            raise InputError(
                f"a module must import what is exported; found {missing[0]!r}, which {name} takes from {other}. "
                f"Export it there, in a statement of its own."
            )
    done[name] = module


def _called(name: str, module: Module) -> str:
    taken = "".join(f'const {_names(names)} = modules["{other}"];\n' for names, other in module.imports)
    given = f"return Object.freeze({_names(module.exports)});\n"
    return f'modules["{name}"] = (() => {{\n{taken}{module.body}{given}}})();\n'


def _names(names: tuple[str, ...] | str) -> str:
    return names if isinstance(names, str) else "{ " + ", ".join(names) + " }"


def _refused(name: str, text: str, at: int, called: str) -> InputError:
    line = text.count("\n", 0, at) + 1
    return InputError(
        f"a module of the page must have only the forms that can be linked; found {called} in {name}, line {line}. "
        "Write it as the modules beside it are."
    )
