"""Serve the studio on this machine until it is stopped: `serve`."""

from __future__ import annotations

import asyncio
import errno
import logging
import secrets
import signal
import socket
import threading
import webbrowser
from collections.abc import Callable, Generator
from contextlib import contextmanager

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from etascope.core.errors import InputError
from etascope.core.protocols import Store
from etascope.core.sentences import Setting, say
from etascope.core.visible import visible
from etascope.report.words.job import Again, again_in_python
from etascope.studio.app import create_app
from etascope.studio.middleware import UPLOADS, Guard

#: Seconds in which a request must come, headers and body.
LATEST = 10.0
LOOPBACK = ("127.0.0.1", "::1", "localhost")
HOST = say(
    "Leave {host} out for this machine alone, or give an address or a name of this machine, or 0.0.0.0 for all its "
    "addresses.",
    Setting("host"),
)


class Visible(logging.Formatter):
    """Writes down what happened with every character to be seen: names of files may stand in it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the lines of a record."""
        return visible(super().format(record))


#: What the server writes to the terminal.
LOG = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"visible": {"()": Visible, "format": "%(levelname)s: %(message)s"}},
    "handlers": {"terminal": {"class": "logging.StreamHandler", "formatter": "visible"}},
    "loggers": {
        "uvicorn": {"handlers": ["terminal"], "propagate": False},
        "asyncio": {"handlers": ["terminal"], "propagate": False},
    },
}


def serve(
    store: Store | None,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    show: bool = True,
    tell: Callable[[str], None] = print,
    again: Again = again_in_python,
) -> None:
    """Serve until Ctrl-C.

    Parameters
    ----------
    store
        Where searches are kept and opened again; None keeps none.
    host
        Address to listen at. Another than this machine's own asks visitors for a token, which the printed link has.
    port
        0 takes a free one.
    show
        Whether to open the browser.
    tell
        Is given the link.
    again
        Says in a report how to search again.

    Raises
    ------
    InputError
        If the address cannot be listened at.
    """
    token = None if host in LOOPBACK else secrets.token_urlsafe(24)
    listening = _listen(host, port)
    link = f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}/"
    app = create_app(store, again=again)
    guard = Guard(app, frozenset() if token is None else _names(host), token)
    link += f"?token={token}" if token else ""
    tell(link)
    if show:
        threading.Timer(0.3, webbrowser.open, [link]).start()
    config = uvicorn.Config(
        guard,  # pyright: ignore[reportArgumentType]
        http=Prompt, ws="none", log_config=LOG, log_level="error", access_log=False, timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = _Server(config)
    try:
        with _hung_up(server):
            server.run(sockets=[listening])
    finally:
        # Whoever presses Ctrl-C twice does not wait for answers under way; what was sent goes all the same.
        app.state.end()


def _listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens, on IPv4 where a name has both."""
    said = f"the studio needs an address to listen at; {host}{f':{port}' if port else ''} cannot be had"
    if host.strip() in ("", "*"):
        # Nothing is all addresses of the machine for Python, and a star is this machine's own for some systems.
        raise InputError(f"the studio needs an address to listen at; found {host!r}.", HOST)
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, ValueError) as error:
        raise InputError(f"{said}: it is no address and no name that is known here.", HOST) from error
    family, *_, address = min(addresses, key=lambda one: one[0] != socket.AF_INET)
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        # Whoever follows the link before the server is there waits, and is not turned away.
        listening.listen(128)
    except OSError as error:
        listening.close()
        move = say("Leave {port} out.", Setting("port")) if error.errno in (errno.EADDRINUSE, errno.EACCES) else HOST
        raise InputError(f"{said}: {error.strerror or error}.", move) from error
    return listening


def _names(host: str) -> frozenset[str]:
    """Return the names that this machine goes by; what other names lead to, anybody may say who answers for them."""
    own = socket.gethostname()
    short = own.partition(".")[0]
    known = {name.lower().removesuffix(".") for name in (host, own, short, f"{short}.local", socket.getfqdn())}
    return frozenset(name for name in known if ":" not in name and not name.replace(".", "").isdecimal())


class Prompt(H11Protocol):
    """A connection that is closed when a request does not come whole in time: whoever sends half of one holds it."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Wait for the first request."""
        super().connection_made(transport)
        self._expect()

    def data_received(self, data: bytes) -> None:
        """Take what came, and look whether more is due."""
        super().data_received(data)
        self._expect()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, unless an answer has begun; no other is sent from then on."""
        if repr(self.conn.our_state) in ("IDLE", "SEND_RESPONSE"):
            super().send_400_response(msg)
        # A request may have been whole up to here, and what answers it would send to a connection that is closed.
        self.connection_lost(None)

    def on_response_complete(self) -> None:
        """Wait for what is still to come of a request that was refused before it was whole."""
        super().on_response_complete()
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        super().connection_lost(exc)
        self._wait(False)

    def _expect(self) -> None:
        # By their names: h11 is a library of uvicorn's.
        coming = repr(self.conn.their_state)
        # An upload that is taken has a time of its own.
        taken = coming == "SEND_BODY" and self.scope["path"] == UPLOADS and not self.cycle.response_complete
        self._wait(coming in ("IDLE", "SEND_BODY") and not taken)

    def _wait(self, due: bool) -> None:
        if due and self._late is None:
            self._late = self.loop.call_later(LATEST, self.transport.close)
        elif not due and self._late is not None:
            self._late.cancel()
            self._late = None


class _Server(uvicorn.Server):
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Answers under way are cut off, which is no fault to fill the terminal with.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        await super().shutdown(sockets)


@contextmanager
def _hung_up(server: uvicorn.Server) -> Generator[None]:
    """End the server, its processes and what was uploaded when the terminal is closed, unless that is ignored."""
    signals = [getattr(signal, "SIGHUP", None)] if threading.current_thread() is threading.main_thread() else []
    before = {number: signal.getsignal(number) for number in signals if number is not None}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, server.handle_exit)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
