"""Input, output, attributes, their hash and what is taken out of them: one test for each rule."""

import json
from typing import Any

import pytest

from longpole.ingest.recognise_bodies import hash_of
from longpole.model.event import Body, Event
from span_factory import make_event, make_log, make_span, recognise, recognise_log

KEY = "sk-abcdefghijklmnopqrstuvwxyz123456"


def body_of(attributes: dict[str, Any], **fields: Any) -> Body:
    return recognise(make_span(attributes, **fields))[1]


def attributes_of(body: Body) -> dict[str, Any]:
    return json.loads(str(body.attributes))


@pytest.mark.parametrize(
    ("name_in", "name_out"),
    [
        ("longpole.input", "longpole.output"),
        ("gen_ai.input.messages", "gen_ai.output.messages"),
        ("gen_ai.tool.call.arguments", "gen_ai.tool.call.result"),
        ("gen_ai.prompt", "gen_ai.completion"),
        ("input.value", "output.value"),
        ("traceloop.entity.input", "traceloop.entity.output"),
        ("ai.prompt.messages", "ai.response.text"),
        ("ai.prompt", "ai.response.object"),
        ("ai.toolCall.args", "ai.toolCall.result"),
        ("tool_arguments", "tool_response"),
        ("gcp.vertex.agent.llm_request", "gcp.vertex.agent.llm_response"),
        ("gcp.vertex.agent.tool_call_args", "gcp.vertex.agent.tool_response"),
        ("langfuse.observation.input", "langfuse.observation.output"),
        ("mlflow.spanInputs", "mlflow.spanOutputs"),
        ("genkit:input", "genkit:output"),
        ("haystack.component.input", "haystack.component.output"),
    ],
)
def test_input_and_output_are_found_in_every_convention(name_in: str, name_out: str) -> None:
    body = body_of({name_in: '{"q": 1}', name_out: "done", "other": 5})
    assert (body.input, body.output) == ('{"q": 1}', "done")
    assert attributes_of(body) == {"other": 5, "longpole.input.from": name_in, "longpole.output.from": name_out}


def test_a_flattened_list_of_messages_becomes_a_list() -> None:
    body = body_of(
        {
            "llm.input_messages.1.message.role": "user",
            "llm.input_messages.1.message.content": "hi",
            "llm.input_messages.2.message.role": "assistant",
            "llm.input_messages.2.message.tool_calls.0.tool_call.function.name": "search",
            "llm.input_messages.2.message.tool_calls.0.tool_call.id": "c1",
            "llm.input_messages.10.message.role": "tool",
            "llm.output_messages.0.message.content": "bye",
            "input.value": "raw",
        }
    )
    assert json.loads(str(body.input)) == [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "tool_calls": [{"function": {"name": "search"}, "id": "c1"}]},
        {"role": "tool"},
    ]
    assert json.loads(str(body.output)) == [{"content": "bye"}]
    assert attributes_of(body) == {
        "input.value": "raw",
        "longpole.input.from": "llm.input_messages",
        "longpole.output.from": "llm.output_messages",
    }


def test_the_old_prompt_attributes_become_a_list() -> None:
    body = body_of(
        {"gen_ai.prompt.0.role": "user", "gen_ai.prompt.0.content": "hi", "gen_ai.completion.0.content": "a"}
    )
    assert json.loads(str(body.input)) == [{"role": "user", "content": "hi"}]
    assert json.loads(str(body.output)) == [{"content": "a"}]


def test_a_flattened_list_whose_names_clash_loses_nothing() -> None:
    body = body_of({"gen_ai.prompt.0": "whole", "gen_ai.prompt.0.content": "part", "gen_ai.prompt.x": 1})
    assert "whole" in str(body.input)
    assert "part" in str(body.input)


def test_messages_that_come_as_events_are_input_and_output() -> None:
    body = body_of(
        {"gen_ai.operation.name": "chat"},
        events=[
            make_event("gen_ai.user.message", {"content": "hi"}),
            make_event("gen_ai.choice", {"message": "hello", "finish_reason": "stop"}),
        ],
    )
    assert json.loads(str(body.input)) == [{"role": "user", "content": "hi"}]
    assert json.loads(str(body.output)) == [{"role": "assistant", "message": "hello", "finish_reason": "stop"}]
    old = body_of({}, events=[make_event("gen_ai.content.prompt", {"gen_ai.prompt": "hi"})])
    assert old.input == "hi"
    details = {"gen_ai.input.messages": '[{"role": "user"}]', "gen_ai.output.messages": "[]"}
    new = body_of({}, events=[make_event("gen_ai.client.inference.operation.details", details)])
    assert (new.input, new.output) == ('[{"role": "user"}]', "[]")


