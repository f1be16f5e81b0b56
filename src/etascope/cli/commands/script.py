"""`etascope pick --command`: options, and a search with a training script of the user's own."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from etascope.cli.options.shared import Output
from etascope.cli.saying import note
from etascope.core.errors import InputError
from etascope.core.history import History
from etascope.core.protocols import OnProgress, Recorder

if TYPE_CHECKING:
    from etascope.core.run import Run

Command = TypeVar("Command", bound=Callable[..., Any])

#: Options that only a script has, with what they are when they are not given.
SCRIPT: Mapping[str, Any] = {
    "command": None, "metric": None, "metric_key": None, "maximize": False, "best": None, "timeout": None,
    "logs": None, "restart": False,
}  # fmt: skip
#: Other options that a search with a script heeds.
SHARED = frozenset((
    "epochs", "seed", "low", "high", "budget", "tolerance", "workers", "optimizer", "json_path", "ascii", "reports",
    "store_url", "no_store",
))  # fmt: skip
_OPTIONS = (
    click.option("--command", metavar="COMMAND", help="Run your own training script, with {lr} in it, and {epochs} and "
                 "{seed} where you like."),
    click.option("--metric", metavar="REGEX", help="What it prints after each epoch: the first group is the number."),
    click.option("--metric-key", metavar="NAME", help="The same in lines of JSON: the key of the number."),
    click.option("--maximize", is_flag=True, help="Higher metrics are better."),
    click.option("--best", type=float, help="The best value of the metric. [default: 0, or 1 with --maximize]"),
    click.option("--timeout", type=float, metavar="SECONDS", help="How long a trial of the script may run."),
    click.option("--logs", metavar="FOLDER", help="Where the output of each trial goes. [default: a folder that is "
                 "said]"),
    click.option("--restart", is_flag=True, help="Run the script again from the start instead of pausing it."),
)  # fmt: skip


def command_options(command: Command) -> Command:
    """Add the options of a script."""
    for add in reversed(_OPTIONS):
        command = add(command)
    return command


def check_command(context: click.Context) -> bool:
    """Return whether the user gave a command; the options must go together then, or else none be there.

    Raises
    ------
    InputError
        If an option needs a command, or is the script's own affair.
    """
    given = [name for name in context.params if context.get_parameter_source(name) is not ParameterSource.DEFAULT]
    names = {parameter.name: parameter for parameter in context.command.params}

    def written(name: str) -> str:
        parameter = names[name]
        return parameter.opts[0] if isinstance(parameter, click.Option) else name.upper()

    if "command" not in given:
        alone = [name for name in given if name in SCRIPT]
        if alone:
            raise InputError(
                f"{written(alone[0])} belongs to a script of your own; found no --command. Try --command 'python "
                "train.py --lr {lr}'."
            )
        return False
    foreign = [name for name in given if name not in SCRIPT and name not in SHARED]
    if foreign:
        raise InputError(
            f"{written(foreign[0])} is for networks of etascope's, and --command trains with your script. Leave it "
            "out, and say in the script or the command what it is about."
        )
    return True


def pick_by_command(context: click.Context, output: Output) -> int:
    """Search with the script that the options of `etascope pick` say; write the answer, and return the exit code."""
    from etascope.cli.progress import progress_bar
    from etascope.cli.recording import recorder, told_when_stopped
    from etascope.cli.searching import write_answer

    asked = _kept(context)
    kept = None if context.params["no_store"] else recorder(context.params["store_url"], asked)
    with told_when_stopped(kept):
        with progress_bar(ascii=output.plain) as progress:
            run = search_command(asked, progress, recorder=None if kept is None else kept.recorder)
        told = write_answer(output, run)
    if kept is not None:
        kept.tell()
    return 0 if told else 1


def search_command(
    options: Mapping[str, Any],
    progress: OnProgress,
    histories: Sequence[History] = (),
    recorder: Recorder | None = None,
) -> Run:
    """Search with the script that the options say.

    Parameters
    ----------
    options
        By the command line's names, with `epochs` and `seed`; what is not there has its default.
    progress, histories, recorder
        As in `etascope.pick`.

    Raises
    ------
    InputError
        If an option cannot be used, or the script fails at once.
    """
    from etascope.core.command_line import CommandLine
    from etascope.core.measure import Measure, more_is_better
    from etascope.core.recipe import Recipe, Task
    from etascope.loops.command import pick_command, reports_ladder
    from etascope.selection.halving.window import customary_middle
    from etascope.training.command.engine import CommandEngine
    from etascope.training.command.metric import LineMetric

    asked = options
    options = {**SCRIPT, "low": None, "high": None, "budget": None, "tolerance": None, "workers": None, **options}
    optimizer = options.get("middle_of")
    logs = Path(options["logs"] or _place())
    middle = None if optimizer is None else customary_middle(Recipe(optimizer=optimizer))
    options["budget"] = 3.0 if options["budget"] is None else options["budget"]
    options["workers"] = 1 if options["workers"] is None else options["workers"]
    # What cannot be used is refused before anything is said or made.
    reader = LineMetric(options["metric"], options["metric_key"])
    measure = Measure(reader.name, options["maximize"], options["best"])
    # Of a pattern the words count, and not what stands for numbers.
    more = more_is_better(re.sub(r"\\.|[\[(].*?[\])]", " ", options["metric"] or measure.name))
    if measure.maximize and more is False:
        note(f"the highest {measure.name} is taken for the best. Where lower is better, leave --maximize out.")
    if not measure.maximize and more:
        note(f"the lowest {measure.name} is taken for the best. Where higher is better, say so: --maximize.")
    Task.of_reports(options["epochs"], options["seed"], measure)
    reports_ladder(options["low"], options["high"], options["budget"], options["tolerance"], middle)
    CommandEngine(CommandLine(options["command"]), reader, measure, logs, options["workers"], options["timeout"])
    with suppress(OSError):
        logs.mkdir(parents=True, exist_ok=True)
    if logs.is_dir():
        note(f"the output of each trial is kept in {logs}.")
    run = pick_command(
        options["command"],
        logs=logs,
        **{name: options[name] for name in (
            "metric", "metric_key", "maximize", "best", "epochs", "seed", "low", "high", "tolerance", "timeout",
            "restart", "budget", "workers",
        )},
        middle=middle,
        progress=progress,
        histories=histories,
        recorder=recorder,
    )  # fmt: skip
    return replace(run, options=dict(asked))


def _kept(context: click.Context) -> dict[str, Any]:
    """Return the options of a search with a script that are kept with it, paths from the root.

    An optimizer that is given only says where to begin, and is kept as that.
    """
    kept = {name: value for name, value in context.params.items() if name in SCRIPT or name in SHARED}
    optimizer = kept.pop("optimizer")
    given = context.get_parameter_source("optimizer") is not ParameterSource.DEFAULT
    for name in ("json_path", "ascii", "reports", "store_url", "no_store"):
        del kept[name]
    if kept["logs"] is not None:
        kept["logs"] = str(Path(kept["logs"]).absolute())
    return {**kept, "middle_of": optimizer if given else None, "folder": str(Path.cwd())}


def _place() -> Path:
    import platformdirs

    name = f"{time.strftime('%Y-%m-%d-%H%M%S')}-{os.getpid()}"
    return Path(platformdirs.user_state_dir("etascope", appauthor=False)) / "logs" / name
