"""`etascope ladder`: whether the best rate moves with epochs, batch size or width."""

from __future__ import annotations

from typing import Any

import click

from etascope.cli.options.output import Output, output_options, report_option
from etascope.cli.options.recipe import data_options, open_data, recipe_of, recipe_options
from etascope.cli.progress import progress_bar
from etascope.core.errors import InputError


@click.command(
    epilog="""\b
Examples:
  etascope ladder                             1, 2 and 4 times the epochs
  etascope ladder --times 1,2,4,8 --epochs 2  from 2 epochs to 16
  etascope ladder --batch-sizes 8,16,32,64    does the rate grow with the batch?
  etascope ladder --widths 64,128,256         does it carry over to a wider network?
  etascope ladder --report ladder.html        and a page to look at

Exits with 0 with an answer, 1 when no setting has one, 2 for bad input.""",
)
@data_options
@click.option(
    "--folds", type=int, help="Cross-validation folds; 1 is one holdout. [default: 5 below 10,000 images, else 1]"
)
@click.option("--times", metavar="LIST", help="Multiples of --epochs. [default: 1,2,4 if no other list is given]")
@click.option("--batch-sizes", metavar="LIST", help="Batch sizes, in place of --batch-size.")
@click.option("--widths", metavar="LIST", help="Units of the first hidden layer; others keep their proportion.")
@recipe_options
@output_options
@report_option
def ladder(
    folds: int | None,
    times: str | None,
    batch_sizes: str | None,
    widths: str | None,
    json_path: str | None,
    ascii: bool,
    reports: tuple[str, ...],
    **options: Any,
) -> int:
    """Repeat the choice at other lengths, batch sizes or widths, and say whether the best rate moves.

    A rate found in a short rehearsal is often too high for the long training, and one found with small batches too low
    for large ones. Here a power law is fitted to the best rates, with each basin as its rate's error: an exponent
    whose interval holds 0 is no movement that can be told. Test images are not looked at.

    What to look for: a setting whose basin leaves out the rate of the shortest one. Choosing that short misleads.
    DATA is as in `etascope trace`.
    """
    from etascope.experiments.scaling.document import horizon_document
    from etascope.experiments.scaling.report import horizon_experiment
    from etascope.experiments.scaling.run import horizon
    from etascope.experiments.scaling.terminal import print_horizon
    from etascope.report.files.write import write_experiment
    from etascope.training.dense.engine import DenseEngine

    output, recipe = Output(json_path, ascii, reports), recipe_of(options)
    by_epochs = numbers("--times", times, "1,2,4")
    by_batch = numbers("--batch-sizes", batch_sizes, "8,16,32")
    by_width = numbers("--widths", widths, "64,128,256")
    with progress_bar(ascii=output.plain) as progress:
        dataset, share = open_data(options, progress, output)
        told = horizon(
            dataset, recipe=recipe, test=share, folds=folds, times=by_epochs, batch_sizes=by_batch, widths=by_width,
            engine=DenseEngine(options["workers"]), progress=progress,
        )  # fmt: skip
    with (
        output.document(lambda: horizon_document(told)),
        output.written(lambda path: write_experiment(horizon_experiment(told), path)),
    ):
        if output.text:
            print_horizon(output.console(), told, ascii=output.plain)
    return 0 if told.answered else 1


def numbers(name: str, text: str | None, example: str) -> tuple[int, ...]:
    """Return the whole numbers of a list with commas; none for no list.

    Examples
    --------
    >>> numbers("--times", "1,2,4", "1,2,4")
    (1, 2, 4)
    """
    if text is None:
        return ()
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise InputError(f"{name} must be whole numbers with commas between; found {text!r}. Try {example}.") from None
