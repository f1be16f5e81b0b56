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
    # Of what is no JSON, the place is that of a character.
    parts = () if first["type"] == "json_invalid" else first["loc"]
    where = ".".join(str(part) for part in parts if part not in ("query", "body", "path")) or "what was sent"
    said = _SAID.get(first["type"], _OTHER).format(**first.get("ctx", {}))
    given = first.get("input")
    # What is missing has nothing to show, and what is no text or number shows how Python writes it.
    found = (
        f"; found {str(given)[:60]!r}" if isinstance(given, str | int | float) and first["type"] != "missing" else ""
    )
    return f"{where}: {said}{found}. Put that right."
