"""What a file is by its bytes, whether it is an image or none, and what is wrong with one."""

from __future__ import annotations

import re
import struct
import zlib
from pathlib import Path

from etascope.core.errors import InputError
from etascope.images.files.tiff import is_tiff, kind_of_tiff

_PNG = "convert it to PNG"
_APART = "save its images as PNG, in a folder for each class"
_UNPACK = "unpack it, and give the folder"
#: Offset, bytes, what it is, what to do. The first that fits counts.
_SIGNATURES: tuple[tuple[int, bytes, str, str], ...] = (
    (0, b"\x89PNG\r\n", "a PNG whose header is damaged", "fetch or save it again"),
    (0, b"\xff\xd8\xff", "a JPEG whose header is damaged", "fetch or save it again"),
    (0, b"GIF8", "a GIF whose header is damaged", "fetch or save it again"),
    (4, b"ftypavif", "an AVIF image", _PNG),
    (4, b"ftypavis", "an AVIF image", _PNG),
    *(
        (4, b"ftyp" + kind, "a HEIC image", "convert it to JPEG or PNG (heif-convert, or the phone's settings)")
        for kind in (b"heic", b"heix", b"hevc", b"heim", b"heis", b"hevm", b"mif1", b"msf1")
    ),
    (4, b"ftyp", "a video", "save single frames of it as PNG"),
    (0, b"\x1aE\xdf\xa3", "a video", "save single frames of it as PNG"),
    (8, b"AVI ", "a video", "save single frames of it as PNG"),
    (8, b"WEBP", "a WebP whose header is damaged", "fetch or save it again"),
    (0, b"\0\0\0\x0cjP  ", "a JPEG 2000 image", _PNG),
    (0, b"\xff\x4f\xff\x51", "a JPEG 2000 image", _PNG),
    (0, b"\0\0\0\x0cJXL ", "a JPEG XL image", _PNG),
    (0, b"\xff\x0a", "a JPEG XL image", _PNG),
    (0, b"8BPS", "a Photoshop file", "save it as PNG"),
    (0, b"gimp xcf", "a GIMP file", "export it as PNG"),
    (0, b"v/1\x01", "an OpenEXR image", _PNG),
    (0, b"#?RADIANCE", "a Radiance HDR image", _PNG),
    (0, b"DDS ", "a DDS texture", _PNG),
    (0, b"qoif", "a QOI image", _PNG),
    (0, b"icns", "an Apple icon", _PNG),
    (0, b"\0\0\x01\0", "a Windows icon (ICO)", _PNG),
    (0, b"BM", "a BMP of a kind that is not read, or damaged", _PNG),
    (0, b"%PDF", "a PDF document", "save its pages as PNG"),
    (0, b"%!PS", "a PostScript file", "convert it to PNG"),
    (0, b"PK\x03\x04", "a zip archive", _UNPACK),
    (0, b"PK\x05\x06", "an empty zip archive", "fetch it again"),
    (0, b"\x1f\x8b", "a gzip archive", _UNPACK),
    (0, b"BZh", "a bzip2 archive", _UNPACK),
    (0, b"\xfd7zXZ", "an xz archive", _UNPACK),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK),
    (0, b"Rar!", "a RAR archive", _UNPACK),
    (257, b"ustar", "a tar archive", _UNPACK),
    (0, b"\x93NUMPY", "a NumPy array", "name it .npy and give it as a file of all images, with labels"),
    (0, b"\x89HDF", "an HDF5 file", _APART),
    (0, b"PAR1", "a Parquet file", _APART),
    (128, b"DICM", "a DICOM image", "convert it to PNG (pydicom reads it)"),
    (344, b"n+1\0", "a NIfTI volume", "save its slices as PNG (nibabel reads it)"),
    (0, b"SQLite format 3\0", "an SQLite database", "export its images as PNG"),
    (0, b"version https://git-lfs", "a pointer of Git LFS and not the file itself", "fetch it with git lfs pull"),
    (0, b"<!doctype html", "a web page", "fetch the image itself"),
    (0, b"<html", "a web page", "fetch the image itself"),
    (0, b"<svg", "an SVG drawing", "draw it as PNG"),
)
_NETPBM = {b"P1": "PBM", b"P2": "PGM", b"P3": "PPM", b"P4": "PBM", b"P5": "PGM", b"P6": "PPM", b"P7": "PAM"}

