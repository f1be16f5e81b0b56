"""The Ray cluster that trials are sent to: joined once, asked what it has, and left by whoever joined it."""

from __future__ import annotations

import os
import re
import socket
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from etascope.core.data import Split
from etascope.core.errors import InputError
from etascope.core.extras import load_library
from etascope.core.run import cores
from etascope.core.sentences import Setting, say

#: Addresses that are words: the cluster that runs here, or one that is started on this machine for as long as it takes.
AUTO, LOCAL = "auto", "local"
#: Seconds to wait for an answer of an address. Ray itself would try again for many minutes.
PATIENCE = 5.0


@dataclass(eq=False)
class Session:
    """What belongs to one connection to a cluster.

    Attributes
    ----------
    job
        Ray's id of the connection.
    ours
        Whether etascope opened it, and so may close it.
    splits
        Where in the object store each split is that was sent.
    work, tally
        The remote function that trains and the actor that counts progress, once they are there.
    """

    job: str
    ours: bool
    splits: WeakKeyDictionary[Split, Any] = field(default_factory=WeakKeyDictionary[Split, Any])
    work: Any = None
    tally: Any = None


_session: Session | None = None


def load_ray() -> Any:
    """Return the library; raise `InputError` if it is not installed or cannot be loaded."""
    return load_library("ray", "training on a cluster")


def check_address(address: str) -> str:
    """Return the address if it is `auto`, `local` or HOST:PORT.

    Raises
    ------
    InputError
        If it is anything else.

    Examples
    --------
    >>> check_address("10.0.0.5:6379")
    '10.0.0.5:6379'
    >>> check_address("photos/")
    Traceback (most recent call last):
    etascope.core.errors.InputError: the address of a Ray cluster must be HOST:PORT, auto or local; found 'photos/'. ...
    """
    if address.startswith("ray://"):
        raise InputError(
            f"a Ray cluster is used from one of its own machines; found {address!r}, which is for use from outside.",
            say("Log in there and give {address}, or let ray job submit do so.", Setting("address", AUTO)),
        )
    port = re.fullmatch(r"[^\s/:]+:(\d+)|\[[0-9a-fA-F:]+\]:(\d+)", address)
    if address not in (AUTO, LOCAL) and (port is None or not 0 < int(port[1] or port[2]) < 2**16):
        raise InputError(
            f"the address of a Ray cluster must be HOST:PORT, auto or local; found {address!r}. On the command line, "
            "put DATA first."
        )
    return address


def join_cluster(address: str) -> Session:
    """Connect this process to the cluster at an address, unless it is connected already; return the connection.

    Raises `InputError` if there is no cluster, it has another version of Ray or Python, or this process is connected to
    another one.
    """
    global _session
    ray = load_ray()
    ours = not ray.is_initialized()
    if ours:
        _connect(ray, check_address(address))
    context = ray.get_runtime_context()
    if ":" in address and not _same(address, context.gcs_address):
        raise InputError(
            f"this process is connected to the Ray cluster at {context.gcs_address}; found the address {address!r}. "
            "Leave it with ray.shutdown() first."
        )
    job = str(context.get_job_id())
    if _session is None or _session.job != job:
        _session = Session(job, ours)
    return _session


def leave_cluster() -> None:
    """Close the connection if etascope opened it; a cluster that was started for it ends with it."""
    global _session
    session, _session = _session, None
    if session is None:
        return
    ray = load_ray()
    if session.ours and ray.is_initialized() and str(ray.get_runtime_context().get_job_id()) == session.job:
        ray.shutdown()
        _let_ray_print(ray, True)


def machines() -> list[tuple[float, float]]:
    """Return CPUs and GPUs of every machine of the cluster that is alive."""
    resources = [node.get("Resources", {}) for node in load_ray().nodes() if node["Alive"]]
    return [(float(has.get("CPU", 0)), float(has.get("GPU", 0))) for has in resources]


