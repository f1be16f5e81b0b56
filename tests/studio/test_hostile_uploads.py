"""What a stranger may upload: damaged images of every format, zips that lie; each is answered in one sentence."""

import io
import re
import struct
import zipfile
import zlib

import numpy as np
import pytest

from tests.images.making import lossless_jpeg, pictures
from tests.studio.answers import error
from tests.studio.served import two_kinds, zipped

#: What belongs to the command line, to Python or to this machine, and not on a page.
ELSEWHERE = re.compile(r"(?<![\w-])--[a-z]|skip_bad|image_size|etascope[. ]|\.py\b|Traceback|/tmp/|etascope-studio-")


def encoded(kind, mode="RGB", side=16, **more):
    from PIL import Image

    rng = np.random.default_rng(1)
    image = Image.fromarray((rng.random((side, side, 3)) * 255).astype(np.uint8))
    if mode in ("I;16", "F", "I"):
        image = Image.fromarray((rng.random((side, side)) * 60000).astype({"F": "f4", "I": "i4"}.get(mode, "u2")))
    else:
        image = image.convert(mode)
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def png(width, height, depth=8, colour=2, data=b""):
    """Return a PNG of a header that says what it likes."""

    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def animated(kind):
    from PIL import Image

    frames = [Image.new("RGB", (16, 16), (i * 20, 0, 0)) for i in range(10)]
    out = io.BytesIO()
    frames[0].save(out, kind, save_all=True, append_images=frames[1:])
    return out.getvalue()


def archive(entries, method=zipfile.ZIP_DEFLATED, good=True):
    """Return a zip of these besides images of two kinds."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as made:
        if good:
            with zipfile.ZipFile(io.BytesIO(zipped(two_kinds(rows=12, side=16)))) as good_ones:
                for name in good_ones.namelist():
                    made.writestr(name, good_ones.read(name))
        for name, body in entries:
            made.writestr(name, body)
    return out.getvalue()


def patched(data, *changes):
    """Return a zip with bytes changed in every header of the directory: (offset in it, bytes)."""
    out, at = bytearray(data), data.find(b"PK\1\2")
    while at >= 0:
        for offset, body in changes:
            out[at + offset : at + offset + len(body)] = body
        at = data.find(b"PK\1\2", at + 4)
    return bytes(out)


def half(data):
    return data[: len(data) // 2]


def flipped(data):
    out = bytearray(data)
    for at in range(len(data) // 3, len(data), 7):
        out[at] ^= 0x5A
    return bytes(out)


KINDS = {"png": "PNG", "jpg": "JPEG", "gif": "GIF", "bmp": "BMP", "webp": "WEBP", "tif": "TIFF"}
#: Images that are no images, or not whole: refused, or opened as the decoder reads them; never a fault.
IMAGES = {
    **{f"half a {ending}": (ending, half(encoded(kind))) for ending, kind in KINDS.items()},
    **{f"a {ending} with bytes changed": (ending, flipped(encoded(kind))) for ending, kind in KINDS.items()},
    **{f"an empty {ending}": (ending, b"") for ending in KINDS},
    "garbage": ("png", bytes(range(256)) * 40),
    "text": ("jpg", b"hello, no image\n"),
    "a page": ("png", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
    "PostScript": ("jpg", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nquit\n"),
    "a zip in the zip": ("png", zipped(two_kinds(rows=2))),
    "400 million pixels": ("png", png(20_000, 20_000)),
    "4 billion by 4 billion pixels": ("png", png(2**31 - 1, 2**31 - 1)),
    "no pixels": ("png", png(0, 0)),
    "a palette that is missing": ("png", png(16, 16, 8, 3, bytes(17 * 16))),
    "a depth that there is not": ("png", png(16, 16, 7, 2, bytes(999))),
    "a TIFF that refers to itself": ("tif", b"II*\0\x08\0\0\0\1\0\0\1\4\0\1\0\0\0\x08\0\0\0\x08\0\0\0"),
    "a GIF with no picture": ("gif", b"GIF89a\x10\0\x10\0\0\0\0;"),
}
#: Images that are unusual, and images all the same.
UNUSUAL = {
    "16 bits": ("png", encoded("PNG", "I;16")),
    "CMYK": ("jpg", encoded("JPEG", "CMYK")),
    "floats": ("tif", encoded("TIFF", "F")),
    "transparent": ("png", encoded("PNG", "RGBA")),
    "a palette": ("png", encoded("PNG", "P")),
    "one bit": ("png", encoded("PNG", "1")),
    "an animation": ("gif", animated("GIF")),
    "an animated WebP": ("webp", animated("WEBP")),
    "pages": ("tif", animated("TIFF")),
    "a PNG named .jpg": ("jpg", encoded("PNG")),
    "progressive": ("jpg", encoded("JPEG", progressive=True)),
    "one pixel": ("png", encoded("PNG", side=1)),
}
GOOD = encoded("PNG")
ZIPS = {
    "nothing": b"",
    "an end alone": b"PK\5\6" + bytes(18),
    "an end that says 65,535": b"PK\5\6" + bytes(4) + b"\xff" * 12 + bytes(2),
    "half a zip": half(archive([])),
    "a zip with bytes changed": flipped(archive([])),
    "sizes that lie below": patched(archive([]), (24, b"\1\0\0\0")),
    "sizes that lie above": patched(archive([]), (24, b"\xff\xff\xff\x7f")),
    "compressed sizes that lie": patched(archive([]), (20, b"\xff\xff\xff\x7f")),
    "offsets beyond the end": patched(archive([]), (42, b"\xff\xff\xff\x7f")),
    "offsets of zip64 that are not there": patched(archive([]), (42, b"\xff\xff\xff\xff")),
    "entries that overlap": patched(archive([]), (42, b"\0\0\0\0")),
    "checksums that lie": patched(archive([]), (16, b"\1\2\3\4")),
    "encrypted": patched(archive([]), (8, b"\1\0")),
    "a version of the future": patched(archive([]), (6, b"\xff\0")),
    "a codec that there is not": patched(archive([]), (10, b"\x63\0")),
    "LZMA": archive([("a/1.png", GOOD)], zipfile.ZIP_LZMA),
    "bzip2": archive([("a/1.png", GOOD)], zipfile.ZIP_BZIP2),
    "a name that leads out": archive([("../../x/1.png", GOOD)]),
    "a name from the root": archive([("/etc/1.png", GOOD)]),
    "a name of Windows": archive([("..\\..\\x\\1.png", GOOD)]),
    "a drive": archive([("C:\\x\\1.png", GOOD)]),
    "a stream of NTFS": archive([("x/1.png:evil.png", GOOD)]),
    "a long name": archive([("x" * 300 + "/1.png", GOOD)]),
    "a long name of a file": archive([("x/" + "x" * 300 + ".png", GOOD)]),
    "very deep": archive([("x/" * 500 + "1.png", GOOD)]),
    "no folder": archive([("1.png", GOOD)], good=False),
    "one class": archive([(f"x/{i}.png", GOOD) for i in range(9)], good=False),
    "one image of a class": archive([("mine/odd/1.png", GOOD)]),
    "a file where a folder is": archive([("x/1.png", GOOD), ("x/1.png/2.png", GOOD)]),
    "a bomb": archive([("x/1.png", bytes(40 * 2**20))]),
    "no images": archive([("x/notes.txt", b"x"), ("y/1.heic", b"x")], good=False),
    "only hidden ones": archive([(".x/1.png", GOOD), (".y/1.png", GOOD)], good=False),
}


def sent(client, data):
    return client.post("/api/uploads", content=data)


def sentence_or_data(answer):
    """Return the sentence of a refusal, which is the page's own, or the data set."""
    if answer.status_code == 200:
        body = answer.json()
        assert not [note for note in body["notes"] if ELSEWHERE.search(note)]
        return body
    said = error(answer, 400)
    assert not ELSEWHERE.search(said), said
    assert "the studio failed" not in said
    return said


