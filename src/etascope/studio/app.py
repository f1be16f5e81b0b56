"""The server of the page as an ASGI application, whose errors are JSON with a sentence: `create_app`."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib import resources
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.staticfiles import StaticFiles

from etascope.core.errors import InputError, renamed
from etascope.core.measure import PLAIN
from etascope.core.plain import Document
from etascope.core.protocols import Store
from etascope.core.recipe import OPTIMIZERS, Recipe
from etascope.core.run import versions
from etascope.report.charts.theme import rate_colours
from etascope.report.files.document import measure_document
from etascope.report.html.vega import vega_bundle
from etascope.report.words.job import Again, again_in_python
from etascope.selection.customary import customary_rate
from etascope.studio.bounds import Bounds
from etascope.studio.failure import Failed, sentence
from etascope.studio.library import Library
from etascope.studio.middleware import CancelOnDisconnect
from etascope.studio.picking import Picks
from etascope.studio.project_routes import project_routes
from etascope.studio.requests import HIGHEST, LOWEST, RecipeRequest, dial_rates
from etascope.studio.runs import Runs
from etascope.studio.training_routes import training_routes
from etascope.studio.worker_pool import WorkerPool

VERSION = versions()["etascope"]
#: Points of the colour scale that the page is given.
COLOURS = 33
#: What the library that checks found, in words of the page: of the library's own none are shown.
_SAID = {
    "json_invalid": "it must be JSON",
    "missing": "it must be given, and is not",
    "extra_forbidden": "nothing of that name can be asked for",
    "model_attributes_type": "it must be an object of JSON",
    "list_type": "it must be a list",
    "too_short": "it must have {min_length} or more",
    "too_long": "it may have {max_length} at most",
    "string_too_long": "it may have {max_length} characters",
    "literal_error": "it must be one of {expected}",
    "greater_than_equal": "it must be {ge} or more",
    "less_than_equal": "it must be {le} or less",
    **dict.fromkeys(("int_parsing", "int_type", "int_from_float", "int_parsing_size"), "it must be a whole number"),
    **dict.fromkeys(("float_parsing", "float_type", "finite_number"), "it must be a number"),
}
_OTHER = "it must have the form that /api/openapi.json says"


class Ascii(JSONResponse):
    """JSON in ASCII: a name of a kept run may hold halves of characters, which no other encoding takes."""

    def render(self, content: Any) -> bytes:  # noqa: ANN401 - whatever JSON can hold
        """Return the body."""
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode()


@renamed(crew="pool")
def create_app(
    store: Store | None = None,
    pool: WorkerPool | None = None,
    bounds: Bounds | None = None,
    again: Again = again_in_python,
) -> FastAPI:
    """Return the application; its processes start with it and end with it.

    Parameters
    ----------
    store
        Where searches are kept and found again. None keeps none.
    pool
        Trains. None makes one with a process a core.
    bounds
        How long work for one question may take. Default: those of `Bounds()`.
    again
        Says in a report how to search again.
    """
    pool, bounds, library = pool or WorkerPool(), bounds or Bounds(), Library()
    runs = None if store is None else Runs(store)
    picks = Picks(pool, runs, bounds.search)

    def end() -> None:
        picks.close()
        pool.close()
        library.close()

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncGenerator[None]:
        pool.warm()
        yield
        end()

    app = FastAPI(
        title="etascope studio", version=VERSION, lifespan=life, docs_url=None, redoc_url=None,
        openapi_url="/api/openapi.json", default_response_class=Ascii,
        description="What a learning rate does to an image classifier, just trained.",
    )  # fmt: skip
    app.state.end = end
    _answer_errors(app)
    app.add_middleware(CancelOnDisconnect)

    @app.head("/api/studio", include_in_schema=False)
    @app.get("/api/studio")
    async def get_studio() -> Document:
        """Tell the page what there is: the dial's axis, its colours on both grounds, the recipe with its bounds."""
        fields = RecipeRequest.model_json_schema()["properties"].items()
        return {
            "version": VERSION,
            "axis": {"low": LOWEST, "high": HIGHEST, "rates": dial_rates()},
            "colours": {
                "rates": rate_colours(LOWEST, HIGHEST, COLOURS)[0],
                "light": rate_colours(LOWEST, HIGHEST, COLOURS)[1],
                "dark": rate_colours(LOWEST, HIGHEST, COLOURS, dark=True)[1],
            },
            "measure": measure_document(PLAIN),
            "customary": {name: customary_rate(Recipe(optimizer=name)) for name in OPTIMIZERS},
            "recipe": RecipeRequest().model_dump(exclude={"page"}),
            "choices": {name: field["enum"] for name, field in fields if "enum" in field},
            "limits": {name: [field["minimum"], field["maximum"]] for name, field in fields if "maximum" in field},
        }

    app.include_router(training_routes(pool, library, bounds))
    app.include_router(project_routes(pool, library, picks, runs, bounds, again))

    @app.get("/vega.js", include_in_schema=False)
    async def get_vega() -> Response:
        return Response(vega_bundle(), media_type="text/javascript", headers={"cache-control": "max-age=86400"})

    files = resources.files("etascope.studio") / "page"
    # What draws in the report, too, is the report's.
    drawn = [("etascope.report", "page_modules")]
    app.mount("/", StaticFiles(directory=str(files), packages=list(drawn), html=True), name="page")
    return app


def _answer_errors(app: FastAPI) -> None:
    """Give every error of an application the shape `{"error": sentence}`."""

    @app.exception_handler(InputError)
    async def refused(request: Request, error: InputError) -> Response:
        return JSONResponse({"error": sentence(error)}, 400)

    @app.exception_handler(Failed)
    async def undone(request: Request, error: Failed) -> Response:
        return JSONResponse({"error": sentence(error)}, error.status)

    @app.exception_handler(HTTPException)
    async def absent(request: Request, error: HTTPException) -> Response:
        said = (
            f"{error.detail}: {request.method} {request.url.path[:80]}. What can be asked stands in /api/openapi.json."
        )
        return JSONResponse({"error": said}, error.status_code, headers=error.headers)

    @app.exception_handler(ClientDisconnect)
    async def gone(request: Request, error: ClientDisconnect) -> Response:
        # Nobody reads it; a trace of it in the log would look like a fault.
        return JSONResponse({"error": "what was sent was cut off. Send it again."}, 400)

    @app.exception_handler(Exception)
    async def failed(request: Request, error: Exception) -> Response:
        return JSONResponse({"error": sentence(error)}, 500)

    @app.exception_handler(RequestValidationError)
    async def wrong(request: Request, error: RequestValidationError) -> Response:
        return JSONResponse({"error": _sentence(error)}, 422)


def _sentence(error: RequestValidationError) -> str:
    first: dict[str, Any] = error.errors()[0]
    # Of what is no JSON, the place is that of a character.
    parts = () if first["type"] == "json_invalid" else first["loc"]
    where = ".".join(str(part) for part in parts if part not in ("query", "body", "path")) or "what was sent"
    said = _SAID.get(first["type"], _OTHER).format(**first.get("ctx", {}))
    given = first.get("input")
    # What is missing has nothing to show, and what is no text or number shows how Python writes it.
    shown = isinstance(given, str | int | float) and first["type"] != "missing"
    return f"{where}: {said}{f'; found {str(given)[:60]!r}' if shown else ''}. Put that right."
