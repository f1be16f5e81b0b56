"""What lies below a folder."""

from __future__ import annotations

import os
import unicodedata

import pytest

from etascope.images.folders.tree import DEEPEST, read_tree
from tests.images.making import pictures, refused, write_folder


@pytest.fixture
def root(tmp_path):
    write_folder(tmp_path / "root", pictures(5), ["b", "b", "a", "a/deep", "."])
    return tmp_path / "root"


def test_images_stand_in_natural_order_those_of_a_folder_first(root):
    tree = read_tree(root)
    names = [path.relative_to(root).as_posix() for path in tree.all_images()]
    assert names == ["img4.png", "a/img2.png", "a/deep/img3.png", "b/img0.png", "b/img1.png"]
    assert [folder.path.name for folder in tree.all_folders()] == ["root", "a", "deep", "b"]
    assert (tree.total, tree.full[0].total) == (5, 2)


def test_other_files_are_counted_by_kind(root):
    for name in ("x.HEIC", "y.heic", "a/scan", "a/deep/README", "b/v.nii.gz", "b/table.csv.gz"):
        (root / name).touch()
    tree = read_tree(root)
    assert tree.kinds() == {".heic": 2, "no ending": 2, ".nii.gz": 1, ".csv.gz": 1}
    assert tree.foreign == 4


@pytest.mark.parametrize(
    "name", [".hidden", "@eaDir", "__MACOSX", "$RECYCLE.BIN", "System Volume Information", "lost+found"]
)
def test_what_systems_put_there_is_not_seen(root, name):
    write_folder(root, pictures(1), [f"a/{name}"])
    assert read_tree(root).total == 5


@pytest.mark.parametrize(("link", "target"), [("a/up", "."), ("a/self", "a"), ("c", "b"), ("a/b", "b")])
def test_a_link_to_what_is_there_anyway_is_left_out(root, link, target):
    (root / link).symlink_to(root / target)
    tree = read_tree(root)
    assert tree.total == 5
    assert list(tree.all_links()) == [root / link]


def test_a_link_to_elsewhere_is_followed(root, tmp_path):
    write_folder(tmp_path / "other", pictures(2), ["x", "x"])
    (root / "c").symlink_to(tmp_path / "other" / "x")
    (tmp_path / "other" / "x" / "loop").symlink_to(tmp_path / "other")
    tree = read_tree(root)
    assert tree.total == 7
    assert len(list(tree.all_links())) == 1


def test_a_root_that_is_a_link_is_the_tree_that_it_leads_to(root, tmp_path):
    (tmp_path / "link").symlink_to(root)
    assert read_tree(tmp_path / "link").total == 5


def test_folders_too_deep_are_refused(tmp_path):
    deep = tmp_path.joinpath(*["d"] * (DEEPEST + 1))
    deep.mkdir(parents=True)
    with refused(f"{DEEPEST} levels", "lies deeper"):
        read_tree(tmp_path)


def test_names_are_composed(tmp_path):
    (tmp_path / unicodedata.normalize("NFD", "Bär")).mkdir()
    assert read_tree(tmp_path).folders[0].name == unicodedata.normalize("NFC", "Bär")


def test_a_large_tree_tells_its_progress(root):
    for number in range(5100):
        (root / "a" / f"n{number}.txt").touch()
    events = []
    read_tree(root, events.append)
    assert events
    assert events[0].stage == "looking through folders"


@pytest.mark.parametrize(("name", "is_read"), [("val", False), ("holdout", False), ("test", True), ("train", True)])
def test_what_is_given_as_test_is_not_in_the_tree(tmp_path, name, is_read):
    write_folder(tmp_path, pictures(4), ["cat", "dog", f"{name}/cat", f"{name}/dog"])
    assert read_tree(tmp_path, test_path=tmp_path / name).total == (4 if is_read else 2)


def test_folders_that_links_lead_to_and_that_link_on_are_read_once(tmp_path):
    for one in range(9):
        write_folder(tmp_path / "out", pictures(1), [f"f{one}"])
    for one in range(9):
        for other in range(9):
            (tmp_path / "out" / f"f{one}" / f"to{other}").symlink_to(tmp_path / "out" / f"f{other}")
    write_folder(tmp_path / "root", pictures(2), ["a", "b"])
    (tmp_path / "root" / "c").symlink_to(tmp_path / "out" / "f0")
    assert read_tree(tmp_path / "root").total == 2 + 9
    # What the tree links to itself is read there, and not where that links on to it.
    (tmp_path / "root" / "d").symlink_to(tmp_path / "out" / "f8")
    tree = read_tree(tmp_path / "root")
    assert [folder.total for folder in tree.folders] == [1, 1, 8, 8]
    assert not any(path.parent.name == "f8" for path in tree.folders[2].all_images())


def test_links_that_lead_on_without_end_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("etascope.images.folders.tree._LED_ON", 5)
    for number in range(7):
        (tmp_path / "out" / f"f{number}").mkdir(parents=True)
    write_folder(tmp_path / "root", pictures(1), ["a"])
    (tmp_path / "root" / "c").symlink_to(tmp_path / "out")
    with refused("links are followed to 5 folders", "Remove the link"):
        read_tree(tmp_path / "root")


def test_a_link_to_nothing_is_a_folder_by_its_name_or_a_file(root):
    for name in ("a/gone", "a/gone.csv", "n01.Bird"):
        (root / name).symlink_to(root / "nowhere")
    tree = read_tree(root)
    assert [path.name for folder in tree.all_folders() for path in folder.broken] == ["n01.Bird", "gone"]
    os.unlink(root / "a/gone")
    assert read_tree(root).kinds() == {".csv": 1, ".bird": 1}
