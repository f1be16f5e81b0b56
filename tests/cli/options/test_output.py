"""No output takes the place of a file that is read, or of the store."""

import shutil

import numpy as np
import pytest

from tests.cli.running import SMALL, refused, run
from tests.images.making import pictures, write_folder

WHY = "would replace a file that is read"


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    folder = tmp_path_factory.mktemp("searched")
    images, labels = pictures(40), np.arange(40) % 2
    np.save(folder / "x.npy", images[..., 0])
    np.save(folder / "y.npy", labels)
    np.savez(folder / "d.npz", images=images[..., 0], labels=labels)
    paths = write_folder(folder / "im", images, ["a", "b"] * 20)
    lines = [f"{path.relative_to(folder)},{path.parent.name}" for path in paths]
    (folder / "t.csv").write_text("path,label\n" + "\n".join(lines))
    more = ("--budget", "1", "--store", folder / "r.sqlite", "--json", folder / "answer.json")
    assert run("pick", folder / "d.npz", *SMALL, *more).code in (0, 1)
    return folder


@pytest.fixture
def here(searched, tmp_path, monkeypatch):
    shutil.copytree(searched, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "arguments",
    [
        "runs --json r.sqlite", "show last --json r.sqlite", "export last r.sqlite", "export last ./r.sqlite",
        "lock last --out r.sqlite", "resume last --json r.sqlite", "pick d.npz --json r.sqlite",
        "pick d.npz --json d.npz", "trace d.npz --json d.npz", "trace x.npy --labels y.npy --json y.npy",
        "trace x.npy --labels y.npy --json x.npy", "pick t.csv --json t.csv", "pick im --report im/a/img0.png",
        "pick im --report other.png", "trace d.npz --test x.npy --json x.npy", "scaling im --report im/b/img1.png",
        "lock answer.json --out answer.json",
    ],
)  # fmt: skip
def test_what_is_read_and_the_store_are_not_replaced(here, arguments):
    (here / "other.png").symlink_to(here / "im" / "a" / "img0.png")
    kept = {path: path.read_bytes() for path in here.rglob("*") if path.is_file()}
    words = arguments.split()
    more = ["--store", "r.sqlite"] if words[0] in ("runs", "show", "export", "lock", "resume", "pick") else []
    said = refused(run(*words, *more))
    assert WHY in said or words[:2] == ["lock", "answer.json"], said
    assert {path: path.read_bytes() for path in kept} == kept


def test_what_was_written_before_is_replaced_also_among_the_images(here):
    for _ in range(2):
        ended = run("trace", "im", *SMALL, "--epochs", "1", "--lr", "0.1", "--json", "im/answer.json")
        assert ended.code == 0, ended.err
        assert run("export", "last", "answer.json", "--store", "r.sqlite").code == 0
