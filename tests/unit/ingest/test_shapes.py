"""Spans that are alike are recognised from what the rules said of an earlier one; that must never show."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from longpole.ingest.assemble import Recogniser
from longpole.ingest.shapes import MOST_VERDICTS, Shapes
from longpole.ingest.span import Span
from span_factory import PARENT_ID, make_event, make_span

REAL: list[dict[str, Any]] = json.loads((Path(__file__).parent / "real_spans" / "spans.json").read_text("utf-8"))
CHAT = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o-mini",
    "gen_ai.usage.input_tokens": 10,
    "gen_ai.usage.output_tokens": 2,
    "gen_ai.input.messages": '[{"role":"user","content":"hello"}]',
}
_odd_texts = some.sampled_from(
    ["", " ", "chat", "invoke_agent", "12", "null", "user@example.com", "4111111111111111", "x" * 5000]
)
_odd = _odd_texts | some.sampled_from(
    [0, 1, True, False, 1.0, -1, 10**16, 4111111111111111, 2.5, None, [], ["a"], [1], {}, {"a": 1}]
)


def span_of(real: dict[str, Any], attributes: dict[str, Any]) -> Span:
    return make_span(
        attributes,
        name=real["name"],
        parent=PARENT_ID if real["parent"] else None,
        kind=real["kind"],
        status=real["status"],
        message=real["message"],
        events=[make_event(event["name"], event["attributes"]) for event in real["events"]],
        resource={"service.name": "shop"},
    )


def test_every_real_span_tells_the_same_the_first_and_the_second_time():
    spans = [span_of(real, real["attributes"]) for real in REAL]
    warm = Recogniser()
    first = [warm.span(span) for span in spans]
    assert [warm.span(span) for span in spans] == first
    assert warm.spans(spans) == first
    assert [Recogniser().span(span) for span in spans] == first


@settings(max_examples=300, deadline=None)
@given(some.data())
def test_what_came_before_never_changes_what_a_span_tells(data: some.DataObject):
    real = data.draw(some.sampled_from(REAL))
    changes = some.dictionaries(some.sampled_from(sorted(real["attributes"]) or ["x"]), _odd, max_size=3)
    spans = [span_of(real, {**real["attributes"], **data.draw(changes)}) for _ in range(3)]
    warm = Recogniser()
    warm.span(span_of(real, real["attributes"]))
    assert warm.spans(spans) == [Recogniser().span(span) for span in spans]


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("gen_ai.input.messages", '[{"role":"user","content":"write to bo@example.com"}]'),
        ("gen_ai.request.model", "sk-abcdefghijklmnopqrstuvwx"),
        ("gen_ai.usage.input_tokens", 4111111111111111),
        ("stop", ["sk-abcdefghijklmnopqrstuvwx"]),
    ],
)
def test_a_secret_is_taken_out_of_a_span_that_is_like_an_earlier_one(name: str, secret: object):
    warm = Recogniser()
    warm.span(make_span({**CHAT, "stop": ["end"]}))
    _, body = warm.spans([make_span({**CHAT, "stop": ["end"]}), make_span({**CHAT, "stop": ["end"], name: secret})])[1]
    assert "[redacted]" in f"{body.input} {body.attributes}"


def test_a_lesser_source_tells_what_the_best_one_of_this_span_does_not():
    warm = Recogniser()
    both = {**CHAT, "llm.token_count.prompt": 7}
    assert warm.span(make_span(both))[0].input_tokens == 10
    assert warm.span(make_span({**both, "gen_ai.usage.input_tokens": -1}))[0].input_tokens == 7
    assert warm.span(make_span(both))[0].input_tokens == 10


def test_the_resource_of_a_span_is_its_own():
    warm = Recogniser()
    assert warm.span(make_span(CHAT, resource={"service.name": "shop", "user.id": "u1"}))[0].user_id == "u1"
    second = warm.span(make_span(CHAT, resource={"service.name": "till"}))[0]
    assert (second.service, second.user_id) == ("till", None)


def test_what_is_remembered_has_an_end():
    warm = Recogniser()
    for number in range(MOST_VERDICTS + 100):
        warm.span(make_span(CHAT, name=f"chat {number}"))
    shapes: Shapes = warm._shapes
    kept = sum(len(shape.verdicts) for shape in shapes._shapes.values() if shape is not None)
    assert 0 < kept <= MOST_VERDICTS
