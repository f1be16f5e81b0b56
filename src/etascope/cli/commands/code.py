"""The command `code`: a script that trains what was recommended, in another framework."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from etascope.cli.options.store import again, opened, store_option
from etascope.core.errors import InputError
from etascope.core.recipe import Recipe
from etascope.core.run import DataSummary
from etascope.core.visible import visible


@click.command(
    short_help="Print a script that trains a run's recipe at its rate.",
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
    from etascope.report.code.frameworks import code_for

    recipe, data, learning_rate = _asked(run, store_url)
    if learning_rate is None:
        see = "Its answer" if Path(run).is_file() else f"etascope show {run}{again(store_url)}"
        raise InputError(
            f"a script needs a learning rate, and for {data.source} it cannot be told yet. {see} says what to try next."
        )
    click.echo(visible(code_for(framework, recipe, data, learning_rate)), nl=False)
    return 0


def _asked(run: str, store_url: str | None) -> tuple[Recipe, DataSummary, float | None]:
    path = Path(run)
    if path.suffix == ".json" or path.is_file():
        from etascope.report.code.from_document import read_pick

        return read_pick(path)
    found = opened(store_url).get(run).run
    if found.task.measure.reported:
        from etascope.report.code.from_document import NO_SCRIPT

        raise InputError(NO_SCRIPT)
    labels = found.options.get("labels") or ""
    return found.recipe, replace(found.data, labels=labels), found.choice.learning_rate
