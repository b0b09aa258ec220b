"""Status, errors, tokens, ids, times and the rest of what one span tells: one test for each rule."""

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longpole.ingest.facts import Facts
from longpole.ingest.span import SpanLink
from longpole.model.event import AgentSeen, Event
from longpole.wire.attribute_names import COUNTS, HINTS, INPUTS, OBJECTS, OUTPUTS, SCALED, TEXTS
from longpole.wire.attribute_values import MEANINGS, PRESENCE
from span_factory import (
    PARENT_ID,
    SECOND,
    SPAN_ID,
    STARTED_NS,
    make_event,
    make_log,
    make_span,
    recognise,
    recognise_log,
)

LLM = {"gen_ai.operation.name": "chat"}


def facts_of(attributes: dict[str, Any] | None = None, **fields: Any) -> Facts:
    return recognise(make_span(attributes, **fields))[0]


# Status


def test_a_span_that_ended_well_is_a_success() -> None:
    assert facts_of().status == "success"


def test_a_span_with_error_status_has_failed_and_its_exception_says_why() -> None:
    exception = make_event(
        "exception", {"exception.type": "ValueError", "exception.message": "no", "exception.stacktrace": "Traceback"}
    )
    facts, body = recognise(make_span(status=2, message="ValueError: no", events=[exception]))
    assert (facts.status, facts.error_type, facts.error_message) == ("failed", "ValueError", "no")
    assert body.error_stack == "Traceback"
    assert "Traceback" not in str(facts.events[0].attributes)


def test_the_error_type_attribute_wins_over_the_exception() -> None:
    event = make_event("exception", {"exception.type": "Wrapper", "exception.message": "no"})
    assert facts_of({"error.type": "429"}, status=2, events=[event]).error_type == "429"


def test_an_error_type_is_read_from_the_status_message_when_nothing_else_has_it() -> None:
    facts = facts_of(status=2, message="openai.RateLimitError: slow down")
    assert (facts.error_type, facts.error_message) == ("openai.RateLimitError", "openai.RateLimitError: slow down")


def test_a_failed_http_call_is_known_by_its_status_code() -> None:
    assert facts_of({"http.method": "GET", "http.status_code": 500}, status=2).error_type == "500"


def test_an_error_type_without_a_status_is_a_failure_unless_the_span_says_ok() -> None:
    assert facts_of({"error.type": "tool_error"}).status == "failed"
    good = facts_of({"error.type": "tool_error"}, status=1)
    assert (good.status, good.error_type) == ("success", None)


def test_an_exception_that_was_handled_is_an_event_and_no_failure() -> None:
    facts = facts_of(events=[make_event("exception", {"exception.type": "KeyError"})])
    assert (facts.status, facts.error_type, facts.events[0].kind) == ("success", None, "exception")


@pytest.mark.parametrize("error_type", ["TimeoutError", "httpx.ReadTimeout", "APITimeoutError", "timeout", "504"])
def test_a_timeout_class_is_a_timeout(error_type: str) -> None:
    assert facts_of({"error.type": error_type}, status=2).status == "timeout"


@pytest.mark.parametrize("message", ["Request timed out.", "context deadline exceeded", "timeout after 30s"])
def test_a_message_about_a_timeout_is_a_timeout(message: str) -> None:
    assert facts_of(status=2, message=message).status == "timeout"


def test_a_complaint_about_a_timeout_setting_is_only_a_failure() -> None:
    assert facts_of(status=2, message="ValueError: timeout must be positive").status == "failed"


def test_longpoles_own_status_decides() -> None:
    assert facts_of({"longpole.status": "skipped"}).status == "skipped"
    assert facts_of({"longpole.status": "timeout"}, status=2).status == "timeout"
    assert facts_of({"longpole.status": "running"}).status == "success"
    assert facts_of({"longpole.status": "bored"}).status == "success"


def test_an_agent_whose_own_decision_was_to_skip_is_skipped() -> None:
    decision = make_event("longpole.decision", {"candidate": "billing", "outcome": "skipped", "score": 0.2})
    attributes = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "billing"}
    assert facts_of(attributes, events=[decision]).status == "skipped"
    router = {**attributes, "gen_ai.agent.name": "router"}
    assert facts_of(router, events=[decision]).status == "success"


