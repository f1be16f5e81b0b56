import subprocess
import sys
from dataclasses import replace

import pytest

import etascope
from etascope import Recipe
from etascope.report.code.etascope import script
from tests.images.making import pictures, write_folder
from tests.report.code.running import DATA, RATE, TINY, accuracy, known


@pytest.mark.parametrize("recipe", [TINY, Recipe(hidden=(), epochs=2, optimizer="adamw", schedule="linear", seed=3)])
def test_the_script_repeats_the_training_to_the_bit(tmp_path, recipe):
    assert accuracy(script(recipe, DATA, RATE), tmp_path) == pytest.approx(known(recipe), abs=5e-5)


def test_images_of_ones_own_are_opened_as_they_were():
    told = script(TINY, replace(DATA, source="/photos", image_shape=(32, 48, 3)), RATE)
    assert "image_size=(32, 48), grayscale=False" in told
    assert "'/photos'" in told


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
    told = script(TINY, replace(DATA, source="an array"), RATE)
    ended = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=False)
    assert ended.stderr == "Give the images as the first argument; see the top of this script.\n"
    assert '\nnumpy.savez("images.npz", images=data.images, labels=' in told
