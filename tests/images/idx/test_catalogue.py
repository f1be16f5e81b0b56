"""Known sets come from the system, the cache or a server, checked."""

from __future__ import annotations

import hashlib
import re
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

import etascope.images.idx.catalogue as digits
from etascope.images.idx.catalogue import _FILES, CATALOGUE, MIRROR, KnownSet, open_digits, open_known
from etascope.images.open import open_images
from etascope.images.opened import Options
from tests.images.making import refused, write_mnist

FASHION = Path("/usr/share/datasets/fashion-mnist")
DATA = Path(digits.__file__).parents[1] / "data"


class Server(ThreadingHTTPServer):
    """Serves a folder on loopback and remembers what was asked for."""

    daemon_threads = True
    requests: list[str]


class Handler(SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Server)
        self.server.requests.append(self.path)
        super().do_GET()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return tmp_path / "cache"


@pytest.fixture
def served(tmp_path):
    """A server of one small set called tiny, its address and the images."""
    images = write_mnist(tmp_path / "served" / "tiny")
    server = Server(("127.0.0.1", 0), partial(Handler, directory=str(tmp_path / "served")))
    server.requests = []
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server, f"http://127.0.0.1:{server.server_address[1]}", images
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def tiny(tmp_path, served):
    digests = [hashlib.sha256((tmp_path / "served" / "tiny" / name).read_bytes()).hexdigest() for name in _FILES]
    return KnownSet("tiny", served[1] + "/tiny", (digests[0], digests[1], digests[2], digests[3]), ("zero", "one"))


def left_in(cache: Path) -> list[Path]:
    return [path for path in cache.rglob("*") if path.is_file()]


def test_a_set_is_downloaded_once(cache, served, tiny):
    server, _, images = served
    events = []
    opened = open_known(tiny, Options(progress=events.append))
    assert np.array_equal(opened.images, images)
    assert opened.class_names == ("zero", "one")
    assert opened.test_rows is not None
    assert opened.test_rows.tolist() == [6, 7, 8, 9]
    assert server.requests == [f"/tiny/{name}" for name in _FILES]
    assert sorted(path.name for path in left_in(cache)) == sorted(_FILES)
    assert {p.unit for p in events} == {"bytes"}
    assert [p.stage for p in events if p.done == p.total] == [f"downloading tiny {name}" for name in _FILES]
    again = open_known(tiny, Options())
    assert np.array_equal(again.images, images)
    assert len(server.requests) == 4


def test_a_mirror_by_argument_and_by_environment(cache, served, tiny, monkeypatch, tmp_path):
    server, address, images = served
    elsewhere = KnownSet("tiny", "http://127.0.0.1:9/gone", tiny.sha256)
    assert np.array_equal(open_known(elsewhere, Options(), mirror=address + "/").images, images)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other"))
    monkeypatch.setenv(MIRROR, address)
    assert np.array_equal(open_known(elsewhere, Options()).images, images)
    assert len(server.requests) == 8


def test_a_wrong_checksum_leaves_nothing(cache, served, tiny):
    wrong = KnownSet("tiny", tiny.address, ("0" * 64, *tiny.sha256[1:]))
    with refused("checksum", "train-images-idx3-ubyte.gz", "0" * 64, MIRROR):
        open_known(wrong, Options())
    assert left_in(cache) == []


def test_a_damaged_file_in_the_cache_is_fetched_again(cache, served, tiny):
    server, _, images = served
    open_known(tiny, Options())
    path = next(path for path in left_in(cache) if path.name == _FILES[0])
    path.write_bytes(b"damaged")
    assert np.array_equal(open_known(tiny, Options()).images, images)
    assert server.requests[4:] == [f"/tiny/{_FILES[0]}"]


def test_a_missing_file(cache, served, tiny):
    gone = KnownSet("tiny", tiny.address + "/nowhere", tiny.sha256)
    with refused("download", "404", MIRROR):
        open_known(gone, Options())
    assert left_in(cache) == []


def test_no_server(cache, tiny):
    gone = KnownSet("tiny", "http://127.0.0.1:9", tiny.sha256)
    with refused("failed", "ConnectionError", "Check the connection"):
        open_known(gone, Options())
    assert left_in(cache) == []


def test_a_cache_that_cannot_be_written(tmp_path, served, tiny, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with refused("cannot be written", "XDG_CACHE_HOME"):
        open_known(tiny, Options())


def test_the_systems_files_are_used_without_a_request(cache, served, tiny, tmp_path):
    server, _, images = served
    here = KnownSet("tiny", tiny.address, tiny.sha256, system=tmp_path / "served" / "tiny")
    assert np.array_equal(open_known(here, Options()).images, images)
    assert server.requests == []
    assert not cache.exists()


def test_a_known_set_opens_by_name(cache, served, tiny, monkeypatch):
    monkeypatch.setitem(CATALOGUE, "mnist", KnownSet("tiny", tiny.address, tiny.sha256))
    data = open_images("mnist")
    assert np.array_equal(data.images, served[2])
    assert (data.source, data.class_names) == ("tiny", ("0", "1"))


def test_checksums_are_checksums():
    for known in CATALOGUE.values():
        assert len(set(known.sha256)) == 4
        assert all(len(bytes.fromhex(digest)) == 32 for digest in known.sha256)


def test_debians_fashion_mnist():
    assert FASHION.is_dir(), "this test reads Debian's files; run: apt-get install dataset-fashion-mnist"
    data = open_images("fashion-mnist")
    assert data.images.shape == (70_000, 28, 28, 1)
    assert data.class_names[:2] == ("T-shirt/top", "Trouser")
    assert np.bincount(data.labels).tolist() == [7000] * 10
    assert data.test_rows is not None
    assert np.array_equal(data.test_rows, np.arange(60_000, 70_000))
    assert data.labels[:3].tolist() == [9, 0, 0]


def test_what_the_licence_page_says():
    page = (DATA / "LICENSE.md").read_text(encoding="utf-8")
    for path in DATA.glob("*.gz"):
        assert hashlib.sha256(path.read_bytes()).hexdigest() in page
    counts = re.search(r"\((\d[\d ]+) for digits 0 to 9\)", page)
    assert counts is not None
    opened = open_digits(Options())
    assert np.bincount(opened.labels).tolist() == [int(n) for n in counts[1].split()]


def test_what_they_are():
    opened = open_digits(Options())
    assert opened.images.shape == (1000, 28, 28, 1)
    assert (int(opened.images.min()), int(opened.images.max())) == (0, 255)
    assert opened.labels[:5].tolist() == [3, 8, 1, 0, 4]
    assert (opened.test_rows, opened.notes, opened.source) == (None, (), "digits")


def test_they_open_at_once():
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        open_digits(Options())
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 0.03