def test_an_open_span_is_running_and_an_open_model_call_waits_for_its_answer() -> None:
    assert facts_of({"longpole.open": True}, ended_ns=0).status == "running"
    waiting = facts_of({**LLM, "longpole.open": True}, ended_ns=0)
    assert (waiting.status, waiting.ended_ns, waiting.duration_ns) == ("llm_request", None, None)
    token = make_event("longpole.first_token", after_ns=9)
    assert facts_of({**LLM, "longpole.open": True}, ended_ns=0, events=[token]).status == "llm_response"


def test_a_pending_span_tells_of_its_parent_which_is_open() -> None:
    attributes = {"logfire.span_type": "pending_span", "logfire.pending_parent_id": "1111111111111111", **LLM}
    facts, body = recognise(make_span(attributes, ended_ns=STARTED_NS))
    assert (facts.span_id, facts.parent_span_id, facts.ended_ns) == (PARENT_ID, "1111111111111111", None)
    assert (facts.status, body.span_id) == ("llm_request", PARENT_ID)
    root = {"logfire.span_type": "pending_span", "logfire.pending_parent_id": "0000000000000000"}
    assert facts_of(root).parent_span_id is None


def test_langfuse_level_and_claude_success_tell_a_failure() -> None:
    facts = facts_of({"langfuse.observation.level": "ERROR", "langfuse.observation.status_message": "bad"})
    assert (facts.status, facts.error_message) == ("failed", "bad")
    assert facts_of({"success": False}).status == "failed"


# Tokens


@pytest.mark.parametrize(
    "attributes",
    [
        {"gen_ai.usage.input_tokens": 10, "gen_ai.usage.output_tokens": 4},
        {"gen_ai.usage.prompt_tokens": 10, "gen_ai.usage.completion_tokens": 4},
        {"llm.token_count.prompt": 10, "llm.token_count.completion": 4},
        {"ai.usage.promptTokens": 10, "ai.usage.completionTokens": 4},
        {"ai.usage.inputTokens": 10, "ai.usage.outputTokens": 4},
        {"llm.usage.prompt_tokens": "10", "llm.usage.completion_tokens": 4.0},
        {"input_tokens": 10, "output_tokens": 4},
        {"langfuse.observation.usage_details": '{"input": 10, "output": 4, "total": 14}'},
        {"mlflow.chat.tokenUsage": '{"input_tokens": 10, "output_tokens": 4, "total_tokens": 14}'},
    ],
)
def test_tokens_are_read_from_every_convention(attributes: dict[str, Any]) -> None:
    facts = facts_of({**LLM, **attributes})
    assert (facts.input_tokens, facts.output_tokens) == (10, 4)


@pytest.mark.parametrize("value", [math.nan, math.inf, -1, True, "many", 1.5, [3], {"a": 1}, None, 10**16, "-3", ""])
def test_a_count_that_is_none_is_not_sent(value: Any) -> None:
    assert facts_of({**LLM, "gen_ai.usage.input_tokens": value}).input_tokens is None
    other = {**LLM, "gen_ai.usage.input_tokens": value, "llm.token_count.prompt": 5}
    assert facts_of(other).input_tokens == 5


def test_a_zero_that_was_sent_stays_zero_and_nothing_sent_stays_unknown() -> None:
    assert facts_of({**LLM, "gen_ai.usage.input_tokens": 0}).input_tokens == 0
    assert facts_of(LLM).input_tokens is None


def test_cached_and_reasoning_tokens_are_read() -> None:
    facts = facts_of(
        {
            **LLM,
            "gen_ai.usage.input_tokens": 100,
            "gen_ai.usage.cache_read.input_tokens": 60,
            "gen_ai.usage.cache_creation_input_tokens": 20,
            "llm.token_count.completion_details.reasoning": 7,
        }
    )
    assert (facts.cache_read_tokens, facts.cache_write_tokens, facts.reasoning_tokens) == (60, 20, 7)


def test_langfuse_details_count_the_parts_of_the_input_apart() -> None:
    details = '{"input": 40, "input_cached_tokens": 60, "output": 3, "output_reasoning_tokens": 5, "total": 108}'
    facts = facts_of({**LLM, "langfuse.observation.usage_details": details})
    assert (facts.input_tokens, facts.cache_read_tokens) == (100, 60)
    assert (facts.output_tokens, facts.reasoning_tokens) == (8, 5)


