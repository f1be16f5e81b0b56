"""Models by name: the small net, a function in a file, and those of timm, torchvision and transformers."""

from __future__ import annotations

import difflib
import importlib.util
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from etascope.core.errors import InputError, one_line
from etascope.core.extras import load_library
from etascope.core.sentences import Setting, say
from etascope.training.pytorch.factory import Factory
from etascope.training.pytorch.library import Module, load_torch

#: What a name may look like, for the sentence.
FORMS = "cnn, path.py:factory, timm:NAME, torchvision:NAME or transformers:NAME"


def factory_of(name: str) -> Factory:
    """Return the factory that a name stands for; libraries load when it is called.

    Parameters
    ----------
    name
        `cnn`; `path.py:factory`, a callable of that file; `timm:NAME`, `torchvision:NAME` or `transformers:NAME`, with
        fresh weights. A name of transformers is a folder with a `config.json`, or one of its hub.

    Raises
    ------
    InputError
        If the name is none of these, or the file or the callable in it cannot be used.

    Examples
    --------
    >>> factory_of("cnn").__name__
    'cnn'
    >>> factory_of("resnet18")
    Traceback (most recent call last):
    etascope.core.errors.InputError: a model must be cnn, path.py:factory, timm:NAME, torchvision:NAME or \
transformers:NAME; found 'resnet18'.
    """
    if name == "cnn":
        return cnn
    source, colon, rest = name.rpartition(":") if ".py:" in name else name.partition(":")
    if colon and rest and source.endswith(".py"):
        return _in_file(source, rest)
    if colon and rest and source in _LIBRARIES:
        make = _LIBRARIES[source]

        def factory(n_classes: int, shape: tuple[int, int, int]) -> Module:
            return make(rest, n_classes, shape)

        return factory
    close = difflib.get_close_matches(name.partition(":")[0], ["cnn", *_LIBRARIES], n=1, cutoff=0.5)
    meant = f"{close[0]}:NAME" if close and close[0] in _LIBRARIES else "".join(close)
    hint = f" Did you mean {meant!r}?" if close else ""
    raise InputError(f"a model must be {FORMS}; found {name!r}.{hint}")


def _in_file(path: str, name: str) -> Factory:
    file = Path(path)
    if not file.is_file():
        named = say("Name one: {model}.", Setting("model", f"path/to/models.py:{name}"))
        raise InputError(f"the model needs a Python file; {path} is none.", named)
    module = _loaded(file.absolute())
    factory = getattr(module, name, None)
    if not callable(factory):
        public = [n for n in dir(module) if not n.startswith("_") and callable(getattr(module, n))]
        raise InputError(
            f"{path} has nothing to call by the name {name}; it has {', '.join(public) or 'nothing'}."
            f"{_meant(name, public)}"
        )
    return factory


