"""How the studio says what is wrong: JSON with a sentence, whatever it was: `answer_errors`."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from etascope.core.errors import InputError
from etascope.studio.failure import Failed, sentence

#: What the library that checks says in words of Python, in words of the page.
_SAID = {
    "missing": "it must be given, and is not",
    "string_pattern_mismatch": "it must have the form that /api/openapi.json says",
    "extra_forbidden": "nothing of that name can be asked for",
    "model_attributes_type": "it must be an object of JSON",
    "int_parsing": "it must be a whole number",
    "float_parsing": "it must be a number",
}


def answer_errors(app: FastAPI) -> None:
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
    where = ".".join(str(part) for part in first["loc"] if part not in ("query", "body", "path")) or "what was sent"
    said = _SAID.get(first["type"]) or f"{first['msg'][:1].lower()}{first['msg'][1:]}"
    given = first.get("input")
    # What is missing has nothing to show, and what is no text or number shows how Python writes it.
    found = (
        f"; found {str(given)[:60]!r}" if isinstance(given, str | int | float) and first["type"] != "missing" else ""
    )
    return f"{where}: {said}{found}. Put that right."
