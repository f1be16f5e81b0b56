"""What the page asks for of one's own: images to drop, searches that go on, and runs that were kept."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path as File
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from etascope.core.errors import InputError
from etascope.core.stored import StoredRun
from etascope.learn.quiz import run_quiz
from etascope.report.code.frameworks import FRAMEWORKS
from etascope.report.files.document import Document, pick_document
from etascope.report.html.run import run_html
from etascope.report.terminal.run_list import runs_document
from etascope.studio.bounds import FEWER, Bounds, Limit
from etascope.studio.failure import sentence
from etascope.studio.library import MOST_UPLOADS, Library, told
from etascope.studio.picking import Picks
from etascope.studio.requests import AskedRecipe, LearningRate
from etascope.studio.runs import Runs
from etascope.studio.source import Source
from etascope.studio.training_routes import NO_STORE, event, scripts
from etascope.studio.uploads import LARGEST_ZIP, MEBIBYTE, clear, unpack
from etascope.studio.worker import describe
from etascope.studio.worker_pool import Crew

#: Seconds that an upload may take, and that may pass with none of it coming; runs that are listed.
LONGEST_UPLOAD, STALLED, LISTED = 120.0, 10.0, 50
#: Uploads that come in at once.
AT_ONCE = 4

NAMES = "Uploads that the page knows of, with commas: only who knows the name of one is told of it."

Id = Annotated[str, Path(max_length=32, pattern=r"^[0-9a-z]+$")]


def project_routes(crew: Crew, library: Library, picks: Picks, runs: Runs | None, bounds: Bounds) -> APIRouter:
    """Return the routes.

    Parameters
    ----------
    crew, library, picks
        Who trains, and what is known.
    runs
        Those that are kept; None where none are.
    bounds
        How long work for one question may take.
    """
    routes, coming = APIRouter(prefix="/api"), asyncio.Semaphore(AT_ONCE)

    @routes.post(
        "/uploads",
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
            }
        },
    )
    async def post_upload(request: Request) -> Document:
        """Take a zip with a folder of images for each class, look at it, and name it for `data`."""
        length = request.headers.get("content-length", "")
        _bound(int(length) if length.isdecimal() else 0)
        if coming.locked():
            raise InputError(f"{AT_ONCE} uploads may come in at once, and do. Try again in a minute.")
        async with coming:
            return await receive(request)

    async def receive(request: Request) -> Document:
        name, folder = library.room()
        with ExitStack() as left:
            left.callback(clear, folder)
            try:
                async with asyncio.timeout(LONGEST_UPLOAD):
                    notes = await _receive(request, folder)
                looking = Limit("looking at an upload", bounds.other, FEWER)
                _, data = await crew.run("upload", describe, Source(str(folder)), AskedRecipe().recipe(), limit=looking)
            except TimeoutError:
                raise InputError(f"an upload may take {LONGEST_UPLOAD:.0f} s. Give fewer images.") from None
            except InputError as error:
                said = sentence(error)
                if said == str(error):
                    raise
                raise InputError(f"{said} Put that right, and zip the folder again.") from error
            left.pop_all()
        data = replace(data, notes=(*notes, *data.notes))
        library.add(name, folder, data)
        return told(name, data)

    @routes.get("/data")
    async def get_data(names: Annotated[str, Query(max_length=400, description=NAMES)] = "") -> Document:
        """List the data sets that can be chosen; what is not on this machine says which command fetches it."""
        return {"sets": await asyncio.to_thread(library.sets, names.split(",")[:MOST_UPLOADS])}

    @routes.post("/picks")
    async def post_pick(asked: Annotated[AskedRecipe, Query()]) -> Document:
        """Begin the search of `etascope pick`; its events can be followed, again and again."""
        return {"id": picks.begin(asked.page, library.searched(asked.data), asked.recipe()).id}

    @routes.get("/picks/{name}/events", response_class=StreamingResponse)
    async def get_pick(name: Id) -> StreamingResponse:
        """Stream a search from its beginning: `begin`, `progress`, then `run`, `failed` or `cancelled`."""
        pick = picks.get(name)

        async def events() -> AsyncIterator[str]:
            async for document in pick.follow():
                yield event(document)

        return StreamingResponse(events(), media_type="text/event-stream", headers=NO_STORE)

    @routes.delete("/picks/{name}", status_code=204)
    async def delete_pick(name: Id) -> Response:
        """Stop a search."""
        picks.stop(name)
        return Response(status_code=204)

    @routes.get("/picks/{name}/report.html", response_class=HTMLResponse)
    async def get_report(name: Id) -> Response:
        """Return the report of a search that has ended, a page that needs no network."""
        pick = picks.get(name)
        if pick.run is None:
            move = "ended without. Begin it again." if pick.ended else "not ended yet. Wait for it."
            raise InputError(f"a report needs a search that has ended with an answer; this one has {move}")
        html = await asyncio.to_thread(run_html, pick.run)
        # The report has its scripts inside; it is saved, never opened under the studio's own address.
        headers = {"content-disposition": 'attachment; filename="etascope-report.html"'}
        return HTMLResponse(html, headers=headers)

    @routes.get("/runs")
    async def get_runs(
        limit: Annotated[int, Query(ge=1, le=LISTED)] = 20,
        names: Annotated[str, Query(max_length=400, description=NAMES)] = "",
    ) -> Document:
        """List the runs that were kept, the latest first, and say in `notes` which of them cannot be read."""
        if runs is None:
            return {**runs_document([]), "notes": []}
        lines, notes = await asyncio.to_thread(runs.find, limit, names.split(","))
        return {**runs_document(lines), "notes": notes}

    def kept(name: str) -> StoredRun:
        if runs is None:
            raise InputError("this studio keeps no runs. Start one that has a place to keep them.")
        return runs.get(name)

    @routes.get("/runs/{name}")
    async def get_run(name: Id) -> Document:
        """Return a kept run that came to its end."""
        run = (await asyncio.to_thread(kept, name)).run
        return pick_document(run, run_quiz(run))

    @routes.get("/runs/{name}/code")
    async def get_run_code(name: Id, learning_rate: LearningRate) -> Document:
        """Return scripts that train a kept run's recipe on its images, a framework each."""
        run = (await asyncio.to_thread(kept, name)).run
        if run.task.measure is not None:
            return dict.fromkeys(FRAMEWORKS, f"# The code of this run is your own. Give it the rate {learning_rate:g}.")
        return scripts(run.recipe, run.data, learning_rate)

    return routes


def _bound(size: int) -> None:
    if size > LARGEST_ZIP:
        raise InputError(f"a zip may have {LARGEST_ZIP // MEBIBYTE} MiB; this one has more. Give fewer images.")


async def _next(coming: AsyncGenerator[bytes]) -> bytes:
    try:
        async with asyncio.timeout(STALLED):
            return await anext(coming)
    except TimeoutError:
        raise InputError(
            f"an upload must keep coming; of this one nothing came for {STALLED:.0f} s. Drop the images again."
        ) from None


async def _receive(request: Request, folder: File) -> tuple[str, ...]:
    done, coming = 0, request.stream()
    with tempfile.TemporaryFile() as archive:
        # The stream ends with a piece of nothing.
        while chunk := await _next(coming):
            done += len(chunk)
            _bound(done)
            archive.write(chunk)
        archive.seek(0)
        stop = threading.Event()
        working = asyncio.ensure_future(asyncio.to_thread(unpack, archive, folder, stop.is_set))
        try:
            return await asyncio.shield(working)
        except asyncio.CancelledError:
            # A thread ends by itself or not at all; what it writes to must not go before it.
            stop.set()
            await asyncio.wait((working,))
            working.exception()
            raise