@cache
def _loaded(file: Path) -> Any:  # noqa: ANN401 - a module
    spec = importlib.util.spec_from_file_location(f"etascope_model_{file.stem}", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # As when Python runs a file: modules beside it can be imported, now and later; data classes look themselves up.
    if str(file.parent) not in sys.path:
        sys.path.append(str(file.parent))
    sys.modules[module.__name__] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[module.__name__]
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        raise InputError(
            f"{file} must be a Python file that can be imported; it raised {one_line(error)}. "
            + (
                f"Install {missing}, or put it beside the file."
                if missing
                else 'Put what trains below if __name__ == "__main__".'
            )
        ) from error
    return module


def _timm(name: str, n_classes: int, shape: tuple[int, int, int]) -> Module:
    timm = load_library("timm", f"the model timm:{name}", "timm")
    known: list[str] = timm.list_models()
    if name not in known:
        raise InputError(f"timm has no model {name!r}.{_meant(name, known)}")
    how = {"pretrained": False, "num_classes": n_classes, "in_chans": shape[0]}
    model = timm.create_model(name, **how)
    # A model of patches is made for one size of images; a convolutional one takes any.
    configured: dict[str, Any] = getattr(model, "default_cfg", None) or {}
    if configured.get("fixed_input_size") and tuple(configured.get("input_size", ())[1:]) != shape[1:]:
        with suppress(TypeError):
            return timm.create_model(name, **how, img_size=shape[1:])
    return model


def _torchvision(name: str, n_classes: int, shape: tuple[int, int, int]) -> Module:
    models = load_library("torchvision", f"the model torchvision:{name}", "torchvision").models
    known: list[str] = models.list_models(module=models)
    if name not in known:
        if name in _every(models):
            raise InputError(
                f"torchvision's {name} is no classifier of images, as it does not give a score for each class.",
                say(
                    "Try one that is, like resnet18, or write a function in a file: {model}.",
                    Setting("model", "models.py:make"),
                ),
            )
        raise InputError(f"torchvision has no model {name!r}.{_meant(name, known)}")
    how = {"weights": None, "num_classes": n_classes}
    model = models.get_model(name, **how)
    size = getattr(model, "image_size", None)
    if isinstance(size, int) and shape[1] == shape[2] != size:
        model = models.get_model(name, **how, image_size=shape[1])
    return in_colour(model, shape[0])


def _every(models: Any) -> list[str]:  # noqa: ANN401 - a module
    """Return the names of all of torchvision's models, those of other tasks too."""
    with suppress(TypeError):
        return models.list_models()
    return []


def _transformers(name: str, n_classes: int, shape: tuple[int, int, int]) -> Module:
    transformers = load_library("transformers", f"the model transformers:{name}", "transformers")
    channels, height, width = shape
    try:
        config = transformers.AutoConfig.from_pretrained(name)
    except (OSError, ValueError) as error:
        raise InputError(
            f"transformers finds no configuration of {name!r}: {one_line(error)}. Give a folder with a config.json, or "
            "a name of its hub."
        ) from error
    config.num_labels = n_classes
    for field, value in (("num_channels", channels), ("image_size", height if height == width else [height, width])):
        if hasattr(config, field):
            setattr(config, field, value)
    return scores_alone(transformers.AutoModelForImageClassification.from_config(config))


_LIBRARIES: dict[str, Callable[[str, int, tuple[int, int, int]], Module]] = {
    "timm": _timm,
    "torchvision": _torchvision,
    "transformers": _transformers,
}


def in_colour(model: Module, channels: int) -> Module:
    """Make a model for three channels take images of one: gray is all three."""
    if channels == 1:
        model.register_forward_pre_hook(_gray_is_all_three)
    return model


def scores_alone(model: Module) -> Module:
    """Make a model of transformers return its `logits` alone."""
    model.register_forward_hook(_logits)
    return model


def _gray_is_all_three(_: Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    return (inputs[0].expand(-1, 3, -1, -1),)


def _logits(_: Module, inputs: tuple[Any, ...], outputs: Any) -> Any:  # noqa: ANN401 - tensors
    return outputs.logits


def _meant(name: str, known: Iterable[str]) -> str:
    """Return what was likely meant: names that begin so, or the one that looks most like it."""
    names = list(known)
    longer = sorted((other for other in names if other.startswith(name)), key=lambda other: (len(other), other))
    if len(longer) > 1:
        more = f" and {len(longer) - 3} more" if len(longer) > 3 else ""
        return f" Names that begin so: {', '.join(longer[:3])}{more}."
    close = longer or difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f" Did you mean {close[0]!r}?" if close else ""


#: Channels of the three convolutions.
CHANNELS = (16, 32, 64)
#: Groups of channels that are normalised together.
GROUPS = 8


def cnn(n_classes: int, shape: tuple[int, int, int]) -> Module:
    """Return three blocks of convolution, GroupNorm, ReLU and pooling, then a linear layer.

    GroupNorm (Wu and He 2018) sees one image at a time. With BatchNorm, on batches as small as these, the loss of a
    validation jumps so much from one evaluation to the next that learning rates cannot be told apart.

    Convolutions are 3 x 3 with 16, 32 and 64 channels; pooling halves height and width (rounded up), and the last one
    averages over the quarters of what is left. About 26,000 weights for ten classes and gray images of any size.

    Parameters
    ----------
    n_classes
        Scores an image.
    shape
        `(channels, height, width)` of an image.

    Examples
    --------
    >>> sum(p.numel() for p in cnn(10, (1, 28, 28)).parameters())
    25978
    """
    nn = load_torch().nn
    layers, before = OrderedDict[str, Any](), shape[0]
    for number, channels in enumerate(CHANNELS, 1):
        layers[f"conv{number}"] = nn.Conv2d(before, channels, 3, padding=1, bias=False)
        layers[f"norm{number}"] = nn.GroupNorm(GROUPS, channels)
        layers[f"relu{number}"] = nn.ReLU()
        last = number == len(CHANNELS)
        layers[f"pool{number}"] = nn.AdaptiveAvgPool2d(2) if last else nn.MaxPool2d(2, ceil_mode=True)
        before = channels
    layers["flatten"] = nn.Flatten()
    layers["output"] = nn.Linear(4 * before, n_classes)
    return nn.Sequential(layers)
