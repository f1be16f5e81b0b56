from pathlib import Path

import platformdirs
import pytest

from etascope.core.errors import InputError
from etascope.store.address import VARIABLE, find_address


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("sqlite:///runs.sqlite", "runs.sqlite"),
        ("sqlite:////tmp/runs.sqlite", "/tmp/runs.sqlite"),
        ("my runs?.db", "my runs?.db"),
        ("~/runs", str(Path.home() / "runs")),
        ("file:x?mode=ro", "file:x?mode=ro"),
    ],
)
def test_a_path_is_a_file_of_sqlite(url, target):
    address = find_address(url)
    assert (address.kind, address.target, address.shown) == ("file", target, target)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", ":memory:", "sqlite:///:memory:"])
def test_memory(url):
    assert find_address(url).kind == "memory"


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_a_server_is_shown_without_user_and_password(scheme):
    address = find_address(f"{scheme}://me:s%40cret@db.example:5433/runs?sslmode=require&password=hidden")
    assert address.target == "postgresql+psycopg://me:s%40cret@db.example:5433/runs?password=hidden&sslmode=require"
    assert address.shown == "postgresql://db.example:5433/runs"
    for part in ("me", "cret", "hidden"):
        assert part not in repr(address).replace("db.example", "")


def test_a_server_on_a_socket():
    assert find_address("postgresql:///runs?host=/run/postgresql").shown == "postgresql:///runs"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mysql://root:secret@host/db", "begins with mysql://"),
        ("sqlite://runs.sqlite", r"Try sqlite:///runs\.sqlite\."),
        ("", "found nothing"),
        ("  ", "found nothing"),
        ("a\0b", "no zero character"),
        ("postgresql://me:secret@host", "must name a database"),
        ("postgresql://me:secret@host:port/db", "cannot be read"),
    ],
)
def test_what_is_no_address_is_told_without_its_password(url, message):
    with pytest.raises(InputError, match=message) as error:
        find_address(url)
    assert "secret" not in str(error.value)
    assert error.value.__context__ is None or error.value.__suppress_context__


def test_the_variable_and_the_users_data_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv(VARIABLE, "sqlite://")
    assert find_address(None).kind == "memory"
    assert find_address("runs").kind == "file"
    monkeypatch.setenv(VARIABLE, "")
    target = Path(find_address(None).target)
    assert target == platformdirs.user_data_path("etascope") / "runs.sqlite"
    assert target.parent.is_dir()
