"""`etascope referee`: what following each adviser would have lost."""

from __future__ import annotations

from typing import Any

import click

from etascope.cli.options.output import Output, output_options, report_option
from etascope.cli.options.recipe import data_options, open_data, recipe_of, recipe_options
from etascope.cli.progress import progress_bar


@click.command(
    epilog="""\b
Examples:
  etascope referee                            the bundled digits, under a minute
  etascope referee photos/ --optimizer adam   your images, one folder a class
  etascope referee --seeds 16 --replicates 5  a closer look
  etascope referee --report referee.html      and a page to look at

Optuna and Prodigy need: pip install 'etascope[referee]'. Without, they are left out.""",
)
@data_options
@click.option(
    "--folds", type=int, help="Cross-validation folds; 1 is one holdout. [default: 5 below 10,000 images, else 1]"
)
@click.option("--seeds", default=8, show_default=True, help="Trainings at each rate that make up the truth.")
@click.option("--replicates", default=3, show_default=True, help="How often each adviser is asked.")
@recipe_options
@output_options
@report_option
def referee(
    folds: int | None,
    seeds: int,
    replicates: int,
    json_path: str | None,
    ascii: bool,
    reports: tuple[str, ...],
    **options: Any,
) -> int:
    """Score what following each adviser would have lost in accuracy, on your recipe and your images.

    Seven rules that read a rate off a range test, Optuna with 5, 10 and 20 trials, Prodigy, the customary default and
    etascope's own pick are asked for a learning rate. The truth is then looked up: the test accuracy of the recipe at
    29 rates, a mean over fresh seeds. No adviser sees a test image, but the table is made of them, so they are spent.

    The truth takes 29 trainings for each of --seeds; on large data, ask for fewer.

    What to look for: an adviser that loses little at worst, for a cost that you can pay. One that is behind loses
    more than chance explains; where it is not told, more --seeds may tell.
    DATA is as in `etascope trace`.
    """
    from etascope.experiments.referee.document import referee_document
    from etascope.experiments.referee.report import referee_experiment
    from etascope.experiments.referee.run import referee as score
    from etascope.experiments.referee.terminal import print_referee
    from etascope.report.files.write import write_experiment
    from etascope.training.dense.engine import DenseEngine

    output, recipe = Output(json_path, ascii, reports), recipe_of(options)
    with progress_bar(ascii=output.plain) as progress:
        dataset, share = open_data(options, progress, output)
        found = score(
            dataset, recipe=recipe, test=share, folds=folds, seeds=seeds, replicates=replicates,
            engine=DenseEngine(options["workers"]), progress=progress,
        )  # fmt: skip
    with (
        output.document(lambda: referee_document(found)),
        output.written(lambda path: write_experiment(referee_experiment(found), path)),
    ):
        if output.text:
            print_referee(output.console(), found, ascii=output.plain)
    return 0
