"""What to do about a tree of folders that can be read in two ways: commands, each of which was tried (`way_out`)."""

from __future__ import annotations

import glob
import operator
import os
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from etascope.core.data import called
from etascope.core.sentences import Call, Sentence, Setting, say
from etascope.core.visible import in_shell
from etascope.images.folders import naming
from etascope.images.folders.naming import TEST, TRAIN, VALID
from etascope.images.folders.odd_names import ODD, is_odd
from etascope.images.folders.refusals import SHOWN, SORT, TABLE, InTwoWays, listed
from etascope.images.folders.tree import Folder

#: Returns the classes of a folder that opens by itself, none of one that does not; as a test part, one will do.
Opens = Callable[[Folder, bool], frozenset[str]]
#: Folders, and where each is moved to.
Moves = Sequence[tuple[Folder, Path]]


@dataclass(frozen=True)
class Given:
    """What was given to be opened, and how a tree is tried.

    Attributes
    ----------
    root
        The tree.
    opens
        Reads a folder.
    trained
        What is trained on, where the tree is its test part: a path, or "" for what is in memory; else None.
    tested
        The test part that was given beside the tree, or "".
    """

    root: Folder
    opens: Opens
    trained: str | None = None
    tested: str = ""

    def pick(self, path: Path, test: Path | None = None) -> Setting:
        """Return the call that reads a folder in the place of the tree, with what was given beside it."""
        train, held = (str(path), self.tested or str(test or "")) if self.trained is None else (self.trained, str(path))
        # Without a path, what trains is in memory, and the test part alone is given anew.
        tested = [Setting("test", called(held))] if held else []
        return Call("pick", (called(train), *tested)) if train else tested[0]

    def tries(self, moves: Moves) -> bool:
        """Say whether the tree opens after moves, none of which lands on something."""
        targets = [target for _, target in moves]
        if len({str(target).casefold() for target in targets}) < len(targets) or any(map(os.path.lexists, targets)):
            return False
        tree = _without(self.root, {folder.path for folder, _ in moves})
        for folder, target in moves:
            if not target.name.startswith("."):
                tree = _added(tree, replace(folder, path=target))
        return bool(self.opens(tree, False))


def way_out(error: InTwoWays, given: Given) -> str | Sentence:
    """Say how a tree can be read."""
    here, doubtful = error.folder, error.doubtful
    if here is None:
        return error.advice
    # Each advice is tried on the tree first: what would only lead to another refusal is not given.
    if error.spare:
        return _divide(error.spare, here, given) or _away([folder for folder, _ in error.spare], given) or SORT
    if doubtful:
        return _away(doubtful, given) or _rename(here, doubtful, given) or SORT
    return (
        _lift(here, given)
        or _beside(here, given)
        or _parted(here, given)
        or _deeper(here, given)
        or _spare(here, given)
    )


def _divide(spare: Sequence[tuple[Folder, Folder]], here: Folder, given: Given) -> str | None:
    """Advise to move what is called as the test of a class into a folder for all tests."""
    called = {TEST: "test", VALID: "val"}
    names = {called.get(naming.part_of(folder.name) or "") for folder, _ in spare}
    name = names.pop() if len(names) == 1 else None
    if name is None or given.root is not here:
        return None
    held = here.path / name
    moves = [(folder, held / of.path.name) for folder, of in spare]
    if len(moves) > 2 * SHOWN or os.path.lexists(held) or not given.tries(moves):
        return None
    command = f"mkdir {_word(held)} && {_moves(moves)}"
    they = "it is" if len(spare) == 1 else "they are"
    return f"If {they} the part to test with, move all of that into {held} ({command}); if not, {TABLE}."


def _odd(folder: Folder) -> bool:
    """Say whether a folder is hardly that of a set or a class."""
    return naming.is_named(folder.name, ODD - naming.SETS) or naming.is_mask(folder.name)


