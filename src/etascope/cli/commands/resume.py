"""The command `resume`: go on with a search that was stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from etascope.cli.commands.pick import search_command
from etascope.cli.messages import note
from etascope.cli.options.engine import cluster_options, joined
from etascope.cli.options.output import Output, output_options
from etascope.cli.options.store import Recording, noting_what_is_kept, opened, store_option
from etascope.cli.progress import progress_bar
from etascope.cli.searching import is_relative_file, open_again, search, write_answer
from etascope.core.data import Dataset
from etascope.core.errors import InputError
from etascope.core.protocols import Store
from etascope.core.recording import StoreRecorder
from etascope.core.run import Run, versions
from etascope.core.sentences import Call, Command, say
from etascope.core.stored import StoredRun


@click.command(
    epilog="""\b
Examples:
  etascope resume                      the latest that did not come to its end
  etascope resume 3f2a                 that one; how its id begins is enough
  etascope resume --json answer.json   and everything measured, as JSON

Exits as etascope pick does.""",
)
@click.argument("run", required=False)
@click.option("--workers", type=int, help="Processes or threads; the answer stays the same. [default: as it began]")
@cluster_options
@store_option
@output_options
def resume(
    run: str | None, workers: int | None, store_url: str | None, json_path: str | None, ascii: bool, **cluster: Any
) -> int:
    """Go on with a search that was stopped, from the last trial that it kept.

    The images are opened again as they were. The answer is the one that the search would have come to, bit by bit, if
    it had not been stopped. RUN is an id, the beginning of one, or `last`; without it, it is the latest run that did
    not come to its end. A search that began on a Ray cluster goes on here, unless --ray is given again.
    """
    output = Output(json_path, ascii)
    store = opened(store_url)
    stored = store.get(_latest_unfinished(store) if run is None else run)
    if stored.finished:
        note(f"run {stored.id} came to its end; this is its answer.")
        return write_answer(output, stored.run, again=True)
    job = stored.job
    options = {**job.options, **cluster} if workers is None else {**job.options, **cluster, "workers": workers}
    # The store that read the run notices when another process goes on with it, too.
    kept = Recording(StoreRecorder(store, options, stored.id, stored.histories), store_url)
    with noting_what_is_kept(kept):
        finished = _go_on(stored, options, cluster, output, kept)
        return write_answer(output, finished)


def _go_on(stored: StoredRun, options: dict[str, Any], cluster: dict[str, Any], output: Output, kept: Recording) -> Run:
    job = stored.job
    if job.data.command:
        script = {**options, "epochs": job.task.recipe.epochs, "seed": job.task.recipe.seed}
        _require_folder(stored, "of a command that ran in")
        with progress_bar(ascii=output.plain) as progress:
            return search_command(script, progress, stored.histories, kept.recorder)
    if is_relative_file(job.task.recipe.model):
        _require_folder(stored, f"of the model {job.task.recipe.model}, seen from")
    with joined(cluster), progress_bar(ascii=output.plain) as progress:
        dataset, share = open_again(
            options,
            f"run {stored.id}",
            progress,
            output,
            moved="Put them back, or search anew with etascope pick DATA.",
        )
        _check(stored, dataset)
        return search(dataset, share, job.task.recipe, options, progress, stored.histories, kept.recorder)


def _latest_unfinished(store: Store) -> str:
    lines = store.find()
    stopped = next((line.id for line in lines if not line.finished), None)
    if stopped is None:
        known = "every run here came to its end" if lines else "there are no runs yet"
        advice = say("See {runs}, or begin: {pick}.", Command("runs"), Call("pick"))
        raise InputError(f"resume needs a run that was stopped; {known}.", advice)
    return stopped


def _check(stored: StoredRun, dataset: Dataset) -> None:
    """Refuse other data; say where other software may give other bits."""
    if dataset.fingerprint != stored.job.data.fingerprint:
        raise InputError(
            f"{dataset.source} has changed since run {stored.id} began: it had {stored.job.data.images:,} images and "
            f"the fingerprint {stored.job.data.fingerprint[:12]}, now {len(dataset):,} and {dataset.fingerprint[:12]}.",
            say(
                "Search anew with {pick}, and forget the old run with {rm}.", Call("pick"), Command("rm", (stored.id,))
            ),
        )
    now = versions()
    changed = [
        f"{name} {was}, now {now.get(name)}" for name, was in stored.job.versions.items() if now.get(name) != was
    ]
    if changed:
        note(f"run {stored.id} began with {'; '.join(changed)}; the last digits may differ.")


def _require_folder(stored: StoredRun, what: str) -> None:
    """Refuse to go on elsewhere than it began: a command or a model may name files, and others may be here."""
    folder = stored.job.options.get("folder")
    if isinstance(folder, str) and Path.cwd() != Path(folder):
        raise InputError(f"run {stored.id} is {what} {folder}. Go on with it there.")
