"""The server of the page: what it can be asked, as an ASGI application: `create_app`."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from importlib import resources
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

import etascope
from etascope.core.errors import InputError
from etascope.report.colour import rate_colours
from etascope.report.document import Document, trace_document
from etascope.report.vega_bundle import vega_bundle
from etascope.studio.asked import HIGHEST, LOWEST, AskedLandscape, AskedRace, AskedRecipe, AskedTrace, dial_rates
from etascope.studio.crew import Crew
from etascope.studio.descent import descent
from etascope.studio.landscape import landscape
from etascope.studio.race import race
from etascope.studio.work import lay_open

#: Finished landscapes that are kept, so that a page that comes back finds its own at once.
KEPT = 64
#: Points of the colour scale that the page is given.
COLOURS = 33


def create_app(crew: Crew | None = None) -> FastAPI:
    """Return the application; its processes start with it and end with it.

    Parameters
    ----------
    crew
        Trains. None makes one with a process a core.
    """
    crew = crew or Crew()

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncGenerator[None]:
        crew.warm()
        yield
        crew.close()

    app = FastAPI(
        title="etascope studio", version=etascope.__version__, lifespan=life, docs_url=None, redoc_url=None,
        openapi_url="/api/openapi.json", description="What a learning rate does to an image classifier, just trained.",
    )  # fmt: skip
    kept: OrderedDict[str, list[Document]] = OrderedDict()

    @app.exception_handler(InputError)
    async def refused(request: Request, error: InputError) -> Response:
        return JSONResponse({"error": str(error)}, 400)

    @app.exception_handler(HTTPException)
    async def absent(request: Request, error: HTTPException) -> Response:
        return JSONResponse({"error": f"{error.detail}. Look at /api/openapi.json."}, error.status_code)

    @app.exception_handler(RequestValidationError)
    async def wrong(request: Request, error: RequestValidationError) -> Response:
        return JSONResponse({"error": _sentence(error)}, 422)

    @app.get("/api/studio")
    async def studio() -> Document:
        """Tell the page what there is: the axis of the dial, its colours on both grounds, the recipe's defaults."""
        return {
            "version": etascope.__version__,
            "axis": {"low": LOWEST, "high": HIGHEST, "rates": dial_rates()},
            "colours": {
                "rates": rate_colours(LOWEST, HIGHEST, COLOURS)[0],
                "light": rate_colours(LOWEST, HIGHEST, COLOURS)[1],
                "dark": rate_colours(LOWEST, HIGHEST, COLOURS, dark=True)[1],
            },
            "recipe": AskedRecipe().model_dump(exclude={"page"}),
            "choices": {
                name: field["enum"]
                for name, field in AskedRecipe.model_json_schema()["properties"].items()
                if "enum" in field
            },
        }

    @app.get("/api/landscape", response_class=StreamingResponse)
    async def get_landscape(asked: Annotated[AskedLandscape, Query()]) -> StreamingResponse:
        """Stream the landscape of a recipe: events `begin`, `trials` and `run`, or `failed` with a sentence."""
        source, recipe, key = asked.source(), asked.recipe(), str(asked.model_copy(update={"page": ""}))

        async def events() -> AsyncIterator[str]:
            if key in kept:
                kept.move_to_end(key)
                for document in kept[key]:
                    yield _event(document)
                return
            told = list[Document]()
            try:
                async for document in landscape(crew, asked.page, source, recipe, asked.folds):
                    told.append(document)
                    yield _event(document)
            except InputError as error:
                yield _event({"event": "failed", "error": str(error)})
                return
            kept[key] = told
            while len(kept) > KEPT:
                kept.popitem(last=False)

        return StreamingResponse(events(), media_type="text/event-stream", headers={"cache-control": "no-store"})

    @app.get("/api/race")
    async def get_race(asked: Annotated[AskedRace, Query()]) -> Document:
        """Train two to sixteen rates side by side from the same weights; return their losses step by step."""
        return await race(crew, asked.page, asked.source(), asked.recipe(), asked.runners())

    @app.get("/api/trace")
    async def get_trace(asked: Annotated[AskedTrace, Query()]) -> Document:
        """Train once and lay the training open, with one test image followed through the layers."""
        work = (asked.source(), asked.recipe(), asked.learning_rate, asked.image)
        return trace_document(await crew.run(asked.page, lay_open, *work))

    @app.get("/api/descent")
    async def get_descent(asked: Annotated[AskedRecipe, Query()]) -> Document:
        """Return one batch's real loss along the direction of its gradient, and one weight's update in numbers."""
        return await crew.run(asked.page, descent, asked.source(), asked.recipe())

    @app.get("/vega.js", include_in_schema=False)
    async def vega() -> Response:
        return Response(vega_bundle(), media_type="text/javascript", headers={"cache-control": "max-age=86400"})

    files = resources.files("etascope.studio") / "page"
    app.mount("/", StaticFiles(directory=str(files), html=True), name="page")
    return app


def _event(document: Document) -> str:
    return f"data: {json.dumps(document, allow_nan=False)}\n\n"


def _sentence(error: RequestValidationError) -> str:
    first: dict[str, Any] = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if part not in ("query", "body"))
    found = str(first.get("input"))[:60]
    return f"{where}: {first['msg'][:1].lower()}{first['msg'][1:]}; found {found!r}. Put that right."
