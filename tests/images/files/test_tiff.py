"""TIFFs of every kind are read whole, or named."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import tracemalloc
import zlib

import numpy as np
import pytest

from etascope.images.files.decode import decode_file
from etascope.images.files.stack import stack_images
from etascope.images.opened import Options
from tests.images.making import lossless_jpeg, picture, pictures, refused, told_or_refused, write_tiff


def marks_of(path):
    return [(mark.kind, mark.detail) for mark in decode_file(path, Options()).marks]


@pytest.mark.parametrize(
    ("pixels", "options", "parts"),
    [
        (pictures(1, 6, 5, 13)[0], {}, ("a TIFF of 5 x 6, 13 bands of 8-bit whole numbers", "choose one or three")),
        (pictures(1, 6, 5, 5)[0].astype(np.uint16), {}, ("5 bands of 16-bit",)),
        (pictures(1, 6, 5, 3)[0] / 255, {"photometric": 2}, ("3 bands of 64-bit floats", "save it as 8-bit PNG")),
        (pictures(1, 6, 5, 3)[0].astype(np.float32), {"photometric": 2}, ("3 bands of 32-bit floats",)),
        (pictures(1, 6, 5, 1)[0].astype(np.float64), {}, ("1 band of 64-bit floats", "as 8-bit PNG")),
        (pictures(1, 6, 5, 3)[0].astype(np.uint16), {}, ("3 bands of 16-bit whole numbers",)),
        (pictures(1, 6, 5, 2)[0].astype(np.uint16), {"extra": (2,)}, ("2 bands of 16-bit",)),
        (pictures(1, 6, 5, 4)[0], {"photometric": 2, "extra": (0,)}, ("a TIFF of 4 bands, not all of them colour",)),
        (pictures(1, 6, 5, 2)[0], {"extra": (0,)}, ("TIFF of", "2 bands")),
        (pictures(1, 6, 5, 1)[0], {"compression": 34887}, ("packed with LERC", "save it with LZW")),
        (pictures(1, 6, 5, 1)[0], {"compression": 50001}, ("packed with WebP",)),
        (pictures(1, 6, 5, 1)[0], {"compression": 34933}, ("packed with PNG", "save it with LZW")),
        (
            pictures(1, 6, 5, 1)[0].astype(np.uint16),
            {"compression": 7},
            ("packed with JPEG of 16 bits", "save it with"),
        ),
        (pictures(1, 6, 5, 1)[0], {"compression": 12345}, ("packed with compression 12345",)),
        (pictures(1, 6, 5, 1)[0].astype(np.int16), {"photometric": 0}, ("in which 0 is white", "PNG with 0 as black.")),
        (pictures(1, 6, 5, 2)[0], {"photometric": 0, "extra": (2,)}, ("in which 0 is white", "PNG with 0 as black.")),
        (pictures(1, 6, 5, 1)[0].astype(np.uint16), {"photometric": 3}, ("not read; save it as 8-bit PNG in gray or",)),
        (pictures(1, 6, 5, 3)[0].astype(np.uint16), {"photometric": 9}, ("not read; save it as 8-bit PNG in gray or",)),
        (pictures(1, 6, 5, 1)[0], {"photometric": 32803}, ("not read; save it as 8-bit PNG in gray or RGB.",)),
        (pictures(1, 6, 5, 1)[0], {"tags": {258: (6,)}}, ("1 band of 6-bit", "not read; save it as 8-bit PNG.")),
        (
            pictures(1, 6, 5, 1)[0],
            {"tags": {258: (64,), 339: (6,)}},
            ("complex numbers", "save their absolute values as 8-bit PNG"),
        ),
        (
            pictures(1, 6, 5, 3)[0].astype(np.float32),
            {"photometric": 2, "tags": {274: (6,)}},
            ("3 bands of 32-bit floats", "not read; save it as 8-bit PNG upright."),
        ),
        (
            pictures(1, 6, 5, 5)[0],
            {"photometric": 5, "extra": (0,)},
            ("5 bands", "save it as 8-bit PNG in gray or RGB"),
        ),
        (pictures(1, 6, 5, 1)[0], {"photometric": 0, "tags": {258: (10,)}}, ("10-bit", "8-bit PNG with 0 as black")),
        (pictures(1, 6, 5, 1)[0], {"tags": {258: (10,)}}, ("10-bit", "save it as 8-bit PNG")),
        (pictures(1, 6, 5, 13)[0], {"tags": {274: (8,)}}, ("one or three of its 13 bands and save those, upright,",)),
        (pictures(1, 6, 5, 1)[0], {"tags": {32997: (16,)}}, ("a volume of 16 slices",)),
        (pictures(1, 6, 5, 1)[0], {"tags": {254: (1,), 330: (8,)}}, ("first page is a thumbnail", "save that one")),
    ],
)
def test_kinds_that_are_not_read_are_named(tmp_path, pixels, options, parts):
    path = write_tiff(tmp_path / "x.tif", pixels, **options)
    with refused(str(path), *parts):
        decode_file(path, Options())


def test_a_first_page_that_is_a_thumbnail_is_refused(tmp_path):
    small, large, path = pictures(1, 4, 4)[0], pictures(1, 16, 16)[0], tmp_path / "x.tif"
    for number, (tag, value) in enumerate(((254, 1), (254, 3), (255, 2))):
        path = pages_of(tmp_path / f"{number}.tif", [(small, {tag: (value,)}), (large, {})])
        with refused(str(path), "first page is a thumbnail; the image, page 2, is not read; save that one alone"):
            decode_file(path, Options())
    middle = pictures(1, 8, 8)[0]
    pages_of(path, [(small, {254: (1,)}), (middle, {254: (1,)}), (large, {}), (middle, {})])
    with refused("the image, page 3, is not read"):
        decode_file(path, Options())
    pages_of(path, [(small, {254: (1,)}), (middle, {254: (1,)})])
    with refused("the image, page 2, is not read"):
        decode_file(path, Options())
    for pages in ([(large, {254: (1,)})], [(large, {254: (0,)}), (small, {254: (1,)})], [(large, {255: (2,)}),
                  (small, {})], [(large, {}), (small, {255: (2,)})]):  # fmt: skip
        assert np.array_equal(decode_file(pages_of(tmp_path / "x.tif", pages), Options()).pixels, large)
    assert marks_of(pages_of(tmp_path / "x.tif", [(large, {}), (large, {255: (2,)})])) == []


def pages_of(path, pages):
    """A TIFF of pages with tags of their own."""
    whole = bytearray()
    for pixels, tags in pages:
        one = bytearray(write_tiff(path, pixels, tags=tags).read_bytes())
        start, place = len(whole), struct.unpack("<I", one[4:8])[0]
        for entry in range(struct.unpack("<H", one[place : place + 2])[0]):
            at = place + 2 + 12 * entry
            if one[at : at + 2] == struct.pack("<H", 273):
                one[at + 8 : at + 12] = struct.pack("<I", struct.unpack("<I", one[at + 8 : at + 12])[0] + start)
        if whole:
            whole[-4:] = struct.pack("<I", start + place)
        whole += one
    path.write_bytes(whole)
    return path


def test_a_lossless_jpeg_of_colours_within_is_named(tmp_path):
    pixels = pictures(1, 24, 24, 3)[0]
    held = lossless_jpeg(pixels)
    held = held[:2] + held[held.index(b"\xff\xc3") :]
    path = write_tiff(tmp_path / "x.tif", pixels, photometric=2, compression=7, data=held)
    assert np.array_equal(decode_file(path, Options()).pixels, pixels)
    # Other colours would have to be changed into these.
    write_tiff(path, pixels, photometric=6, compression=7, data=held)
    with refused(str(path), "packed with lossless JPEG, which is not read; save it with LZW"):
        decode_file(path, Options())
    held = lossless_jpeg(pixels[..., :1])
    path = write_tiff(tmp_path / "x.tif", pixels[..., :1], compression=7, data=held)
    assert np.array_equal(decode_file(path, Options()).pixels, pixels[..., :1])


def test_what_is_advised_of_them_works(tmp_path):
    from etascope import open_images

    for bands in (np.float64, np.uint16):
        values = pictures(4, 6, 5, 3).astype(bands)
        np.savez(tmp_path / "a.npz", images=values, labels=[0, 1, 0, 1])
        assert np.array_equal(open_images(tmp_path / "a.npz").images, pictures(4, 6, 5, 3))


def test_unsigned_numbers_of_32_bits(tmp_path):
    values = np.array([[[0], [2**31], [2**32 - 1]]], np.uint32)
    decoded = decode_file(write_tiff(tmp_path / "x.tif", values), Options())
    assert decoded.extent is not None
    assert (decoded.extent.low, decoded.extent.high) == (0, 2**32 - 1)
    assert np.allclose(decoded.pixels, values)


def test_numbers_of_32_bits_without_a_word_are_unsigned(tmp_path):
    values = np.array([[[0], [2**31], [2**32 - 1]]], np.uint32)
    data = write_tiff(tmp_path / "x.tif", values).read_bytes()
    place = data.rindex(struct.pack("<HHI", 339, 4, 1))
    (tmp_path / "x.tif").write_bytes(data[:place] + struct.pack("<H", 65000) + data[place + 2 :])
    decoded = decode_file(tmp_path / "x.tif", Options())
    assert decoded.extent is not None
    assert (decoded.extent.low, decoded.extent.high) == (0, 2**32 - 1)


def test_a_big_tiff_of_the_other_order_is_named(tmp_path):
    (tmp_path / "x.tif").write_bytes(b"MM\0\x2b\0\x08\0\0" + struct.pack(">Q", 16) + bytes(40))
    with refused("a BigTIFF whose numbers begin with the high byte"):
        decode_file(tmp_path / "x.tif", Options())


def test_a_mask_that_is_not_read_is_no_damage(tmp_path):
    pixels = pictures(2, 6, 5, 1)
    data = bytearray(write_tiff(tmp_path / "x.tif", pixels, tags={254: (0,)}).read_bytes())
    for tag, value in ((254, 4), (262, 4)):
        place = data.rindex(struct.pack("<HHI", tag, 4, 1))
        data[place + 8 : place + 12] = struct.pack("<I", value)
    (tmp_path / "x.tif").write_bytes(data)
    decoded = decode_file(tmp_path / "x.tif", Options())
    assert decoded.marks == ()
    assert np.array_equal(decoded.pixels, pixels[0])


def test_a_small_file_takes_little_memory(tmp_path):
    data = zlib.compress(bytes(300 << 20), 9)
    path = write_tiff(tmp_path / "x.tif", pictures(1, 6, 5, 1)[0], compression=8, data=data)
    tracemalloc.start()
    told_or_refused(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6


IMAGEJ = "ImageJ=1.53t\nimages={0}\nchannels={0}\nmode=composite\n"
OME = '<?xml version="1.0"?><OME xmlns="x"><Image><Pixels SizeC="{0}" SizeX="5"/></Image></OME>'


@pytest.mark.parametrize("description", [IMAGEJ, OME])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_three_channels_as_pages_are_colours(tmp_path, description, kind):
    pages = pictures(3, 6, 5, 1).astype(kind)
    path = write_tiff(tmp_path / "x.tif", pages, description=description.format(3))
    decoded = decode_file(path, Options())
    assert np.array_equal(decoded.pixels, np.moveaxis(pages[..., 0], 0, 2))
    assert decoded.marks == ()


@pytest.mark.parametrize("channels", [2, 4, 5])
def test_other_channels_as_pages_are_refused(tmp_path, channels):
    pages = pictures(channels, 6, 5, 1)
    path = write_tiff(tmp_path / "x.tif", pages, description=IMAGEJ.format(channels))
    with refused(f"whose {channels} channels are pages", "choose one"):
        decode_file(path, Options())


def test_pages_are_told(tmp_path):
    pages = pictures(4, 6, 5, 3)
    path = write_tiff(tmp_path / "x.tif", pages, photometric=2)
    decoded = decode_file(path, Options())
    assert np.array_equal(decoded.pixels, pages[0])
    assert marks_of(path) == [("pages", "4")]
    stacked = stack_images(3, lambda row: decode_file(path, Options()), Options())
    assert stacked.notes == (f"3 images have several pages; the first was taken. The first of them: {path} (4 pages).",)


def test_a_stack_that_only_its_description_tells_of(tmp_path):
    path = write_tiff(tmp_path / "x.tif", pictures(1, 6, 5)[0], description="ImageJ=1.53t\nimages=7\nslices=7\n")
    assert marks_of(path) == [("pages", "7")]


def test_thumbnails_masks_and_smaller_copies_are_no_pages(tmp_path):
    from PIL import Image

    large, small = (Image.fromarray(pictures(1, size, size)[0][..., 0]) for size in (40, 20))
    large.save(tmp_path / "x.tif", save_all=True, append_images=[small])
    assert marks_of(tmp_path / "x.tif") == []


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate", "jpeg", "packbits", "group4", "zstd"])
@pytest.mark.parametrize("mode", ["L", "RGB", "1", "I;16", "RGBA", "CMYK"])
def test_whole_files_are_not_suspected(tmp_path, compression, mode):
    from PIL import Image

    channels = {"RGB": 3, "RGBA": 4, "CMYK": 4}.get(mode, 1)
    pixels = np.repeat(np.repeat(pictures(1, 30, 10, channels)[0], 4, axis=0), 9, axis=1)
    image = picture(pixels) if mode != "CMYK" else Image.fromarray(pixels, "CMYK")
    image = image.convert(mode) if mode in ("1", "I;16") else image
    try:
        image.save(tmp_path / "x.tif", **({"compression": compression} if compression else {}))
    except (OSError, ValueError, RuntimeError):
        return
    if compression == "group4" and mode != "1":
        return
    assert marks_of(tmp_path / "x.tif") == []


def test_pixels_behind_the_end(tmp_path):
    good = pictures(1, 40, 30)[0]
    assert marks_of(write_tiff(tmp_path / "x.tif", good)) == []
    assert marks_of(write_tiff(tmp_path / "x.tif", good, tags={279: (1000,)})) == [
        ("damaged", "it holds fewer pixels than it says")
    ]
    assert "damaged" in told_or_refused(write_tiff(tmp_path / "x.tif", good, tags={273: (900,)}))


def test_a_checksum_of_deflate(tmp_path):
    pixels = pictures(1, 40, 30)[0]
    data = bytearray(zlib.compress(pixels.tobytes()))
    assert marks_of(write_tiff(tmp_path / "x.tif", pixels, compression=8, data=bytes(data))) == []
    data[-1] ^= 1
    assert "damaged" in told_or_refused(write_tiff(tmp_path / "x.tif", pixels, compression=8, data=bytes(data)))


def test_bits_in_the_other_order_are_no_damage(tmp_path):
    pixels = pictures(1, 40, 30)[0]
    turned = bytes(int(f"{byte:08b}"[::-1], 2) for byte in zlib.compress(pixels.tobytes()))
    path = write_tiff(tmp_path / "x.tif", pixels, compression=8, data=turned, tags={266: (2,)})
    decoded = decode_file(path, Options())
    assert np.array_equal(decoded.pixels, pixels)
    assert decoded.marks == ()


def test_a_damaged_directory(tmp_path):
    (tmp_path / "x.tif").write_bytes(b"II\x2a\0" + struct.pack("<I", 9999) + bytes(50))
    with refused("damaged"):
        decode_file(tmp_path / "x.tif", Options())


SCRIPT = """
import sys, threading
from pathlib import Path
from etascope.images.files.decode import BadImage, decode_file
from etascope.images.opened import Options

