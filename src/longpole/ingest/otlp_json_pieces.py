"""A big OTLP request in JSON as several small ones, so that the interpreter is not held for long.

msgspec reads a whole text at a time and lets no other thread run meanwhile: a body of 15 MB held the event loop 38 to
65 ms. Here it first passes over the text without making anything of the spans (log records, metrics), which takes 7 to
12 ms of 15 MB and says where each begins and ends. They go on by about 512 kB at a time, with the resource and the
scope that they belong to; everything else in a request is not read by anybody.

What is not built as expected goes on whole: whoever reads it says what is wrong with it.
"""

from collections.abc import Iterator

import msgspec
from msgspec import Raw, Struct

PIECE_BYTES = 512 * 1024
_NOTHING = Raw(b"null")


class _Scope(Struct, rename="camel", gc=False):
    scope: Raw = _NOTHING
    spans: list[Raw] | None = None
    log_records: list[Raw] | None = None
    metrics: list[Raw] | None = None


class _Group(Struct, rename="camel", gc=False):
    resource: Raw = _NOTHING
    scope_spans: list[_Scope] | None = None
    scope_logs: list[_Scope] | None = None
    scope_metrics: list[_Scope] | None = None


class _Request(Struct, rename="camel", gc=False):
    resource_spans: list[_Group] | None = None
    resource_logs: list[_Group] | None = None
    resource_metrics: list[_Group] | None = None


_REQUEST = msgspec.json.Decoder(_Request)


def pieces(body: bytes) -> Iterator[bytes]:
    """The body as requests of about `PIECE_BYTES`, one item longer than that alone; a small body as it is.

    It is one of traces, logs or metrics. One without any items goes on whole, and one in which two of the three are.
    """
    request = _read(body) if len(body) > PIECE_BYTES else None
    items = [] if request is None else [*_span_items(request), *_log_items(request), *_metric_items(request)]
    names = {names for names, *_ in items}
    if len(names) != 1:
        yield body
        return
    ((outer, middle, inner),) = names
    parts: list[bytes | Raw] = []
    size = enough = 0
    open_group = open_scope = None
    for _, group, scope, item in items:
        if parts and size >= enough:
            yield b"".join((*parts, b"]}]}]}"))
            parts, open_group = [], None
        if group is not open_group:
            if not parts:
                size, enough = 0, PIECE_BYTES
            parts += (b"]}]},{" if parts else b'{"%b":[{' % outer, b'"resource":', group.resource)
            parts += (b',"%b":[{"scope":' % middle, scope.scope, b',"%b":[' % inner)
            # What stands above the items is not counted, else a long resource would be read again for every one.
            enough = max(enough, len(memoryview(group.resource)))
        elif scope is not open_scope:
            parts += (b']},{"scope":', scope.scope, b',"%b":[' % inner)
        else:
            parts.append(b",")
        open_group, open_scope = group, scope
        enough = max(enough, len(memoryview(scope.scope)))
        parts.append(item)
        size += len(memoryview(item))
    yield b"".join((*parts, b"]}]}]}"))


_Names = tuple[bytes, bytes, bytes]
_Item = tuple[_Names, _Group, _Scope, Raw]
_TRACES: _Names = (b"resourceSpans", b"scopeSpans", b"spans")
_LOGS: _Names = (b"resourceLogs", b"scopeLogs", b"logRecords")
_METRICS: _Names = (b"resourceMetrics", b"scopeMetrics", b"metrics")


def _read(body: bytes) -> _Request | None:
    try:
        return _REQUEST.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _span_items(request: _Request) -> Iterator[_Item]:
    for group in request.resource_spans or ():
        for scope in group.scope_spans or ():
            for item in scope.spans or ():
                yield _TRACES, group, scope, item


def _log_items(request: _Request) -> Iterator[_Item]:
    for group in request.resource_logs or ():
        for scope in group.scope_logs or ():
            for item in scope.log_records or ():
                yield _LOGS, group, scope, item


def _metric_items(request: _Request) -> Iterator[_Item]:
    for group in request.resource_metrics or ():
        for scope in group.scope_metrics or ():
            for item in scope.metrics or ():
                yield _METRICS, group, scope, item
