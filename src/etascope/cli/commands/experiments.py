"""The commands of the experiments: `range_test`, `sharpness`, `scaling` and `referee`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import click

from etascope.cli.next_step import pick_command
from etascope.cli.options.output import Output, adds, output_options, report_option
from etascope.cli.options.recipe import data_options, folds_option, open_data, recipe_of, recipe_options
from etascope.cli.progress import progress_bar
from etascope.core.errors import InputError

if TYPE_CHECKING:
    from etascope.experiments.reported import Result

AnyResult = TypeVar("AnyResult", bound="Result")

#: The recipe and where the output goes, which stand after an experiment's own options.
common_options = adds(recipe_options, output_options, report_option)


def answer(run: Callable[..., AnyResult], options: dict[str, Any], **own: Any) -> AnyResult:
    """Open the images, run an experiment on them with its own options, and write it in every form that is asked for."""
    from etascope.experiments.reported import experiment_of
    from etascope.report.files.write import write_report
    from etascope.report.terminal.page import Page
    from etascope.training.dense.engine import DenseEngine

    output = Output(*(options.pop(name) for name in ("json_path", "ascii", "reports")))
    recipe = recipe_of(options)
    with progress_bar(ascii=output.plain) as progress:
        dataset, test = open_data(options, progress, output)
        engine = DenseEngine(options["workers"])
        result = run(dataset, recipe=recipe, test=test, engine=engine, progress=progress, **own)
    experiment = experiment_of(result)
    with output.document(lambda: experiment.document), output.written(lambda path: write_report(experiment, path)):
        if output.text:
            experiment.page(Page(output.console(), output.plain))
    return result


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
@common_options
def range_test(low: float, high: float, steps: int, measure: bool, own_sweeps: bool, **options: Any) -> int:
    """Train once while the learning rate climbs, and see what each published rule suggests.

    fastai's valley, slide, minimum and steep, torch-lr-finder's steepest, Lightning's and ignite's read the same curve.
    Beside them stands what whole trainings make of these rates. DATA is as in `etascope trace`.
    """
    from etascope.experiments.range_test.record import RangeTestRun
    from etascope.experiments.range_test.run import range_test as run

    def with_command(*arguments: Any, **named: Any) -> RangeTestRun:
        made = run(*arguments, **named)
        return replace(made, command=pick_command(made.source, made.recipe, options))

    answer(with_command, options, low=low, high=high, steps=steps, measure=measure, own_sweeps=own_sweeps)
    return 0


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
@common_options
def sharpness(lr: float | None, measure: bool, **options: Any) -> int:
    """Measure the sharpness of the loss, the learning rate limit it gives, and the real wall beside it.

    The sharpness is the largest curvature of the training loss. SGD on a quadratic runs away above 2 / sharpness;
    momentum has limits of its own, adaptive optimizers have none. DATA is as in `etascope trace`.
    """
    from etascope.experiments.sharpness.run import sharpness as run

    answer(run, options, learning_rate=lr, measure=measure)
    return 0


@click.command(
    epilog="""\b
Examples:
  etascope scaling                             1, 2 and 4 times the epochs
  etascope scaling --times 1,2,4,8 --epochs 2  from 2 epochs to 16
  etascope scaling --batch-sizes 8,16,32,64    does the rate grow with the batch?
  etascope scaling --widths 64,128,256         does it carry over to a wider network?
  etascope scaling --report scaling.html       and a page to look at

Exits with 0 with an answer, 1 when no setting has one, 2 for bad input.""",
)
@data_options
@folds_option
@click.option("--times", metavar="LIST", help="Multiples of --epochs. [default: 1,2,4 if no other list is given]")
@click.option("--batch-sizes", metavar="LIST", help="Batch sizes, in place of --batch-size.")
@click.option("--widths", metavar="LIST", help="Units of the first hidden layer; others keep their proportion.")
@common_options
def scaling(folds: int | None, times: str | None, batch_sizes: str | None, widths: str | None, **options: Any) -> int:
    """Repeat the choice at other lengths, batch sizes or widths, and say whether the best rate moves.

    A rate found in a short rehearsal is often too high for the long training, and one found with small batches too low
    for large ones. Here a power law is fitted to the best rates, with each basin as its rate's error: an exponent
    whose interval holds 0 is no movement that can be told. Test images are not looked at.

    What to look for: a setting whose basin leaves out the rate of the shortest one. Choosing that short misleads.
    DATA is as in `etascope trace`.
    """
    from etascope.experiments.scaling.run import scaling as run

    result = answer(
        run,
        options,
        folds=folds,
        times=whole_numbers("--times", times, "1,2,4"),
        batch_sizes=whole_numbers("--batch-sizes", batch_sizes, "8,16,32"),
        widths=whole_numbers("--widths", widths, "64,128,256"),
    )
    return 0 if result.answered else 1


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
@folds_option
@click.option("--seeds", default=8, show_default=True, help="Trainings at each rate that make up the truth.")
@click.option("--replicates", default=3, show_default=True, help="How often each adviser is asked.")
@common_options
def referee(folds: int | None, seeds: int, replicates: int, **options: Any) -> int:
    """Score what following each adviser would have lost in accuracy, on your recipe and your images.

    Seven rules that read a rate off a range test, Optuna with 5, 10 and 20 trials, Prodigy, the customary default and
    etascope's own pick are asked for a learning rate. The truth is then looked up: the test accuracy of the recipe at
    29 rates, a mean over fresh seeds. No adviser sees a test image, but the table is made of them, so they are spent.

    The truth takes 29 trainings for each of --seeds; on large data, ask for fewer.

    What to look for: an adviser that loses little at worst, for a cost that you can pay. One that is behind loses
    more than chance explains; where it is not told, more --seeds may tell.
    DATA is as in `etascope trace`.
    """
    from etascope.experiments.referee.run import referee as run

    answer(run, options, folds=folds, seeds=seeds, replicates=replicates)
    return 0


def whole_numbers(name: str, text: str | None, example: str) -> tuple[int, ...]:
    """Return the whole numbers of a list with commas; none for no list.

    Examples
    --------
    >>> whole_numbers("--times", "1,2,4", "1,2,4")
    (1, 2, 4)
    """
    try:
        return () if text is None else tuple(int(part) for part in text.split(","))
    except ValueError:
        raise InputError(f"{name} must be whole numbers with commas between; found {text!r}. Try {example}.") from None