def work():
    for _ in range(20):
        try:
            decode_file(Path(sys.argv[1]), Options())
        except BadImage as error:
            assert "damaged" in str(error), error
        else:
            raise SystemExit("it was decoded")

threads = [threading.Thread(target=work) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""


@pytest.mark.parametrize("closed", [False, True])
def test_libtiff_writes_nothing_itself(tmp_path, closed):
    """With several threads, and where there is no stderr to write to."""
    smooth = np.repeat(np.repeat(pictures(1, 20, 20, 3)[0], 8, axis=0), 8, axis=1)
    picture(smooth).save(tmp_path / "x.tif", compression="tiff_lzw")
    data = bytearray((tmp_path / "x.tif").read_bytes())
    for place in range(200, len(data) - 400, 90):
        data[place : place + 4] = b"\xff\xff\xff\xff"
    (tmp_path / "x.tif").write_bytes(data)
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "x.tif")]
    if closed:
        done = subprocess.run(command, stdout=subprocess.PIPE, preexec_fn=lambda: os.close(2), timeout=60, check=False)
        assert done.returncode == 0
    else:
        done = subprocess.run(command, capture_output=True, timeout=60, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("packing", ["tiff_lzw", "tiff_adobe_deflate", "packbits"])
@pytest.mark.parametrize("cut", [1, 2, 20])
def test_a_tiff_whose_end_is_missing(tmp_path, packing, cut):
    picture(pictures(1, 32, 32, 3)[0]).save(tmp_path / "x.tif", compression=packing)
    whole = (tmp_path / "x.tif").read_bytes()
    (tmp_path / "x.tif").write_bytes(whole[:-cut])
    assert "TIFF whose end is missing; fetch or save it again" in told_or_refused(tmp_path / "x.tif")


def test_pages_that_are_no_smaller_copies_are_told(tmp_path):
    from PIL import Image

    def marks(*sizes):
        pages = [Image.new("L", size, 9) for size in sizes]
        pages[0].save(tmp_path / "x.tif", save_all=True, append_images=pages[1:])
        return [(mark.kind, mark.detail) for mark in decode_file(tmp_path / "x.tif", Options()).marks]

    assert marks((20, 10), (10, 5)) == []
    assert marks((20, 10), (12, 10)) == [("pages", "2")]
    assert marks((10, 5), (20, 10), (20, 10)) == [("pages", "3")]


def test_gray_with_alpha_one_after_the_other_is_no_damage(tmp_path):
    path = write_tiff(tmp_path / "x.tif", pictures(1, 9, 8, 2)[0], extra=(2,), tags={284: (2,)})
    assert "2 bands of 8-bit whole numbers, one after the other, which is not read" in told_or_refused(path)
