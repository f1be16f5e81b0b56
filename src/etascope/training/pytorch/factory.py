"""Modules for images from a factory, checked before anything trains: `ImageNetworks`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from etascope.core.data import Split
from etascope.core.errors import InputError, one_line
from etascope.core.plan import Checkpoint
from etascope.core.recipe import Recipe
from etascope.core.sentences import Setting, say
from etascope.training.pytorch.library import Module, Optimizer, load_torch, multiplication_counter
from etascope.training.pytorch.memory import is_out_of_memory
from etascope.training.pytorch.networks import AnyNetworks, is_lazy, recipe_optimizer, trainable
from etascope.training.pytorch.objective import check_scores

#: Called with the number of classes and `(channels, height, width)`, returns an `nn.Module`.
Factory = Callable[[int, tuple[int, int, int]], Any]


@dataclass(frozen=True, eq=False)
class ImageNetworks:
    """Modules of a factory for images of one shape, with the recipe's optimizer.

    Attributes
    ----------
    factory, name
        Makes them; and what the recipe calls the model, if it has one.
    n_classes, shape
        What the factory is called with.
    forward
        Multiply-adds of one forward pass of one image.
    networks
        Keeps them.
    """

    factory: Factory
    name: str | None
    n_classes: int
    shape: tuple[int, ...]
    networks: AnyNetworks
    forward: float

    @classmethod
    def checked(cls, factory: Factory, split: Split, recipe: Recipe) -> ImageNetworks:
        """Return the networks for a prepared split, after one module was made and has seen two images.

        Raises `InputError` if the factory raises or returns no module, or the module cannot take the images or returns
        no scores.
        """
        n_classes, shape = split.n_classes, tuple(int(size) for size in split.x.shape[1:])

        def make(seed: int) -> Module:
            del seed  # PyTorch's generator was seeded with it.
            return made(factory, n_classes, shape)

        def update(module: Module, learning_rate: float) -> list[Optimizer]:
            return [recipe_optimizer(recipe, trainable(module), learning_rate)]

        forward = try_out(make(0), split.x[:2], n_classes)
        return cls(factory, recipe.model, n_classes, shape, AnyNetworks(make, update), forward)

    def build(self, seed: int) -> Module:
        """Return a new module."""
        return self.networks.build(seed)

    def optimizers(self, module: Module, learning_rate: float) -> list[Optimizer]:
        """Return the recipe's optimizer."""
        return self.networks.optimizers(module, learning_rate)

    def pack(self, module: Module, optimizers: Sequence[Optimizer], step: int, last_rate: float) -> Checkpoint:
        """Return weights, buffers, optimizer state, and what the factory was called with."""
        kept = self.networks.pack(module, optimizers, step, last_rate)
        return replace(kept, state={**kept.state, "origin": (_text([self.name, self.n_classes, list(self.shape)]),)})

    def restore(self, module: Module, optimizers: Sequence[Optimizer], checkpoint: Checkpoint) -> None:
        """Load them."""
        self.networks.restore(module, optimizers, checkpoint)


def made_again(checkpoint: Checkpoint, factory: Factory | None, by_name: Callable[[str], Factory]) -> Module:
    """Return a new module as that of a checkpoint was made: by the factory, or by the name in the checkpoint.

    Raises `InputError` if there is neither.
    """
    origin = checkpoint.state.get("origin")
    if origin is None:
        raise InputError("this checkpoint does not say how its model was made. Explain it with the engine that did.")
    name, n_classes, shape = json.loads(origin[0].tobytes().decode("utf-8"))
    if factory is None and name is None:
        raise InputError("this checkpoint is of a model that the engine was not given. Give the engine its factory.")
    return made(by_name(name) if factory is None else factory, n_classes, tuple(shape))


def made(factory: Factory, n_classes: int, shape: tuple[int, ...]) -> Module:
    """Call a factory and return its module; raise `InputError` if it raises, or returns anything else."""
    name = getattr(factory, "__name__", type(factory).__name__)
    try:
        # Standard output may be a document.
        with redirect_stdout(sys.stderr):
            module: Any = factory(n_classes, shape)  # pyright: ignore[reportArgumentType]  # three numbers, checked by use
    except InputError:
        raise
    except (Exception, SystemExit) as error:
        if is_out_of_memory(error):
            raise
        raise InputError(
            f"the model factory {name} must make a model for {n_classes} classes and images of shape {shape}; it "
            f"raised {one_line(error)}."
        ) from error
    if not isinstance(module, load_torch().nn.Module):
        raise InputError(
            f"the model factory {name} must return an nn.Module; found {type(module).__name__}. End it with return "
            "model."
        )
    if any(is_lazy(tensor) for tensor in [*module.parameters(), *module.buffers()]):
        _filled_in(module, shape)
    return module


def _filled_in(module: Module, shape: tuple[int, ...]) -> None:
    """Let layers that find their own size find it, as `LazyLinear`; their weights are drawn now."""
    torch = load_torch()
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        with torch.no_grad():
            module(torch.zeros((1, *shape)))
    except Exception as error:
        raise _refused(shape, error) from error
    for part, mode in modes:
        part.training = mode


def try_out(module: Module, x: np.ndarray[Any, Any], n_classes: int) -> float:
    """Return the multiply-adds of a forward pass of one image, as PyTorch counts them: of products and convolutions.

    Raises `InputError` if the module does not take these images, or returns no score for each class.
    """
    torch = load_torch()
    module.eval()
    counter = multiplication_counter()
    try:
        with torch.no_grad(), counter:
            outputs = module(torch.from_numpy(np.array(x, np.float32)))
    except Exception as error:
        if is_out_of_memory(error):
            raise
        raise _refused(x.shape[1:], error) from error
    check_scores(outputs, len(x), n_classes)
    trainable(module)
    return counter.get_total_flops() / 2 / len(x)


def _refused(shape: Sequence[int], error: Exception) -> InputError:
    return InputError(
        f"the model must take images of shape (batch, {', '.join(map(str, shape))}); it raised {one_line(error)}.",
        say("Change the model or {image_size}.", Setting("image_size")),
    )


def _text(value: object) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.frombuffer(json.dumps(value).encode("utf-8"), np.uint8)
