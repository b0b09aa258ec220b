"""Chrome's trace format, which Perfetto and many profilers write: https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU.

A process becomes an execution, each of its threads a step below it where there are several, and what is drawn on a
thread becomes steps that lie one inside the other. What Longpole has exported comes back as it was.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Raw, Struct

from longpole.ingest.imports.chrome_slices import Event, Slice, Slices
from longpole.ingest.imports.own_chrome import Origin, group_of_own
from longpole.ingest.imports.parts import NOTHING, Counting, Found, Group, Unread, digest, is_told, parts_of
from longpole.model.category import Category
from longpole.model.errors import InvalidInput
from longpole.wire import longpole_names as own
from longpole.wire.otlp_encode import STATUS_UNSET, SpanEventOut, SpanOut

SIGNS = (b'"traceEvents"', b'"ph"')
"""By which a file of this kind is known."""

EPOCH_US = 10**15
"""From 2001 on in microseconds since 1970; a smaller time counts from something else."""

_CATEGORIES = frozenset(map(str, Category))
_LONGEST_ARGUMENTS = 64 * 1024


class _Document(Struct):
    trace_events: Raw = msgspec.field(default=NOTHING, name="traceEvents")
    other: Raw = msgspec.field(default=NOTHING, name="otherData")


_EVENT = msgspec.json.Decoder(Event)
_ENTRIES = msgspec.json.Decoder(list[Raw])


def read_chrome(file: Counting, name: str, written_ns: int) -> Iterator[Found]:
    """The processes of a file, an execution each.

    Args:
        file: the file.
        name: what an execution is called whose process has no name.
        written_ns: when the file was written: there the last thing ends, where times do not count from 1970.
    """
    try:
        content = file.whole()
        entries, origin, is_cut = _entries(content)
    except InvalidInput as error:
        yield Unread("the file", str(error))
        return
    if is_cut:
        yield Unread(f"event {len(entries) + 1}", "The file ends or breaks there; what stands before it was read.")
    slices = Slices()
    for number, entry in enumerate(entries, 1):
        problem = _add(slices, entry)
        if problem is not None:
            yield Unread(f"event {number}", problem)
    yield from slices.close()
    if origin is not None:
        yield from parts_of(group_of_own(origin, slices), "the file")
        return
    seed = digest(content, size=32)
    shift_ns = 0 if slices.first_ns >= EPOCH_US * 1000 else written_ns - slices.last_ns
    for pid in slices.processes:
        yield from parts_of(_process(slices, pid, seed, name, shift_ns), f"process {pid}")


def _entries(content: bytes) -> tuple[list[Raw], Origin | None, bool]:
    """The events as texts, where Longpole made the file what it told of it, and whether the file breaks off.

    Raises:
        InvalidInput: there is no list of events.
    """
    try:
        if content.lstrip()[:1] == b"[":
            return _ENTRIES.decode(content), None, False
        document = msgspec.json.decode(content, type=_Document)
        if is_told(document.trace_events):
            return _ENTRIES.decode(document.trace_events), _origin(document.other), False
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _whole_entries(content), None, True
    raise InvalidInput("It has no traceEvents. Expected a trace in Chrome's JSON format. Export it again as such.")


def _whole_entries(content: bytes) -> list[Raw]:
    """The events before the place where the file breaks off: the format allows that it has no end."""
    found: list[Raw] = []
    at = content.find(b"[") + 1
    while at > 0 and (start := content.find(b"{", at)) >= 0:
        end = _end_of_object(content, start)
        if end < 0:
            break
        found.append(Raw(content[start:end]))
        at = end
    return found


def _end_of_object(content: bytes, start: int) -> int:
    """Where the object that begins at `start` ends; -1 if it does not."""
    depth, at, length = 0, start, len(content)
    while at < length:
        sign = content[at]
        if sign == 0x22:  # a text: to its end
            at += 1
            while at < length and content[at] != 0x22:
                at += 2 if content[at] == 0x5C else 1
        elif sign == 0x7B:
            depth += 1
        elif sign == 0x7D:
            depth -= 1
            if not depth:
                return at + 1
        at += 1
    return -1


def _origin(other: Raw) -> Origin | None:
    if not is_told(other):
        return None
    try:
        return msgspec.json.decode(other, type=dict[str, Origin]).get("longpole")
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _add(slices: Slices, entry: Raw) -> str | None:
    try:
        return slices.add(_EVENT.decode(entry))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return f"It is no event: {error}."


def _process(slices: Slices, pid: str, seed: str, name: str, shift_ns: int) -> Group:
    """A process as spans: itself, its threads where there are several, and what is drawn on them."""
    called = slices.process_names.get(pid) or (name if len(slices.processes) == 1 else f"{name}, process {pid}")
    moments = [SpanEventOut(one.name, one.start_ns + shift_ns, {}) for one in slices.instants.get(pid, ())]
    spans = _spans(slices, pid, called, digest(seed, pid, size=32), shift_ns, moments)
    return Group({"service.name": called}, "chrome-trace", spans)


def _spans(
    slices: Slices, pid: str, called: str, trace_id: str, shift_ns: int, moments: list[SpanEventOut]
) -> Iterator[SpanOut]:
    """One after another: as attributes and texts they take several times the room of the slices."""
    threads = slices.processes[pid]
    top = _around(called, [one for found in threads.values() for one in found])
    top_id = digest(trace_id, "process", size=16)
    attributes: dict[str, Any] = {own.KIND: "workflow", own.AGENT: called, "process.pid": pid}
    yield _span(top, trace_id, top_id, None, attributes, shift_ns, moments)
    for tid, found in threads.items():
        home = top_id
        if len(threads) > 1:
            home = digest(trace_id, "thread", tid, size=16)
            name = slices.thread_names.get((pid, tid)) or f"thread {tid}"
            told = {own.KIND: "step", "thread.id": tid, "thread.name": name}
            yield _span(_around(name, found), trace_id, home, top_id, told, shift_ns)
        ids = {id(one): digest(trace_id, tid, str(number), size=16) for number, one in enumerate(found)}
        for one in found:
            parent = home if one.parent is None else ids[id(one.parent)]
            yield _span(one, trace_id, ids[id(one)], parent, _attributes(one), shift_ns)


def _around(name: str, found: list[Slice]) -> Slice:
    return Slice(name, min(one.start_ns for one in found), max(one.end_ns for one in found), found[0].pid, "")


def _attributes(one: Slice) -> dict[str, Any]:
    attributes: dict[str, Any] = {own.KIND: "step"}
    for category in (one.category or "").split(","):
        if category in _CATEGORIES:
            attributes[own.CATEGORY] = category
    if one.category:
        attributes["chrome.category"] = one.category
    if is_told(one.arguments) and len(memoryview(one.arguments)) <= _LONGEST_ARGUMENTS:
        attributes[own.INPUT] = bytes(one.arguments).decode("utf-8", "replace")
    return attributes


def _span(
    one: Slice,
    trace_id: str,
    span_id: str,
    parent: str | None,
    attributes: dict[str, Any],
    shift_ns: int,
    events: list[SpanEventOut] | None = None,
) -> SpanOut:
    return SpanOut(
        trace_id=trace_id,
        span_id=span_id,
        parent_span_id=parent,
        name=one.name,
        started_ns=max(1, one.start_ns + shift_ns),
        ended_ns=max(1, one.end_ns + shift_ns),
        status_code=STATUS_UNSET,
        status_message="",
        attributes=attributes,
        events=events or (),
    )
