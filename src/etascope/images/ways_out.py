"""What to do about a tree of folders that can be read in two ways: commands, each of which was tried (`way_out`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from etascope.core.data import called
from etascope.core.visible import in_shell
from etascope.images.folder_names import BESIDE, CONTAINERS, MADE, TEST, TRAIN, bare, is_mask, is_named, part_of, words
from etascope.images.layout_words import SHOWN, SORT, TABLE, InTwoWays, listed
from etascope.images.tree import Folder

#: Returns the classes of a folder that opens by itself, none of one that does not; as a test part, one will do.
Opens = Callable[[Folder, bool], frozenset[str]]


def way_out(error: InTwoWays, root: Folder, opens: Opens) -> str:
    """Say how a tree can be read.

    Parameters
    ----------
    error
        What it was refused with.
    root
        The tree.
    opens
        Reads a folder.
    """
    here, doubtful = error.folder, error.doubtful
    if here is None:
        return error.advice
    if doubtful:
        return _rename(here, doubtful, root, opens) or SORT
    return _lift(here, root, opens) or _deeper(here, opens) or _spare(here, root, opens)


def _deeper(here: Folder, opens: Opens) -> str | None:
    """Advise a folder further down."""
    deeper = sorted(
        (folder for folder in here.full if len(folder.inner.full) > 1),
        key=lambda f: (part_of(f.name) != TRAIN, not MADE.isdisjoint(words(f.name)), -f.total),
    )
    if not deeper or not (classes := opens(deeper[0], False)):
        return None
    inside = [{bare(inner.name): inner.name for inner in folder.inner.full} for folder in deeper[:2]]
    first = deeper[0].path
    if len({part_of(name) for name in inside[0].values()} - {None}) > 1:
        return f"To read {first} alone, give that one ({_pick(first)}), or {TABLE}."
    if len(deeper) == 1:
        first = deeper[0].inner.path
        return f"If the folders in {first} are the classes, give that one ({_pick(first)}), or {TABLE}."
    shared = {inside[0][key] for key in inside[0].keys() & inside[1]}
    if len(shared) < 2 or shared & BESIDE:
        return None
    tests = sorted(deeper[1:], key=lambda folder: part_of(folder.name) != TEST)
    held = next((folder for folder in tests if (found := opens(folder, True)) and found <= classes), None)
    command = _pick(first, held.path if held else None)
    return (
        f"If {listed(sorted(shared))} are the classes, {TABLE}, or give {first} alone, and with --test what is to test "
        f"it ({command}); if {listed([folder.name for folder in here.full])} are, {TABLE}."
    )


def _lift(here: Folder, root: Folder, opens: Opens) -> str | None:
    """Advise to move the folders in folders that are called like their first letters."""
    pairs = [(folder.name.casefold(), inner) for folder in here.full for inner in folder.full]
    under = all(len(letter) == 1 and inner.name.casefold().startswith(letter) for letter, inner in pairs)
    inner = tuple(inner for _, inner in pairs)
    if not under or not opens(_with(root, replace(here, folders=inner)), False):
        return None
    command = f"mv {_word(here.path)}/?/* {_word(here.path)}"
    return f"If the inner ones are the classes, move all of them to {here.path} ({command}); if not, {TABLE}."


def _spare(here: Folder, root: Folder, opens: Opens) -> str:
    """Advise to put away what is hardly a class, or to call it otherwise."""
    spare = [
        folder
        for folder in here.full
        if is_named(folder.name, BESIDE | CONTAINERS) or is_mask(folder.name) or (part_of(folder.name) and folder.loose)
    ]
    rest = tuple(folder for folder in here.full if folder not in spare)
    if spare and opens(_with(root, replace(here, folders=rest)), False):
        hide = _moves([(folder, f".{folder.name}") for folder in spare])
        it = "it" if len(spare) == 1 else "them"
        moves = _renamed(spare, root, opens)
        they = "it is a class" if len(spare) == 1 else "they are classes"
        name = f"; if {they}, rename {it} ({moves});" if moves else ","
        return f"Move {listed([folder.name for folder in spare])} away, or hide {it} ({hide}){name} or {TABLE}."
    parted = len(spare) == len(here.full) and any(part_of(folder.name) for folder in spare)
    return (_rename(here, spare, root, opens) if spare and not parted else None) or SORT


def _rename(here: Folder, doubtful: Sequence[Folder], root: Folder, opens: Opens) -> str | None:
    """Advise other names for folders whose names say that they are no classes."""
    moves = _renamed(doubtful, root, opens)
    if moves is None:
        return None
    every, names = ([folder.name for folder in folders] for folders in (here.full, doubtful))
    which = "them" if len(names) == len(every) else listed(names)
    why = "which is no name of a class" if len(names) == 1 else "which are no names of classes"
    return f"If {listed(every)} are the classes, rename {which}, {why} ({moves}); if not, {TABLE}."


def _renamed(doubtful: Sequence[Folder], root: Folder, opens: Opens) -> str | None:
    """Return the commands that give folders other names in every part where they are, if the tree opens then."""
    names = [folder.name for folder in doubtful]
    places = [folder for folder in root.all_folders() if {inner.name for inner in folder.full}.issuperset(names)]
    for others in (
        [f"{name}_class" for name in names],
        [f"{name}class" for name in names],
        [f"class_{_number(name, place)}" for place, name in enumerate(names, 1)],
    ):
        called, tree = dict(zip(names, others, strict=True)), root
        for place in places:
            anew = (replace(inner, path=inner.path.with_name(called.get(inner.name, inner.path.name)))
                    for inner in place.folders)  # fmt: skip
            tree = _with(tree, replace(place, folders=tuple(anew)))
        free = all(inner.name not in others for place in places for inner in place.folders)
        if free and len(set(others)) == len(others) and opens(tree, False):
            moves = [(inner, called[inner.name]) for place in places for inner in place.full if inner.name in called]
            return _moves(moves[: 2 * SHOWN]) + (" and so on" if len(moves) > 2 * SHOWN else "")
    return None


def _with(tree: Folder, anew: Folder) -> Folder:
    """Return a tree with another folder in the place of the one that has its path."""
    if tree.path == anew.path:
        return anew
    folders = [_with(inner, anew) if anew.path.is_relative_to(inner.path) else inner for inner in tree.folders]
    return replace(tree, folders=tuple(folders))


def _number(name: str, place: int) -> str:
    found = re.search(r"\d+$", name)
    return found[0] if found else str(place)


def _moves(pairs: Sequence[tuple[Folder, str]]) -> str:
    return " && ".join(f"mv {_word(folder.path)} {_word(folder.path.with_name(name))}" for folder, name in pairs)


def _pick(path: Path, test: Path | None = None) -> str:
    return f"etascope pick {_word(path)}" + ("" if test is None else f" --test {_word(test)}")


def _word(path: Path) -> str:
    return in_shell(called(str(path)))
