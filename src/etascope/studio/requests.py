"""What a page may ask for, checked and bounded before anything trains."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from etascope.core.errors import InputError
from etascope.core.recipe import Recipe
from etascope.studio.worker import FOLDS

#: The axis of the dial: lowest and highest learning rate, and rates a decade.
LOWEST, HIGHEST, A_DECADE = 1e-5, 10.0, 4
#: Units of a hidden layer, layers, epochs and trials that a page may ask for at most.
MOST_UNITS, MOST_LAYERS, MOST_EPOCHS, MOST_TRIALS = 512, 3, 20, 16

#: What may be trained goes a decade beyond the axis.
LEAST, MOST = 1e-6, 100.0
LearningRate = Annotated[float, Field(ge=LEAST, le=MOST, allow_inf_nan=False)]


class RecipeRequest(BaseModel):
    """The recipe in the page's address: everything about a training but the learning rate."""

    model_config = ConfigDict(extra="forbid")

    data: Annotated[str, Field(max_length=64, description="Name of a data set of the studio.")] = "digits"
    optimizer: Literal["sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop", "adagrad"] = "momentum"
    batch_size: Annotated[int, Field(ge=4, le=256)] = 16
    epochs: Annotated[int, Field(ge=1, le=MOST_EPOCHS)] = 5
    hidden: Annotated[
        str,
        Field(
            max_length=24,
            pattern=r"^(\d{1,3}(,\d{1,3}){0,2})?$",
            description="Units of each hidden layer, with commas; empty for none.",
        ),
    ] = "128"
    schedule: Literal["constant", "linear", "cosine", "step", "one-cycle"] = "constant"
    warmup: Annotated[float, Field(ge=0, le=0.9, allow_inf_nan=False)] = 0.0
    seed: Annotated[int, Field(ge=0, le=9999)] = 0
    page: Annotated[
        str, Field(max_length=64, description="A name that a page gives itself; work is dealt out fairly by it.")
    ] = ""

    def recipe(self) -> Recipe:
        """Return the recipe, or refuse layers that are wider than the studio trains."""
        hidden = tuple(int(units) for units in self.hidden.split(",") if units)
        if any(not 1 <= units <= MOST_UNITS for units in hidden):
            raise InputError(f"hidden layers must have 1 to {MOST_UNITS} units; found {self.hidden}. Try 128.")
        return Recipe(hidden, self.optimizer, self.schedule, self.warmup, self.batch_size, self.epochs, seed=self.seed)


class LandscapeRequest(RecipeRequest):
    """The landscape of a recipe."""

    folds: Annotated[int, Field(ge=1, le=FOLDS, description="Of five folds, how many each rate trains on.")] = 1
    also: Annotated[LearningRate | None, Field(description="A rate to train besides those of the dial.")] = None


class RateRequest(RecipeRequest):
    """A recipe at one learning rate."""

    learning_rate: LearningRate


class TraceRequest(RateRequest):
    """One training laid open."""

    image: Annotated[int, Field(ge=0, le=99_999, description="Which test image to follow, counted from 0.")] = 0


class RaceRequest(RecipeRequest):
    """Some learning rates side by side."""

    rates: Annotated[str, Field(max_length=300, description="Learning rates, with commas.")]

    def runners(self) -> list[float]:
        """Return the rates, ascending, or refuse what is no number, too few, too many, or far out."""
        try:
            rates = sorted({float(part) for part in self.rates.split(",")})
        except ValueError:
            raise InputError(
                f"rates must be numbers with commas between; found {self.rates!r}. Try 0.001,0.01,0.1."
            ) from None
        if not 2 <= len(rates) <= MOST_TRIALS or not all(LEAST <= rate <= MOST for rate in rates):
            raise InputError(
                f"a race needs 2 to {MOST_TRIALS} different rates from {LEAST:g} to {MOST:g}; found "
                f"{self.rates!r}. Try 0.001,0.01,0.1."
            )
        return rates


class Drawing(BaseModel):
    """An image that was drawn, row by row."""

    model_config = ConfigDict(extra="forbid")

    pixels: Annotated[
        list[Annotated[list[Annotated[int, Field(ge=0, le=255)]], Field(min_length=1, max_length=64)]],
        Field(min_length=1, max_length=64),
    ]


def dial_rates() -> list[float]:
    """Return the rates that the dial's landscape is made of, as they are read: 0.0178, not 0.01778279.

    Examples
    --------
    >>> rates = dial_rates()
    >>> len(rates), rates[0], rates[12], rates[-1]
    (25, 1e-05, 0.01, 10.0)
    """
    decades = round(math.log10(HIGHEST / LOWEST))
    return [float(f"{LOWEST * 10 ** (i / A_DECADE):.3g}") for i in range(decades * A_DECADE + 1)]
