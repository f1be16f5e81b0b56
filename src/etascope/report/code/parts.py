"""What scripts of all frameworks have in common: header, schedule, pixels, and how they are put together."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

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


def training_numbers(recipe: Recipe, learning_rate: float) -> str:
    """Return the lines that name what is trained with."""
    return (
        f"LEARNING_RATE = {learning_rate!r}\nBATCH_SIZE, EPOCHS, SEED = {recipe.batch_size}, {recipe.epochs}, "
        f"{recipe.seed}\n"
    )


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


def assembled(
    header: str, standard: Sequence[str], others: Sequence[str], numbers: str, functions: str, load: str, pixels: str,
    body: str, *, more: str = "",
) -> str:  # fmt: skip
    """Return a script: header, imports, numbers, functions, images, preparation, training.

    Parameters
    ----------
    header
        The docstring.
    standard, others
        Modules of the standard library and others to import.
    numbers, functions, load, pixels, body
        Lines of the script, in this order.
    more
        Import lines that are not `import NAME`.
    """
    lines = [f"import {name}" for name in sorted(set(standard))]
    if "Path(" in load:
        lines.append("from pathlib import Path")
    lines.append("")
    lines += [f"import {name}" for name in others]
    if "Image" in load:
        lines.append("from PIL import Image, ImageOps")
    lines += [more] if more else []
    blocks = ["\n".join(lines), numbers.strip(), *([f"\n{functions.strip()}\n"] if functions else [])]
    text = header + "\n" + "\n\n".join(blocks) + "\n" + load.rstrip() + "\n\n" + pixels.strip() + "\n" + body
    kept = list[str]()
    for line in text.split("\n"):
        # At most two empty lines follow each other, and none follows a line inside of a block.
        if line.strip() or kept[-2:] != ["", ""]:
            kept.append(line.rstrip())
    return "\n".join(kept).rstrip() + "\n"
