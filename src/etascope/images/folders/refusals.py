"""The sentences about trees of folders that cannot be read, or not in one way only."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from etascope.core.errors import InputError
from etascope.core.numbers import counted
from etascope.images.files.contents import ending_of
from etascope.images.folders.tree import Folder
from etascope.images.paths import BROKEN_OFF, NO_ENDING, PACKED, counted_kinds, kind, unreadable

SHOWN = 6
TABLE = "say it in a CSV of path,label"
#: For parts that some classes have, or none but as a folder.
DIVIDE = "Say in a CSV of path,label,split what trains and what tests."
#: What the test part is called that lies elsewhere.
GIVEN = "what was given as test"
SORT = "Sort them into directories named by class, or give a CSV of path,label."
_ONE_EACH = "a folder needs one directory per class"
_OPENED = frozenset({".npz", ".npy", ".csv", ".tsv"})
_PICTURES = frozenset(
    {".heic", ".heif", ".avif", ".jp2", ".j2k", ".jxl", ".ppm", ".pgm", ".tga", ".svg", ".dcm", ".ico"}
)


def listed(names: Sequence[str]) -> str:
    """Return names in a phrase, the first few of many.

    Examples
    --------
    >>> listed(["a"]), listed(["a", "b", "c"]), listed(list("abcdefgh"))
    ('a', 'a, b and c', 'a, b, c, d, e, f and 2 more')
    """
    if len(names) > SHOWN:
        return f"{', '.join(names[:SHOWN])} and {len(names) - SHOWN:,} more"
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


class InTwoWays(InputError):
    """Folders can be read in two ways, or hardly as classes; `ways_out` looks for the advice.

    Attributes
    ----------
    folder
        Where they are.
    doubtful
        Those whose names alone say that they are no classes.
    spare
        Those that lie beside the classes, and what each is part of, a mask or a copy of.
    """

    folder: Folder | None = None
    doubtful: tuple[Folder, ...] = ()
    spare: tuple[tuple[Folder, Folder], ...] = ()

    @classmethod
    def of(cls, here: Folder, said: str, doubtful: Sequence[Folder] = (), advice: str = "") -> InTwoWays:
        """Return the error for folders in a folder: what is said of them, and the tree; without advice it is sought."""
        error = cls(f"{said}: {_drawn(here)}.", advice or SORT)
        error.folder, error.doubtful = None if advice else here, tuple(doubtful)
        return error


def in_two_ways(here: Folder, advice: str = "") -> InputError:
    """Return the error for a tree that has more than one reading: it shows the tree, and how to say which.

    Without advice of its own, `way_out` looks for it.
    """
    direct = [bool(folder.images) for folder in here.full]
    mixed = any(direct) and not all(direct)
    what = f"the images of {here.path} lie at different depths" if mixed else f"{here.path} can be read in two"
    return InTwoWays.of(here, f"folders must be read in one way only; {what}", advice=advice)


def in_no_class(here: Folder, where: Sequence[str]) -> InputError:
    """Return the error for images that lie in folders that are no classes."""
    said = f"{_ONE_EACH}; in {here.path} the images lie directly in {listed(where)}, in none."
    return InputError(said, SORT + _or_table(here))


def in_pieces(here: Folder) -> InputError:
    """Return the error for folders that are called like pieces of one set."""
    return InTwoWays.of(here, f"{_ONE_EACH}; those in {here.path} are called like pieces of one set", here.full)


def masks_beside(here: Folder, masks: Sequence[Folder]) -> InputError:
    """Return the error for folders of masks, each called like an image in another folder."""
    those = f"in {here.path}, what lies in {listed([mask.name for mask in masks])}"
    return InTwoWays.of(here, f"{_ONE_EACH}; {those} is called like the images of the others, as masks are", masks)


def beside_classes(here: Folder, what: str, spare: Sequence[tuple[Folder, Folder]]) -> InputError:
    """Return the error for folders that are called like parts, masks or copies of classes beside them."""
    of, names = (listed(list(dict.fromkeys(folder.name for folder in folders))) for folders in zip(*spare, strict=True))
    many = "copies" if what == "copy" else f"{what}s"
    like = f"is called like a {what}" if len(spare) == 1 else f"are called like {many}"
    error = InTwoWays.of(here, f"{_ONE_EACH}; in {here.path}, {of} {like} of {names}")
    error.spare = tuple(spare)
    return error


def under_letters(here: Folder) -> InputError:
    """Return the error for folders that are the letters which the names of those in them begin with."""
    like = f"those in {here.path} are called like the first letters of those in them"
    return InTwoWays.of(here, f"folders must be read in one way only; {like}")


def only_one_trains(name: str, tested: Sequence[str], where: Path) -> InputError:
    """Return the error for a set whose training images have one class, and whose test part has more."""
    return InputError(
        f"telling images apart needs at least two classes to train on; found only {name!r}, and {listed(tested)} in "
        f"the test part, {where}.",
        f"Give {where} alone, or add training images of another class.",
    )


def nothing_trains(train: Folder | Path, held: Sequence[str]) -> InputError:
    """Return the error for a set whose training part, a folder or a packed file, holds no images that are read."""
    if isinstance(train, Path):
        packed = kind(train) in PACKED
        what = f"{train} is {'packed' if packed else 'no folder of images'}"
        move = "Unpack it" if packed else "Save its images in a folder with a directory per class"
    else:
        kinds = train.kinds()
        what = f"{train.path} holds no images{f' but {counted_kinds(kinds)}' if kinds else ''}"
        move = "Unpack what is packed in it" if PACKED & kinds.keys() else "Put the training images there"
    return InputError(
        f"a set needs images to train on; {what}, and classes that are read lie in {listed(held)} alone.",
        f"{move}{f', or take {train.name} away, so that {held[0]} trains' if len(held) == 1 else ''}.",
    )


def mostly_in_no_class(here: Folder) -> InputError:
    """Return the error for a folder most of whose images lie in none of its directories."""
    lie = f"{len(here.images):,} {'lies' if len(here.images) == 1 else 'lie'}"
    return InputError(f"{_ONE_EACH}; of {here.total:,} images in {here.path}, {lie} in none.", SORT + _or_table(here))


def only_one(here: Folder) -> InputError:
    """Return the error for a folder with images in one directory."""
    only = here.full[0]
    inside = f" with {counted(len(only.images), 'image')} directly in it" if only.images else ""
    return InputError(
        f"telling images apart needs at least two classes, a folder each; found only {only.name!r} in {here.path}"
        f"{inside}.",
        f"Add a folder with images of another class, or {TABLE}.{_or_table(here)}",
    )


def unreadable_class(folder: Folder, others: int) -> InputError:
    """Return the error for a class all of whose files are of formats that are not read, beside so many that are."""
    move = "Unpack them" if folder.kinds().keys() <= PACKED else "Convert them to PNG or JPEG"
    return InputError(
        f"every class needs images that can be read; {folder.path} holds {counted_kinds(folder.kinds())}, and none of "
        "these is read.",
        f"{_misnamed(folder) or move}{', or take the folder away' if others > 1 else ''}.",
    )


def leads_nowhere(link: Path) -> InputError:
    """Return the error for a link to nothing where a class or a part could be."""
    try:
        target = os.readlink(link)
    except OSError as error:
        raise unreadable(link, error) from None
    return InputError(
        f"a link in the place of a folder must lead to one; {link} leads to {target}, where nothing is.",
        "Bring back what it leads to, as a disk that is not mounted, or remove the link.",
    )


def nothing_here(root: Folder) -> InputError:
    """Return the error for a folder without class directories: it says what is there instead."""
    if root.images:
        none = "none of them" if len(root.images) > 1 else "which is not"
        said = f"{_ONE_EACH}; {root.path} holds {counted(len(root.images), 'image')}, {none} in a directory."
        return InputError(said, SORT + _or_table(root))
    kinds, named = root.kinds(), _misnamed(root)
    if named:
        held = f"holds no files that end in .png, .jpg, .webp, .bmp, .tif or .gif but {counted_kinds(kinds)}"
        move = f"{named}, and sort them into directories named by class." if root.others else f"{named}."
    elif not kinds:
        what = "holds only empty directories" if root.folders else "leads to itself" if root.links else "is empty"
        held, move = what, "Give another folder."
    else:
        held, move = f"holds no PNG, JPEG, WebP, BMP, TIFF or GIF but {counted_kinds(kinds)}", _move(root, kinds)
    return InputError(f"{_ONE_EACH} with images in it; {root.path} {held}.", move)


def _or_table(here: Folder) -> str:
    """Return a sentence on the first table in a folder."""
    tables = [
        path for folder in here.all_folders() for path in folder.others if path.suffix.lower() in (".csv", ".tsv")
    ]
    return f" If {tables[0]} lists the images and their classes, give that itself." if tables else ""


def _misnamed(folder: Folder) -> str:
    """Say which ending the files of a folder need to be read, where they are images by their first bytes."""
    [(most, _)] = folder.kinds().most_common(1) or [("", 0)]
    if most in BROKEN_OFF:
        return "They are downloads that broke off: fetch them again"
    files = [path for inner in folder.all_folders() for path in inner.others if kind(path) == most]
    endings = {ending_of(path) for path in files[:SHOWN]}
    # Photographs as the camera took them, and slides of a microscope, begin as TIFF does.
    if None in endings or not endings or (".tif" in endings and most != NO_ENDING):
        return ""
    needed = sorted(ending for ending in endings if ending)
    names = " and ".join(ending[1:].upper() for ending in needed)
    return f"They are {names} images by their first bytes: add {' or '.join(needed)} to their names"


def _move(root: Folder, kinds: Counter[str]) -> str:
    """Say what helps, and nothing that fails too."""
    opened = [str(path) for path in root.others if kind(path) in _OPENED]
    if opened:
        which = f"{opened[0]} itself" if len(opened) == 1 else f"the one to train on, of {listed(opened)}"
        return f"Give {which}, or another folder."
    if PACKED & kinds.keys():
        return "Unpack what is packed, and give the folder that comes out."
    if _PICTURES & kinds.keys():
        return "Convert them to PNG or JPEG."
    return "Read them with their own library, and give arrays and labels to etascope.open_images in Python."


def _drawn(here: Folder) -> str:
    """Draw a tree in one line."""
    drawn = [
        f"{folder.name}/{'{' + listed([inner.name for inner in folder.full]) + '}' if folder.full else ''} "
        f"({counted(folder.total, 'image')})"
        for folder in here.full[:SHOWN]
    ]
    more = len(here.full) - SHOWN
    return ", ".join(drawn + ([f"and {more:,} more"] if more > 0 else []))