def _deeper(here: Folder, given: Given) -> Sentence | None:
    """Advise a folder further down."""
    first_part = TRAIN if given.trained is None else TEST
    deeper = sorted(
        (folder for folder in here.full if len(folder.inner.full) > 1),
        key=lambda f: (
            naming.part_of(f.name) != first_part,
            _odd(f),
            not naming.MADE.isdisjoint(naming.words(f.name)),
            -f.total,
        ),
    )
    if not deeper or not (classes := given.opens(deeper[0], False)):
        return None
    inside = [{naming.bare(inner.name): inner.name for inner in folder.inner.full} for folder in deeper[:2]]
    first = deeper[0].path
    if len({naming.part_of(name) for name in inside[0].values()} - {None}) > 1:
        return _with(f"To read {first} alone, give that one (", given.pick(first), f"), or {TABLE}.")
    if len(deeper) == 1:
        first = deeper[0].inner.path
        rest = listed([folder.name for folder in here.full if folder is not deeper[0]])
        one = f"If the folders in {first} are the classes, give that one ("
        return _with(one, given.pick(first), f"), which leaves out {rest}, or {TABLE}.")
    shared = {inside[0][key] for key in inside[0].keys() & inside[1]}
    if len(shared) < 2 or any(naming.is_named(name, ODD - naming.SETS) for name in shared):
        return None
    tests = sorted(deeper[1:], key=lambda folder: naming.part_of(folder.name) != TEST)
    held = next((f for f in tests if not _odd(f) and (tested := given.opens(f, True)) and tested <= classes), None)
    named = f"If {listed(sorted(shared))} are the classes, {TABLE}, or give {first} alone"
    tested = None if held is None or given.tested or given.trained is not None else held.path
    apart = f", with {tested} to test it" if tested else ""
    other = f"); if {listed([folder.name for folder in here.full])} are, {TABLE}."
    return _with(f"{named}{apart} (", given.pick(first, tested), other)


def _parted(here: Folder, given: Given) -> Sentence | None:
    """Advise to give a part with parts in it, and the test part beside it, each by itself."""
    if given.trained is not None or given.tested or here is given.root or not (classes := given.opens(here, False)):
        return None
    [around] = [folder for folder in given.root.all_folders() if here in folder.folders] or [None]
    tests = [folder for folder in around.full if naming.part_of(folder.name) == TEST] if around else []
    if len(tests) != 1 or tests[0] is here or not (tested := given.opens(tests[0], True)) or not tested <= classes:
        return None
    inner = [folder.name for folder in here.full if naming.part_of(folder.name) == TEST]
    whole, leaves = ("", f", which leaves out its {listed(inner)}") if inner else ("all of ", "")
    one = f"If {whole}{here.path} trains, give that and {tests[0].path} apart ("
    return _with(one, given.pick(here.path, tests[0].path), f"){leaves}; if not, {TABLE}.")


def _lift(here: Folder, given: Given) -> str | None:
    """Advise to move the folders in folders that are called like their first letters, or hold all of a set."""
    pairs = [(folder.name.casefold(), inner) for folder in here.full for inner in folder.full]
    whole = all(folder.full and not folder.images for folder in here.full)
    under = all(len(letter) == 1 and inner.name.casefold().startswith(letter) for letter, inner in pairs)
    sets = all(naming.is_named(folder.name, naming.SETS | naming.MADE | naming.AGES) for folder in here.full)
    moves = [(inner, here.path / inner.path.name) for _, inner in pairs]
    if not whole or not (under or sets) or not given.tries(moves):
        return None
    if under:
        # All that the shell finds is moved, not folders alone.
        moved = glob.glob(f"{glob.escape(str(here.path))}/?/*")
        names = [os.path.basename(path).casefold() for path in moved]
        if len({*names}) < len(names) or any(os.path.lexists(here.path / os.path.basename(path)) for path in moved):
            return None
        command = f"mv {_word(here.path)}/?/* {_word(here.path)}"
    elif len(moves) > 2 * SHOWN:
        return None
    else:
        command = f"mv {' '.join(_word(folder.path) for folder, _ in moves)} {_word(here.path)}"
    return f"If the inner ones are the classes, move all of them to {here.path} ({command}); if not, {TABLE}."


def _beside(here: Folder, given: Given) -> str | None:
    """Advise to put away what no class is called, where the folders beside it are classes at one depth."""
    spare = [
        folder
        for folder in here.full
        if is_odd(folder.name) or _odd(folder) or naming.is_named(folder.name, naming.CONTAINERS)
    ]
    rest = [folder for folder in here.full if folder not in spare]
    if not spare or sum(bool(folder.images) for folder in rest) < 2:
        return None
    return _away(spare, given)


