"""The command `sharpness`: why the wall stands where it does."""

from __future__ import annotations

from typing import Any

import click

from etascope.cli.options.output import Output, output_options, report_option
from etascope.cli.options.recipe import data_options, open_data, recipe_of, recipe_options
from etascope.cli.progress import progress_bar


@click.command(
    epilog="""\b
Examples:
  etascope sharpness --optimizer sgd        plain SGD on the bundled digits, where theory is near
  etascope sharpness                        momentum, where it is not
  etascope sharpness --lr 0.1 --no-measure  along a training at 0.1, no search for the wall
  etascope sharpness --report wall.html     and a page to look at""",
)
@data_options
@click.option(
    "--lr",
    "--learning-rate",
    "lr",
    type=float,
    help="Learning rate of the training that is followed. [default: the one the search recommends]",
)
@click.option("--measure/--no-measure", default=True, show_default=True, help="Also search for the real wall.")
@recipe_options
@output_options
@report_option
def sharpness(
    lr: float | None,
    measure: bool,
    json_path: str | None,
    ascii: bool,
    reports: tuple[str, ...],
    **options: Any,
) -> int:
    """Measure the sharpness of the loss, the learning rate limit it gives, and the real wall beside it.

    The sharpness is the largest curvature of the training loss. SGD on a quadratic runs away above 2 / sharpness;
    momentum has limits of its own, adaptive optimizers have none. DATA is as in `etascope trace`.
    """
    from etascope.experiments.range_test.document import sharpness_document
    from etascope.experiments.range_test.run import sharpness as measure_it
    from etascope.experiments.sharpness.report import sharpness_experiment
    from etascope.experiments.sharpness.terminal import print_sharpness
    from etascope.report.files.write import write_experiment
    from etascope.training.dense.engine import DenseEngine

    output, recipe = Output(json_path, ascii, reports), recipe_of(options)
    with progress_bar(ascii=output.plain) as progress:
        dataset, share = open_data(options, progress, output)
        wall = measure_it(
            dataset, recipe=recipe, learning_rate=lr, measure=measure, test=share,
            engine=DenseEngine(options["workers"]), progress=progress,
        )  # fmt: skip
    with (
        output.document(lambda: sharpness_document(wall)),
        output.written(lambda path: write_experiment(sharpness_experiment(wall), path)),
    ):
        if output.text:
            print_sharpness(output.console(), wall, ascii=output.plain)
    return 0
