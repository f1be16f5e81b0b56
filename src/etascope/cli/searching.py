"""A search as the options say, what of them to keep so that it can be asked for again, and its answer written."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from etascope.cli.dialect import command_line
from etascope.cli.messages import note
from etascope.cli.next_step import search_again
from etascope.cli.options.engine import CLUSTER, engine_for
from etascope.cli.options.output import Output
from etascope.cli.options.recipe import open_data
from etascope.core.data import Dataset
from etascope.core.errors import InputError
from etascope.core.history import History
from etascope.core.protocols import OnProgress, Recorder
from etascope.core.recipe import Recipe
from etascope.images.open import NAMES

if TYPE_CHECKING:
    from etascope.core.run import Run
    from etascope.selection.automatic import Automatic

#: Options that name a file, a folder or a known set.
PATHS = ("data", "labels", "test")
#: What an option is that was not kept, as it was not yet there.
DEFAULTS: Mapping[str, Any] = {
    "data": None, "labels": None, "test": None, "image_size": None, "grayscale": False, "skip_bad": False,
    "folds": None, "low": None, "high": None, "image": 0, "workers": None, "target": "accuracy", "tolerance": None,
    "budget": None, "device": None, "precision": None, "accumulate": 1, "clip_norm": None, "trials_in_memory": None,
}  # fmt: skip
#: Of what kind an option is, where it is given.
_KINDS: Mapping[str, tuple[str, type | tuple[type, ...]]] = {
    **dict.fromkeys(("data", "labels", "test", "image_size", "target", "device", "precision"), ("text", str)),
    **dict.fromkeys(("grayscale", "skip_bad"), ("true or false", bool)),
    **dict.fromkeys(("folds", "image", "workers", "accumulate", "trials_in_memory"), ("a whole number", int)),
    **dict.fromkeys(("low", "high", "budget", "tolerance", "clip_norm"), ("a number", (int, float))),
}


def kept_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options to keep with a run, paths from the root: what the recipe says is kept as the recipe."""
    recipe = {field.name for field in fields(Recipe)}
    kept = {name: value for name, value in options.items() if name not in (*recipe, *CLUSTER)}
    for name in PATHS:
        if is_path(kept.get(name), name):
            kept[name] = str(Path(os.path.expanduser(kept[name])).absolute())
    if is_relative_file(options.get("model")):
        kept["folder"] = str(Path.cwd())
    return kept


def is_relative_file(model: object) -> bool:
    """Whether a model is a callable in a file whose path is seen from the working folder.

    Examples
    --------
    >>> is_relative_file("models.py:make"), is_relative_file("/home/models.py:make"), is_relative_file("cnn")
    (True, False, False)
    """
    return isinstance(model, str) and ".py:" in model and not Path(model).is_absolute()


def is_path(value: object, name: str = "test") -> bool:
    """Whether the value of one of `PATHS`, by its name, is a file or a folder: no known set, no share of the images."""
    if not isinstance(value, str) or value in NAMES:
        return False
    if name != "test":
        return True
    try:
        float(value)
    except ValueError:
        return True
    return False


def open_again(
    options: Mapping[str, Any],
    whose: str,
    progress: OnProgress,
    output: Output | None = None,
    *,
    moved: str = "Put them back.",
) -> tuple[Dataset, float | None]:
    """Open the images that kept options name; `whose` and what to do if they `moved` is for sentences.

    Raises `InputError` if they cannot be opened.
    """
    options = {**DEFAULTS, **options}
    _check(options, whose)
    if options["data"] is None:
        raise InputError(
            f"{whose} does not say where its images are: they came from Python. Go on there with etascope.pick, or "
            "search again with etascope pick DATA."
        )
    for name in PATHS:
        if is_path(options[name], name) and not os.path.exists(options[name]):
            raise InputError(f"{whose} needs its images where they were; {options[name]!r} is not there. {moved}")
    return open_data(options, progress, output)


def _check(options: Mapping[str, Any], whose: str) -> None:
    """Refuse options of a kind that the command line would not have let through: files can be edited."""
    for name, (rule, kind) in _KINDS.items():
        value = options.get(name)
        if value is None:
            continue
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise InputError(f"the option {name} of {whose} must be {rule}; found {value!r}.")


def search(
    dataset: Dataset,
    share: float | None,
    recipe: Recipe,
    options: Mapping[str, Any],
    progress: OnProgress,
    histories: Sequence[History] = (),
    recorder: Recorder | None = None,
) -> Run:
    """Search for a learning rate with the method and the engine that the options say.

    `dataset` and `share` are as `open_data` returns them, `options` by the command line's names, and all else is as in
    `etascope.pick`.
    """
    import etascope

    options = {**DEFAULTS, **options}
    run = etascope.pick(
        dataset, recipe=recipe, test=share, folds=options["folds"], image=options["image"],
        method=method_of(options), engine=engine_for(recipe, options), progress=progress, histories=histories,
        recorder=recorder,
    )  # fmt: skip
    return replace(run, options=options)


def method_of(options: Mapping[str, Any]) -> Automatic:
    """Return the method that the options say.

    Raises `InputError` if an option is outside its range.
    """
    from etascope.selection.automatic import Automatic

    return Automatic(**{name: options[name] for name in ("target", "tolerance", "low", "high", "budget")})


def write_answer(output: Output, run: Run, *, again: bool = False) -> int:
    """Write the page of a finished search, its document and its reports; return 0, or 1 where there is no answer.

    One that is written again begins with what its images were understood as, which was said before the search.
    """
    from etascope.learn.quiz import run_quiz
    from etascope.report.files.document import pick_document
    from etascope.report.terminal.run import print_choice, print_trace
    from etascope.report.words.job import data_sentences

    questions, run = run_quiz(run), replace(run, choice=run.choice.written(command_line))

    def write(path: str) -> None:
        # Takes long to load, and mostly no report is asked for.
        from etascope.report.files.write import write_report

        write_report(run, path, questions, search_again)

    with output.document(lambda: pick_document(run, questions)), output.written(write):
        if output.text:
            if again and (known := data_sentences(run.data)):
                output.begin(known[0])
                for sentence in known[1:]:
                    note(sentence)
            console = output.console()
            print_choice(console, run, ascii=output.plain, again=search_again)
            if run.trace is not None:
                console.print()
                print_trace(console, run.trace, questions, ascii=output.plain)
    return int(run.choice.learning_rate is None)
