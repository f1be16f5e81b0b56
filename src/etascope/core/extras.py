"""A library that ships separately, or one sentence that says how to get it: `load_library`."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from etascope.core.errors import InputError, one_line

#: What etascope's extras bring, by the root of its modules: the extra, and the name for people.
EXTRAS = {
    "joblib": ("sklearn", "joblib"),
    "lightning": ("lightning", "Lightning"),
    "mlflow": ("mlflow", "MLflow"),
    "optuna": ("optuna", "Optuna"),
    "psycopg": ("postgres", "its driver psycopg"),
    "ray": ("ray", "Ray"),
    "sklearn": ("sklearn", "scikit-learn"),
    "tensorboard": ("tensorboard", "TensorBoard"),
    "torch": ("torch", "PyTorch"),
    "transformers": ("transformers", "transformers"),
    "wandb": ("wandb", "Weights & Biases"),
}


def load_library(module: str, purpose: str = "this", install: str | None = None) -> Any:  # noqa: ANN401 - any module
    """Import a module of a library; where that cannot be done, say in a sentence what installs it.

    Parameters
    ----------
    module
        Full name of the module.
    purpose
        What needs it: the subject of the sentence.
    install
        What `pip install` takes. Default: the extra of etascope that brings it, or else the root of `module`.

    Raises
    ------
    InputError
        If it is not installed, misses a library of its own, or cannot be loaded.

    Examples
    --------
    >>> load_library("json.decoder").__name__
    'json.decoder'
    >>> load_library("no_such.parts", "the model timm:x", "timm")
    Traceback (most recent call last):
    etascope.core.errors.InputError: the model timm:x needs no_such, which is not installed. Install it: \
pip install 'timm'.
    """
    root = module.split(".")[0]
    extra, name = EXTRAS.get(root, ("", root))
    install = install or (f"etascope[{extra}]" if extra else root)
    needs = f"{purpose} needs {name}, which"
    try:
        import_module(root)
        return import_module(module)
    except ModuleNotFoundError as error:
        missing = error.name or root
        if missing == root:
            raise InputError(f"{needs} is not installed. Install it: pip install '{install}'.") from error
        if missing.split(".")[0] == root:
            raise InputError(
                f"{needs} is installed without its part {missing}. Install another version: pip install --upgrade "
                f"'{install}'."
            ) from error
        raise InputError(
            f"{needs} is installed but misses {missing}. Install it: pip install '{missing.split('.')[0]}'."
        ) from error
    except (ImportError, RuntimeError, OSError) as error:
        # torchvision raises RuntimeError where it was built for another torch.
        raise InputError(
            f"{needs} cannot be loaded: {one_line(error)}. Install one that fits: pip install --upgrade '{install}'."
        ) from error