def places(cpus: float, gpus: float) -> int:
    """Return how many jobs of so many CPUs and GPUs the cluster has room for at once.

    Examples
    --------
    On two machines with 4 CPUs each, one of them with a GPU, `places(1, 0)` is 8 and `places(1, 0.25)` is 4.
    """
    return sum(
        int(min(has_cpus / cpus if cpus else has_gpus / gpus, has_gpus / gpus if gpus else has_cpus / cpus) + 1e-9)
        for has_cpus, has_gpus in machines()
    )


def require_places(cpus: float, gpus: float) -> int:
    """Return how many such jobs have room at once; raise `InputError` if none has."""
    room = places(cpus, gpus)
    if not room:
        most = [max(kind, default=0.0) for kind in zip(*machines(), strict=True)] or [0.0, 0.0]
        raise InputError(
            f"trials that are trained together need {cpus:g} CPU and {gpus:g} GPUs on one machine of the Ray cluster; "
            f"found at most {most[0]:g} CPUs and {most[1]:g} GPUs on one.",
            say("Add machines, or take fewer {gpus_per_trial}.", Setting("gpus_per_trial")),
        )
    return room


def _connect(ray: Any, address: str) -> None:
    for reached in (address, os.environ.get("RAY_ADDRESS", "") if address == AUTO else ""):
        if ":" in reached and not reached.startswith("ray://"):
            _knock(reached)
    others: dict[str, Any] = {}
    if address == LOCAL:
        # Nobody looks at the dashboard of a cluster that ends with the command.
        others = {"num_cpus": cores(), "include_dashboard": False}
    try:
        ray.init(address=address, logging_level="ERROR", log_to_driver=False, **others)
    except ConnectionError:
        if address != AUTO:
            raise
        raise InputError(
            "training on a cluster needs a Ray cluster; none was found from here. Start one (ray start --head), or "
            "give the address of one, HOST:PORT.",
            say("To use this machine alone, give {address}.", Setting("address", LOCAL)),
        ) from None
    except RuntimeError as error:
        # Ray has no types for these; versions of etascope are compared where trials are trained.
        if "node info" in str(error):
            raise InputError(
                f"a Ray cluster is used from one of its own machines; found the address {address}, and this machine is "
                f"not in that cluster. Let it join (ray start --address HOST:PORT), or log in to one that has."
            ) from None
        cluster = re.search(r"started with:\s+Ray: (\S+)\s+Python: (\S+)", str(error))
        if cluster is None:
            raise
        import platform

        raise InputError(
            f"a cluster and who joins it need the same Ray and Python; the cluster has Ray {cluster[1]} and Python "
            f"{cluster[2]}, here are Ray {ray.__version__} and Python {platform.python_version()}. Install the same on "
            "every machine."
        ) from None
    _let_ray_print(ray, False)


def _let_ray_print(ray: Any, may: bool) -> None:
    # What happens to machines Ray writes on standard output, where our documents go; we say it ourselves. There is no
    # public switch; Ray's own debugger turns this one.
    ray._private.worker._worker_logs_enabled = may


def _knock(address: str) -> None:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), PATIENCE).close()
    except OSError as error:
        why = "it does not answer" if isinstance(error, TimeoutError) else (error.strerror or str(error)).lower()
        raise InputError(
            f"the Ray cluster at {address} cannot be reached: {why}. See there with ray status, or start one with "
            "ray start --head."
        ) from None


def _same(address: str, other: str) -> bool:
    """Whether two addresses are of the same place, by whatever names."""
    (host, _, port), (other_host, _, other_port) = address.rpartition(":"), other.rpartition(":")
    if port != other_port:
        return False
    try:
        ours, theirs = (
            {info[4][0] for info in socket.getaddrinfo(name.strip("[]"), None)} for name in (host, other_host)
        )
    except OSError:
        return host == other_host
    here = {"127.0.0.1", "::1"}
    return bool(ours & theirs) or bool(ours & here)
