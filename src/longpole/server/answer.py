"""How a report becomes an HTTP answer: made, encoded and compressed in a thread, so that the event loop never waits.

Hopping to a thread happens here and nowhere else among the REST routes.
"""

import asyncio
import gzip
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import msgspec
from litestar import Request, Response
from litestar.concurrency import sync_to_thread
from litestar.datastructures import State
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIResponse, Operation, Parameter, Reference, Schema
from litestar.openapi.spec.enums import OpenAPIType
from msgspec import Struct
from msgspec.structs import replace

from longpole.model.durations import Durations
from longpole.reports.export.exported_file import ExportedFile
from longpole.reports.filter_values import Filter, read_workspace
from longpole.reports.views import Problem
from longpole.server.problems import MEDIA_TYPE

Asked = Request[Any, Any, State]
"""A request to a REST route."""

COMPRESS_FROM_BYTES = 1000
_LEVEL = 1  # a tree of 50,000 steps (23.5 MB): 96 ms and 3.5 MB, where level 5 takes 200 ms for 3.0 MB

_ITEMS_AT_ONCE = 2_000  # 1 ms of steps; msgspec lets nobody else run while it encodes

OF_ONE_AT_A_TIME = 2

THREAD_WAITS = Durations()
"""How long answers of this process waited for a thread. There are few, and a long question keeps one."""

View = TypeVar("View")


async def answer(request: Asked, report: Callable[[], View], *, status: int = 200) -> Response[View]:
    """The report's view as JSON, from 1 kB on compressed for those who accept gzip; its errors pass through."""
    is_compressible = _accepts_gzip(request)
    body, is_compressed = await sync_to_thread(_body, report, is_compressible, time.monotonic())
    return _response(body, is_compressed, status)


async def answer_of_one(request: Asked, report: Callable[[], View]) -> Response[View]:
    """As `answer`, for reports that go through all steps of an execution: few of them are made at a time.

    The event loop takes turns with every thread that computes. Five that made the tree of 50,000 steps together kept it
    waiting up to 130 ms, and none of them was done sooner than one after the other.
    """
    turns: asyncio.Semaphore = request.app.state.setdefault("turns", asyncio.Semaphore(OF_ONE_AT_A_TIME))
    async with turns:
        return await answer(request, report)


async def answer_file(make: Callable[[], ExportedFile]) -> Response[bytes]:
    """A file to keep under its name; how many rows it has, and whether others match, is in the headers."""
    made = await sync_to_thread(make)
    headers = {
        "cache-control": "no-store",
        "content-disposition": f'attachment; filename="{made.name}"',
        "longpole-rows": str(made.rows),
        "longpole-more": str(made.has_more).lower(),
    }
    return Response(made.content, media_type=made.media_type, headers=headers)


def _response(body: bytes, is_compressed: bool, status: int) -> Response[Any]:
    headers = {"cache-control": "no-store", "vary": "accept-encoding"}
    if is_compressed:
        headers["content-encoding"] = "gzip"
    return Response(body, status_code=status, media_type="application/json", headers=headers)


def _body(report: Callable[[], object], is_compressible: bool, asked_s: float) -> tuple[bytes, bool]:
    THREAD_WAITS.add(time.monotonic() - asked_s)
    body = encoded(report())
    if is_compressible and len(body) >= COMPRESS_FROM_BYTES:
        return gzip.compress(body, compresslevel=_LEVEL, mtime=0), True
    return body, False


def encoded(view: object) -> bytes:
    """A view as JSON. Its long lists are encoded in parts, between which other threads run."""
    if isinstance(view, Struct):
        values = {name: getattr(view, name) for name in view.__struct_fields__}
        long = {name: _encoded_list(value) for name, value in values.items() if _is_long(value)}
        view = replace(view, **long) if long else view
    return msgspec.json.encode(view)


def _is_long(value: object) -> bool:
    return isinstance(value, list) and len(cast("list[object]", value)) > _ITEMS_AT_ONCE


def _encoded_list(items: list[object]) -> msgspec.Raw:
    parts: list[bytes] = []
    for first in range(0, len(items), _ITEMS_AT_ONCE):
        parts += (b",", msgspec.json.encode(items[first : first + _ITEMS_AT_ONCE])[1:-1])
    return msgspec.Raw(b"".join((b"[", *parts[1:], b"]")))  # copied once: 17 MB take some ms


def _accepts_gzip(request: Asked) -> bool:
    for offer in request.headers.get("accept-encoding", "").lower().split(","):
        coding, *parameters = (part.strip() for part in offer.split(";"))
        if coding in ("gzip", "*"):
            return not any(
                parameter.replace(" ", "") in ("q=0", "q=0.0", "q=0.00", "q=0.000") for parameter in parameters
            )
    return False


def workspace_of(request: Asked) -> str | None:
    """The one query parameter of routes that name an execution.

    Raises:
        InvalidInput: another parameter was given.
    """
    return read_workspace(request.query_params.multi_items())


def documented(filters: Iterable[Filter], *, files: Iterable[str] = ()) -> type[Operation]:
    """An OpenAPI operation whose query parameters are these filters, all optional texts.

    One that answers with files does so in the media types `files`.
    """
    described = [
        Parameter(
            name=filter_.name,
            param_in="query",
            description=filter_.meaning,
            schema=Schema(type=OpenAPIType.STRING),
            required=False,
            example=filter_.example or None,
        )
        for filter_ in filters
    ]

    kinds = tuple(files)

    @dataclass
    class FilteredOperation(Operation):
        parameters: list[Parameter | Reference] | None = field(default=None)

        def __post_init__(self) -> None:
            self.parameters = [*(self.parameters or []), *described]
            answered = (self.responses or {}).get("200")
            if kinds and isinstance(answered, OpenAPIResponse):
                answered.content = {kind: OpenAPIMediaType(schema=Schema()) for kind in kinds}

    return FilteredOperation


REFUSALS = {
    400: ResponseSpec(Problem, generate_examples=False, media_type=MEDIA_TYPE, description="Cannot be read as asked"),
}
"""What routes answer to a filter that they cannot read."""

REFUSALS_OF_ONE = REFUSALS | {
    404: ResponseSpec(Problem, generate_examples=False, media_type=MEDIA_TYPE, description="Does not exist"),
}
"""What routes answer that name an execution."""
