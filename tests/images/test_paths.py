"""Paths that are wrong are answered with what was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from etascope.core.errors import InputError
from etascope.images.paths import as_path, existing
from tests.images.making import refused


def test_as_path():
    assert as_path("~/x") == Path.home() / "x"
    assert as_path(Path("a")) == Path("a")
    assert as_path(3) is None


def test_the_home_of_an_unknown_user_is_a_path_as_any_other():
    assert as_path("~no-such-user/photos") == Path("~no-such-user/photos")


def test_a_neighbour_is_suggested(tmp_path):
    (tmp_path / "flowers").mkdir()
    assert existing(tmp_path / "flowers") == tmp_path / "flowers"
    with refused("does not exist", f"Did you mean {str(tmp_path / 'flowers')!r}?"):
        existing(tmp_path / "flwoers")


def test_a_known_set_is_suggested(tmp_path):
    with refused("'MNIST' does not exist", "Did you mean 'mnist'?"):
        existing(Path("MNIST"), ("digits", "mnist"))


def test_nothing_is_near(tmp_path):
    with refused("does not exist", "Known sets are digits, mnist."):
        existing(tmp_path / "none" / "qqq", ("digits", "mnist"))


def test_a_link_to_nothing(tmp_path):
    (tmp_path / "x").symlink_to(tmp_path / "gone")
    with refused("is a link to nothing"):
        existing(tmp_path / "x")


def test_a_name_that_no_system_takes(tmp_path):
    with refused("cannot be read"):
        existing(tmp_path / ("x" * 5000))
    with refused(""):
        existing(Path("a\0b"))


def test_an_empty_path_is_no_folder():
    with refused("a path must name something"):
        as_path("")


def test_a_path_that_is_too_long_to_read_is_shortened(tmp_path):
    for path in (tmp_path / ("x" * 5000), tmp_path / "/".join(["y" * 90] * 10)):
        with pytest.raises(InputError) as caught:
            existing(path, ("digits",))
        assert len(str(caught.value)) < 600
        assert f"(of {len(str(path)):,} characters)" in str(caught.value)


@pytest.mark.parametrize("text", ["https://x.org/a.zip", "s3://bucket/a", "file:///tmp/a.csv", "gs://x"])
def test_addresses_are_no_paths(text):
    with refused("files of this machine", f"found the address {text!r}. Download it"):
        as_path(text)


@pytest.mark.parametrize("text", ["C://a/b", "a://"[1:], "a//b", "x:y"])
def test_paths_that_are_no_addresses(text):
    assert as_path(text) == Path(text)
