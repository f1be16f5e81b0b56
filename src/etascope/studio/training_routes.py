"""What the page has trained at once: landscape, race, trace, descent, metrics, predictions, sharpness and code."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from etascope.core.data import SENT
from etascope.core.errors import InputError
from etascope.core.plain import Document
from etascope.core.recipe import Recipe
from etascope.core.run import DataSummary
from etascope.learn.quiz import trace_quiz
from etascope.report.code.from_document import FRAMEWORKS, code_for
from etascope.report.files.document import trace_document
from etascope.studio.bounds import FEWER, Bounds, Limit
from etascope.studio.descent import descent
from etascope.studio.failure import sentence
from etascope.studio.library import Library
from etascope.studio.predictions import metrics, predictions
from etascope.studio.requests import (
    Drawing,
    LandscapeRequest,
    RaceRequest,
    RateRequest,
    RecipeRequest,
    TraceRequest,
    dial_rates,
)
from etascope.studio.sweeps import landscape, race
from etascope.studio.worker import describe, lay_open, sharpness_along
from etascope.studio.worker_pool import WorkerPool

#: Finished landscapes that are kept, so that a page that comes back finds its own at once.
KEPT = 64


def training_routes(pool: WorkerPool, library: Library, bounds: Bounds) -> APIRouter:
    """Return the routes; the bounds say how long work for one question may take."""
    routes, kept = APIRouter(prefix="/api"), OrderedDict[str, list[Document]]()

    async def worked(
        what: str, function: Callable[..., Any], request: RecipeRequest, *more: object, **advice: str
    ) -> Any:  # noqa: ANN401 - what the function returns
        """Return what a function makes of a request's images, its recipe, and more, in a worker process."""
        work, limit = (library.source(request.data), request.recipe(), *more), Limit(what, bounds.other, **advice)
        return await pool.run(request.page, function, *work, limit=limit)

    @routes.get("/landscape", response_class=StreamingResponse)
    async def get_landscape(request: Annotated[LandscapeRequest, Query()]) -> StreamingResponse:
        """Stream the landscape of a recipe: events `begin`, `trials` and `run`, or `failed` with a sentence."""
        source, recipe = library.source(request.data), request.recipe()
        key = str(request.model_copy(update={"page": ""}))

        async def documents() -> AsyncGenerator[Document]:
            if key in kept:
                kept.move_to_end(key)
                for document in kept[key]:
                    yield document
                return
            whole = list[Document]()
            try:
                work = landscape(pool, request.page, source, recipe, request.folds, request.also, bounds.landscape)
                async for document in work:
                    whole.append(document)
                    yield document
            except Exception as error:
                # The answer has begun: only an event can still say so.
                yield {"event": "failed", "error": sentence(error)}
                return
            kept[key] = whole
            while len(kept) > KEPT:
                kept.popitem(last=False)

        return streamed(await _begun(documents()))

    @routes.get("/race")
    async def get_race(request: Annotated[RaceRequest, Query()]) -> Document:
        """Train two to sixteen rates side by side from the same weights; return their losses step by step."""
        source = library.source(request.data)
        return await race(pool, request.page, source, request.recipe(), request.runners(), bounds.race)

    @routes.get("/trace")
    async def get_trace(request: Annotated[TraceRequest, Query()]) -> Document:
        """Train once and lay the training open, with one test image followed through the layers, and a quiz."""
        trace = await worked("a trace", lay_open, request, request.learning_rate, request.image)
        return trace_document(trace, trace_quiz(trace))

    @routes.get("/descent")
    async def get_descent(request: Annotated[RecipeRequest, Query()]) -> Document:
        """Return one batch's real loss along the direction of its gradient, and one weight's update in numbers."""
        return await worked("one step", descent, request)

    @routes.get("/metrics")
    async def get_metrics(request: Annotated[RateRequest, Query()]) -> Document:
        """Train once and return curves of all three parts, the confusion matrix and the most confident mistakes."""
        return await worked("a training with its metrics", metrics, request, request.learning_rate)

    @routes.post("/predictions")
    async def post_predictions(request: Annotated[RateRequest, Query()], drawing: Drawing) -> Document:
        """Return what models of many rates, the asked one last, say of an image that was drawn."""
        if len({len(row) for row in drawing.pixels}) > 1:
            raise InputError("the rows of a drawing must be equally long; these are not. Draw it again.")
        rates = (*dial_rates()[4::2], request.learning_rate)
        return await worked("looking at a drawing", predictions, request, rates, drawing.pixels)

    @routes.get("/sharpness")
    async def get_sharpness(request: Annotated[RateRequest, Query()]) -> Document:
        """Measure the sharpness of the loss along the training at a rate, and the limit that theory takes from it."""
        return await worked("measuring the sharpness", sharpness_along, request, request.learning_rate)

    @routes.get("/code")
    async def get_code(request: Annotated[RateRequest, Query()]) -> Document:
        """Return scripts that train exactly this recipe at this rate, a framework each."""
        _, data = await worked("looking at the images", describe, request, advice=FEWER)
        return scripts(request.recipe(), data, request.learning_rate)

    return routes


async def _begun(documents: AsyncGenerator[Document]) -> AsyncGenerator[Document]:
    """Return a stream whose first document is there: whatever is asked after it, waits behind it."""
    first = await anext(documents)

    async def all_of_them() -> AsyncGenerator[Document]:
        async with aclosing(documents):
            yield first
            async for document in documents:
                yield document

    return all_of_them()


def streamed(documents: AsyncGenerator[Document]) -> StreamingResponse:
    """Return documents as a stream of server-sent events."""

    async def events() -> AsyncGenerator[str]:
        async with aclosing(documents):
            async for document in documents:
                yield f"data: {json.dumps(document, allow_nan=False)}\n\n"

    return StreamingResponse(events(), media_type="text/event-stream", headers={"cache-control": "no-store"})


def scripts(recipe: Recipe, data: DataSummary, learning_rate: float) -> Document:
    """Return a script for each framework, or a comment why there is none."""
    # The folder that was zipped is on the reader's machine.
    data = replace(data, source="/path/to/your-images") if data.source == SENT else data
    return {framework: _script(framework, recipe, data, learning_rate) for framework in FRAMEWORKS}


def _script(framework: str, recipe: Recipe, data: DataSummary, learning_rate: float) -> str:
    try:
        return code_for(framework, recipe, data, learning_rate)
    except InputError as error:
        return f"# {sentence(error)}"