#: Offset, bytes, and the ending of a format that is read.
_READ = (
    (0, b"\x89PNG\r\n\x1a\n", ".png"),
    (0, b"\xff\xd8\xff", ".jpg"),
    (0, b"GIF8", ".gif"),
    (8, b"WEBPVP8", ".webp"),
    (0, b"II*\0", ".tif"),
    (0, b"MM\0*", ".tif"),
)
_LIBRARY = "Read it with its own library, and save its images and labels in an .npz (numpy.savez)."
#: Files that look like an archive, or like nothing, but whose ending says more.
_BY_ENDING = {
    **dict.fromkeys((".pt", ".pth", ".pkl", ".pickle", ".mat", ".h5", ".hdf5", ".parquet"), _LIBRARY),
    **dict.fromkeys((".tfrecord", ".tfrecords", ".arrow", ".feather", ".rec", ".lmdb"), _LIBRARY),
    **dict.fromkeys((".xlsx", ".xls", ".ods"), "Save it as a CSV of path,label."),
}

#: A colour map or none, and the kinds of image that go with it.
_TARGA = {(0, 2), (0, 3), (0, 10), (0, 11), (1, 1), (1, 9)}
#: What Pillow says of kinds that it does not know; a header that is damaged may say so, too.
_UNREAD = re.compile(r"raw mode|[Uu]nsupported|cannot handle|not supported|[Uu]nknown \w+ mode")


def what_it_is(path: Path) -> str:
    """Return what a file is that is no image of a known format, with what to do about it."""
    with path.open("rb") as file:
        start = file.read(4096)
        size = file.seek(0, 2)
        file.seek(max(0, size - 26))
        end = file.read()
    if not start:
        return "it is empty"
    if is_tiff(start):
        return kind_of_tiff(path)
    if start.startswith(b"\x89PNG\r\n") and "checksum" in (fault := png_fault(path.read_bytes(), every=True)):
        return f"it is a PNG, but {fault}; fetch or save it again"
    if not any(start):
        return f"its first {len(start):,} bytes are zeros, as an interrupted copy leaves them; fetch it again"
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for offset, signature, kind, remedy in _SIGNATURES:
        if start.startswith(signature, offset) or (signature[:1] in b"<v" and text.startswith(signature)):
            return _described(kind, remedy)
    if text.startswith(b"<?xml") and b"<svg" in text:
        return _described("an SVG drawing", "draw it as PNG")
    if start[:2] in _NETPBM and start[2:3].isspace():
        return _described(f"a {_NETPBM[start[:2]]} image", _PNG)
    if end.endswith(b"TRUEVISION-XFILE.\0") or _is_targa(start):
        return _described("a TGA image", _PNG)
    if b"\0" not in start and all(byte >= 32 or byte in b"\t\n\r\f" for byte in start):
        return "it is a text file"
    return "its content is no PNG, JPEG, WebP, BMP, TIFF or GIF, nor another kind of file that is known here"


def ending_of(path: Path) -> str | None:
    """Return the ending that a file should have by its first bytes, where these are of an image that is read."""
    try:
        if not path.is_file():
            return None
        with path.open("rb") as file:
            start = file.read(16)
    except OSError:
        return None
    if start.startswith(b"BM") and int.from_bytes(start[2:6], "little") == path.stat().st_size:
        return ".bmp"
    return next((ending for offset, signature, ending in _READ if start.startswith(signature, offset)), None)


def next_move(path: Path) -> tuple[str, str]:
    """Return what a file is that cannot be opened as a set, where that is known, and what helps."""
    if ending_of(path):
        return "it is one image", "Give the folder with a directory per class."
    if move := _BY_ENDING.get(path.suffix.lower()):
        return "", move
    what, _, remedy = what_it_is(path).partition("; ")
    if remedy:
        return what.removesuffix(", which is not read"), f"{remedy[0].upper()}{remedy[1:]}."
    if what == "it is a text file":
        return what, "Write the paths and labels in it as a .csv of path,label."
    if what == "it is empty":
        return what, "Fetch it again."
    return "", "Read it with its own library, and give arrays and labels to etascope.open_images in Python."


