"""The commands, and how they end: 0 for an answer, 1 for "cannot tell yet", 2 for bad input, or see `stopping`."""

from __future__ import annotations

import io
import os
import sys
from importlib import import_module
from typing import Any, cast

import click
import numpy as np

from etascope.cli.commands.script import SCRIPT, check_command, command_options, pick_by_command
from etascope.cli.dialect import command_line
from etascope.cli.options.cluster import cluster_options, joined
from etascope.cli.options.model import engine_for, model_options
from etascope.cli.options.shared import (
    Output,
    data_options,
    open_data,
    output_options,
    recipe_of,
    recipe_options,
    report_option,
    search_options,
)
from etascope.cli.options.store import store_option
from etascope.cli.progress import progress_bar
from etascope.cli.recording import recorder, told_when_stopped
from etascope.cli.saying import note
from etascope.cli.stopping import drop_output, end, end_at_once, stopped
from etascope.core.errors import InputError, option
from etascope.core.interrupting import signals_taken
from etascope.core.plan import check_rates

EXIT_ANSWER, EXIT_NO_ANSWER, EXIT_BAD_INPUT = 0, 1, 2
#: Lines in columns, which click is told not to wrap.
_EXAMPLES = "\b\nExamples:\n  "
#: Where each command stands, and what the list of commands says of it, so that the list loads none of them.
_ELSEWHERE = {
    "studio": ("studio", "studio", "See learning rates at work on a web page."),
    "range-test": ("experiments", "range_test", "See what a range test would have suggested."),
    "scaling": ("experiments", "scaling", "Repeat the choice at other lengths, batch sizes or widths."),
    "referee": ("experiments", "referee", "Score range tests, Optuna, Prodigy and etascope on your own recipe."),
    "sharpness": ("experiments", "sharpness", "See why too large a rate fails: the sharpness wall."),
    "resume": ("resume", "resume", "Go on with a search that was stopped."),
    "runs": ("runs", "runs", "List the searches that were kept."),
    "show": ("runs", "show", "Show the answer of a kept search again."),
    "compare": ("runs", "compare", "Put two kept searches side by side."),
    "export": ("runs", "export", "Write a kept search as JSON."),
    "code": ("code", "code", "Print a script that trains a run's recipe at its rate."),
    "lock": ("lock", "lock", "Write an accepted answer to a small file to commit."),
    "check": ("lock", "check", "Fail when data, recipe or result have moved from a lock."),
    "rm": ("runs", "rm", "Forget kept searches."),
    "gc": ("runs", "gc", "Give the space of forgotten searches back."),
}
_SECTIONS = {
    "Commands": ("pick", "trace", "quiz", "studio"),
    "Experiments": ("range-test", "scaling", "referee", "sharpness"),
    "Kept searches": ("runs", "show", "compare", "export", "code", "resume", "rm", "gc"),
    "In CI": ("lock", "check"),
}


class _Commands(click.Group):
    """Commands that load when they are called, and answer a misspelt name with the one that was likely meant."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for names in _SECTIONS.values() for name in names]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _ELSEWHERE:
            return super().get_command(ctx, cmd_name)
        module, name, _ = _ELSEWHERE[cmd_name]
        return getattr(import_module(f"etascope.cli.commands.{module}"), name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, names in _SECTIONS.items():
            with formatter.section(title):
                rows = [(name, _ELSEWHERE[name][2] if name in _ELSEWHERE else self._short(ctx, name)) for name in names]
                formatter.write_dl(rows)

    def _short(self, ctx: click.Context, name: str) -> str:
        command = self.get_command(ctx, name)
        return "" if command is None else command.get_short_help_str(100)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] == "ladder":
            raise InputError("etascope ladder is called etascope scaling now, with the same options.")
        option("a command", args[0], self.list_commands(ctx))
        return super().resolve_command(ctx, args)


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_EXAMPLES
    + """etascope pick             on the 1,000 digits that come with etascope
  etascope pick photos/     on your own images, one folder a class
  etascope trace --lr 0.3   one training laid open, epoch by epoch""",
)
@click.version_option(message="etascope %(version)s", package_name="etascope")
@click.pass_context
def commands(ctx: click.Context) -> None:
    """See what a learning rate does to an image classifier, and pick the right one.

    Each command runs as it is, on handwritten digits that come with etascope; `etascope pick --help` shows its options
    and their defaults.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


@commands.command(
    epilog=_EXAMPLES
    + """etascope trace                            the bundled digits at 0.01
  etascope trace --lr 0.3 --optimizer sgd   watch it bounce
  etascope trace photos/ --hidden 256,128   your images, two hidden layers""",
)
@data_options
@click.option("--lr", "--learning-rate", "lr", default=0.01, show_default=True, help="The learning rate to look at.")
@recipe_options
@model_options
@output_options
def trace(lr: float, json_path: str | None, ascii: bool, **options: Any) -> int:
    """Train once, at one learning rate, and lay the whole training open.

    Five stages from the images to the test, the training epoch by epoch with what there is to see, one prediction
    layer by layer, a quiz and the key insight. DATA is `digits` (1,000 handwritten digits that come with etascope),
    `mnist`, `fashion-mnist`, `kmnist`, a folder with one directory a class, IDX files, .npz, .npy, .csv or .tsv.
    """
    import etascope
    from etascope.learn.quiz import trace_quiz
    from etascope.report.files.document import trace_document
    from etascope.report.terminal.run import print_trace

    output, recipe = Output(json_path, ascii), recipe_of(options)
    check_rates(np.array([lr], np.float64))
    engine = engine_for(recipe, options)
    with progress_bar(ascii=output.plain) as progress:
        dataset, share = open_data(options, progress, output)
        training = etascope.trace(dataset, learning_rate=lr, recipe=recipe, test=share, image=options["image"],
                                  engine=engine, progress=progress)  # fmt: skip
    questions = trace_quiz(training)
    with output.document(lambda: trace_document(training, questions)):
        if output.text:
            print_trace(output.console(), training, questions, ascii=output.plain)
    return EXIT_ANSWER


