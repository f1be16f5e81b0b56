"""What transparent pixels are laid over is one decision for a set, and it is told."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from etascope.images.open import open_images
from etascope.images.pixels.transparency import Glass, decide_ground, lay, look_through
from tests.images.making import pictures, refused, write_folder


def drawing(colour: int, channels: int = 3, size: int = 24) -> np.ndarray:
    """A disc of one colour on clear ground, with a soft edge, whose clear pixels are black below."""
    down, across = np.indices((size, size)) - (size - 1) / 2
    alpha = np.clip((size / 3 - np.hypot(down, across)) * 128 + 128, 0, 255).astype(np.uint8)
    pixels = np.full((size, size, channels), colour, np.uint8) * (alpha > 0)[..., None].astype(np.uint8)
    return np.dstack([pixels, alpha])


@given(npst.arrays(np.uint8, (3, 4, 4)), st.sampled_from(["white", "black", "gray", "dark gray", "light gray"]))
def test_laying_is_blending(pixels, ground):
    below = {"white": 255, "light gray": 192, "gray": 128, "dark gray": 64, "black": 0}[ground]
    alpha = pixels[..., 3:] / 255
    assert (
        np.abs(lay(pixels, ground) - (pixels[..., :3] * alpha + below * (1 - alpha))).max()
        <= (1 if "gray" in ground else 0.5) + 1e-6
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
        (drawing(128), Glass(lost=("gray",))),
        (drawing(64, 1), Glass(lost=("dark gray",))),
        (drawing(200), Glass(lost=("light gray",))),
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
    assert look_through(scene) == Glass(band=True, soft=True)
    soft = scene.copy()
    soft[..., 3] = np.linspace(0, 255, 32).astype(np.uint8)
    assert look_through(soft) == Glass(soft=True)
    faint = scene.copy()
    faint[..., 3] = 128
    assert look_through(faint) == Glass()


def decided(glasses, given, count):
    return decide_ground(glasses, given, count, [f"{number}.png" for number in range(len(glasses))])


def test_the_decision():
    white, pale, dark = Glass(), Glass(pale=True), Glass(dark=True)
    void, band = Glass(void=True), Glass(band=True)
    assert decided([white] * 4, None, 4) == ("white", "Transparent pixels were laid over white.")
    ground, note = decided([pale] * 2 + [white] * 8, None, 10)
    assert (ground, "laid over black" in note) == ("black", True)
    ground, note = decided([pale] * 3 + [dark] * 3, None, 6)
    assert (ground, "laid over gray" in note) == ("gray", True)
    ground, note = decided([white] * 12 + [pale], None, 20)
    assert (ground, "1 of 13 images with transparency is blank so, 12.png." in note) == ("white", True)
    ground, note = decided([void] * 2, None, 2)
    assert (ground, "alpha 0" in note) == ("nothing", True)
    assert "That is in 2 of 20 images." in decided([void] * 2, None, 20)[1]
    assert decided([white], "black", 1)[0] == "black"
    assert "1 of 3 images with transparency is blank so, 0.png." in decided([dark, white, white], "black", 3)[1]
    with refused("must show something over black", "of 3 with transparency 2 do not"):
        decided([dark, dark, white], "black", 3)
    with refused("must be transparency", "that of 2 of 3", "infrared, the first: 1.png.", "Leave that channel out"):
        decided([white, band, band], None, 3)
    assert "channel of 1, the first 2.png, looks like a picture" in decided([white, white, band], None, 3)[1]


@pytest.mark.parametrize(
    ("strokes", "ground"),
    [([255, 0], "gray"), ([255, 0, 128], "dark gray"), ([255, 0, 128, 64], "light gray"), ([255, 128], "black"),
     ([128, 0], "white"), ([240, 20, 140, 100], "dark gray")],
)  # fmt: skip
def test_strokes_of_every_shade_are_seen(strokes, ground, tmp_path):
    from PIL import Image

    for number in range(12):
        path = tmp_path / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(drawing(strokes[number % len(strokes)])).save(path)
    data = open_images(tmp_path)
    assert f"laid over {ground}" in data.notes[0]
    assert min(int(np.ptp(image)) for image in data.images) >= 32
    arrays = np.stack([drawing(strokes[number % len(strokes)]) for number in range(12)])
    assert min(int(np.ptp(image)) for image in open_images(arrays, [0, 1] * 6).images) >= 32


def test_the_gray_is_taken_over_which_the_fewest_are_lost():
    glasses = [look_through(drawing(128 if row == 7 else 255 * (row % 2))) for row in range(40)]
    ground, note = decided(glasses, None, 40)
    assert (ground, "blank" in note) == ("dark gray", False)


def test_shades_that_no_ground_shows_are_refused():
    with refused("must show something over one ground; of 50, over white 10 do not, over black 10, and over any gray"):
        decided([look_through(drawing(shade)) for shade in (0, 64, 128, 192, 255) for _ in range(10)], None, 50)


@pytest.mark.parametrize("half", [1, 2])
def test_a_file_whose_fourth_channel_is_a_band_is_named(tmp_path, half):
    from PIL import Image

    rng = np.random.default_rng(1)
    for number in range(6):
        path = tmp_path / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        scene = rng.integers(40, 210, (32, 32, 4), np.uint8)
        Image.fromarray(drawing(90) if number % 3 < half else scene).save(path)
    if half == 1:
        with refused("that of 4 of 6 images", str(tmp_path / "a" / "2.png")):
            open_images(tmp_path)
    else:
        assert f"the first {tmp_path / 'a' / '2.png'}, looks like" in " ".join(open_images(tmp_path).notes)


def test_other_channels_are_refused_in_arrays_and_told_in_files(tmp_path):
    rng, (down, across) = np.random.default_rng(0), np.mgrid[:32, :32]
    images = rng.integers(0, 256, (6, 32, 32, 4), np.uint8)
    labels = [0, 1] * 3
    for band in (
        100 + images[..., 3] // 8,
        200 + images[..., 3] // 5,
        np.where(images[..., 0] > 100, 255, images[..., 1]),
        (120 + 60 * np.sin(across / 5) * np.cos(down / 7)).astype(np.uint8),
    ):
        images[..., 3] = band
        floats = np.moveaxis(images / 255, 3, 1)
        for source in (images, floats, images[..., 2:], list(images)):
            with refused(
                "which is mostly 0 or 255; that of 6 of 6 images is not", "first: image 0", "images[..., :-1]"
            ):
                open_images(source, labels)
        sentences = open_images(write_folder(tmp_path, images, ["a", "b"] * 3) and tmp_path).notes
        assert "The transparency of 6 of 6, the first" in sentences[0]
        assert "neither clear nor opaque" in sentences[0]
        assert np.array_equal(open_images(images[..., :-1], labels).images, images[..., :-1])
        assert np.array_equal(open_images(floats[:, :-1], labels).images, images[..., :-1])


@pytest.mark.parametrize("most", [1, 4])
def test_an_alpha_of_ones_and_of_numbers_is_refused(tmp_path, most):
    images = pictures(6, 12, 12, 4)
    images[..., 3] %= most + 1
    for source, labels in ((images, [0, 1] * 3), (write_folder(tmp_path, images, ["a", "b"] * 3) and tmp_path, None)):
        with refused(f"255 where it is opaque; that of 6 of 6 images does not go beyond {most}"):
            open_images(source, labels)
    if most == 1:
        images[..., 3] *= 255
        assert open_images(images, [0, 1] * 3).notes == ("Transparent pixels were laid over white.",)


def test_small_drawings_with_soft_rims_are_no_bands():
    from PIL import Image

    large = np.zeros((6, 128, 128, 4), np.uint8)
    large[..., 0], large[:, 16:112, 40:90, 3] = 200, 255
    small = np.stack([np.asarray(Image.fromarray(each).resize((14, 14), Image.Resampling.LANCZOS)) for each in large])
    assert ((small[..., 3] > 0) & (small[..., 3] < 255)).mean() > 0.25
    small[..., 1] = np.arange(6)[:, None, None] * 40
    assert open_images(small, [0, 1] * 3).notes == ("Transparent pixels were laid over white.",)


@pytest.mark.parametrize("opaque", [1.0, 0.97])
def test_transparency_that_comes_first_is_named(opaque):
    random = np.random.default_rng(0)
    colours = random.integers(1, 255, (6, 9, 9, 3)).astype(np.uint8)
    alpha = np.where(random.random((6, 9, 9, 1)) < opaque, 255, 0).astype(np.uint8)
    with refused("the first channel looks like that (ARGB)", "images[..., [1, 2, 3, 0]]"):
        open_images(np.concatenate([alpha, colours], -1), ["a", "b"] * 3)
    open_images(np.concatenate([colours, alpha], -1), ["a", "b"] * 3)


def test_a_few_saturated_pixels_of_red_make_no_transparency():
    scene = np.random.default_rng(0).integers(1, 255, (6, 16, 16, 4)).astype(np.uint8)
    scene[:, :4, :4, 0] = 255
    with refused("which is mostly 0 or 255; that of 6 of 6 images is not", "images[..., :-1]") as caught:
        open_images(scene, ["a", "b"] * 3)
    assert "ARGB" not in str(caught.value)
