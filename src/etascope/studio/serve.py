"""Serve the studio on this machine until it is stopped: `serve`."""

from __future__ import annotations

import logging
import secrets
import socket
import threading
import webbrowser
from collections.abc import Callable

import uvicorn

from etascope.core.errors import InputError
from etascope.core.protocols import Store
from etascope.core.visible import visible
from etascope.studio.app import create_app
from etascope.studio.guard import Guard

LOOPBACK = ("127.0.0.1", "::1", "localhost")


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
    config = uvicorn.Config(
        guard,  # pyright: ignore[reportArgumentType]
        log_config=LOG, log_level="warning", access_log=False, timeout_graceful_shutdown=1,
    )  # fmt: skip
    _Server(config).run(sockets=[listening])


class _Server(uvicorn.Server):
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Answers under way are cut off, which is no fault to fill the terminal with.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        await super().shutdown(sockets)
