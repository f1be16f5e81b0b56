"""Serve the studio on this machine until it is stopped: `serve`."""

from __future__ import annotations

import logging
import secrets
import signal
import socket
import threading
import webbrowser
from collections.abc import Callable, Generator
from contextlib import contextmanager

import uvicorn

from etascope.core.errors import InputError
from etascope.core.protocols import Store
from etascope.studio.app import create_app
from etascope.studio.guard import Guard

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def serve(
    store: Store | None,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    show: bool = True,
    tell: Callable[[str], None] = print,
) -> None:
    """Serve until Ctrl-C.

    Parameters
    ----------
    store
        Where searches are kept and found again; None keeps none.
    host
        Address to listen at. Another than this machine's own asks visitors for a token, which the printed link has.
    port
        0 takes a free one.
    show
        Whether to open the browser.
    tell
        Is told the link.

    Raises
    ------
    InputError
        If the address cannot be listened at.
    """
    token = None if host in LOOPBACK else secrets.token_urlsafe(24)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        # Whoever follows the link before the server is there waits, and is not turned away.
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise InputError(
            f"the studio needs an address to listen at; {host}:{port} cannot be had: {error.strerror or error}. Leave "
            "--port out."
        ) from error
    name = f"[{host}]" if family == socket.AF_INET6 else host
    link = f"http://{name}:{listening.getsockname()[1]}/" + (f"?token={token}" if token else "")
    guard = Guard(
        create_app(store), frozenset() if token is None else frozenset({host, socket.gethostname().lower()}), token
    )
    tell(link)
    if show:
        threading.Timer(0.3, webbrowser.open, [link]).start()
    config = uvicorn.Config(guard, log_level="warning", timeout_graceful_shutdown=1, access_log=False)  # pyright: ignore[reportArgumentType]
    _Server(config).run(sockets=[listening])


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """End in the same order when the terminal is closed as for Ctrl-C."""
        with super().capture_signals():
            hangup = getattr(signal, "SIGHUP", None)
            before = None if hangup is None else signal.getsignal(hangup)
            if hangup is None or before in (signal.SIG_IGN, None):
                yield
                return
            signal.signal(hangup, self.handle_exit)
            try:
                yield
            finally:
                signal.signal(hangup, before)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Answers under way are cut off, which is no fault to fill the terminal with.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        await super().shutdown(sockets)