def _spare(here: Folder, given: Given) -> str:
    """Advise to put away what is hardly a class, or to call it otherwise."""
    spare = [
        folder
        for folder in here.full
        if naming.is_named(folder.name, ODD | naming.CONTAINERS)
        or naming.is_mask(folder.name)
        or (naming.part_of(folder.name) and folder.loose)
    ]
    if spare and (advice := _away(spare, given)):
        return advice
    parted = len(spare) == len(here.full) and any(naming.part_of(folder.name) for folder in spare)
    return (_rename(here, spare, given) if spare and not parted else None) or SORT


def _away(spare: Sequence[Folder], given: Given) -> str | None:
    """Advise to move folders away in every part where they are, or to hide them."""
    moves = [(folder, folder.path.with_name(f".{folder.path.name}")) for folder in _everywhere(spare, given.root)]
    if not given.tries(moves):
        return None
    it, they = ("it", "it is a class") if len(moves) == 1 else ("them", "they are classes")
    called = _renamed(spare, given)
    name = f"; if {they}, rename {it} ({called});" if called else ","
    names = listed([folder.name for folder in spare])
    if len(moves) > 2 * SHOWN:
        return f"Move {names} away, or {TABLE}."
    return f"Move {names} away, or hide {it} ({_moves(moves)}){name} or {TABLE}."


def _rename(here: Folder, doubtful: Sequence[Folder], given: Given) -> str | None:
    """Advise other names for folders whose names say that they are no classes."""
    moves = _renamed(doubtful, given)
    if moves is None:
        return None
    every, names = ([folder.name for folder in folders] for folders in (here.full, doubtful))
    which = "them" if len(names) == len(every) else listed(names)
    why = "which is no name of a class" if len(names) == 1 else "which are no names of classes"
    return f"If {listed(every)} are the classes, rename {which}, {why} ({moves}); if not, {TABLE}."


def _renamed(doubtful: Sequence[Folder], given: Given) -> str | None:
    """Return the commands that give folders other names in every part where they are, if the tree opens then."""
    names = [folder.name for folder in doubtful]
    for others in (
        [f"{name}_class" for name in names],
        [f"{name}class" for name in names],
        [f"class_{(re.search(r'[0-9]+$', name) or [place])[0]}" for place, name in enumerate(names, 1)],
    ):
        called = dict(zip(names, others, strict=True))
        moves = [(f, f.path.with_name(called[f.name])) for f in _everywhere(doubtful, given.root)]
        if len(moves) <= 2 * SHOWN and given.tries(moves):
            return _moves(moves)
    return None


def _everywhere(folders: Sequence[Folder], root: Folder) -> list[Folder]:
    """Return the folders of these names wherever all of them are, as far down."""
    names, deep = {folder.name for folder in folders}, len(folders[0].path.parent.parts)
    level = [place for place in root.all_folders() if len(place.path.parts) == deep]
    places = [place for place in level if {inner.name for inner in place.full} >= names]
    return [inner for place in places for inner in place.full if inner.name in names]


def _without(tree: Folder, gone: Collection[Path]) -> Folder:
    """Return a tree without some of its folders; one in which nothing changes is itself."""
    folders = tuple(_without(inner, gone) for inner in tree.folders if inner.path not in gone)
    same = len(folders) == len(tree.folders) and all(map(operator.is_, folders, tree.folders))
    return tree if same else replace(tree, folders=folders)


def _added(tree: Folder, anew: Folder) -> Folder:
    """Return a tree with one folder more; the one that it lies in is made where it is not there."""
    inside = [inner for inner in tree.folders if inner.path != anew.path and anew.path.is_relative_to(inner.path)]
    if not inside and tree.path != anew.path.parent:
        anew = Folder(anew.path.parent, folders=(anew,))
        if tree.path != anew.path.parent:
            return tree
    folders = [_added(inner, anew) if inner in inside else inner for inner in tree.folders]
    return replace(tree, folders=tuple(folders if inside else [*folders, anew]))


def _with(before: str, setting: Setting, after: str) -> Sentence:
    """Return a sentence with a setting in it."""
    return say(f"{before}{{{setting.name}}}{after}", setting)


def _moves(moves: Moves) -> str:
    return " && ".join(f"mv {_word(folder.path)} {_word(target)}" for folder, target in moves)


def _word(path: Path | str) -> str:
    """Return a path as a word of a command, which no program takes for an option."""
    return in_shell(called(str(path)))
