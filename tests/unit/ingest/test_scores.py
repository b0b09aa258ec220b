"""Scores that come as events of spans or as log records, at any time."""

import json
from typing import Any

import pytest

from execution_trees import TRACE, agent, fact, span_id
from longpole.ingest.settle import build_rows
from longpole.model.event import Event
from span_factory import make_event, make_log, make_span, recognise, recognise_log

NAME, VALUE, LABEL = (f"gen_ai.evaluation.{part}" for part in ("name", "score.value", "score.label"))


def told(attributes: dict[str, Any], span: int | None = 0) -> Event:
    return Event(
        workspace="default",
        trace_id=TRACE,
        span_id="" if span is None else span_id(span),
        execution_id=None,
        event_index=1,
        time_ns=5,
        name="gen_ai.evaluation.result",
        kind="log",
        attributes=json.dumps(attributes),
        received_ns=9,
    )


def test_an_event_of_a_span_is_a_score_of_its_execution_and_stays_an_event():
    spans = [agent(0, end=100), fact(1, 0, start=10)]
    spans[1].events.append(told({NAME: "helpful", VALUE: 0.5, LABEL: "yes", "gen_ai.evaluation.explanation": "ok"}, 1))
    rows = build_rows(spans, now_ns=1)
    (score,) = rows.scores
    assert (score.execution_id, score.name, score.value, score.label, score.comment) == (
        TRACE + span_id(0), "helpful", 0.5, "yes", "ok",
    )  # fmt: skip
    assert (score.time_ns, score.received_ns, len(rows.events)) == (5, 9, 1)


def test_a_score_of_no_span_is_one_of_the_top_execution():
    rows = build_rows([agent(0, end=100)], now_ns=1, stray_events={TRACE: [told({NAME: "n", LABEL: "bad"}, None)]})
    assert [(score.execution_id, score.label) for score in rows.scores] == [(TRACE + span_id(0), "bad")]


@pytest.mark.parametrize(
    "attributes",
    [
        {NAME: "n"},
        {VALUE: 1.0},
        {NAME: " ", VALUE: 1.0},
        {NAME: "n", VALUE: "0.5"},
        {NAME: "n", VALUE: True},
        {NAME: "n", VALUE: "NaN", LABEL: ""},
        {NAME: ["n"], VALUE: {"x": 1}},
    ],
)
def test_what_says_nothing_is_an_event_and_no_score(attributes: dict[str, Any]):
    span = agent(0, end=100)
    span.events.append(told(attributes))
    rows = build_rows([span], now_ns=1)
    assert (rows.scores, len(rows.events)) == ([], 1)


def test_spans_and_logs_are_recognised_without_secrets():
    attributes = {NAME: "tone", VALUE: 1, "gen_ai.evaluation.explanation": "mail to ann@example.com"}
    span, _ = recognise(make_span({}, parent=None, events=[make_event("gen_ai.evaluation.result", attributes)]))
    log = recognise_log(make_log(attributes, name="gen_ai.evaluation.result"))
    assert isinstance(log, Event)
    for event in (*span.events, log):
        assert event.name == "gen_ai.evaluation.result"
        assert "ann@example.com" not in (event.attributes or "")


def test_a_log_that_comes_before_its_spans_waits_for_them():
    rows = build_rows([], now_ns=1, stray_events={TRACE: [told({NAME: "n", VALUE: 1})]})
    assert not rows.is_complete
    assert rows.scores == []
