"""What the page asks for to be trained at once: landscape, race, trace, descent, metrics and code."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from etascope.core.data import SENT
from etascope.core.errors import InputError
from etascope.core.recipe import Recipe
from etascope.core.run import DataSummary
from etascope.learn.quiz import trace_quiz
from etascope.report.code.frameworks import FRAMEWORKS, code_for
from etascope.report.files.document import Document, trace_document
from etascope.studio.bounds import FEWER, Bounds, Limit
from etascope.studio.descent import descent
from etascope.studio.drawing import predictions
from etascope.studio.failure import sentence
from etascope.studio.landscape import landscape
from etascope.studio.library import Library
from etascope.studio.metrics import metrics
from etascope.studio.race import race
from etascope.studio.requests import AskedLandscape, AskedRace, AskedRate, AskedRecipe, AskedTrace, Drawing, dial_rates
from etascope.studio.worker import describe, lay_open, sharpness_along
from etascope.studio.worker_pool import Crew

#: Finished landscapes that are kept, so that a page that comes back finds its own at once.
KEPT = 64
NO_STORE = {"cache-control": "no-store"}


def training_routes(crew: Crew, library: Library, bounds: Bounds) -> APIRouter:
    """Return the routes.

    Parameters
    ----------
    crew
        Trains.
    library
        Knows the data sets.
    bounds
        How long work for one question may take.
    """
    routes, kept = APIRouter(prefix="/api"), OrderedDict[str, list[Document]]()

    @routes.get("/landscape", response_class=StreamingResponse)
    async def get_landscape(asked: Annotated[AskedLandscape, Query()]) -> StreamingResponse:
        """Stream the landscape of a recipe: events `begin`, `trials` and `run`, or `failed` with a sentence."""
        source, recipe = library.source(asked.data), asked.recipe()
        key = str(asked.model_copy(update={"page": ""}))

        async def events() -> AsyncGenerator[str]:
            if key in kept:
                kept.move_to_end(key)
                for document in kept[key]:
                    yield event(document)
                return
            told = list[Document]()
            try:
                work = landscape(crew, asked.page, source, recipe, asked.folds, asked.also, bounds.landscape)
                async for document in work:
                    told.append(document)
                    yield event(document)
            except Exception as error:
                # The answer has begun: only an event can still tell of it.
                yield event({"event": "failed", "error": sentence(error)})
                return
            kept[key] = told
            while len(kept) > KEPT:
                kept.popitem(last=False)

        return StreamingResponse(await _begun(events()), media_type="text/event-stream", headers=NO_STORE)

    @routes.get("/race")
    async def get_race(asked: Annotated[AskedRace, Query()]) -> Document:
        """Train two to sixteen rates side by side from the same weights; return their losses step by step."""
        source = library.source(asked.data)
        return await race(crew, asked.page, source, asked.recipe(), asked.runners(), bounds.race)

    @routes.get("/trace")
    async def get_trace(asked: Annotated[AskedTrace, Query()]) -> Document:
        """Train once and lay the training open, with one test image followed through the layers, and a quiz."""
        work = (library.source(asked.data), asked.recipe(), asked.learning_rate, asked.image)
        found = await crew.run(asked.page, lay_open, *work, limit=Limit("a trace", bounds.other))
        return trace_document(found, trace_quiz(found))

    @routes.get("/descent")
    async def get_descent(asked: Annotated[AskedRecipe, Query()]) -> Document:
        """Return one batch's real loss along the direction of its gradient, and one weight's update in numbers."""
        work = (library.source(asked.data), asked.recipe())
        return await crew.run(asked.page, descent, *work, limit=Limit("one step", bounds.other))

    @routes.get("/metrics")
    async def get_metrics(asked: Annotated[AskedRate, Query()]) -> Document:
        """Train once and return curves of all three parts, the confusion matrix and the most confident mistakes."""
        work = (library.source(asked.data), asked.recipe(), asked.learning_rate)
        return await crew.run(asked.page, metrics, *work, limit=Limit("a training with its metrics", bounds.other))

    @routes.post("/predictions")
    async def post_predictions(asked: Annotated[AskedRate, Query()], drawing: Drawing) -> Document:
        """Return what models of many rates, the asked one last, say of an image that was drawn."""
        if len({len(row) for row in drawing.pixels}) > 1:
            raise InputError("the rows of a drawing must be equally long; these are not. Draw it again.")
        rates = (*dial_rates()[4::2], asked.learning_rate)
        work = (library.source(asked.data), asked.recipe(), rates, drawing.pixels)
        return await crew.run(asked.page, predictions, *work, limit=Limit("looking at a drawing", bounds.other))

    @routes.get("/sharpness")
    async def get_sharpness(asked: Annotated[AskedRate, Query()]) -> Document:
        """Measure the sharpness of the loss along the training at a rate, and the limit that theory takes from it."""
        work = (library.source(asked.data), asked.recipe(), asked.learning_rate)
        return await crew.run(asked.page, sharpness_along, *work, limit=Limit("measuring the sharpness", bounds.other))

    @routes.get("/code")
    async def get_code(asked: Annotated[AskedRate, Query()]) -> Document:
        """Return scripts that train exactly this recipe at this rate, a framework each."""
        recipe = asked.recipe()
        work = (library.source(asked.data), recipe)
        _, data = await crew.run(asked.page, describe, *work, limit=Limit("looking at the images", bounds.other, FEWER))
        return scripts(recipe, data, asked.learning_rate)

    return routes


async def _begun(events: AsyncGenerator[str]) -> AsyncGenerator[str]:
    """Return a stream whose first event has been asked for: whatever is asked after it, waits behind it."""
    first = await anext(events)

    async def all_of_them() -> AsyncGenerator[str]:
        async with aclosing(events):
            yield first
            async for one in events:
                yield one

    return all_of_them()


def event(document: Document) -> str:
    """Return a document as a server-sent event."""
    return f"data: {json.dumps(document, allow_nan=False)}\n\n"


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
