"""The commands on runs that were kept: `runs`, `show`, `compare`, `export`, `code`, `rm` and `gc`."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click

from etascope.cli.messages import say
from etascope.cli.options.output import Output, output_options
from etascope.cli.options.store import in_store, opened, store_option
from etascope.cli.searching import write_answer
from etascope.core.errors import InputError
from etascope.core.protocols import Store
from etascope.core.recipe import Recipe
from etascope.core.run import DataSummary
from etascope.core.sentences import Command
from etascope.core.sentences import say as sentence
from etascope.core.stored import StoredRun
from etascope.core.visible import visible
from etascope.report.terminal.run_list import clock


@click.command(
    epilog="""\b
Examples:
  etascope runs                    the latest twenty
  etascope runs --limit 100        more of them
  etascope runs --json runs.json   the same as JSON""",
)
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many to list at most.")
@store_option
@output_options
def runs(limit: int, store_url: str | None, json_path: str | None, ascii: bool) -> int:
    """List the searches that were kept, the latest first: when, what came out, and what was asked."""
    from etascope.report.terminal.run_list import print_runs, runs_document

    output = Output(json_path, ascii)
    lines = opened(store_url).find(limit + 1)
    with output.document(lambda: runs_document(lines[:limit])):
        if output.text:
            more = 10 * limit if len(lines) > limit else None
            dialect = partial(in_store, store_url)
            print_runs(output.console(), lines[:limit], _now(), more=more, dialect=dialect, ascii=output.plain)
    return 0


@click.command(
    epilog="""\b
Examples:
  etascope show                      the latest
  etascope show 3f2a                 the beginning of an id is enough
  etascope show --json answer.json   and everything measured, as JSON

Exits with 0 with an answer, 1 when there is none or not yet, 2 for bad input.""",
)
@click.argument("run", default="last")
@store_option
@output_options
def show(run: str, store_url: str | None, json_path: str | None, ascii: bool) -> int:
    """Show the page that `etascope pick` printed, from the store.

    RUN is an id, the beginning of one, or `last`, which is the default. A search that did not come to its end shows
    what it has, and how to go on.
    """
    from etascope.report.terminal.run_list import print_unfinished

    output = Output(json_path, ascii)
    stored = opened(store_url).get(run)
    if stored.finished or json_path is not None:
        return write_answer(output, stored.run, again=True)
    print_unfinished(output.console(), stored, _now(), dialect=partial(in_store, store_url), ascii=output.plain)
    return 1


@click.command(
    epilog="""\b
Examples:
  etascope compare             the latest two that came to their end
  etascope compare 3f2a        that one with the latest
  etascope compare 3f2a 9b01   these two""",
)
@click.argument("a", required=False)
@click.argument("b", required=False)
@store_option
@output_options
def compare(a: str | None, b: str | None, store_url: str | None, json_path: str | None, ascii: bool) -> int:
    """Put two searches side by side: data, recipe, rates, basins, accuracies, cost, and what to conclude.

    A and B are ids, beginnings of ids, or `last`. Without B it is the latest run that came to its end, without A the
    one before.
    """
    from etascope.report.terminal.comparison import print_comparison
    from etascope.report.words.comparison import comparison_document

    output = Output(json_path, ascii)
    first, second = _pair(opened(store_url), a, b)
    with output.document(lambda: comparison_document(first, second)):
        if output.text:
            print_comparison(output.console(), first, second, ascii=output.plain)
    return 0


@click.command(
    epilog="""\b
Examples:
  etascope export last               into a file named for the run
  etascope export 3f2a answer.json   into this one
  etascope export last -             to standard output, and nothing else""",
)
@click.argument("run")
@click.argument("path", required=False)
@store_option
def export(run: str, path: str | None, store_url: str | None) -> int:
    """Write the document of a finished search, as `etascope pick --json` does.

    RUN is an id, the beginning of one, or `last`. PATH is a file, RUN.json by default, or - for standard output.
    """
    from etascope.learn.quiz import run_quiz
    from etascope.report.files.document import pick_document

    stored = opened(store_url).get(run)
    finished = stored.run
    output = Output(f"{stored.id}.json" if path is None else path, ascii=False, called="PATH")
    with output.document(lambda: pick_document(finished, run_quiz(finished))):
        pass
    if output.text:
        say(f"run {stored.id} was written to {output.json_path}.")
    return 0


@click.command(
    epilog="""\b
