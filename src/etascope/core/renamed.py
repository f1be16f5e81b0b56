"""Modules that have other names now: imports of old ones name the new ones (`OldNames`, `in_new_module`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module, resources
from importlib.machinery import ModuleSpec
from types import ModuleType


class OldNames:
    """The last finder of modules, which is asked where no other knows a name; `renamed.txt` lists old and new ones."""

    @staticmethod
    def find_spec(
        fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Raise `ImportError` with the new name of a module that has one; return None for all others."""
        if fullname.startswith("etascope.") and (new := new_name(fullname)):
            raise ImportError(f"{fullname} is {new} now; see docs/migration.md.", name=fullname)
        return None


def new_name(old: str) -> str | None:
    """Return where that stands which was in a module of the first edition; None if it stands where it did.

    Examples
    --------
    >>> new_name("etascope.selection.ladder")
    'etascope.selection.halving.method'
    """
    table = resources.files("etascope.core") / "renamed.txt"
    pairs = (line.split() for line in table.read_text(encoding="utf-8").splitlines())
    return {f"etascope.{before}": f"etascope.{now}" for before, now in pairs}.get(old)


def in_new_module(package: str, **names: str) -> Callable[[str], object]:
    """Return the `__getattr__` of a package with the name of an old module: what that had is answered likewise.

    Parameters
    ----------
    package
        Its full name, which `renamed.txt` lists.
    **names
        What has another name in the module itself: the new one for each old one.
    """

    def answer(name: str) -> object:
        new = new_name(package)
        if name in names:
            raise ImportError(f"{package}.{name} is {package}.{names[name]} now; see docs/migration.md.")
        if not name.startswith("_") and new is not None and hasattr(import_module(new), name):
            raise ImportError(f"{package}.{name} is {new}.{name} now; see docs/migration.md.")
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return answer
