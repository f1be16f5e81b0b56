"""Where an image of a table could be that is not there: what is said, is there, and written so it opens."""

from __future__ import annotations

import re
import unicodedata

import pytest

from etascope.core.errors import InputError
from etascope.images.open import open_images
from tests.images.making import pictures, refused, write_folder

NFD = unicodedata.normalize("NFD", "Bär.png")
NFC = unicodedata.normalize("NFC", "Bär.png")


@pytest.mark.parametrize("others", [0, 3])
@pytest.mark.parametrize(
    ("there", "said"),
    [("a/x.PNG", "a/x.png"), ("a/x.png", "a/X.PNG"), ("a/x.jpeg", "a/x.jpg"), ("a/x.jpg", "a/x.JPG"),
     ("a/x.png", "a/x.tif"), ("a/x.png", "a/x"), ("a/x.png", "x.png"), ("images/x.png", "x.png"), ("x.png", "a/x.png"),
     ("a/x.png", "a/a/x.png"), ("a/x.png", "set/a/x.png"), ("a/x.png", "/data/set/a/x.png"), ("a/x.png", "a\\b\\x.jpg"),
     ("deep/er/still/x.png", "x.png"), ("deep/er/still/x.png", "a/x.jpg"), ("a/my x.png", "a/my%20x.png"),
     ("a/x.v2.png", "a/x.v2"), ("a/x.png", "C:\\data\\a\\x.png"), ("a/picture_12.png", "a/pictur_12.png"),
     (f"a/{NFD}", f"{NFC}"), (f"a/{NFC}", f"a/{NFD}".replace("png", "jpg")), (f"images/{NFD}", f"a/{NFC.upper()}"),
     ("train/x.png", "data/x.png"), ("A/x.png", "a/x.png"), ("a/img_7.png", "a/img_007.png")],
)  # fmt: skip
def test_what_is_said_to_be_there_opens(tmp_path, there, said, others):
    root = tmp_path / "set"
    paths = write_folder(root, pictures(3), ["p", "q", "q"])
    (root / there).parent.mkdir(parents=True, exist_ok=True)
    paths[2].rename(root / there)
    lines = ["path,label", "p/img0.png,p", "q/img1.png,q"]
    table = root / "list.csv"
    table.write_text("\n".join([*lines, f"{said},q", *(f"{said.replace('x', f'y{n}')},q" for n in range(others))]))
    with pytest.raises(InputError) as caught:
        open_images(table)
    assert "line 4" in str(caught.value)
    hint = re.search(r"There is (.+) beside the table: write the paths? so\.", str(caught.value))
    assert hint, str(caught.value)
    assert unicodedata.normalize("NFC", hint[1]) == unicodedata.normalize("NFC", there)
    table.write_text("\n".join([*lines, f"{hint[1]},q"]))
    assert len(open_images(table)) == 3


def test_of_several_all_are_shown(tmp_path):
    write_folder(tmp_path, pictures(4), ["p/one", "p/one", "q/two", "q/two"])
    (tmp_path / "q/two/img2.png").rename(tmp_path / "q/two/img0.png")
    (tmp_path / "list.csv").write_text("p/one/img1.png,p\nimg0.png,p\nq/two/img3.png,q")
    with refused("1 of 3", "There are p/one/img0.png and q/two/img0.png beside the table: write which is meant."):
        open_images(tmp_path / "list.csv")


@pytest.mark.parametrize(
    "name",
    [
        "other.png",
        "no/such/folder.png",
        "q/img2.png",
        "p/img0.jpg",
        "img1.png",
        "q/img11.png",
        "x" * 300 + ".png",
        "~/x.png",
        ".png",
    ],
)
def test_where_nothing_is_alike_nothing_is_said_to_be(tmp_path, name):
    write_folder(tmp_path, pictures(2), ["p", "q"])
    (tmp_path / "list.csv").write_text(f"path,label\np/img0.png,p\nq/img1.png,q\n{name},q")
    with refused("1 of 3", "in line 4. Correct the path, or remove the line. Or leave"):
        open_images(tmp_path / "list.csv")
    assert len(open_images(tmp_path / "list.csv", skip_bad=True)) == 2


def test_where_all_are_gone_leaving_them_out_is_not_advised(tmp_path):
    (tmp_path / "list.csv").write_text("path,label\na.png,p\nb.png,q")
    with pytest.raises(InputError) as caught:
        open_images(tmp_path / "list.csv")
    assert "skip" not in str(caught.value)


@pytest.mark.parametrize("said", ["cat/000.png", "set/cat/000.jpg", "C:\\data\\Cat\\000.png"])
def test_of_equal_names_those_in_folders_of_equal_names_are_meant(tmp_path, said):
    for path in write_folder(tmp_path / "images", pictures(4), ["cat", "cat", "dog", "dog"]):
        path.rename(path.with_name(f"{int(path.stem[3:]) % 2:03}.png"))
    (tmp_path / "list.csv").write_text(f"path,label\n{said},cat\n{said.replace('cat', 'dog')},dog")
    with refused("There is images/cat/000.png beside the table"):
        open_images(tmp_path / "list.csv")


def test_addresses_are_to_be_fetched(tmp_path):
    (tmp_path / "list.csv").write_text("path,label\nhttps://x.org/0.png,cat\nhttps://x.org/1.png,dog")
    with refused("'https://x.org/0.png' in line 2. Download the images, and write their paths."):
        open_images(tmp_path / "list.csv")