def test_an_agent_keeps_the_usage_it_repeats() -> None:
    facts = facts_of({"ai.operationId": "ai.generateText", "ai.usage.inputTokens": 229, "ai.usage.outputTokens": 51})
    assert (facts.kind, facts.input_tokens, facts.output_tokens) == ("agent", 229, 51)


# Model, provider, cost


def test_the_model_that_answered_is_preferred_to_the_one_asked_for() -> None:
    both = {**LLM, "gen_ai.request.model": "gpt-4o-mini", "gen_ai.response.model": "gpt-4o-mini-2024-07-18"}
    assert facts_of(both).model == "gpt-4o-mini-2024-07-18"
    assert facts_of({**LLM, "gen_ai.request.model": "gpt-4o-mini"}).model == "gpt-4o-mini"


def test_a_provider_loses_the_kind_of_its_endpoint() -> None:
    assert facts_of({**LLM, "gen_ai.system": "openai.responses"}).provider == "openai"
    assert facts_of({**LLM, "gen_ai.provider.name": "aws.bedrock"}).provider == "aws.bedrock"


def test_a_known_model_is_priced_by_us_and_not_by_the_client() -> None:
    attributes = {
        **LLM,
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.usage.input_tokens": 21,
        "gen_ai.usage.output_tokens": 17,
        "operation.cost": 9.0,
    }
    facts = facts_of(attributes)
    assert facts.cost_usd_nanos == 13_350
    assert str(facts.price_version).startswith("genai-prices ")


def test_the_cost_of_a_model_we_do_not_know_is_what_the_client_says_or_unknown() -> None:
    unknown = {**LLM, "gen_ai.request.model": "house-7b", "gen_ai.usage.input_tokens": 3}
    assert facts_of({**unknown, "gen_ai.usage.output_tokens": 1}).cost_usd_nanos is None
    sent = facts_of({**unknown, "gen_ai.usage.output_tokens": 1, "llm.cost.total": 0.0005})
    assert (sent.cost_usd_nanos, sent.price_version) == (500_000, "client")


def test_a_cost_is_unknown_without_usage() -> None:
    assert facts_of({**LLM, "gen_ai.request.model": "gpt-4o-mini"}).cost_usd_nanos is None


# Who, where, when


def test_the_resource_tells_service_version_environment_and_process() -> None:
    resource = {
        "service.name": "shop",
        "service.version": "1.4",
        "deployment.environment.name": "staging",
        "service.instance.id": "i-1",
    }
    facts, body = recognise(make_span(resource=resource))
    assert (facts.service, facts.version, facts.environment, facts.process) == ("shop", "1.4", "staging", "i-1")
    assert '"otel.scope.name":"tests"' in str(body.resource)
    assert facts_of(resource={"host.name": "h", "process.pid": 12}).process == "h:12"


@pytest.mark.parametrize(
    ("attributes", "session", "user"),
    [
        ({"session.id": "s", "user.id": "u", "gen_ai.conversation.id": "c"}, "s", "u"),
        ({"gen_ai.conversation.id": "s", "enduser.id": "u"}, "s", "u"),
        ({"langfuse.session.id": "s", "langfuse.user.id": "u"}, "s", "u"),
        ({"traceloop.association.properties.session_id": "s", "traceloop.association.properties.user_id": 7}, "s", "7"),
        ({"ai.telemetry.metadata.sessionId": "s", "ai.telemetry.metadata.userId": "u"}, "s", "u"),
        ({"mlflow.trace.session": "s", "mlflow.trace.user": "u"}, "s", "u"),
        ({"gcp.vertex.agent.session_id": "s", "user.id": " "}, "s", None),
        ({"metadata": '{"session_id": "s", "user_id": "u"}'}, "s", "u"),
    ],
)
def test_session_and_user_are_read_from_every_convention(
    attributes: dict[str, Any], session: str, user: str | None
) -> None:
    facts = facts_of(attributes)
    assert (facts.session_id, facts.user_id) == (session, user)


