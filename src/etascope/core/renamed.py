"""Modules that have other names now: imports of old ones name the new ones (`OldNames`, `in_new_module`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
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
            # A package is asked for before what is in it, so it answers for all of that.
            parts = [f"{old} is {now}" for old, (now, _) in _table().items() if old.startswith(f"{fullname}.")]
            also = ", ".join([*filter(None, [_table()[fullname][1]]), *parts])
            said = f"{fullname} is {new} now{f' ({also})' if also else ''}; see docs/migration.md."
            raise ImportError(said, name=fullname)
        return None


def new_name(old: str) -> str | None:
    """Return where that stands which was in a module of the first edition; None if it stands where it did.

    Examples
    --------
    >>> new_name("etascope.selection.ladder")
    'etascope.selection.halving.method'
    """
    return _table().get(old, (None, ""))[0]


def _table() -> dict[str, tuple[str, str]]:
    """Return the new name of each module, and what else to say where a name in it stands elsewhere."""
    from importlib import resources  # A tenth of a trace's start, and seldom needed.

    table = resources.files("etascope.core") / "renamed.txt"
    rows = (line.split(" ", 2) for line in table.read_text(encoding="utf-8").splitlines())
    return {f"etascope.{old}": (f"etascope.{new}", " ".join(more)) for old, new, *more in rows}


def in_new_module(package: str, **names: str) -> Callable[[str], object]:
    """Return the `__getattr__` of a package with the name of an old module: what that had is answered likewise.

    Parameters
    ----------
    package
        Its full name, which `renamed.txt` lists.
    **names
        What has another name in the module itself: the new one for each old one; of another module with its path.
    """

    def answer(name: str) -> object:
        if name in names:
            now = names[name] if names[name].startswith("etascope.") else f"{package}.{names[name]}"
            raise ImportError(f"{package}.{name} is {now} now; see docs/migration.md.")
        # Every import from such a package looks for a `__path__` here, and need not read the table.
        new = None if name.startswith("_") else new_name(package)
        if new is not None and hasattr(import_module(new), name):
            raise ImportError(f"{package}.{name} is {new}.{name} now; see docs/migration.md.")
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return answer


def renamed_fields(**names: str) -> Callable[[object, str], object]:
    """Return the `__getattr__` of a record that answers each of its old fields with what to write now."""

    def answer(record: object, name: str) -> object:
        kind = type(record).__name__
        if name in names:
            raise AttributeError(f"{kind}.{name} is {names[name]} now; see docs/migration.md.")
        raise AttributeError(f"{kind!r} object has no attribute {name!r}")

    return answer
