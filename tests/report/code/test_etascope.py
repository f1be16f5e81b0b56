import ast
import contextlib
import io
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

import etascope
from etascope import Recipe
from etascope.core.data import DIVIDED_ANEW
from etascope.core.run import DataSummary
from etascope.pipeline.split import divide
from etascope.report.code import etascope as own
from etascope.report.code.etascope import divided_anew, in_python, script
from etascope.report.code.loading import kind_of, note
from etascope.report.code.parts import docstring
from tests.images.making import pictures, write_folder
from tests.report.code.running import DATA, RATE, TINY, accuracy, known
from tests.report.code.test_loading import agrees, opened


@pytest.mark.parametrize("recipe", [TINY, Recipe(hidden=(), epochs=2, optimizer="adamw", schedule="linear", seed=3)])
def test_the_script_repeats_the_training_to_the_bit(tmp_path, recipe):
    assert accuracy(script(recipe, DATA, RATE), tmp_path) == pytest.approx(known(recipe), abs=5e-5)


def test_images_of_ones_own_are_opened_as_they_were():
    code = script(TINY, replace(DATA, source="/photos", image_shape=(32, 48, 3)), RATE)
    assert "image_size=(32, 48), grayscale=False" in code
    assert "'/photos'" in code


def test_images_that_were_left_out_are_left_out_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_folder(tmp_path / "set", pictures(24, 8, 8), ["a", "b"] * 12)
    (tmp_path / "set/a/bad.png").write_bytes(b"no image")
    run = etascope.pick(etascope.open_images("set", skip_bad=True), recipe=TINY)
    assert run.data.folders == ()
    ended = subprocess.run(
        [sys.executable, "-c", script(TINY, run.data, RATE)], capture_output=True, text=True, check=False
    )
    assert (ended.stderr, ended.stdout.splitlines()[-1][:14]) == ("", "test accuracy ")


def test_arrays_are_asked_for_in_a_sentence():
    code = script(TINY, replace(DATA, source="an array"), RATE)
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.stderr == "Give the images as the first argument; see the top of this script.\n"
    assert '\nnumpy.savez("images.npz", images=data.images, labels=' in code


IMAGES, LABELS, PARTS = pictures(60, 8, 9), [str(row % 12) for row in range(60)], ["train"] * 36 + ["test"] * 24


def table(folder, *, parted):
    paths = write_folder(folder / "pictures", IMAGES, LABELS)
    rows = [f"{path},{label},{part}" for path, label, part in zip(paths, LABELS, PARTS, strict=True)]
    lines = ["path,label,split", *rows] if parted else ["path,label", *(row.rpartition(",")[0] for row in rows)]
    (folder / "it's a  table.csv").write_text("\n".join(lines))
    return "it's a  table.csv"


def npz(folder, **arrays):
    np.savez(folder / "set.npz", **arrays)
    return "set.npz"


def made(name, folder):
    """Return what is opened, with what else is given, and what the snippet names."""
    if name == "table":
        return (table(folder, parted=True),), {}, {}
    if name == "plain table":
        return (table(folder, parted=False),), {}, {}
    if name == "names":
        return (npz(folder, x=IMAGES, y=np.array(LABELS)),), {}, {}
    if name == "resized":
        return (npz(folder, x=IMAGES, y=np.arange(60) % 12),), {"image_size": (6, 5), "grayscale": True}, {}
    if name == "labels":
        np.save(folder / "pictures.npy", IMAGES)
        np.save(folder / "answers.npy", np.arange(60) % 12)
        return ("pictures.npy", "answers.npy"), {}, {}
    if name == "bad":
        write_folder(folder / "bad", IMAGES, LABELS)
        (folder / "bad" / "3" / "bad.png").write_bytes(b"no image")
        return ("bad",), {"skip_bad": True}, {}
    if name == "small digits":
        return ("digits",), {"image_size": 8}, {}
    if name == "floats":
        floats = (IMAGES * 16.0).astype(np.float32)
        return (floats, LABELS), {}, {"images": floats, "labels": LABELS}
    if name == "pairs":
        return (
            (list(zip(IMAGES, LABELS, strict=True)),),
            {},
            {"images": list(zip(IMAGES, LABELS, strict=True)), "labels": None},
        )
    if name == "sequence":
        return (list(IMAGES), LABELS), {}, {"images": list(IMAGES), "labels": LABELS}
    if name == "mapping without labels":
        return ({"x": IMAGES}, LABELS), {}, {"images": {"x": IMAGES}, "labels": LABELS}
    mapping = {"x_train": IMAGES[:36], "y_train": LABELS[:36], "x_test": IMAGES[36:], "y_test": LABELS[36:]}
    return (mapping,), {}, {"images": mapping, "labels": None}


