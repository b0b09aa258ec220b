"""Spans that real programs sent, and what each of them is."""

import json
from pathlib import Path
from typing import Any

import pytest

from span_factory import PARENT_ID, make_event, make_span, recognise

SPANS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "real_spans" / "spans.json").read_text("utf-8"))
SHOWN = (
    *("kind", "agent", "category", "operation", "step_type", "status", "error_type", "provider", "model", "tool"),
    *("input_tokens", "output_tokens", "session_id", "user_id"),
)


@pytest.mark.parametrize(
    "real", [pytest.param(real, id=f"{real['client']}-{index}") for index, real in enumerate(SPANS)]
)
def test_a_real_span_is_recognised(real: dict[str, Any]) -> None:
    facts, body = recognise(
        make_span(
            real["attributes"],
            name=real["name"],
            parent=PARENT_ID if real["parent"] else None,
            kind=real["kind"],
            status=real["status"],
            message=real["message"],
            events=[make_event(event["name"], event["attributes"]) for event in real["events"]],
        )
    )
    found = {name: getattr(facts, name) for name in SHOWN if getattr(facts, name) is not None}
    assert found == real["expected"]
    kept = json.loads(str(body.attributes))
    lost = [
        name
        for name in real["attributes"]
        if name not in kept
        and name not in (kept.get("longpole.input.from"), kept.get("longpole.output.from"))
        and not name.startswith(("llm.input_messages.", "llm.output_messages.", "gen_ai.prompt.", "gen_ai.completion."))
    ]
    assert lost == []
