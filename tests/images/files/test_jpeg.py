"""JPEGs are opened whatever their size, and damage that the decoder passes over is noticed."""

from __future__ import annotations

import io
import random
import struct
import subprocess
import sys
import time
import tracemalloc

import numpy as np
import pytest

from etascope import open_images
from etascope.images.files import jpeg
from etascope.images.files.decode import MAX_JPEG, BadImage, decode_file
from etascope.images.opened import Options
from tests.images.making import lossless_jpeg, picture, pictures, refused, told_or_refused, write_folder, write_tiff


def smooth(height: int = 160, width: int = 200, channels: int = 3, seed: int = 0) -> np.ndarray:
    from PIL import Image

    small = picture(pictures(1, 12, 14, channels, seed)[0])
    pixels = np.asarray(small.resize((width, height), Image.Resampling.BICUBIC))
    return pixels.reshape(height, width, channels)


def jpeg_bytes(pixels: np.ndarray, **options) -> bytes:
    held = io.BytesIO()
    picture(pixels).save(held, "JPEG", **options)
    return held.getvalue()


def fault(data: bytes) -> str:
    jpeg.open_jpeg(data).load()
    return jpeg.fault_of_stream(data, MAX_JPEG)


OPTIONS = [
    {},
    {"quality": 100},
    {"quality": 5},
    {"optimize": True},
    {"progressive": True},
    {"subsampling": 0},
    {"subsampling": 2},
    {"restart_marker_blocks": 3},
    {"restart_marker_rows": 1},
    {"icc_profile": bytes(70_000)},
    {"comment": b"\xff\xd9\xff\xda"},
]


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("channels", [1, 3])
def test_whole_files_are_not_suspected(options, channels):
    for seed in range(8):
        for size in ((160, 200), (17, 9), (8, 8), (1, 1), (64, 64)):
            assert fault(jpeg_bytes(smooth(*size, channels, seed), **options)) == ""


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("value", [0, 128, 255])
def test_flat_files_are_not_suspected(options, value):
    for channels in (1, 3):
        assert fault(jpeg_bytes(np.full((300, 400, channels), value, np.uint8), **options)) == ""


def test_what_follows_a_file_is_not_suspected():
    data = jpeg_bytes(smooth())
    for tail in (bytes(9), b"\xff\xd9", data, b"MotionPhoto" * 50, jpeg_bytes(smooth(20, 20), progressive=True)):
        assert fault(data + tail) == ""


def test_a_picture_of_two_views_is_not_suspected(tmp_path):
    first, second = (picture(smooth(seed=seed)) for seed in (1, 2))
    first.save(tmp_path / "x.jpg", "MPO", save_all=True, append_images=[second])
    assert decode_file(tmp_path / "x.jpg", Options()).marks == ()


def test_reduced_decoding_is_not_suspected(tmp_path):
    for value in (None, 128):
        pixels = smooth(900, 1100) if value is None else np.full((900, 1100, 3), value, np.uint8)
        (tmp_path / "x.jpg").write_bytes(jpeg_bytes(pixels))
        assert decode_file(tmp_path / "x.jpg", Options()).marks == ()


def test_missing_and_surplus_pixels_are_noticed():
    tall, low = (jpeg_bytes(smooth(height, 200)) for height in (160, 128))
    place = tall.index(b"\xff\xc0") + 5
    claims_more = low[:place] + struct.pack(">H", 160) + low[place + 2 :]
    claims_less = tall[:place] + struct.pack(">H", 128) + tall[place + 2 :]
    assert fault(claims_more) == "data is missing for its pixels"
    assert fault(claims_less) == "data is left over behind its pixels"


def test_a_hole_of_zeros_is_noticed():
    data = bytearray(jpeg_bytes(smooth()))
    middle = (data.index(b"\xff\xda") + len(data)) // 2
    data[middle : middle + 64] = bytes(64)
    assert fault(bytes(data)) == "there are zeros among its packed pixels"