def check_text(path: Path) -> None:
    """Refuse a table that is no text of paths and labels, by its first bytes: what spreadsheets and downloads leave."""
    with path.open("rb") as file:
        start = file.read(4096)
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    what, move = "", ""
    if start.startswith(b"PK\3\4"):
        what, move = "it is a zip archive", "Unpack it; save a spreadsheet as CSV in UTF-8."
    elif any(byte < 9 for byte in start[:16]) or text.startswith((b"\x1f\x8b", b"version https://git-lfs", b"%pdf-")):
        what, move = next_move(path)
        move = move.replace(", and give the folder", "")
    if start.startswith((b"\xff\xfe", b"\xfe\xff")) or (not what and 4 * start.count(0) > len(start)):
        what, move = "it is UTF-16 or UTF-32", "Save it as CSV in UTF-8."
    elif text.startswith((b"<!doctype html", b"<html", b"<?xml")):
        what, move = "it is a web page or XML", "Fetch the table itself."
    elif re.match(rb"""(\[\s*)?\{\s*["']|\[\s*(\[|["'].*\]\s*$)""", text):
        what, move = "it is JSON", "Write the paths and labels in it as lines of path,label."
    if what:
        raise InputError(f"a table is UTF-8 text of path,label; {path} is not: {what}.", move)


def _described(kind: str, remedy: str) -> str:
    unread = "" if "damaged" in kind or " not " in kind else ", which is not read"
    return f"it is {kind}{unread}; {remedy}"


def _is_targa(start: bytes) -> bool:
    """Say whether a header fits Targa's, which has no signature: colour map, kind, depth, and a size."""
    if len(start) < 18:
        return False
    coloured, kind, wide, high, depth = struct.unpack("<xBB9xHHB", start[:17])
    return (coloured, kind) in _TARGA and depth in (8, 15, 16, 24, 32) and min(wide, high) > 0


def fault_of(data: bytes) -> str:
    """Return what is wrong with a PNG, WebP or GIF file, or "" where nothing is known to be.

    Examples
    --------
    >>> fault_of(b"RIFF" + (100).to_bytes(4, "little") + b"WEBP")
    'it says that it has 108 bytes and has 12'
    """
    if data.startswith(b"\x89PNG"):
        return png_fault(data)
    if data.startswith(b"RIFF"):
        claimed = int.from_bytes(data[4:8], "little") + 8
        # An odd length is filled up, which some writers leave out and some count.
        near = abs(claimed - len(data)) <= 1
        return "" if near else f"it says that it has {claimed:,} bytes and has {len(data):,}"
    if data.startswith(b"GIF8") and not data.rstrip(b"\0").endswith(b";"):
        return "its end is missing"
    filled = not data.startswith(b"GIF8") or _fills(data)
    return "" if filled else "its first frame does not fill it, and the rest of it has one colour"


def _fills(gif: bytes) -> bool:
    """Say whether the first frame of a GIF has the size of all of it, or what it leaves free is transparent."""
    at = 13 + (3 << (gif[10] & 7) + 1 if gif[10] & 0x80 else 0)
    while gif[at : at + 1] == b"!":
        if gif[at + 1 : at + 2] == b"\xf9" and gif[at + 3] & 1:
            return True
        at += 2
        while at < len(gif) and gif[at]:
            at += gif[at] + 1
        at += 1
    if gif[at : at + 1] != b",":
        return True
    (wide, high), frame = struct.unpack("<2H", gif[6:10]), struct.unpack("<4H", gif[at + 1 : at + 9])
    return frame[:2] == (0, 0) and frame[2] >= wide and frame[3] >= high


def png_fault(data: bytes, *, every: bool = False) -> str:
    """Return the first chunk that is not what its checksum says; only those that make pixels count, or `every` one."""
    view, at = memoryview(data), 8
    while at + 12 <= len(data):
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        end = at + 8 + length
        if kind == b"IEND":
            return ""
        # Lower case says that an image is the same without this chunk.
        counts = every or kind[:1].isupper() or kind == b"tRNS"
        if counts and zlib.crc32(view[at + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
            return f"the checksum of its {ascii(kind.decode('latin-1'))[1:-1]} is wrong"
        at = end + 4
    return "its end is missing"


def damage_of(error: Exception) -> str:
    """Return what an exception of Pillow's or of the system's says of an image."""
    if isinstance(error, OSError) and error.errno is not None:
        return f"it cannot be opened ({error.strerror})"
    if "MAX_TEXT" in str(error):
        return "it holds a text of more than a megabyte beside its pixels; save it again without"
    if "closed image" in str(error):
        return "it was closed; give images that are open, or copies of them (image.copy())"
    if _UNREAD.search(str(error)):
        return f"it is of a kind that is not read, or damaged ({str(error).rstrip('.')}); save it as PNG with 8 bits"
    return f"it is damaged ({str(error).rstrip('.') or type(error).__name__})"
