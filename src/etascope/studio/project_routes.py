"""What the page does with one's own: images to drop, searches that go on, and runs that were kept."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import ExitStack
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from etascope.core.errors import InputError
from etascope.core.plain import Document
from etascope.core.stored import StoredRun
from etascope.report.code.from_document import FRAMEWORKS
from etascope.report.html.run import run_html
from etascope.report.terminal.run_list import runs_document
from etascope.report.words.job import Again
from etascope.studio.bounds import FEWER, Bounds, Limit
from etascope.studio.dialect import run_document, worded
from etascope.studio.failure import sentence
from etascope.studio.library import MOST_UPLOADS, Library, Source, upload_document
from etascope.studio.picking import Picks
from etascope.studio.requests import LearningRate, RecipeRequest
from etascope.studio.runs import Runs
from etascope.studio.training_routes import scripts, streamed
from etascope.studio.uploads import check_size, receive
from etascope.studio.worker import describe
from etascope.studio.worker_pool import WorkerPool

#: Uploads that come in at once; runs that are listed.
AT_ONCE, LISTED = 4, 50

NAMES = "Uploads that the page knows of, with commas: only who knows the name of one sees it."

Id = Annotated[str, Path(max_length=32, pattern=r"^[0-9a-z]+$")]


def project_routes(
    pool: WorkerPool, library: Library, picks: Picks, runs: Runs | None, bounds: Bounds, again: Again
) -> APIRouter:
    """Return the routes; without `runs`, none are kept. `again` says in a report how to search again."""
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
        check_size(int(length) if length.isdecimal() else 0)
        if coming.locked():
            raise InputError(f"{AT_ONCE} uploads may come in at once, and do. Try again in a minute.")
        async with coming:
            return await unpacked(request)

    async def unpacked(request: Request) -> Document:
        name, folder = library.room()
        with ExitStack() as left:
            left.callback(shutil.rmtree, folder, ignore_errors=True)
            try:
                notes = await receive(request.stream(), folder)
                looking = Limit("looking at an upload", bounds.other, FEWER)
                work = describe, Source(str(folder)), RecipeRequest().recipe()
                _, data = await pool.run("upload", *work, limit=looking)
            except InputError as error:
                said = sentence(error)
                if said == str(error):
                    raise
                raise InputError(f"{said} Put that right, and zip the folder again.") from error
            left.pop_all()
        data = replace(data, notes=(*notes, *data.notes))
        library.add(name, folder, data)
        return upload_document(name, data)

    @routes.get("/data")
    async def get_data(names: Annotated[str, Query(max_length=400, description=NAMES)] = "") -> Document:
        """List the data sets that can be chosen; what is not on this machine says which command fetches it."""
        return {"sets": await asyncio.to_thread(library.sets, names.split(",")[:MOST_UPLOADS])}

    @routes.post("/picks")
    async def post_pick(request: Annotated[RecipeRequest, Query()]) -> Document:
        """Begin the search of `etascope pick`; its events can be followed, again and again."""
        return {"id": picks.begin(request.page, library.searched(request.data), request.recipe()).id}

    @routes.get("/picks/{name}/events", response_class=StreamingResponse)
    async def get_pick(name: Id) -> StreamingResponse:
        """Stream a search from its beginning: `begin`, `progress`, then `run`, `failed` or `cancelled`."""
        return streamed(picks.get(name).follow())

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
        html = await asyncio.to_thread(run_html, worded(pick.run), again)
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
        return run_document((await asyncio.to_thread(kept, name)).run)

    @routes.get("/runs/{name}/code")
    async def get_run_code(name: Id, learning_rate: LearningRate) -> Document:
        """Return scripts that train a kept run's recipe on its images, a framework each."""
        run = (await asyncio.to_thread(kept, name)).run
        if run.task.measure.reported:
            return dict.fromkeys(FRAMEWORKS, f"# The code of this run is your own. Give it the rate {learning_rate:g}.")
        return scripts(run.recipe, run.data, learning_rate)

    return routes