@pytest.mark.parametrize("options", [{}, {"subsampling": 0}, {"progressive": True}, {"restart_marker_rows": 1}])
@pytest.mark.parametrize("kind", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("share", [0.4, 0.7, 0.95])
def test_an_end_that_is_cut_or_overwritten_is_told_or_refused(tmp_path, options, kind, share):
    held = io.BytesIO()
    picture(smooth()).convert(kind).save(held, "JPEG", quality=90, **options)
    data = held.getvalue()
    start = data.index(b"\xff\xda")
    kept = data[: start + int((len(data) - start) * share)]
    for filling in (b"", b"\0", b" ", b"lorem ipsum ", b"\xaa\x55"):
        for end in (b"", b"\xff\xd9"):
            missing = len(data) - len(kept) - len(end)
            (tmp_path / "x.jpg").write_bytes(kept + (filling * missing)[: missing if filling else 0] + end)
            assert told_or_refused(tmp_path / "x.jpg"), (filling, end)


def test_odd_words_of_a_header_are_no_damage_and_hide_none():
    data = jpeg_bytes(smooth())
    odd = data.replace(b"JFIF\0\1", b"JFIF\0\7")
    assert odd != data
    assert fault(odd) == ""
    assert jpeg.fault_of_stream(odd[:-200] + b"\xff\xd9", MAX_JPEG) == "data is missing for its pixels"
    assert jpeg.fault_of_stream(data, 1000) == "it claims 200 x 160 pixels"


@pytest.mark.parametrize(
    ("place", "value", "kind"),
    [
        (4, 12, "a JPEG of 12 bits"),
        (1, 0xF7, "a JPEG-LS image"),
        (1, 0xC5, "a hierarchical JPEG"),
        (1, 0xCB, "a lossless JPEG with arithmetic coding"),
    ],
)
def test_other_kinds_are_named(tmp_path, place, value, kind):
    data = bytearray(jpeg_bytes(smooth()))
    data[data.index(b"\xff\xc0") + place] = value
    (tmp_path / "x.jpg").write_bytes(data)
    with refused(kind, "which is not read"):
        decode_file(tmp_path / "x.jpg", Options())


@pytest.mark.parametrize("size", [(8, 8), (16, 11), (65, 70), (130, 200), (1, 1)])
@pytest.mark.parametrize("channels", [1, 3])
def test_lossless_files_come_back(tmp_path, size, channels):
    pixels = pictures(1, *size, channels)[0]
    (tmp_path / "x.jpg").write_bytes(lossless_jpeg(pixels))
    decoded = decode_file(tmp_path / "x.jpg", Options(size))
    assert np.array_equal(decoded.pixels, pixels)
    assert decoded.marks == ()
    assert decode_file(tmp_path / "x.jpg", Options((4, 4))).pixels.shape == (4, 4, channels)


def test_flat_lossless_files_are_not_suspected_and_cut_ones_are():
    for value in (0, 128, 255):
        assert fault(lossless_jpeg(np.full((90, 80, 1), value, np.uint8))) == ""
    data = lossless_jpeg(smooth(channels=1))
    assert jpeg.fault_of_stream(data[:-500] + b"\xff\xd9", MAX_JPEG) == "data is missing for its pixels"


@pytest.mark.parametrize("bands", [1, 3, 4])
def test_lossless_files_leave_the_memory_whole(tmp_path, bands):
    """A decoder that was asked for a fraction of their size wrote all of it, behind what it was given."""
    data = lossless_jpeg(pictures(1, 24, 24, bands)[0])
    (tmp_path / "x.jpg").write_bytes(data)
    page = pictures(1, 24, 24, bands)[0]
    write_tiff(tmp_path / "y.tif", page, photometric={1: 1, 3: 2, 4: 5}[bands], compression=7, data=data)
    script = """
import gc, sys
from pathlib import Path
from etascope.images.files.decode import BadImage, decode_file
from etascope.images.opened import Options
kept = []
for _ in range(200):
    for name in sys.argv[1:]:
        try:
            kept.append(decode_file(Path(name), Options((8, 8))))
        except BadImage as error:
            assert "packed with lossless JPEG, which is not read; save it with LZW" in str(error), error
del kept
gc.collect()
"""
    command = [sys.executable, "-c", script, str(tmp_path / "x.jpg"), str(tmp_path / "y.tif")]
    done = subprocess.run(command, capture_output=True, timeout=120, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_a_thumbnail_within_is_no_frame(tmp_path):
    within = jpeg_bytes(smooth(16, 16))
    data = lossless_jpeg(pictures(1, 24, 24, 1)[0])
    data = data[:2] + b"\xff\xe1" + struct.pack(">H", len(within) + 2) + within + data[2:]
    assert jpeg.frame_of(data).kind == 0xC3
    assert jpeg.frame_of(jpeg_bytes(smooth())[:2] + bytes(3) + b"\xff" * 9 + jpeg_bytes(smooth())[3:]).kind == 0xC0
    assert fault(data) == ""
    assert jpeg.frame_of(b"\xff\xd8\xff\xda\0\x02").kind == jpeg.frame_of(b"\xff\xd8\xff\xe0\0\0").kind == 0


@pytest.mark.parametrize(
    "options", [{}, {"quality": 5}, {"subsampling": 0}, {"restart_marker_rows": 1}, {"progressive": True}]
)
@pytest.mark.parametrize("channels", [1, 3])
def test_an_end_without_its_mark_is_told(tmp_path, options, channels):
    for cut in (1, 2):
        data = jpeg_bytes(smooth(channels=channels), **options)
        (tmp_path / "x.jpg").write_bytes(data)
        whole = decode_file(tmp_path / "x.jpg", Options())
        (tmp_path / "x.jpg").write_bytes(data[:-cut])
        cut_off = decode_file(tmp_path / "x.jpg", Options())
        assert np.array_equal(cut_off.pixels, whole.pixels)
        assert [mark.detail for mark in cut_off.marks] == ["its end is missing"]
        (tmp_path / "x.jpg").write_bytes(data[: -cut - 3])
        assert told_or_refused(tmp_path / "x.jpg") not in ("", "damaged: its end is missing")


@pytest.mark.parametrize("channels", [1, 3])
def test_a_scan_that_is_missing_is_no_missing_end(tmp_path, channels):
    data = jpeg_bytes(smooth(channels=channels), progressive=True)
    scans = [at for at in range(len(data)) if data.startswith(b"\xff\xda", at)]
    assert len(scans) > 4
    for at in scans[1:]:
        # Each has a table of its own in front of it.
        (tmp_path / "x.jpg").write_bytes(data[: data.rindex(b"\xff\xc4", 0, at)])
        assert "cannot be read" in told_or_refused(tmp_path / "x.jpg")


def test_an_end_is_not_called_missing_where_nobody_knows_of_pixels(tmp_path):
    """Of inks of which some are held at half their size the decoder that is asked cannot tell."""
    held = io.BytesIO()
    picture(smooth()).convert("CMYK").save(held, "JPEG", subsampling=2)
    for cut in (2, 20, 500):
        (tmp_path / "x.jpg").write_bytes(held.getvalue()[:-cut])
        with refused("truncated"):
            decode_file(tmp_path / "x.jpg", Options())


def test_one_lossless_file_among_others(tmp_path):
    images = pictures(8, 24, 24, 1)
    names = ["ant", "bee"] * 4
    write_folder(tmp_path, images, names)
    (tmp_path / "ant" / "img0.png").unlink()
    (tmp_path / "ant" / "img0.jpg").write_bytes(lossless_jpeg(images[0]))
    opened = open_images(tmp_path)
    assert sorted(map(bytes, opened.images)) == sorted(map(bytes, images))


def test_most_of_what_flipped_bits_spoil_is_noticed():
    data = jpeg_bytes(smooth(), quality=90)
    start = data.index(b"\xff\xda") + 14
    before = np.asarray(picture(smooth())).astype(int)
    spoilt = count = 0
    for number in range(150):
        draw, damaged = random.Random(number), bytearray(data)
        damaged[draw.randrange(start, len(data) - 2)] ^= 1 << draw.randrange(8)
        image = jpeg.open_jpeg(bytes(damaged))
        try:
            image.load()
        except OSError:
            continue
        # A block moved: much of the image is another.
        if (np.abs(np.asarray(image).astype(int) - before).max(axis=2) > 60).mean() > 0.1:
            spoilt += 1
            count += jpeg.fault_of_stream(bytes(damaged), MAX_JPEG) != ""
    assert spoilt > 20
    assert count >= spoilt / 2


def big_jpeg(width: int, height: int, **options) -> bytes:
    """A JPEG of a large size that is white all over: little data, honestly decoded."""
    from PIL import Image

    held = io.BytesIO()
    Image.new("L", (width, height), 255).save(held, "JPEG", **options)
    return held.getvalue()


def test_a_photograph_of_108_megapixels(tmp_path):
    (tmp_path / "x.jpg").write_bytes(big_jpeg(12_000, 9_000))
    tracemalloc.start()
    decoded = decode_file(tmp_path / "x.jpg", Options())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert decoded.native == (9_000, 12_000)
    assert (decoded.pixels == 255).all()
    assert peak < 30e6


def claiming(width: int, height: int, **options) -> bytes:
    data = jpeg_bytes(smooth(), **options)
    place = data.index(b"\xff\xc2" if options else b"\xff\xc0") + 5
    return data[:place] + struct.pack(">HH", height, width) + data[place + 4 :]


def test_bombs_stay_refused(tmp_path):
    (tmp_path / "x.jpg").write_bytes(claiming(60_000, 60_000))
    with refused("60000 x 60000 pixels", f"{MAX_JPEG:,}"):
        decode_file(tmp_path / "x.jpg", Options())
    (tmp_path / "x.jpg").write_bytes(claiming(12_000, 9_000, progressive=True))
    with refused("12000 x 9000 pixels", "64,000,000"):
        decode_file(tmp_path / "x.jpg", Options())
    (tmp_path / "x.jpg").write_bytes(claiming(16_000, 12_000))
    with refused("for an image of this size"):
        decode_file(tmp_path / "x.jpg", Options(size=(4096, 4096)))


@pytest.mark.parametrize("share", [0.01, 0.2, 0.4, 0.7, 0.95])
def test_a_cut_file_is_refused(tmp_path, share):
    data = jpeg_bytes(smooth())
    (tmp_path / "x.jpg").write_bytes(data[: int(len(data) * share)])
    with pytest.raises(BadImage):
        decode_file(tmp_path / "x.jpg", Options())


def test_bytes_that_fill_take_no_time(tmp_path):
    data = jpeg_bytes(smooth())
    (tmp_path / "x.jpg").write_bytes(data)
    want = decode_file(tmp_path / "x.jpg", Options()).pixels
    (tmp_path / "x.jpg").write_bytes(data[:2] + b"\xff" * 20_000_000 + data[2:])
    began = time.process_time()
    assert np.array_equal(decode_file(tmp_path / "x.jpg", Options()).pixels, want)
    assert time.process_time() - began < 3
