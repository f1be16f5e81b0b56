"""What transparent pixels are laid over is one decision for a set, and it is told."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from etascope.images.transparency import Glass, decide_ground, lay, look_through
from tests.images.making import refused


def drawing(colour: int, channels: int = 3, size: int = 24) -> np.ndarray:
    """A disc of one colour on clear ground, with a soft edge, whose clear pixels are black below."""
    down, across = np.indices((size, size)) - (size - 1) / 2
    alpha = np.clip((size / 3 - np.hypot(down, across)) * 128 + 128, 0, 255).astype(np.uint8)
    pixels = np.full((size, size, channels), colour, np.uint8) * (alpha > 0)[..., None].astype(np.uint8)
    return np.dstack([pixels, alpha])


@given(npst.arrays(np.uint8, (3, 4, 4)), st.sampled_from(["white", "black", "gray"]))
def test_laying_is_blending(pixels, ground):
    below = {"white": 255, "gray": 128, "black": 0}[ground]
    alpha = pixels[..., 3:] / 255
    assert (
        np.abs(lay(pixels, ground) - (pixels[..., :3] * alpha + below * (1 - alpha))).max()
        <= (1 if ground == "gray" else 0.5) + 1e-6
    )


def test_over_white_is_pillows():
    from PIL import Image

    pixels = np.random.default_rng(0).integers(0, 256, (9, 9, 4), np.uint8)
    white = Image.new("RGBA", (9, 9), "white")
    white.alpha_composite(Image.fromarray(pixels))
    assert np.abs(lay(pixels, None).astype(int) - np.asarray(white.convert("RGB"))).max() <= 1


@pytest.mark.parametrize(
    ("pixels", "expected"),
    [
        (drawing(255), Glass(pale=True)),
        (drawing(240, 1), Glass(pale=True)),
        (drawing(10), Glass(dark=True)),
        (drawing(128), Glass()),
        (np.dstack([drawing(90)[..., :3], np.zeros((24, 24), np.uint8)]), Glass(void=True)),
        (np.zeros((9, 9, 4), np.uint8), Glass()),
        (np.dstack([drawing(255)[..., :3], np.full((24, 24), 255, np.uint8)]), None),
    ],
)
def test_what_one_image_shows(pixels, expected):
    assert look_through(pixels) == expected


def test_a_band_is_told_from_transparency():
    rng = np.random.default_rng(1)
    scene = rng.integers(40, 210, (32, 32, 4), np.uint8)
    assert look_through(scene) == Glass(band=True)
    soft = scene.copy()
    soft[..., 3] = np.linspace(0, 255, 32).astype(np.uint8)
    assert look_through(soft) == Glass()
    faint = scene.copy()
    faint[..., 3] = 128
    assert look_through(faint) == Glass()


def test_the_decision():
    white, pale, dark = Glass(), Glass(pale=True), Glass(dark=True)
    void, band = Glass(void=True), Glass(band=True)
    assert decide_ground([white] * 4, None, 4) == ("white", "Transparent pixels were laid over white.")
    ground, note = decide_ground([pale] * 2 + [white] * 8, None, 10)
    assert (ground, "laid over black" in note) == ("black", True)
    ground, note = decide_ground([pale] * 3 + [dark] * 3, None, 6)
    assert (ground, "laid over gray" in note) == ("gray", True)
    ground, note = decide_ground([white] * 12 + [pale], None, 20)
    assert (ground, "1 of 13 images with transparency is blank" in note) == ("white", True)
    ground, note = decide_ground([void] * 2, None, 2)
    assert (ground, "alpha 0" in note) == ("nothing", True)
    assert "That is in 2 of 20 images." in decide_ground([void] * 2, None, 20)[1]
    assert decide_ground([white], "black", 1)[0] == "black"
    assert "1 of 3 images with transparency is blank" in decide_ground([dark, white, white], "black", 3)[1]
    with refused("must show something over black", "of 3 with transparency 2 do not"):
        decide_ground([dark, dark, white], "black", 3)
    with refused("must be transparency", "infrared", "Leave that channel out"):
        decide_ground([band, band, white], None, 3)