@pytest.mark.parametrize("name", IMAGES)
def test_damaged_images_are_named_and_kill_nobody(name, client, capfd):
    ending, body = IMAGES[name]
    reply = sentence_or_data(sent(client, archive([(f"mine/dark/bad one.{ending}", body)])))
    if isinstance(reply, str):
        assert "bad one" in reply or " pixels; " in reply
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("name", UNUSUAL)
def test_unusual_images_are_opened_or_refused_in_a_sentence(name, client):
    ending, body = UNUSUAL[name]
    reply = sentence_or_data(sent(client, archive([(f"mine/dark/unusual.{ending}", body)])))
    assert isinstance(reply, dict) or "unusual" in reply


@pytest.mark.parametrize("name", ZIPS)
def test_zips_that_are_wrong_are_refused_in_a_sentence(name, client):
    reply = sentence_or_data(sent(client, ZIPS[name]))
    # What comes out is looked at, and nothing that a zip says of it: these are whole.
    assert isinstance(reply, str) or (name in ("sizes that lie above", "compressed sizes that lie") and (
        reply["images"] == 24))  # fmt: skip


@pytest.mark.parametrize("bands", [1, 3, 4])
def test_lossless_images_leave_the_worker_whole(bands, client):
    kinds = [
        (f"mine/{kind}/{i}.jpg", lossless_jpeg(pictures(1, 24, 24, bands, i)[0])) for kind in "ab" for i in range(9)
    ]
    for _ in range(4):
        assert sentence_or_data(sent(client, archive(kinds, good=False)))["images"] == 18


def test_after_all_of_them_a_good_one_is_taken(client):
    assert sentence_or_data(sent(client, archive([])))["images"] == 24


def test_names_that_would_move_a_cursor_are_shown_as_escapes(client):
    bad = "mine/dark/\x1b]0;x\x07\u202e.png"
    said = sentence_or_data(sent(client, archive([(bad, b"no image")])))
    assert r"\x1b]0;x\x07\u202e.png" in said
    kinds = [(f"mine/\x1b]0;{kind}\x07/{i}.png", GOOD) for kind in "ab" for i in range(9)]
    assert sentence_or_data(sent(client, archive(kinds, good=False)))["class_names"] == ["\x1b]0;a\x07", "\x1b]0;b\x07"]
