"""Langfuse: traces with their observations, as the web page, the API and the export to a bucket write them.

Each observation becomes a span with the attributes that Langfuse's own SDK gives it, so that it is recognised like one
that came from there. What the trace says of itself goes to its top observation; several of them get a span above them
that is the trace. Identifiers that are not those of OpenTelemetry are hashed, so that the same file gives the same ids.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from longpole.ingest.imports.langfuse_attributes import attributes_of, resource_of, trace_attributes
from longpole.ingest.imports.parts import Counting, Found, Group, Unread, decoded, digest, parts_of
from longpole.model.clock import from_rfc3339
from longpole.model.errors import InvalidInput
from longpole.wire import longpole_names as own
from longpole.wire.otlp_encode import STATUS_ERROR, STATUS_UNSET, LogOut, SpanOut

SIGNS = (
    b'"observations"',
    b'"traceId"',
    b'"trace_id"',
    b'"projectId"',
    b'"project_id"',
    b'"sessionId"',
    b'"timestamp"',
)
"""By which a file of this kind is known."""

_MOST_DEPTH = 3

Record = dict[str, Any]


class Langfuse:
    """Reads files of one import. Traces and observations may be in different files: they meet at the end."""

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self._traces: dict[str, Record] = {}
        self._observations: dict[str, list[Record]] = {}
        self._scores: dict[str, list[Record]] = {}

    def read(self, file: Counting, name: str) -> Iterator[Found]:
        """What a file holds of whole traces; the rest waits for `rest`."""
        for place, record in _records(file):
            if isinstance(record, Unread):
                yield record
            else:
                yield from self._take(record, f"{name}, {place}")

    def rest(self) -> Iterator[Found]:
        """Traces whose observations were not in the same record."""
        for trace_id in dict.fromkeys((*self._observations, *self._traces, *self._scores)):
            trace = self._traces.get(trace_id, {"id": trace_id})
            if trace_id not in self._observations and trace_id not in self._traces:
                yield Unread(f"trace {trace_id[:64]}", "There are scores of it, and nothing else.")
                continue
            scores = self._scores.get(trace_id, [])
            yield from _trace(trace, self._observations.get(trace_id, []), scores, f"trace {trace_id[:64]}")
        self._forget()

    def _take(self, record: Record, place: str) -> Iterator[Found]:
        inner = record.get("trace")
        trace = {**record, **inner} if isinstance(inner, dict) else record
        observations = record.get("observations") or trace.get("observations")
        if isinstance(observations, list) and all(isinstance(one, dict) for one in cast("list[object]", observations)):
            found = [_camel(one) for one in cast("list[Record]", observations)]
            if trace.get("id") or found:
                trace.setdefault("id", found[0].get("traceId") if found else None)
                yield from _trace(trace, found, _listed(trace.get("scores")), place)
                return
        trace_id = str(record.get("traceId") or "")
        if "dataType" in record and trace_id and "startTime" not in record:
            self._scores.setdefault(trace_id, []).append(record)
        elif "startTime" in record and trace_id:
            self._observations.setdefault(trace_id, []).append(record)
        elif "timestamp" in record and record.get("id"):
            self._traces[str(record["id"])] = record
        else:
            yield Unread(place, "It is neither a trace, nor an observation, nor a score of Langfuse.")


def _records(file: Counting) -> Iterator[tuple[str, Record | Unread]]:
    """Every object of a file, with its place: of lines, of an array, or of the list `data` of an answer."""
    lines = file.lines()
    first = next(lines, (1, b""))
    if not isinstance(first[1], Unread):
        try:
            value = decoded(first[1])
        except InvalidInput:  # a document that has several lines
            file.head(0)
            yield from _of_document(file)
            return
        yield from _objects(value, "line 1")
    for number, line in lines:
        if isinstance(line, Unread):
            yield line.place, line
            continue
        try:
            yield from _objects(decoded(line), f"line {number}")
        except InvalidInput as error:
            yield f"line {number}", Unread(f"line {number}", str(error))


def _of_document(file: Counting) -> Iterator[tuple[str, Record | Unread]]:
    try:
        yield from _objects(decoded(file.whole()), "the file")
    except InvalidInput as error:
        yield "the file", Unread("the file", str(error))


def _objects(value: Any, place: str, depth: int = 0) -> Iterator[tuple[str, Record | Unread]]:
    if isinstance(value, list) and depth < _MOST_DEPTH:
        for number, one in enumerate(cast("list[Any]", value), 1):
            yield from _objects(one, f"{place}, entry {number}", depth + 1)
    elif isinstance(value, dict):
        record = _camel(cast("Record", value))
        held = record.get("data")
        if isinstance(held, list) and "id" not in record:
            yield from _objects(held, place, depth + 1)
        else:
            yield place, record
    else:
        yield place, Unread(place, f"It is {type(value).__name__}, not an object.")


def _trace(trace: Record, observations: list[Record], scores: list[Record], place: str) -> Iterator[Found]:
    """A trace as requests. An observation that cannot be read is told, and the others come in."""
    trace_id = str(trace.get("id") or "")
    if not trace_id:
        yield Unread(place, "The trace has no id.")
        return
    read: dict[str, Record] = {}
    for number, observation in enumerate(observations, 1):
        try:
            read[_key(observation, number)] = _timed(observation)
        except ValueError as error:
            name = str(observation.get("name") or observation.get("id") or number)
            yield Unread(f"{place}, observation {name[:100]!r}", str(error))
    if not read and not trace.get("timestamp"):
        yield Unread(place, "The trace has no observation and no time.")
        return
    yield from parts_of(_group(trace, trace_id, read, scores), place)


def _key(observation: Record, number: int) -> str:
    return str(observation.get("id") or f"observation {number}")


def _timed(observation: Record) -> Record:
    """The observation with its times in nanoseconds; one that never ended has `ended_ns` `None`.

    Raises:
        ValueError: it has no start that can be read.
    """
    start, end = observation.get("startTime"), observation.get("endTime")
    if not isinstance(start, str):
        raise ValueError(f"Its startTime is {str(start)[:40]!r}, not a time in RFC 3339.")
    started_ns = _time(start, "startTime")
    ended_ns = _time(end, "endTime") if isinstance(end, str) and end else None
    if ended_ns is None and str(observation.get("type")).upper() == "EVENT":
        ended_ns = started_ns
    if ended_ns is not None and ended_ns < started_ns:
        raise ValueError(f"It ends at {end}, before it starts at {start}.")
    return {**observation, "started_ns": started_ns, "ended_ns": ended_ns}


def _time(text: str, name: str) -> int:
    try:
        return from_rfc3339(text)
    except (ValueError, OverflowError):
        raise ValueError(f"Its {name} is {text[:40]!r}, not a time in RFC 3339.") from None


def _group(trace: Record, trace_id: str, read: Mapping[str, Record], scores: Iterable[Record]) -> Group:
    hexadecimal = hex_id(trace_id, 32)
    tops = [key for key, one in read.items() if str(one.get("parentObservationId") or "") not in read]
    ends = _ends(read)
    spans: list[SpanOut] = []
    above = None if len(tops) == 1 else hex_id(f"trace {trace_id}", 16)
    for key, one in read.items():
        parent = str(one.get("parentObservationId") or "")
        attributes = attributes_of(one)
        if key in tops and above is None:
            attributes = {**trace_attributes(trace), **attributes}
        spans.append(
            _span(one, key, hexadecimal, hex_id(parent, 16) if parent in read else above, ends[key], attributes)
        )
    if above is not None:
        spans.insert(0, _whole(trace, hexadecimal, above, read, ends))
    logs = [log for score in scores if (log := _score(score, hexadecimal, spans[0])) is not None]
    return Group(resource_of(trace, read.values()), "langfuse", spans, logs)


def _ends(read: Mapping[str, Record]) -> dict[str, int]:
    """When each observation ended; one of which nobody knows, with the last thing below it."""
    ends = {key: one["ended_ns"] if one["ended_ns"] is not None else one["started_ns"] for key, one in read.items()}
    # The latest first: where it has been, an earlier one has nothing to tell, and a chain is walked once.
    for key in sorted(read, key=lambda key: ends[key], reverse=True):
        parent = str(read[key].get("parentObservationId") or "")
        while parent in read and read[parent]["ended_ns"] is None and ends[parent] < ends[key]:
            ends[parent] = ends[key]
            parent = str(read[parent].get("parentObservationId") or "")
    return ends


def _span(one: Record, key: str, trace_id: str, parent: str | None, ended_ns: int, attributes: Record) -> SpanOut:
    has_failed = str(one.get("level")).upper() == "ERROR"
    return SpanOut(
        trace_id=trace_id,
        span_id=hex_id(key, 16),
        parent_span_id=parent,
        name=str(one.get("name") or str(one.get("type") or "observation").lower()),
        started_ns=one["started_ns"],
        ended_ns=ended_ns,
        status_code=STATUS_ERROR if has_failed else STATUS_UNSET,
        status_message=str(one.get("statusMessage") or "") if has_failed else "",
        attributes=attributes,
    )


def _whole(trace: Record, trace_id: str, span_id: str, read: Mapping[str, Record], ends: Mapping[str, int]) -> SpanOut:
    """The trace itself as a span, above several observations or none."""
    starts = [one["started_ns"] for one in read.values()]
    try:
        told = from_rfc3339(str(trace.get("timestamp")))
    except ValueError:
        told = min(starts)
    started_ns = min([told, *starts])
    latency = trace.get("latency")
    lasted_ns = round(latency * 1e9) if isinstance(latency, int | float) and 0 <= latency < 1e9 else 0
    name = str(trace.get("name") or "trace")
    return SpanOut(
        trace_id=trace_id,
        span_id=span_id,
        parent_span_id=None,
        name=name,
        started_ns=started_ns,
        ended_ns=max([started_ns + (0 if starts else lasted_ns), *ends.values()]),
        status_code=STATUS_UNSET,
        status_message="",
        attributes={own.KIND: "workflow", own.AGENT: name, **trace_attributes(trace)},
    )


def _score(score: Record, trace_id: str, top: SpanOut) -> LogOut | None:
    value = score.get("value")
    label = score.get("stringValue")
    name = score.get("name")
    if not name or (value is None and label is None):
        return None
    try:
        time_ns = from_rfc3339(str(score.get("timestamp") or score.get("createdAt")))
    except ValueError:
        time_ns = top.ended_ns
    told = {
        "gen_ai.evaluation.name": str(name),
        "gen_ai.evaluation.score.value": float(value) if isinstance(value, int | float) else None,
        "gen_ai.evaluation.score.label": str(label) if label else value if isinstance(value, str) else None,
        "gen_ai.evaluation.explanation": score.get("comment") or None,
    }
    observation = score.get("observationId")
    return LogOut(
        time_ns=time_ns,
        event_name=own.SCORE,
        attributes={key: one for key, one in told.items() if one is not None},
        trace_id=trace_id,
        span_id=hex_id(str(observation), 16) if observation else top.span_id,
    )


def hex_id(text: str, size: int) -> str:
    """An id of `size` hexadecimal digits: the given one where it is of that form, else one made of it.

    >>> hex_id("080130871f53145aecf7c29d5dfb6e4c", 32), hex_id("6f1a3b52-0c1d-4a5e-8b7f-000000000001", 32)
    ('080130871f53145aecf7c29d5dfb6e4c', '6f1a3b520c1d4a5e8b7f000000000001')
    """
    plain = text.lower().replace("-", "")
    if len(plain) == size and plain.strip("0123456789abcdef") == "" and plain.strip("0"):
        return plain
    return digest(text, size=size)


def _camel(record: Record) -> Record:
    """A record with names as the API has them; the export to a bucket writes them with underscores."""
    if not any("_" in name for name in record):
        return record
    named: Record = {}
    for name, value in record.items():
        head, *others = name.split("_")
        named["".join((head, *(part[:1].upper() + part[1:] for part in others)))] = value
    if "providedModelName" in named:
        named.setdefault("model", named["providedModelName"])
    for name in ("usageDetails", "costDetails", "metadata"):
        if isinstance(named.get(name), str):
            try:
                named[name] = json.loads(named[name])
            except ValueError:
                pass
    return named


def _listed(value: object) -> list[Record]:
    if not isinstance(value, list):
        return []
    return [_camel(cast("Record", one)) for one in cast("list[object]", value) if isinstance(one, dict)]
