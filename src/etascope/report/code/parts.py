"""What scripts of all frameworks have in common: `Training`, header, schedule, pixels."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from etascope.core.recipe import Recipe
from etascope.core.run import DataSummary
from etascope.report.words.job import in_words

_SHAPES = {
    "constant": "return 1.0",
    "linear": "return 1 - done",
    "cosine": "return (1 + math.cos(math.pi * done)) / 2",
    "step": "return 0.1 ** math.floor(3 * done)",
    "one-cycle": """turn, t = 0.3 * rest - 1, step - warmup
    if t <= turn:
        return 1 + (1 / 25 - 1) * (1 + math.cos(math.pi * (t / turn if turn > 0 else 1.0))) / 2
    down = min((t - turn) / max(rest - 1 - turn, 1e-9), 1.0)
    return 1 / 25e4 + (1 - 1 / 25e4) * (1 + math.cos(math.pi * down)) / 2""",
}


@dataclass(frozen=True)
class Training:
    """What the script of one framework has of its own.

    Attributes
    ----------
    framework
        What it is called.
    notes
        What it does differently, a paragraph each.
    imports, lines
        Modules to import beside the standard library, and lines that import in another form.
    body
        The lines that train `x` and `labels` on the rows `train`, and test on the rows `test`.
    standard
        Modules of the standard library that the body needs.
    """

    framework: str
    notes: tuple[str, ...]
    imports: tuple[str, ...]
    lines: str
    body: str
    standard: tuple[str, ...] = ()


def header(framework: str, recipe: Recipe, data: DataSummary, learning_rate: float, notes: Sequence[str] = ()) -> str:
    """Return the docstring of a script: what it trains, on what, and what its framework does differently."""
    size, source = " x ".join(map(str, data.image_shape)), " ".join(data.source.split())
    said = [
        f"Train {source} with {framework} at learning rate {learning_rate:.6g}; written by etascope.",
        f"{in_words(recipe)}; seed {recipe.seed}; {data.images:,} images of {size}, {data.test:,} of them to test on.",
        *notes,
    ]
    if data.whole:
        said.append(f"These are a part of the {data.whole:,} images of the set, each class in proportion.")
    if recipe.optimizer not in ("momentum", "nesterov", "sgd"):
        said.append("Hyper-parameters of the optimizer that etascope does not set are PyTorch's defaults.")
    return docstring(said)


def docstring(paragraphs: Sequence[str]) -> str:
    """Return a module's docstring of paragraphs, wrapped but for lines of code, safe whatever they hold."""
    wrapped = "\n\n".join(map(_paragraph, paragraphs)).replace('"""', "'''")
    return ('r"""' if "\\" in wrapped else '"""') + wrapped + '\n"""\n'


def _paragraph(text: str) -> str:
    """Return a paragraph wrapped, and its lines after the first, which are code, as they are."""
    said, *code = text.split("\n")
    lines = [textwrap.fill(" ".join(said.split()), 100, break_long_words=False, break_on_hyphens=False)]
    return "\n".join([*lines, *([""] if code else []), *code])


def steps(recipe: Recipe) -> str:
    """Return the expression for the steps of all epochs over the rows `train`.

    Examples
    --------
    >>> steps(Recipe()), steps(Recipe(drop_last=True))
    ('EPOCHS * -(-len(train) // BATCH_SIZE)', 'EPOCHS * max(len(train) // BATCH_SIZE, 1)')
    """
    return f"EPOCHS * {'max(len(train) // BATCH_SIZE, 1)' if recipe.drop_last else '-(-len(train) // BATCH_SIZE)'}"


#: The rows of an epoch of whole batches; of less than one batch all, as no epoch leaves out everything.
WHOLE = "len(train) // BATCH_SIZE * BATCH_SIZE or len(train)"


def constant(recipe: Recipe) -> bool:
    """Return whether the learning rate never moves."""
    return recipe.schedule == "constant" and not recipe.warmup


def schedule(recipe: Recipe) -> str:
    """Return the function `factor(step, steps)`: what the peak rate is multiplied by at a step, counted from 0.

    The formulas are those of `etascope.core.schedules.schedule_row`.

    Examples
    --------
    >>> print(schedule(Recipe(schedule="linear", warmup=0.1)))
    def factor(step, steps):
        warmup = round(0.1 * steps)
        if step < warmup:
            return (step + 1) / warmup
        rest = steps - warmup
        done = min((step - warmup) / max(rest, 1), 1.0)
        return 1 - done
    <BLANKLINE>
    """
    return f"""def factor(step, steps):
    warmup = round({recipe.warmup!r} * steps)
    if step < warmup:
        return (step + 1) / warmup
    rest = steps - warmup
    done = min((step - warmup) / max(rest, 1), 1.0)
    {_SHAPES[recipe.schedule]}
"""


def pixels(recipe: Recipe) -> str:
    """Return the lines that turn `images` of bytes into `x`, rows of floats."""
    lines = "x = images.reshape(len(images), -1).astype(np.float32) / 255\n"
    if recipe.pixels == "standard":
        lines += "mean, deviation = x[train].mean(dtype=np.float64), x[train].std(dtype=np.float64)\n"
        lines += "x = ((x - mean) / (deviation or 1.0)).astype(np.float32)\n"
    return lines