def test_a_trigger_is_read_from_what_the_server_queue_or_function_says() -> None:
    server = facts_of({"http.route": "/ask", "http.request.method": "POST"}, kind=2)
    queue = facts_of({"messaging.system": "sqs", "messaging.destination.name": "jobs"}, kind=5)
    timer = facts_of({"faas.trigger": "timer", "faas.name": "nightly"})
    own = facts_of({"longpole.trigger.type": "manual", "faas.trigger": "timer"})
    assert (server.trigger_type, server.trigger_source) == ("api", "POST /ask")
    assert (queue.trigger_type, queue.trigger_source) == ("queue", "jobs")
    assert (timer.trigger_type, timer.trigger_source) == ("scheduled", "nightly")
    assert own.trigger_type == "manual"


def test_the_place_of_the_code_is_read_in_its_old_and_new_names() -> None:
    new = facts_of({"code.file.path": "a.py", "code.line.number": 3, "code.function.name": "m.f"})
    old = facts_of({"code.filepath": "a.py", "code.lineno": 3, "code.function": "f", "code.namespace": "m"})
    assert (new.code_file, new.code_line, new.code_function) == ("a.py", 3, "m.f")
    assert (old.code_file, old.code_line, old.code_function) == ("a.py", 3, "m.f")


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"ai.response.msToFirstChunk": 103.07}, 103_070_000),
        ({"gen_ai.response.time_to_first_chunk": 0.25}, 250_000_000),
        ({"ttft_ms": 12}, 12_000_000),
        ({"longpole.first_token_ns": 77}, 77),
        ({"gen_ai.response.time_to_first_chunk": -1}, None),
        ({"langfuse.observation.completion_start_time": '"2026-11-21T01:45:54.5Z"'}, 1_500_000_000),
    ],
)
def test_the_first_token_is_read_in_every_unit(attributes: dict[str, Any], expected: int | None) -> None:
    assert facts_of({**LLM, **attributes}).first_token_ns == expected


def test_the_first_event_of_a_stream_is_the_first_token() -> None:
    events = [make_event("First Token Stream Event", after_ns=40), make_event("ai.stream.firstChunk", after_ns=90)]
    assert facts_of(LLM, events=events).first_token_ns == 40


def test_attempts_are_counted_from_one_and_resends_from_the_second() -> None:
    assert facts_of({"longpole.attempt": 3}).attempt == 3
    assert facts_of({"http.request.resend_count": 2}).attempt == 3
    assert facts_of({"attempt": "2"}).attempt == 2


def test_longpoles_own_numbers_are_read() -> None:
    facts = facts_of(
        {
            "longpole.execution.id": "e-1",
            "longpole.method": "run",
            "longpole.call.reason": "delegated",
            "longpole.step.index": 4,
            "longpole.steps.total": 9,
            "longpole.credits": "2.5",
            "longpole.weight": 20,
            "longpole.process.memory_mb": 51.5,
            "longpole.runtime_mode": "fast",
            "longpole.argument_hash": "abc",
        }
    )
    assert (facts.execution_id, facts.method, facts.call_reason) == ("e-1", "run", "delegated")
    assert (facts.step_index, facts.steps_announced, facts.credits, facts.weight) == (4, 9, 2.5, 20.0)
    assert (facts.memory_usage_mb, facts.runtime_mode, facts.argument_hash) == (51.5, "fast", "abc")


@pytest.mark.parametrize("sent", ['[{"name": "draft"}]', [{"name": "draft"}]], ids=["text", "list"])
def test_checkpoints_may_be_a_text_or_a_list(sent: Any) -> None:
    assert json.loads(facts_of({"longpole.checkpoints": sent}).checkpoints or "") == [{"name": "draft"}]


@pytest.mark.parametrize("weight", [0, -2, math.nan, "x"])
def test_a_weight_that_is_none_counts_once(weight: Any) -> None:
    assert facts_of({"longpole.weight": weight}).weight == 1.0


def test_the_first_link_to_another_span_is_kept() -> None:
    facts = facts_of(links=[SpanLink("0af7651916cd43dd8448eb211c80319c", SPAN_ID), SpanLink("f" * 32, "e" * 16)])
    assert (facts.link_trace_id, facts.link_span_id) == ("f" * 32, "e" * 16)