Examples:
  etascope code last --framework pytorch > train.py   the latest run
  etascope code answer.json --framework keras         a document of pick --json""",
)
@click.argument("run", default="last")
@click.option(
    "--framework", default="pytorch", show_default=True, metavar="NAME",
    help="pytorch, keras, lightning, sklearn or etascope.",
)  # fmt: skip
@store_option
def code(run: str, framework: str, store_url: str | None) -> int:
    """Print a script that trains the recipe of RUN at the learning rate that was recommended.

    RUN is the id of a stored run, the beginning of one, `last`, or the path of a document that `etascope pick --json`
    wrote. The script loads the same images, holds back the same test images and ends with the accuracy on them; it
    does not import etascope, but for --framework etascope.
    """
    from etascope.report.code.from_document import code_for

    recipe, data, learning_rate = _recipe_data_and_rate(run, store_url)
    if learning_rate is None:
        see = "Its answer" if Path(run).is_file() else in_store(store_url, Command("show", (run,)))
        raise InputError(
            f"a script needs a learning rate, and for {data.source} it cannot be told yet. {see} says what to try next."
        )
    click.echo(visible(code_for(framework, recipe, data, learning_rate)), nl=False)
    return 0


@click.command(
    epilog="""\b
Examples:
  etascope rm 3f2a          asks first
  etascope rm 3f2a 9b01     two of them
  etascope rm last --yes    does not ask""",
)
@click.argument("run", nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="Do not ask.")
@store_option
def rm(run: tuple[str, ...], yes: bool, store_url: str | None) -> int:
    """Forget searches for good.

    RUN is an id, the beginning of one, or `last`. At a terminal it asks first; elsewhere it needs --yes.
    """
    from etascope.store.lines import one_of

    store = opened(store_url)
    known = store.ids()
    run_ids = list(dict.fromkeys(one_of(name, known) for name in run))
    if not (yes or _agreed(store, run_ids)):
        say("Nothing was removed.")
        return 1
    for run_id in run_ids:
        store.remove(run_id)
    removed, whose = ("was", "its") if len(run_ids) == 1 else ("were", "their")
    say(f"{_count(len(run_ids))} {removed} removed. {in_store(store_url, Command('gc'))} gives {whose} space back.")
    return 0


@click.command(
    epilog="""\b
Examples:
  etascope gc                            your own store
  etascope gc --store runs.sqlite        a file
  etascope gc --store postgresql://h/db  a database""",
)
@store_option
def gc(store_url: str | None) -> int:
    """Drop what no run needs any more, and give the space back to the disk.

    That is what removed runs have left, and the weights of searches that came to their end. No run and no answer goes
    away.
    """
    freed = opened(store_url).collect()
    say(f"{_bytes(freed)} were freed." if freed else "There was nothing to free.")
    return 0


def _recipe_data_and_rate(run: str, store_url: str | None) -> tuple[Recipe, DataSummary, float | None]:
    path = Path(run)
    if path.suffix == ".json" or path.is_file():
        from etascope.report.code.from_document import read_pick

        return read_pick(path)
    finished = opened(store_url).get(run).run
    if finished.task.measure.reported:
        from etascope.report.code.from_document import NO_SCRIPT

        raise InputError(NO_SCRIPT)
    labels = finished.options.get("labels") or ""
    return finished.recipe, replace(finished.data, labels=labels), finished.choice.learning_rate


def _pair(store: Store, a: str | None, b: str | None) -> tuple[StoredRun, StoredRun]:
    second = None if b is None else store.get(b)
    first = None if a is None else store.get(a)
    if first is not None and second is not None:
        return first, second
    ended = [line.id for line in store.find() if line.finished and (first is None or line.id != first.id)]
    if len(ended) < (1 if first is not None else 2):
        said = "compare needs two runs that came to their end; there are not as many."
        raise InputError(said, sentence("See {runs}.", Command("runs")))
    if first is not None:
        return first, store.get(ended[0])
    return store.get(ended[1]), store.get(ended[0])


def _agreed(store: Store, run_ids: list[str]) -> bool:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise InputError(f"rm forgets {_count(len(run_ids))} for good, and there is nobody to ask here. Add --yes.")
    for line in [line for line in store.find(tell=lambda _: None) if line.id in run_ids]:
        say(f"{line.id}  {clock(line.created)}  {line.source}: {line.recipe}")
    return click.confirm(f"Forget {'it' if len(run_ids) == 1 else 'them'} for good?")


def _count(runs: int) -> str:
    return f"{runs} {'run' if runs == 1 else 'runs'}"


def _bytes(count: int) -> str:
    size, unit = float(count), "bytes"
    for larger in ("kB", "MB", "GB"):
        if size < 1000:
            break
        size, unit = size / 1000, larger
    return f"{size:.3g} {unit}"


def _now() -> datetime:
    return datetime.now(UTC)
