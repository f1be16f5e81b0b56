import os
import stat

import pytest

from etascope.core.errors import InputError
from etascope.report.files.whole_file import write_whole


@pytest.mark.parametrize(("content", "written"), [("Käse", "Käse".encode()), (b"\x89PNG", b"\x89PNG"), ("", b"")])
def test_text_is_utf_8_and_bytes_are_bytes_and_nothing_is_left_beside(tmp_path, content, written):
    path = tmp_path / "out"
    path.write_text("old")
    write_whole(str(path), content)
    assert path.read_bytes() == written
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_link_is_written_through(tmp_path):
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("old")
    link.symlink_to(real)
    write_whole(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"


@pytest.mark.parametrize("name", ["no/such/folder.svg", "."])
def test_what_cannot_be_written_is_said_in_a_sentence(tmp_path, name):
    with pytest.raises(InputError, match=r"cannot be written: .*Name a file in a directory that exists"):
        write_whole(tmp_path / name, "x")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
def test_a_full_disk_is_no_wrong_place():
    with pytest.raises(InputError, match=r"no space left on device\. Make room there"):
        write_whole("/dev/full", "x")


def test_a_device_stays_a_device():
    write_whole("/dev/null", "x")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_a_loop_of_links_and_a_pipe_that_nobody_reads_are_told(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "pipe")
    for name, why in (("loop", "too many levels of symbolic links"), ("pipe", "no such device or address")):
        with pytest.raises(InputError, match=f"{name} cannot be written: {why}"):
            write_whole(tmp_path / name, "text")
    assert (tmp_path / "loop").is_symlink()


def test_a_pipe_that_is_read_gets_all(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    reading = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    write_whole(tmp_path / "pipe", "text")
    assert os.read(reading, 99) == b"text"
    os.close(reading)
