"""The server of the page as an ASGI application: `create_app`."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib import resources
from typing import Any

from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response
from starlette.staticfiles import StaticFiles

from etascope.core.protocols import Store
from etascope.core.run import versions
from etascope.report.charts.colour import rate_colours
from etascope.report.files.document import Document
from etascope.report.html.vega import vega_bundle
from etascope.studio.bounds import Bounds
from etascope.studio.cancellation import Wanted
from etascope.studio.errors import answer_errors
from etascope.studio.library import Library
from etascope.studio.picking import Picks
from etascope.studio.project_routes import project_routes
from etascope.studio.requests import HIGHEST, LOWEST, AskedRecipe, dial_rates
from etascope.studio.runs import Runs
from etascope.studio.training_routes import training_routes
from etascope.studio.worker_pool import Crew

VERSION = versions()["etascope"]
#: Points of the colour scale that the page is given.
COLOURS = 33


class Ascii(JSONResponse):
    """JSON in ASCII: a name of a kept run may hold halves of characters, which no other encoding takes."""

    def render(self, content: Any) -> bytes:  # noqa: ANN401 - whatever JSON can hold
        """Return the body."""
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode()


def create_app(store: Store | None = None, crew: Crew | None = None, bounds: Bounds | None = None) -> FastAPI:
    """Return the application; its processes start with it and end with it.

    Parameters
    ----------
    store
        Where searches are kept and found again. None keeps none.
    crew
        Trains. None makes one with a process a core.
    bounds
        How long work for one question may take. Default: those of `Bounds()`.
    """
    crew, bounds, library = crew or Crew(), bounds or Bounds(), Library()
    runs = None if store is None else Runs(store)
    picks = Picks(crew, runs, bounds.search)

    def end() -> None:
        picks.close()
        crew.close()
        library.close()

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncGenerator[None]:
        crew.warm()
        yield
        end()

    app = FastAPI(
        title="etascope studio", version=VERSION, lifespan=life, docs_url=None, redoc_url=None,
        openapi_url="/api/openapi.json", default_response_class=Ascii,
        description="What a learning rate does to an image classifier, just trained.",
    )  # fmt: skip
    app.state.end = end
    answer_errors(app)
    app.add_middleware(Wanted)

    @app.head("/api/studio", include_in_schema=False)
    @app.get("/api/studio")
    async def get_studio() -> Document:
        """Tell the page what there is: the dial's axis, its colours on both grounds, the recipe with its bounds."""
        fields = AskedRecipe.model_json_schema()["properties"].items()
        return {
            "version": VERSION,
            "axis": {"low": LOWEST, "high": HIGHEST, "rates": dial_rates()},
            "colours": {
                "rates": rate_colours(LOWEST, HIGHEST, COLOURS)[0],
                "light": rate_colours(LOWEST, HIGHEST, COLOURS)[1],
                "dark": rate_colours(LOWEST, HIGHEST, COLOURS, dark=True)[1],
            },
            "recipe": AskedRecipe().model_dump(exclude={"page"}),
            "choices": {name: field["enum"] for name, field in fields if "enum" in field},
            "limits": {name: [field["minimum"], field["maximum"]] for name, field in fields if "maximum" in field},
        }

    app.include_router(training_routes(crew, library, bounds))
    app.include_router(project_routes(crew, library, picks, runs, bounds))

    @app.get("/vega.js", include_in_schema=False)
    async def get_vega() -> Response:
        return Response(vega_bundle(), media_type="text/javascript", headers={"cache-control": "max-age=86400"})

    files = resources.files("etascope.studio") / "page"
    # What draws in the report, too, is the report's.
    drawn = [("etascope.report", "page_modules")]
    app.mount("/", StaticFiles(directory=str(files), packages=list(drawn), html=True), name="page")
    return app
