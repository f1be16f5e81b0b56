"""The command `pick`: a search on images, or with a training script of the user's own (`search_command`)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from etascope.cli.messages import note
from etascope.cli.options.engine import cluster_options, engine_for, joined, model_options
from etascope.cli.options.output import Output, adds, output_options, report_option
from etascope.cli.options.recipe import data_options, open_data, recipe_of, recipe_options, search_options
from etascope.cli.options.store import noting_what_is_kept, recording, store_option
from etascope.cli.progress import progress_bar
from etascope.cli.searching import kept_options, method_of, search, write_answer
from etascope.core.errors import InputError
from etascope.core.history import History
from etascope.core.protocols import OnProgress, Recorder
from etascope.core.recipe import Recipe

if TYPE_CHECKING:
    from etascope.core.measure import Measure
    from etascope.core.run import Run

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
#: The options of a script.
command_options = adds(
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


@click.command(
    epilog="""\b
Examples:
  etascope pick                            the bundled digits
  etascope pick photos/ --optimizer adam   your images, one folder a class
  etascope pick mnist --report mnist.html  and a page to look at

\b
Your own script, that prints a line with a metric after each epoch:
  etascope pick --command "python train.py --lr {lr} --epochs {epochs}" \\
    --metric "val_loss[=: ]+([0-9.eE+-]+)" --epochs 10
  etascope pick --command "./train {lr}" --metric-key val_acc --maximize

Exits with 0 with an answer, 1 when it cannot be told yet, 2 for bad input.""",
)
@data_options
@search_options
@recipe_options
@model_options
@cluster_options
@output_options
@report_option
@store_option
@click.option("--no-store", is_flag=True, help="Do not keep this search.")
@command_options
@click.pass_context
def pick(
    ctx: click.Context,
    json_path: str | None,
    ascii: bool,
    reports: tuple[str, ...],
    store_url: str | None,
    no_store: bool,
    **options: Any,
) -> int:
    """Try many learning rates at once and recommend one, with its evidence.

    Learning rates are compared on images that did not train: by cross-validation where trainings are cheap, by
    successive halving where they are dear. The test images are looked at once, by a final model at the chosen rate.
    Every search is kept (`etascope runs`). DATA is as in `etascope trace`. With --command, it is your own script that
    trains, on its own data.
    """
    output, recipe = Output(json_path, ascii, reports), recipe_of(options)
    if no_store and store_url is not None:
        note("--no-store was given, too, so this search is not kept.")
    if by_command := _check_command(ctx):
        kept = _kept(ctx)
    else:
        options = {name: value for name, value in options.items() if name not in SCRIPT}
        # What cannot be used is refused before the images are opened.
        method_of(options)
        engine_for(recipe, options)
        kept = kept_options(options)
    recorded = None if no_store else recording(store_url, kept)
    recorder = None if recorded is None else recorded.recorder
    with noting_what_is_kept(recorded):
        with joined(options), progress_bar(ascii=output.plain) as progress:
            if by_command:
                run = search_command(kept, progress, recorder=recorder)
            else:
                dataset, share = open_data(options, progress, output)
                run = search(dataset, share, recipe, options, progress, recorder=recorder)
        code = write_answer(output, run)
    if recorded is not None:
        recorded.say_where()
    return code


def _check_command(context: click.Context) -> bool:
    """Return whether the user gave a command; the options must go together then, or else none be there.

    Raises `InputError` if an option needs a command, or is the script's own affair.
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


def search_command(
    options: Mapping[str, Any],
    progress: OnProgress,
    histories: Sequence[History] = (),
    recorder: Recorder | None = None,
) -> Run:
    """Search with the script that the options say.

    Options have the command line's names, with `epochs` and `seed` among them; one that is not there has its default.
    All else is as in `etascope.pick`.

    Raises `InputError` if an option cannot be used, or the script fails at once.
    """
    from etascope.core.measure import more_is_better
    from etascope.loops.command import pick_command, usual_logs
    from etascope.selection.customary import customary_middle

    kept = options
    options = {**SCRIPT, "low": None, "high": None, "budget": None, "tolerance": None, "workers": None, **options}
    optimizer, logs = options.get("middle_of"), Path(options["logs"] or usual_logs())
    defaults = {"budget": 3.0, "workers": 1}
    options.update({name: value for name, value in defaults.items() if options[name] is None})

    def begin(measure: Measure) -> None:
        # Of a pattern the words count, and not what stands for numbers.
        more = more_is_better(re.sub(r"\\.|[\[(].*?[\])]", " ", options["metric"] or measure.name))
        if measure.maximize and more is False:
            note(f"the highest {measure.name} is taken for the best. Where lower is better, leave --maximize out.")
        if not measure.maximize and more:
            note(f"the lowest {measure.name} is taken for the best. Where higher is better, say so: --maximize.")
        note(f"the output of each trial is kept in {logs}.")

    run = pick_command(
        options["command"],
        logs=logs,
        **{name: options[name] for name in (
            "metric", "metric_key", "maximize", "best", "epochs", "seed", "low", "high", "tolerance", "timeout",
            "restart", "budget", "workers",
        )},
        middle=None if optimizer is None else customary_middle(Recipe(optimizer=optimizer)),
        begin=begin,
        progress=progress,
        histories=histories,
        recorder=recorder,
    )  # fmt: skip
    return replace(run, options=dict(kept))


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
