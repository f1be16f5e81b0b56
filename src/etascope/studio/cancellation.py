"""Stop the work for a request when nobody waits for its answer any more: `Wanted`."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass(frozen=True, eq=False)
class Wanted:
    """ASGI middleware: whoever goes away, takes with him what waits to be trained for him.

    A server tells of it only to those who ask, and a route that awaits a training asks nobody: a needle that is dragged
    would leave a training behind wherever it rested.

    Attributes
    ----------
    app
        What answers.
    """

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or stop answering."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        # One message ahead and no more: an upload comes as fast as it is taken.
        messages, answered = asyncio.Queue[Message](1), False

        async def tell(message: Message) -> None:
            nonlocal answered
            answered = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        work = asyncio.ensure_future(self.app(scope, messages.get, tell))
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


async def _pass_on(receive: Receive, messages: asyncio.Queue[Message]) -> None:
    """Pass messages on until the last, which says that the other side has gone."""
    while (message := await receive())["type"] != "http.disconnect":
        await messages.put(message)
