"""Spans as a file of OTLP requests in JSON, one a line, as the file exporter of the OpenTelemetry Collector writes."""

from collections.abc import Iterable, Iterator

from longpole.reports.export.otlp_spans import SpanGroup
from longpole.wire.otlp_encode import encode_log, encode_span, logs_body, traces_body

ENDING = "otlp.jsonl"
MEDIA_TYPE = "application/x-ndjson"

_MOST_IN_A_LINE = 500


def otlp_lines(groups: Iterable[SpanGroup]) -> Iterator[bytes]:
    """Requests of traces, then requests of logs, each with its line feed; at most `_MOST_IN_A_LINE` items in one."""
    for group in groups:
        for body, items in (
            (traces_body, [encode_span(span) for span in group.spans]),
            (logs_body, [encode_log(log) for log in group.logs]),
        ):
            for first in range(0, len(items), _MOST_IN_A_LINE):
                some = items[first : first + _MOST_IN_A_LINE]
                yield body(group.resource, group.scope_version, some, scope=group.scope) + b"\n"