CASES = ["table", "plain table", "names", "resized", "labels", "bad", "small digits", "floats", "mapping", "pairs",
         "sequence", "mapping without labels"]  # fmt: skip


def summary(data, test, labels=""):
    held = DataSummary.of(data, divide(data, test=test, folds=0))
    return DataSummary(**{**vars(held), "labels": labels})


def save_as_advised(paragraph, names):
    """Do what the head of a script says, exactly."""
    exec(lines_of(docstring([paragraph])), dict(names))


def lines_of(script):
    """Return the lines to copy from the head of a script, which stand from an empty line to the next."""
    docstring = ast.get_docstring(ast.parse(script), clean=False)
    return next(part for part in docstring.split("\n\n") if part.startswith("import etascope, numpy\n"))


@pytest.mark.parametrize("test", [None, 0.4], ids=["own", "share"])
@pytest.mark.parametrize("name", CASES)
def test_what_is_saved_as_advised_is_what_etascope_saw(tmp_path, monkeypatch, name, test):
    monkeypatch.chdir(tmp_path)
    given, wished, names = made(name, tmp_path)
    data = etascope.open_images(*given, **wished)
    summarized = summary(data, test, given[1] if name == "labels" else "")
    assert kind_of(summarized) in ("arrays", "npz")
    save_as_advised(note(summarized), names)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        agrees(opened(summarized, "images.npz"), data, test=test, folds=0)
    assert said.getvalue() == ""
    # A share of as many images as the own test part has is a share still.
    assert divided_anew(summarized) == (test is not None and data.test_rows is not None)


@pytest.mark.parametrize("test", [None, 0.4], ids=["own", "share"])
@pytest.mark.parametrize("name", CASES)
def test_the_script_of_etascope_opens_what_it_opened(tmp_path, monkeypatch, name, test):
    monkeypatch.chdir(tmp_path)
    given, wished, names = made(name, tmp_path)
    data, recipe = etascope.open_images(*given, **wished), Recipe(hidden=(), epochs=1)
    summarized = summary(data, test, given[1] if name == "labels" else "")
    text, arguments = own.script(recipe, summarized, RATE), []
    if in_python(summarized):
        exec(lines_of(text), dict(names))
        arguments = ["images.npz"]
    ended = subprocess.run(
        [sys.executable, "-c", text, *arguments], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    expected = etascope.trace(data, learning_rate=RATE, recipe=recipe, test=test).evaluation.accuracy
    assert (ended.stderr, ended.stdout.splitlines()[-1]) == ("", f"test accuracy {expected:.4f}")


@pytest.mark.parametrize("given", ["folder", "missing", "text.npz", "empty.npz", "other.npz", "array.npy"])
@pytest.mark.parametrize("name", ["table", "bad", "names", "folder", "idx", "digits"])
def test_another_place_than_a_script_reads_is_one_sentence(tmp_path, monkeypatch, name, given):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.npz").write_text("no archive")
    (tmp_path / "empty.npz").touch()
    np.savez(tmp_path / "other.npz", x_train=IMAGES, labels=np.arange(60))
    np.save(tmp_path / "array.npy", IMAGES)
    if name == "folder":
        write_folder(tmp_path / "set", IMAGES, LABELS)
        data = etascope.open_images("set")
    elif name in ("digits", "idx"):
        data = etascope.open_images("digits")
    else:
        arguments, wished, _ = made(name, tmp_path)
        data = etascope.open_images(*arguments, **wished)
    summarized = summary(data, None)
    if name == "idx":
        summarized = DataSummary(**{**vars(summarized), "source": "mnist"})
    with pytest.raises(SystemExit) as ended:
        opened(summarized, given)
    assert given in str(ended.value)
    assert "\n" not in str(ended.value)


def test_a_share_that_was_given_is_told_from_a_test_part():
    data = summary(etascope.open_images("digits"), 0.2)
    assert not divided_anew(data)
    assert divided_anew(replace(data, divided_anew=True))
    assert divided_anew(replace(data, divided_anew=None, notes=(f"{DIVIDED_ANEW}, so ...",)))


def test_a_relative_place_is_named_wherever_the_script_is_asked_for(tmp_path, monkeypatch):
    write_folder(tmp_path / "here" / "photos", IMAGES, LABELS)
    (tmp_path / "there").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    data, recipe = summary(etascope.open_images("photos"), None), Recipe(hidden=(), epochs=1)
    text = own.script(recipe, data, RATE)
    assert "else 'photos'" in text
    monkeypatch.chdir(tmp_path / "there")
    assert own.script(recipe, data, RATE) == text


def test_whole_batches_are_asked_for_where_that_is_meant():
    whole = script(Recipe(drop_last=True), DATA, RATE)
    assert ("drop_last=True,\n" in whole, "whole batches of 16" in whole) == (True, True)
    assert "drop_last" not in script(Recipe(), DATA, RATE)