def test_the_duration_is_what_lies_between_start_and_end() -> None:
    assert facts_of().duration_ns == SECOND
    assert facts_of(ended_ns=STARTED_NS - 5).duration_ns == 0


# Events and logs


def test_stages_logs_and_decisions_become_rows() -> None:
    events = [
        make_event("longpole.stage", {"stage": "llm_call", "status": "started", "duration_ms": 2.5}),
        make_event("longpole.log", {"level": "warning", "message": "slow"}),
        make_event(
            "longpole.decision",
            {"candidate": "billing", "considered": True, "score": 0.3, "threshold": 0.5, "outcome": "skipped"},
        ),
        make_event("custom", {"a": 1}),
    ]
    facts = facts_of(events=events)
    assert [event.kind for event in facts.events] == ["stage", "log", "decision", "other"]
    assert [event.event_index for event in facts.events] == [0, 1, 2, 3]
    assert (facts.stage, facts.events[0].stage, facts.events[0].duration_ns) == ("llm_call", "llm_call", 2_500_000)
    assert (facts.events[1].level, facts.events[1].message) == ("warning", "slow")
    (decision,) = facts.decisions
    assert (decision.candidate, decision.score, decision.threshold, decision.outcome) == (
        "billing",
        0.3,
        0.5,
        "skipped",
    )
    assert facts.events[3].attributes == '{"a":1}'


def test_a_log_record_of_a_trace_is_an_event_with_a_number_of_its_own() -> None:
    event = recognise_log(make_log({"k": 1}, body="cache miss"))
    again = recognise_log(make_log({"k": 1}, body="cache miss"))
    other = recognise_log(make_log({"k": 2}, body="cache miss"))
    assert isinstance(event, Event)
    assert isinstance(other, Event)
    assert (event.kind, event.message, event.level, event.span_id) == ("log", "cache miss", "info", SPAN_ID)
    assert event == again
    assert event.event_index >= 1_000_000
    assert event.event_index != other.event_index


def test_a_log_record_without_a_trace_is_no_event() -> None:
    assert recognise_log(make_log({"k": 1}, body="hello", trace_id=None, span_id=None)) is None


def test_a_registration_is_an_agent_that_may_never_run() -> None:
    attributes = {"longpole.agent": "billing", "longpole.method": "run", "code.file.path": "b.py"}
    seen = recognise_log(make_log(attributes, name="longpole.agent.registered", trace_id=None, span_id=None))
    assert isinstance(seen, AgentSeen)
    assert (seen.agent, seen.method, seen.service, seen.version) == ("billing", "run", "shop", "2.1")
    assert (seen.code_file, seen.is_registered) == ("b.py", True)
    assert recognise_log(make_log({}, name="longpole.agent.registered")) is None


# Anything goes

_names = sorted(
    {name for group in (TEXTS, COUNTS, HINTS, OBJECTS) for names in group.values() for name in names}
    | {name for scaled in SCALED.values() for name, _ in scaled}
    | {name.strip("{}") for name in (*INPUTS, *OUTPUTS)}
    | set(MEANINGS)
    | set(PRESENCE)
    | {"llm.input_messages.0.message.role", "llm.input_messages.0", "llm.input_messages.x.y", "gen_ai.prompt.0.content"}
)
_scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | st.text(max_size=20)
    | st.binary(max_size=5)
    | st.sampled_from(["chat", "AGENT", "CHAIN", "workflow", '{"input": 1}', "[", "{", '{"total": 1e999}', "ERROR"])
)
_values = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)
_attributes = st.dictionaries(st.sampled_from(_names) | st.text(max_size=30), _values, max_size=12)


@settings(max_examples=300, deadline=None)
@given(_attributes, _attributes, st.sampled_from(["exception", "longpole.decision", "gen_ai.choice", "x"]))
def test_nothing_that_a_client_sends_makes_recognition_raise(
    attributes: dict[str, Any], inner: dict[str, Any], event: str
) -> None:
    span = make_span(attributes, status=2, events=[make_event(event, inner)], resource=inner)
    facts, body = recognise(span)
    assert facts.status
    assert body.attributes is not None
    recognise_log(make_log(attributes, name=event, body=inner))