def test_a_database_call_shows_its_statement() -> None:
    assert body_of({"db.system": "sqlite", "db.statement": "select 1"}).input == "select 1"


def test_what_is_not_text_is_kept_as_json() -> None:
    assert body_of({"input.value": {"a": [1, None, True]}}).input == '{"a":[1,null,true]}'
    assert body_of({"input.value": 7}).input == "7"


def test_equal_arguments_have_equal_hashes_whatever_their_order() -> None:
    one = recognise(make_span({"gen_ai.tool.call.arguments": '{"a": 1, "b": {"d": 2, "c": 3}}'}))[0]
    two = recognise(make_span({"input.value": '{"b":{"c":3,"d":2},"a":1}'}))[0]
    other = recognise(make_span({"input.value": '{"b":{"c":3,"d":2},"a":2}'}))[0]
    assert one.argument_hash == two.argument_hash
    assert one.argument_hash != other.argument_hash
    assert len(str(one.argument_hash)) == 32
    assert recognise(make_span({}))[0].argument_hash is None


def test_what_is_no_json_or_too_long_is_hashed_as_it_is() -> None:
    long = json.dumps({"text": "x" * 40_000})
    assert hash_of("{not json") != hash_of("{not  json")
    assert hash_of(long) == hash_of(long)


@pytest.mark.parametrize(
    "attributes",
    [
        {"input.value": f"my key is {KEY}"},
        {"input.value": f"a\nBearer {KEY}"},
        {"llm.input_messages.0.message.content": f"use {KEY}"},
        {"http.request.header.authorization": "Basic Zm9vOmJhcg=="},
        {"headers": {"authorization": "x1y2z3"}},
        {"tools": ["a", f"key {KEY}"]},
        {"auth.token": "abcdefghijkl1234"},
        {"gen_ai.output.messages": f'[{{"content": "{KEY}"}}]'},
    ],
)
def test_secrets_of_foreign_clients_are_not_stored(attributes: dict[str, Any]) -> None:
    body = body_of({"gen_ai.operation.name": "chat", "model": "gpt-4o", **attributes})
    stored = f"{body.input} {body.output} {body.attributes}"
    assert "[redacted]" in stored
    for secret in (KEY, "Zm9v", "x1y2z3", "abcdefghijkl1234"):
        assert secret not in stored


def test_secrets_in_errors_events_names_and_resources_are_not_stored() -> None:
    exception = {"exception.type": "E", "exception.message": f"bad {KEY}", "exception.stacktrace": f"at {KEY}"}
    facts, body = recognise(
        make_span(
            name=f"call {KEY}",
            status=2,
            message=f"no {KEY}",
            events=[make_event("exception", exception)],
            resource={"api_key": "secret-value-1"},
        )
    )
    assert KEY not in f"{facts} {body}"
    assert "secret-value-1" not in str(body.resource)
    event = recognise_log(make_log({"k": KEY}, body=f"login with {KEY}"))
    assert isinstance(event, Event)
    assert KEY not in str(event)


def test_a_mail_address_as_user_can_still_be_searched_for() -> None:
    facts, body = recognise(make_span({"user.id": "ann@example.com", "input.value": "mail ann@example.com"}))
    assert facts.user_id == "ann@example.com"
    assert "ann@example.com" not in f"{body.input} {body.attributes}"


def test_token_counts_are_no_secrets() -> None:
    assert attributes_of(body_of({"gen_ai.usage.input_tokens": 5, "max_tokens": 10})) == {
        "gen_ai.usage.input_tokens": 5,
        "max_tokens": 10,
    }


def test_the_span_that_came_in_is_not_changed() -> None:
    attributes = {"input.value": KEY, "llm.output_messages.0.message.content": "x"}
    span = make_span(dict(attributes))
    recognise(span)
    assert span.attributes == attributes
