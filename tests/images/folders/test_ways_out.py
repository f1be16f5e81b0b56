"""Every command that a refusal of a tree advises makes it open."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess

import numpy as np
import pytest

from etascope.cli.dialect import command_line
from etascope.core.errors import InputError
from etascope.images.open import open_images
from tests.images.folders.test_layout import REFUSED, Row, make
from tests.images.making import refused

MORE = [Row(tree, tree) for tree in (
    "images*3 text*3",
    "masks*3 faces*3",
    "images*3 text*3 audio*3",
    "image*2 video*2",
    "pictures*2 words*2",
    "train/images*3 train/text*3 test/images*2 test/text*2",
    "train/masks*3 train/faces*3 val/masks*1 val/faces*1",
    "data/images*3 data/text*3",
    "photos*3 paintings*3 drawings*3",
    "mask*3 face*3",
    "masks*3 helmets*3 gloves*3",
    "labels*3 stamps*3",
    "gt*3 rgb*3",
    "masks*3 images*3",
    "annotations*3 figures*3",
    "segmentation*2 detection*2",
    "docs*2 photos*2",
    "png*2 jpg*2",
    "img*2 txt*2",
    "plots*2 photos*2",
    "batch_1*2 batch_2*2 batch_3*2",
    "fold1*2 fold2*2 fold3*2 fold4*2 fold5*2 fold6*2 fold7*2 fold8*2",
    "train/part_1*2 train/part_2*2 test/part_1*1 test/part_2*1",
    "metadata*2 audio*2",
    "thumbnails*2 full*2",
    "test*2 control*2 images*2",
    "a/ant*2 a/ape*2 b/bee*2",
    "train/a/ant*2 train/b/bee*2 test/a/ant*1 test/b/bee*1",
    "cat*2 dog*2 predictions*2 masks*2",
    "cat*2 dog*2 Images*2",
    "cat*2 dog*2 train*2 val*2",
    "cat/a*2 cat/b*2 dog*2",
)]  # fmt: skip


@pytest.mark.parametrize("row", [*REFUSED, *MORE], ids=lambda row: row.name)
def test_what_a_refusal_advises_works(row, tmp_path):
    root = tmp_path / "ro ot"
    root.mkdir()
    make(row, root)
    with pytest.raises(InputError) as caught:
        open_images(root)
    error = caught.value
    count = len(list(root.rglob("*.png")))
    advice = error.sentences[1].written(command_line)
    commands = re.findall(r"\(((?:mkdir|mv|etascope) (?:[^()']|'[^']*')*)\)", advice)
    advised = re.findall(r"give (/|that)|rename|hide|move all", advice)
    assert len(commands) == len(advised), advice
    in_python = re.findall(r"\(etascope\.pick\(((?:[^()']|'[^']*')*)\)\)", error.advice)
    assert [eval(f"dict(data={call})") for call in in_python] == [
        dict(zip(("data", "test"), shlex.split(one.replace(" --test", ""))[2:], strict=False))
        for one in commands if one.startswith("etascope")
    ]  # fmt: skip
    if "CSV of path,label" in error.advice:
        listed_in_a_table(root)
    for command in commands:
        shutil.rmtree(root)
        root.mkdir()
        make(row, root)
        if command.startswith("etascope"):
            given = shlex.split(command)[2:]
            data = open_images(given[0], test=given[2] if "--test" in given else None)
        else:
            subprocess.run(command, shell=True, check=True)
            data = open_images(root)
        assert data.n_classes > 1
        assert len(list(root.rglob("*.png"))) == count


def listed_in_a_table(root):
    """Say what is in a tree in a table, by its upper folders, or else by halves."""
    files = [path for path in sorted(root.rglob("*.png")) if path.is_file()]
    names = [path.relative_to(root).parts[0] for path in files]
    if len(set(names)) == 1 or any(path.parent == root for path in files):
        names = [f"{place % 2}" for place in range(len(files))]
    lines = [f"{path.relative_to(root)},{name}" for path, name in zip(files, names, strict=True)]
    (root / "list.csv").write_text("\n".join(["path,label", *lines]))
    assert len(open_images(root / "list.csv")) == len(files)
    (root / "list.csv").unlink()


@pytest.mark.parametrize(
    "name", [row.name for row in REFUSED if "take the folder away" in row.words or "HEIC" in row.name]
)
def test_a_class_that_is_not_read_may_be_taken_away_where_that_is_said(name, tmp_path):
    make(next(row for row in REFUSED if row.name == name), tmp_path)
    with pytest.raises(InputError) as caught:
        open_images(tmp_path)
    if "take the folder away" in caught.value.advice:
        shutil.rmtree(re.search(r"can be read; (.+) holds", caught.value.said)[1])
        assert open_images(tmp_path).n_classes > 1


def test_an_archive_that_is_named_opens(tmp_path):
    np.savez(tmp_path / "data.npz", x=np.zeros((2, 4, 4), np.uint8), y=[0, 1])
    with pytest.raises(InputError) as caught:
        open_images(tmp_path)
    assert len(open_images(re.search(r"Give (.+) itself", caught.value.advice)[1])) == 2


@pytest.mark.parametrize(
    ("tree", "words"),
    [("masks*2 faces*2", ("If faces and masks are the classes, rename masks,", "/masks ", "/masksclass)")),
     ("images*2 text*2 images_class*1", ("/imagesclass)",)), ("a/ant*2 a/ape*2 b/bee*2", ("move all of them", "/?/*")),
     ("cat*2 dog*2 Images*2", ("hide it (mv", "rename it (mv")),
     ("cat_train*2 cat_test*2 dog_train*2 dog_test*2", ("Sort them",))],
)  # fmt: skip
def test_what_is_advised(tree, words, tmp_path):
    make(Row(tree, tree), tmp_path)
    with refused(*words):
        open_images(tmp_path)
