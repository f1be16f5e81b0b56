"""The command `range-test`: what a range test would have suggested, beside what is measured."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from etascope.cli.options.output import Output, output_options, report_option
from etascope.cli.options.recipe import data_options, open_data, recipe_of, recipe_options
from etascope.cli.progress import progress_bar


@click.command(
    "range-test",
    epilog="""\b
Examples:
  etascope range-test                       the bundled digits, with the measured truth beside
  etascope range-test --optimizer adam      the same rules, another optimizer
  etascope range-test photos/ --no-measure  your images, the range test alone
  etascope range-test --report test.html    and a page to look at""",
)
@data_options
@click.option("--low", default=1e-7, show_default=True, type=float, help="Where the learning rate starts.")
@click.option("--high", default=10.0, show_default=True, type=float, help="Where it ends.")
@click.option("--steps", default=100, show_default=True, type=int, help="Batches that it climbs over.")
@click.option("--measure/--no-measure", default=True, show_default=True, help="Also measure what each rate is worth.")
@click.option("--own-sweeps", is_flag=True, help="Let each rule read the sweep that its own finder makes.")
@recipe_options
@output_options
@report_option
def range_test(
    low: float,
    high: float,
    steps: int,
    measure: bool,
    own_sweeps: bool,
    json_path: str | None,
    ascii: bool,
    reports: tuple[str, ...],
    **options: Any,
) -> int:
    """Train once while the learning rate climbs, and see what each published rule suggests.

    fastai's valley, slide, minimum and steep, torch-lr-finder's steepest, Lightning's and ignite's read the same curve.
    Beside them stands what whole trainings make of these rates. DATA is as in `etascope trace`.
    """
    from etascope.experiments.range_test.document import range_document
    from etascope.experiments.range_test.report import range_experiment
    from etascope.experiments.range_test.run import range_test as run_it
    from etascope.experiments.range_test.terminal import print_range_test
    from etascope.report.files.write import write_experiment
    from etascope.training.dense.engine import DenseEngine

    output, recipe = Output(json_path, ascii, reports), recipe_of(options)
    with progress_bar(ascii=output.plain) as progress:
        dataset, share = open_data(options, progress, output)
        told = run_it(
            dataset, recipe=recipe, low=low, high=high, steps=steps, measure=measure, own_sweeps=own_sweeps, test=share,
            engine=DenseEngine(options["workers"]), progress=progress,
        )  # fmt: skip
    told = replace(told, options=options)
    with (
        output.document(lambda: range_document(told)),
        output.written(lambda path: write_experiment(range_experiment(told), path)),
    ):
        if output.text:
            print_range_test(output.console(), told, ascii=output.plain)
    return 0
