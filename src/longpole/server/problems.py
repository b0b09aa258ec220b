"""Every error as problem details (RFC 9457): what happened, what was expected, what to do; never a traceback."""

import logging
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException

from longpole.model.errors import InvalidInput, KeyRefused, LongpoleError, NotFound, SpoolFull, SpoolUnwritable
from longpole.reports.views import Problem

MEDIA_TYPE = "application/problem+json"

_log = logging.getLogger("longpole.server")


def problem_of(status: int, detail: str) -> Problem:
    """The problem details of a status code, titled by its name."""
    return Problem(title=HTTPStatus(status).phrase, status=status, detail=detail)


def problem_body(status: int, detail: str) -> bytes:
    """The same as the JSON body of an answer, for doors that are not Litestar's."""
    return msgspec.json.encode(problem_of(status, detail))


def answer_longpole_error(_request: Request[Any, Any, Any], error: LongpoleError) -> Response[Problem]:
    """404 for what does not exist, 400 for what cannot be read, 403 for what the key does not open, 429 and 503 for
    "not now", else 500."""
    if isinstance(error, NotFound):
        return _response(404, str(error))
    if isinstance(error, InvalidInput):
        return _response(400, str(error))
    if isinstance(error, KeyRefused):
        return _response(403, str(error))
    if isinstance(error, SpoolFull):
        status = 503 if isinstance(error, SpoolUnwritable) else 429
        return _response(status, str(error), {"retry-after": "2"})
    _log.error("A report failed: %s", error)
    return _response(500, str(error))


def answer_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Problem]:
    """The problem details of an error that the framework found: an unknown address, a wrong method."""
    path = request.url.path[:200]
    details = {
        404: f"There is nothing at {path}. Expected an address listed in /schema. Correct the address.",
        405: f"{request.method} is not possible at {path}. Expected a method that /schema names. Use that.",
    }
    told = _faults_of(error) or error.detail
    detail = details.get(error.status_code, f"{told}. Expected a request as /schema describes. Correct it.")
    return _response(error.status_code, detail, error.headers)


class _Fault(msgspec.Struct):
    message: str
    key: str = ""


def _faults_of(error: HTTPException) -> str:
    """What is wrong with a body, field by field; empty where the framework does not say."""
    try:
        faults = msgspec.convert(getattr(error, "extra", None), list[_Fault])
    except msgspec.ValidationError:
        return ""
    said = (f"{fault.key!r}: {fault.message}" if fault.key else fault.message for fault in faults)
    return "The body cannot be read: " + "; ".join(said) if faults else ""


def answer_unexpected_error(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """A fault of Longpole's own: logged with its traceback, answered without."""
    _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return _response(
        500,
        f"The answer to {request.url.path[:200]} could not be made: {type(error).__name__}. "
        "Expected an answer: this is a fault of the server. Look into its log and report it.",
    )


def _response(status: int, detail: str, headers: dict[str, str] | None = None) -> Response[Problem]:
    return Response(problem_of(status, detail), status_code=status, media_type=MEDIA_TYPE, headers=headers)
