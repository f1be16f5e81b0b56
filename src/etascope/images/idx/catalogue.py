"""Known sets by name: the digits that come with etascope, and those that are downloaded once, with checksums."""

from __future__ import annotations

import importlib
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from etascope.core.errors import InputError
from etascope.core.protocols import OnProgress, Progress
from etascope.images.idx.door import IdxPair, read_pairs
from etascope.images.opened import Opened, Options

#: Environment variable with an address to download from instead; the files of a set lie in a directory of its name.
MIRROR = "ETASCOPE_MIRROR"

_FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)
_DATA = Path(__file__).parents[1] / "data"


@dataclass(frozen=True)
class KnownSet:
    """A set of four IDX files that can be downloaded.

    Attributes
    ----------
    name
        What people call it.
    address
        Where the files lie, without a slash at the end.
    sha256
        Of training images, training labels, test images and test labels, as TensorFlow Datasets records them.
    class_names
        Names of the classes 0, 1, ...; None where the numbers are the names.
    system
        A directory in which the system's package manager puts the same files, or None.
    images
        How many there are, test images with them.
    """

    name: str
    address: str
    sha256: tuple[str, str, str, str]
    class_names: tuple[str, ...] | None = None
    system: Path | None = None
    images: int = 70_000


CATALOGUE = {
    known.name: known
    for known in (
        KnownSet(
            "mnist",
            "https://storage.googleapis.com/cvdf-datasets/mnist",
            (
                "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            ),
        ),
        KnownSet(
            "fashion-mnist",
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
            (
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            ),
            (
                "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
            ),
            Path("/usr/share/datasets/fashion-mnist"),
        ),
        KnownSet(
            "kmnist",
            "http://codh.rois.ac.jp/kmnist/dataset/kmnist",
            (
                "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
                "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
                "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
                "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
            ),
            ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
        ),
    )
}  # fmt: skip


def open_known(known: KnownSet, options: Options, mirror: str | None = None) -> Opened:
    """Open a known set: from the system's package, else from the cache, else downloaded into the cache.

    A `mirror` is an address to download from instead of the set's own, as the environment variable ETASCOPE_MIRROR.
    """
    files = _whole(known.system) or _fetch_all(known, mirror or os.environ.get(MIRROR), options.progress)
    return _read(known, files, options)


def open_here(known: KnownSet, options: Options) -> Opened:
    """Open a known set from this machine, and ask nothing of the network."""
    files = files_here(known)
    if files is None:
        raise InputError(f"{known.name} is not on this machine. Fetch it once: '{fetching(known)}'.")
    return _read(known, files, options)


def files_here(known: KnownSet) -> list[Path] | None:
    """Return the four files of a set that lie on this machine, from the system's package or in the cache, or None."""
    return _whole(known.system) or _whole(_cache(known))


def fetching(known: KnownSet) -> str:
    """Return the shortest command that downloads a set into the cache."""
    return f"etascope trace {known.name}"


def _whole(folder: Path | None) -> list[Path] | None:
    files = [] if folder is None else [folder / name for name in _FILES]
    return files if files and all(file.is_file() for file in files) else None


def _cache(known: KnownSet) -> Path:
    # Pooch comes without types.
    pooch: Any = importlib.import_module("pooch")
    return Path(pooch.os_cache("etascope")) / known.name


def _read(known: KnownSet, files: list[Path], options: Options) -> Opened:
    train, test = IdxPair(files[0], files[1]), IdxPair(files[2], files[3])
    return read_pairs(train, test, options, known.name, known.class_names)


def _fetch_all(known: KnownSet, mirror: str | None, progress: OnProgress) -> list[Path]:
    address = f"{mirror.rstrip('/')}/{known.name}" if mirror else known.address
    # Pooch reports to its own logger; people get our progress and our sentences instead.
    logger = logging.getLogger("pooch")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        return [
            _fetch(known, f"{address}/{name}", name, sha256, progress)
            for name, sha256 in zip(_FILES, known.sha256, strict=True)
        ]
    finally:
        logger.setLevel(level)


def _fetch(known: KnownSet, url: str, name: str, sha256: str, progress: OnProgress) -> Path:
    import requests

    pooch: Any = importlib.import_module("pooch")
    folder = _cache(known)

    def download(url: str, output: str, _pooch: object) -> None:
        # Pooch's own downloader leaves the connection open when the server refuses.
        with requests.get(url, stream=True, timeout=30) as response, Path(output).open("wb") as file:
            response.raise_for_status()
            total = int(response.headers.get("content-length", 0))
            for chunk in response.iter_content(1 << 16):
                file.write(chunk)
                progress(Progress(f"downloading {known.name} {name}", file.tell(), max(total, file.tell()), "bytes"))

    try:
        return Path(pooch.retrieve(url, f"sha256:{sha256}", name, folder, downloader=download))
    except requests.exceptions.RequestException as error:
        response, why = error.response, type(error).__name__
        why = why if response is None else f"the server answered {response.status_code} {response.reason}"
        raise InputError(
            f"{known.name} is downloaded once, and that failed: {url}: {why}. Check the connection, or set {MIRROR} to "
            "another address."
        ) from None
    except ValueError:
        raise InputError(
            f"a download must have the known checksum; {url} has another than sha256 {sha256}, so it was thrown away. "
            f"Try again, or set {MIRROR} to another address."
        ) from None
    except OSError as error:
        raise InputError(
            f"{known.name} is kept in the cache, and {folder} cannot be written: {error.strerror or error}. "
            "Make room or allow writing there, or set XDG_CACHE_HOME to another directory."
        ) from None


def open_digits(options: Options) -> Opened:
    """Open the bundled digits: `(1000, 28, 28, 1)`, classes 0 to 9, no test part of their own.

    A random choice from MNIST's training images; see `data/LICENSE.md`.

    Examples
    --------
    >>> open_digits(Options()).images.shape
    (1000, 28, 28, 1)
    """
    pair = IdxPair(_DATA / "digits-images-idx3-ubyte.gz", _DATA / "digits-labels-idx1-ubyte.gz")
    return read_pairs(pair, None, options, "digits")
