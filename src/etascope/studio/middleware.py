"""What stands before the routes: `Guard`, who may talk to the studio, and `CancelOnDisconnect`, who still waits."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import ipaddress
import json
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: What a page of the studio may load: its own files and nothing else; Vega sets styles on what it draws.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
#: Bytes of a request's body, uploads apart.
LARGEST_BODY, UPLOADS = 64 * 1024, "/api/uploads"
#: What a link from elsewhere may lead to.
DOCUMENTS = frozenset({"/", "/index.html"})
COOKIE = "etascope_token"


@dataclass(frozen=True, eq=False)
class Guard:
    """ASGI middleware: checks the Host header, the origin and the token, and sets the headers of every answer.

    A page elsewhere on the web that names this machine by a name of its own (DNS rebinding) sends its own Host, and is
    refused. There are no CORS headers, so no other page reads an answer. Nor does any start work here: what it may do
    is lead its reader to the page itself.

    Attributes
    ----------
    app
        What is guarded.
    hosts
        Names by which the studio may be asked for, without a port; addresses of this machine always may.
    token
        What a visitor must bring once, as `?token=`; a cookie keeps it. None asks for none.
    """

    app: ASGIApp
    hosts: frozenset[str] = field(default_factory=frozenset[str])
    token: str | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer why not."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get("host", "")
        if not self._known(host):
            names = f" or as {', '.join(sorted(self.hosts))}" if self.hosts else ""
            said = f"this studio is asked for by its own address{names}; found another Host. Open its own link."
            await _refuse(send, 421, said)
            return
        # An image or a frame of another page's would not be shown there, but it would be trained here.
        elsewhere = headers.get("origin", f"://{host}").partition("://")[2] != host
        if elsewhere or not (_ours(headers) or _link(scope, headers)):
            await _refuse(send, 403, "requests must come from the studio's own page; this one came from another.")
            return
        if not _small(scope, headers):
            await _refuse(send, 413, f"what is sent may have {LARGEST_BODY // 1024} KiB and must say its length.")
            return
        given = self._given(scope, headers)
        if self.token is not None and not hmac.compare_digest(given.encode(), self.token.encode()):
            await _refuse(send, 401, "this studio needs its token. Open the link that the command printed.")
            return

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                more = [*HEADERS]
                if self.token is not None:
                    more.append((b"set-cookie", f"{COOKIE}={self.token}; HttpOnly; SameSite=Strict; Path=/".encode()))
                message = {**message, "headers": [*message.get("headers", []), *more]}
            await send(message)

        await self.app(scope, receive, sent)

    def _known(self, host: str) -> bool:
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() and not host.endswith("]") else host
        name = name.strip("[]").lower().removesuffix(".")
        if name == "localhost" or name in self.hosts:
            return True
        try:
            # A name of somebody else's needs a name: with a token, addresses of the network are let in to show it.
            return ipaddress.ip_address(name).is_loopback or self.token is not None
        except ValueError:
            return False

    def _given(self, scope: Scope, headers: dict[str, str]) -> str:
        token = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("token", [""])[0]
        # Other servers of this machine set cookies, too, with names that the standard library refuses to read.
        kept = (part.strip().partition("=") for part in headers.get("cookie", "").split(";"))
        return token or next((value for name, _, value in kept if name == COOKIE), "")


@dataclass(frozen=True, eq=False)
class CancelOnDisconnect:
    """ASGI middleware: stops the work for a request when nobody waits for its answer any more.

    A server tells of it only to those who ask, and a route that awaits a training asks nobody: a needle that is dragged
    would leave a training behind wherever it rested.
    """

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or stop answering."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        # One message ahead and no more: an upload comes as fast as it is taken.
        messages, answered = asyncio.Queue[Message](1), False

        async def forward(message: Message) -> None:
            nonlocal answered
            answered = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        work = asyncio.ensure_future(self.app(scope, messages.get, forward))
        gone = asyncio.ensure_future(_pass_on(receive, messages))
        try:
            await asyncio.wait((work, gone), return_when=asyncio.FIRST_COMPLETED)
            # Who has the whole answer is said to have gone, too; what answered may still have a file to close.
            if work.done() or answered:
                await work
        finally:
            for task in (work, gone):
                if not task.done():
                    task.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await task


def _ours(headers: dict[str, str]) -> bool:
    """Whether the studio's page asks, or its reader, or what is no browser, which says nothing of it."""
    return headers.get("sec-fetch-site", "none").strip().lower() in ("same-origin", "none")


def _link(scope: Scope, headers: dict[str, str]) -> bool:
    """Whether somebody follows a link to the page from elsewhere; a frame is no reader."""
    return (
        scope.get("method", "GET") in ("GET", "HEAD")
        and scope.get("path") in DOCUMENTS
        and headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest", "document") == "document"
    )


def _small(scope: Scope, headers: dict[str, str]) -> bool:
    """Whether a body is small, and says so; uploads are counted as they come, by their route."""
    length = headers.get("content-length", "0")
    counted = length.isdecimal() and int(length) <= LARGEST_BODY and "transfer-encoding" not in headers
    return counted or scope.get("path") == UPLOADS


async def _refuse(send: Send, status: int, sentence: str) -> None:
    body = json.dumps({"error": sentence}).encode()
    start = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *HEADERS]
    await send({"type": "http.response.start", "status": status, "headers": start})
    await send({"type": "http.response.body", "body": body})


async def _pass_on(receive: Receive, messages: asyncio.Queue[Message]) -> None:
    """Pass messages on until the last, which says that the other side has gone."""
    while (message := await receive())["type"] != "http.disconnect":
        await messages.put(message)