@commands.command(
    short_help="Try many learning rates at once and recommend one.",
    epilog=_EXAMPLES
    + """etascope pick                            the bundled digits
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

    Learning rates are compared on images that did not train: by cross-validation where trainings are cheap, on a
    ladder of ever longer trainings where they are dear. The test images are looked at once, by a final model at the
    chosen rate. Every search is kept (`etascope runs`). DATA is as in `etascope trace`. With --command, it is your own
    script that trains, on its own data.
    """
    from etascope.cli.searching import kept_options, method_of, search, write_answer

    output, recipe = Output(json_path, ascii, reports), recipe_of(options)
    if no_store and store_url is not None:
        note("--no-store was given, too, so this search is not kept.")
    if check_command(ctx):
        return pick_by_command(ctx, output)
    options = {name: value for name, value in options.items() if name not in SCRIPT}
    method_of(options)
    engine_for(recipe, options)
    kept = None if no_store else recorder(store_url, kept_options(options))
    with told_when_stopped(kept):
        with joined(options), progress_bar(ascii=output.plain) as progress:
            dataset, share = open_data(options, progress, output)
            run = search(dataset, share, recipe, options, progress, recorder=None if kept is None else kept.recorder)
        told = write_answer(output, run)
    if kept is not None:
        kept.tell()
    return EXIT_ANSWER if told else EXIT_NO_ANSWER


@commands.command(
    short_help="Answer three questions about learning rates.",
    epilog=_EXAMPLES
    + """etascope quiz                    the bundled digits
  etascope quiz --optimizer adam   other answers are right here
  etascope quiz --seed 3           and the answers stand elsewhere""",
)
@data_options
@recipe_options
@click.option("--ascii", is_flag=True, help="Draw with ASCII characters only.")
def quiz(ascii: bool, **options: Any) -> int:
    """Answer three questions about learning rates, from a search that is run for you.

    Where there is no terminal to answer at, the questions are printed with the answers at the end.
    """
    import etascope
    from etascope.cli.quiz import ask
    from etascope.learn.quiz import run_quiz
    from etascope.report.terminal.run import print_quiz
    from etascope.training.dense.engine import DenseEngine

    output, recipe = Output(None, ascii), recipe_of(options)
    with progress_bar(ascii=output.plain) as progress:
        dataset, share = open_data(options, progress, output)
        run = etascope.pick(
            dataset, recipe=recipe, test=share, image=options["image"], engine=DenseEngine(options["workers"]),
            progress=progress,
        )  # fmt: skip
    questions = run_quiz(run)
    if sys.stdin.isatty() and sys.stdout.isatty():
        ask(output.console(), questions, ascii=output.plain)
    else:
        print_quiz(output.console(), questions, ascii=output.plain)
    return EXIT_ANSWER


def main() -> None:
    """Run the command line and exit; what went wrong is one sentence on standard error."""
    _open_missing_streams()
    with signals_taken(end_at_once, last=True):
        try:
            _run()
        except (KeyboardInterrupt, click.Abort) as stop:
            end(*stopped(stop))


def _run() -> None:
    out: object = sys.stdout
    if isinstance(out, io.TextIOWrapper):
        # Names of files may hold bytes that are no text in the terminal's encoding.
        cast("io.TextIOWrapper[Any]", out).reconfigure(errors="replace")
    try:
        code = commands.main(standalone_mode=False)
        sys.stdout.flush()
    except InputError as error:
        end(error.written(command_line), EXIT_BAD_INPUT)
    except click.ClickException as error:
        message = error.format_message().rstrip()
        end(f"{message}{'' if message.endswith(('.', '?')) else '.'} See --help.", EXIT_BAD_INPUT)
    except MemoryError:
        end(
            "this takes more memory than there is. Try fewer --epochs, fewer --hidden units or a smaller --model, a "
            "smaller --image-size or fewer images.",
            EXIT_BAD_INPUT,
        )
    except (BrokenPipeError, SystemExit):
        # The reader of our output went away, as `head` does, and nothing is wrong. No command exits by itself: it is
        # click and rich that make `SystemExit` of a broken pipe.
        drop_output()
        code = EXIT_ANSWER
    except OSError as error:
        drop_output()
        what = "the output cannot be written" if error.filename is None else f"{error.filename} cannot be used"
        end(f"{what}: {(error.strerror or str(error)).lower()}.", EXIT_BAD_INPUT)
    sys.exit(code)


def _open_missing_streams() -> None:
    """Send what is written to a stream that was closed before we began nowhere: Python has None for it."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, os.fdopen(nowhere, "r" if name == "stdin" else "w", encoding="utf-8"))
