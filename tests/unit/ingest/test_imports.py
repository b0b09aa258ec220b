"""Files of other programs are read as a person expects, and what cannot be read is named, with its place."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from longpole.ingest.imports import parts
from longpole.ingest.imports.formats import Format, Reader, format_of
from longpole.ingest.imports.parts import Part, Unread
from longpole.model.errors import InvalidInput

SECOND_US = 1_000_000


def read(*paths: Path, chosen: Format | None = None) -> tuple[list[dict[str, Any]], list[Unread]]:
    """The spans of files, and what could not be read."""
    reader = Reader(chosen)
    found = [one for path in paths for one in reader.read(path, lambda _: None)]
    found += reader.rest()
    spans = [
        span
        for part in found
        if isinstance(part, Part) and part.signal == "traces"
        for group in json.loads(part.body)["resourceSpans"]
        for scope in group["scopeSpans"]
        for span in scope["spans"]
    ]
    return spans, [one for one in found if isinstance(one, Unread)]


def written(folder: Path, content: object, name: str = "file.json") -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def tree_of(spans: list[dict[str, Any]]) -> dict[str, str | None]:
    """The name of what each span lies in."""
    names = {span["spanId"]: span["name"] for span in spans}
    return {span["name"]: names.get(span.get("parentSpanId", "")) for span in spans}


def milliseconds(spans: list[dict[str, Any]]) -> dict[str, float]:
    return {
        span["name"]: (int(span["endTimeUnixNano"]) - int(span["startTimeUnixNano"])) / 1e6
        for span in spans
    }  # fmt: skip


def begin(name: str, ts: float, **more: Any) -> dict[str, Any]:
    return {"ph": "B", "name": name, "ts": ts, "pid": 1, "tid": 1, **more}


def end(ts: float, **more: Any) -> dict[str, Any]:
    return {"ph": "E", "ts": ts, "pid": 1, "tid": 1, **more}


def complete(name: str, ts: float, dur: float, **more: Any) -> dict[str, Any]:
    return {"ph": "X", "name": name, "ts": ts, "dur": dur, "pid": 1, "tid": 1, **more}


def test_begin_and_end_events_of_a_thread_nest_as_they_are_drawn(tmp_path: Path) -> None:
    events = [begin("outer", 0), begin("inner", 1000), end(3000), complete("later", 4000, 500), end(9000)]
    spans, unread = read(written(tmp_path, events, "build.json"))

    assert unread == []
    assert tree_of(spans) == {"build": None, "outer": "build", "inner": "outer", "later": "outer"}
    assert milliseconds(spans) == {"build": 9.0, "outer": 9.0, "inner": 2.0, "later": 0.5}


def test_a_process_is_an_execution_and_its_threads_are_steps_where_there_are_several(tmp_path: Path) -> None:
    named = [
        {"ph": "M", "name": "process_name", "pid": 1, "args": {"name": "worker"}},
        {"ph": "M", "name": "thread_name", "pid": 1, "tid": 2, "args": {"name": "reader"}},
    ]
    events = [*named, complete("a", 0, 10), complete("b", 5, 10, tid=2), complete("alone", 0, 7, pid=2)]
    spans, _ = read(written(tmp_path, {"traceEvents": events}))
    kinds = {span["name"]: span["attributes"][0]["value"]["stringValue"] for span in spans}

    assert tree_of(spans) == {
        "worker": None,
        "thread 1": "worker",
        "a": "thread 1",
        "reader": "worker",
        "b": "reader",
        "file, process 2": None,
        "alone": "file, process 2",
    }
    assert [name for name, kind in kinds.items() if kind == "workflow"] == ["worker", "file, process 2"]
    assert len({span["traceId"] for span in spans}) == 2


def test_asynchronous_events_are_paired_by_their_id(tmp_path: Path) -> None:
    started = [begin("one", 0, ph="b", cat="net", id=1), begin("two", 1000, ph="b", cat="net", id="0x2")]
    ended = [end(5000, ph="e", cat="net", id=1), end(2000, ph="e", cat="net", id="0x2")]
    spans, unread = read(written(tmp_path, {"traceEvents": [*started, *ended]}))

    assert unread == []
    assert {name: time for name, time in milliseconds(spans).items() if name in ("one", "two")} == {
        "one": 5.0,
        "two": 1.0,
    }


def test_times_since_1970_stay_and_others_end_when_the_file_was_written(tmp_path: Path) -> None:
    real = 1_700_000_000 * SECOND_US
    spans, _ = read(written(tmp_path, [complete("real", real, 10)]))
    relative = written(tmp_path, [complete("relative", 77, 10)], "relative.json")
    others, _ = read(relative)

    assert {span["startTimeUnixNano"] for span in spans} == {str(real * 1000)}
    assert {span["endTimeUnixNano"] for span in others} == {str(relative.stat().st_mtime_ns)}


def test_a_trace_that_breaks_off_gives_what_stands_before(tmp_path: Path) -> None:
    text = json.dumps({"traceEvents": [complete("brace } in {text\\", 0, 10), complete("lost", 1, 2)]})
    spans, unread = read(written(tmp_path, text[: text.index('"lost"')]))

    assert "brace } in {text\\" in tree_of(spans)
    assert [one.place for one in unread] == ["event 2"]


def test_events_that_cannot_be_read_are_named_and_the_others_come_in(tmp_path: Path) -> None:
    events = [complete("good", 0, 10), {"ph": "X", "ts": "soon"}, end(3), 7, begin("open", 1), {"ph": "C", "ts": 1}]
    spans, unread = read(written(tmp_path, events))

    assert set(tree_of(spans)) == {"file", "good", "open"}
    assert [(one.place, one.reason.split(":")[0][:30]) for one in unread] == [
        ("event 2", "Its ts is 'soon', not a number"),
        ("event 3", "It ends 'something', which has"),
        ("event 4", "It is no event"),
        ("'open'", "It begins and does not end; it"),
    ]


OBSERVATION = {"id": "o-1", "traceId": "t-1", "type": "SPAN", "name": "plan", "startTime": "2026-01-01T00:00:01Z"}


def test_langfuse_records_of_a_bucket_meet_over_several_files(tmp_path: Path) -> None:
    rows = [
        {"id": "o-2", "trace_id": "t-1", "type": "GENERATION", "name": "chat", "start_time": "2026-01-01T00:00:01Z",
         "end_time": "2026-01-01T00:00:03Z", "parent_observation_id": "o-1", "provided_model_name": "m",
         "usage_details": '{"input": 5, "output": 7}'},
        {"id": "o-1", "trace_id": "t-1", "type": "SPAN", "name": "plan", "start_time": "2026-01-01T00:00:01Z"},
    ]  # fmt: skip
    observations = written(tmp_path, "\n".join(map(json.dumps, rows)), "observations.jsonl")
    trace = {"id": "t-1", "timestamp": "2026-01-01T00:00:00Z", "name": "run", "session_id": "s-9", "user_id": "u-1"}
    traces = written(tmp_path, json.dumps(trace), "traces.jsonl")
    spans, unread = read(observations, traces)
    attributes = {
        span["name"]: {one["key"]: one["value"].get("stringValue") for one in span["attributes"]} for span in spans
    }

    assert unread == []
    assert tree_of(spans) == {"plan": None, "chat": "plan"}
    assert milliseconds(spans) == {"plan": 2000.0, "chat": 2000.0}  # nobody told the end of what the call lies in
    assert attributes["plan"]["langfuse.session.id"] == "s-9"
    assert attributes["chat"]["langfuse.observation.model.name"] == "m"
    assert json.loads(attributes["chat"]["langfuse.observation.usage_details"] or "") == {"input": 5, "output": 7}


def test_several_top_observations_get_their_trace_above_them(tmp_path: Path) -> None:
    two = [OBSERVATION | {"id": "a", "name": "a"}, OBSERVATION | {"id": "b", "name": "b"}]
    trace = {"id": "t-1", "name": "run", "timestamp": "2026-01-01T00:00:00Z", "observations": two}
    spans, _ = read(written(tmp_path, {"data": [trace], "meta": {"page": 1}}))

    assert tree_of(spans) == {"run": None, "a": "run", "b": "run"}


def test_an_observation_that_cannot_be_read_is_named_and_the_others_come_in(tmp_path: Path) -> None:
    bad = [{"startTime": "yesterday"}, {"startTime": None}, {"endTime": "2025-01-01T00:00:00Z"}]
    observations = [OBSERVATION, *(OBSERVATION | one | {"id": str(at)} for at, one in enumerate(bad))]
    spans, unread = read(written(tmp_path, {"trace": {"id": "t-1"}, "observations": observations}))

    assert [span["name"] for span in spans] == ["plan"]
    assert [one.reason for one in unread] == [
        "Its startTime is 'yesterday', not a time in RFC 3339.",
        "Its startTime is 'None', not a time in RFC 3339.",
        "It ends at 2025-01-01T00:00:00Z, before it starts at 2026-01-01T00:00:01Z.",
    ]


REQUEST = {"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "a" * 32, "spanId": "b" * 16, "name": "x"}]}]}]}


@pytest.mark.parametrize("indent", [None, 2])
def test_otlp_is_read_from_lines_and_from_one_document_packed_or_not(tmp_path: Path, indent: int | None) -> None:
    path = tmp_path / "spans.json.gz"
    path.write_bytes(gzip.compress(json.dumps(REQUEST, indent=indent).encode()))
    spans, unread = read(path)

    assert ([span["name"] for span in spans], unread) == (["x"], [])


def test_a_line_of_otlp_that_cannot_be_read_is_named_and_the_next_is_read(tmp_path: Path) -> None:
    good = json.dumps(REQUEST)
    spans, unread = read(written(tmp_path, "\n".join((good, '{"resourceOther": 7}', "", good[:50], good))))

    assert len(spans) == 2
    assert [one.place for one in unread] == ["line 2", "line 4"]


def test_a_big_otlp_document_goes_on_in_pieces(tmp_path: Path) -> None:
    span = {"traceId": "a" * 32, "spanId": "b" * 16, "name": "x" * 1000}
    spans, _ = read(written(tmp_path, {"resourceSpans": [{"scopeSpans": [{"spans": [span] * 2000}]}]}))
    reader = Reader()
    found = [one for one in reader.read(tmp_path / "file.json", lambda _: None) if isinstance(one, Part)]

    assert len(spans) == 2000
    assert len(found) > 1
    assert sum(part.spans for part in found) == 2000


def test_a_line_and_a_document_that_are_too_long_are_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "LARGEST_LINE_BYTES", 1000)
    monkeypatch.setattr(parts, "LARGEST_DOCUMENT_BYTES", 3_000_000)
    good = json.dumps(REQUEST)
    spans, unread = read(written(tmp_path, "\n".join((good, f'{{"a": "{"x" * 5000}"}}', good))))
    bomb = tmp_path / "bomb.json.gz"
    bomb.write_bytes(gzip.compress(b'{"traceEvents": [' + b" " * 50_000_000))
    nothing, refused = read(bomb)

    assert (len(spans), [one.place for one in unread]) == (2, ["line 2"])
    assert nothing == []
    assert refused[0].reason.startswith("It has more than 3000000 bytes.")


@pytest.mark.parametrize(
    "content", ["", "hello", "[" * 100_000, '{"ph":' * 50_000, '{"observations": [[[[1]]]]}', "\0\1"]
)
def test_what_is_no_trace_is_refused_and_raises_nothing(tmp_path: Path, content: str) -> None:
    path = written(tmp_path, content)

    for chosen in (None, *Format):
        spans, unread = read(path, chosen=chosen)
        assert spans == []
        assert unread or (chosen in (Format.OTLP, Format.LANGFUSE) and not content)


def test_a_format_is_known_by_what_is_in_the_file() -> None:
    assert format_of(b'{"resourceSpans": [{"traceId": 1}]}') is Format.OTLP
    assert format_of(b'[{"name": "traceEvents", "ph": "X"}]') is Format.CHROME
    assert format_of(b'{"trace": {"id": "x", "projectId": "p"}, "observations": []}') is Format.LANGFUSE
    with pytest.raises(InvalidInput, match="Name the format with --format"):
        format_of(b'{"hello": "world"}')
