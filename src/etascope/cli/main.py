"""The commands, and how they end: 0 for an answer, 1 for "cannot tell yet", 2 for bad input, or see `messages`."""

from __future__ import annotations

import io
import os
import sys
from importlib import import_module
from typing import Any, cast

import click

from etascope.cli.messages import drop_output, end, end_at_once, stopped
from etascope.core.errors import InputError, option
from etascope.core.interrupting import signals_taken

EXIT_BAD_INPUT = 2
#: The module in which each command stands, and what the list of commands says of it, so that the list loads none.
_SECTIONS = {
    "Commands": {
        "pick": ("pick", "Try many learning rates at once and recommend one."),
        "trace": ("lessons", "Train once, at one learning rate, and lay the whole training open."),
        "quiz": ("lessons", "Answer three questions about learning rates."),
        "studio": ("lessons", "See learning rates at work on a web page."),
    },
    "Experiments": {
        "range-test": ("experiments", "See what a range test would have suggested."),
        "scaling": ("experiments", "Repeat the choice at other lengths, batch sizes or widths."),
        "referee": ("experiments", "Score range tests, Optuna, Prodigy and etascope on your own recipe."),
        "sharpness": ("experiments", "See why too large a rate fails: the sharpness wall."),
    },
    "Kept searches": {
        "runs": ("runs", "List the searches that were kept."),
        "show": ("runs", "Show the answer of a kept search again."),
        "compare": ("runs", "Put two kept searches side by side."),
        "export": ("runs", "Write a kept search as JSON."),
        "code": ("runs", "Print a script that trains a run's recipe at its rate."),
        "resume": ("resume", "Go on with a search that was stopped."),
        "rm": ("runs", "Forget kept searches."),
        "gc": ("runs", "Give the space of forgotten searches back."),
    },
    "In CI": {
        "lock": ("lock", "Write an accepted answer to a small file to commit."),
        "check": ("lock", "Fail when data, recipe or result have moved from a lock."),
    },
}
_MODULES = {name: module for section in _SECTIONS.values() for name, (module, _) in section.items()}


class _Commands(click.Group):
    """Commands that load when they are called, and answer a misspelt name with the one that was likely meant."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _MODULES:
            return None
        return getattr(import_module(f"etascope.cli.commands.{_MODULES[cmd_name]}"), cmd_name.replace("-", "_"))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, section in _SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, sentence) for name, (_, sentence) in section.items()])

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
    epilog="""\b
Examples:
  etascope pick             on the 1,000 digits that come with etascope
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
        end(error, EXIT_BAD_INPUT)
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
        code = 0
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
