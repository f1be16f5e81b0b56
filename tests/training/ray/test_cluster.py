import socket
import sys

import pytest

from etascope.core.errors import InputError
from etascope.core.recipe import Recipe
from etascope.training.ray.cluster import (
    check_address,
    join_cluster,
    leave_cluster,
    load_ray,
    machines,
    places,
    require_places,
)
from etascope.training.ray.engine import RayEngine
from tests.clusters import Crashing
from tests.training import made


def closed_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


@pytest.mark.parametrize("address", ["auto", "local", "10.0.0.5:6379", "head.example.org:6379", "[::1]:6379"])
def test_addresses_that_are_taken(address):
    assert check_address(address) == address


@pytest.mark.parametrize("address", ["photos/", "10.0.0.5", "10.0.0.5:", ":6379", "a:0", "a:70000", "", "http://a:1"])
def test_addresses_that_are_refused(address):
    with pytest.raises(InputError) as refused:
        check_address(address)
    assert str(refused.value) == (
        f"the address of a Ray cluster must be HOST:PORT, auto or local; found {address!r}. On the command line, put "
        "DATA first."
    )


def test_a_cluster_is_used_from_inside():
    with pytest.raises(InputError, match=r"from one of its own machines; found 'ray://head:10001', .*ray job submit"):
        check_address("ray://head:10001")


def test_a_missing_library_is_told_with_what_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match=r"needs Ray, which is not installed\. .*pip install 'etascope\[ray\]'\."):
        load_ray()


@pytest.mark.parametrize("named_by", ["address", "RAY_ADDRESS"])
def test_an_address_where_nobody_answers(monkeypatch, named_by):
    address = f"127.0.0.1:{closed_port()}"
    monkeypatch.setenv("RAY_ADDRESS", address)
    with pytest.raises(InputError, match=rf"the Ray cluster at {address} cannot be reached: connection refused\. "):
        join_cluster(address if named_by == "address" else "auto")
    with pytest.raises(InputError, match=r"cannot be reached: name or service not known|temporary failure"):
        join_cluster("nowhere.invalid:6379")


def test_a_cluster_of_another_ray_is_refused(cluster, monkeypatch):
    import ray

    theirs = ray.__version__
    monkeypatch.setattr(ray, "__version__", "1.0.0")
    with pytest.raises(InputError, match=rf"the cluster has Ray {theirs} and Python .*, here are Ray 1\.0\.0 and"):
        join_cluster(cluster.address)
    monkeypatch.undo()
    assert not ray.is_initialized()


def test_what_was_joined_is_left_and_ray_keeps_off_standard_output(cluster, tmp_path, capsys):
    import ray

    split, plan = made.split(folds=2), made.constant([0.1], 10, folds=0)
    with RayEngine(Crashing(str(tmp_path), times=1), cluster.address) as engine:
        assert join_cluster("auto").ours
        engine.train(split, Recipe((6,), batch_size=8), plan)
        assert ray.is_initialized()
    assert not ray.is_initialized()
    assert capsys.readouterr().out == ""
    leave_cluster()


def test_a_connection_of_others_is_used_and_left_open(connected):
    import ray

    session = join_cluster("auto")
    assert not session.ours
    assert join_cluster(connected.address) is session
    with RayEngine(address="local"):
        pass
    assert ray.is_initialized()
    assert join_cluster("auto") is not session
    with pytest.raises(InputError, match=r"connected to the Ray cluster at .*; found the address '127\.0\.0\.1:1'"):
        join_cluster("127.0.0.1:1")


def test_room_is_counted_machine_by_machine(connected):
    assert machines() == [(1, 0), (1, 0)]
    assert (places(1, 0), places(0.5, 0), places(2, 0), places(1, 0.25)) == (2, 4, 0, 0)
    assert require_places(0.25, 0) == 8
    with pytest.raises(InputError, match=r"need 2 CPU and 0 GPUs on one machine of the Ray cluster; found at most 1 "):
        require_places(2, 0)
