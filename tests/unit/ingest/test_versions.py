"""Versions made of prompt, tools, model and commit, from whatever convention tells them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from execution_trees import agent, fact
from longpole.ingest.known_traces import facts_of_execution, facts_of_step
from longpole.ingest.settle import build_rows
from longpole.ingest.versions import version_of
from longpole.wire.recipe import read_recipe
from span_factory import make_event, make_span, recognise

PROMPT = "You are a careful triage agent."
OTHER = "You are a careless triage agent."
TOOLS = [
    {"name": "search", "parameters": {"type": "object", "properties": {"q": {"type": "string"}}}},
    {"name": "fetch", "parameters": {"type": "object"}},
]
CHAT = [{"role": "system", "content": PROMPT}, {"role": "user", "content": "hello"}]


def with_prompt(prompt: str) -> dict[str, dict[str, Any]]:
    """One call with this system prompt in every convention that we read, by the convention's name."""
    chat = [{"role": "system", "content": prompt}, {"role": "user", "content": "hello"}]
    parts = [{"role": "system", "parts": [{"type": "text", "content": prompt}]}, {"role": "user", "parts": []}]
    return {
        "system_instructions": {"gen_ai.system_instructions": json.dumps([{"type": "text", "content": prompt}])},
        "input.messages": {"gen_ai.input.messages": json.dumps(parts)},
        "input.messages as a list": {"gen_ai.input.messages": parts},
        "openinference": {
            "llm.input_messages.0.message.role": "system",
            "llm.input_messages.0.message.content": prompt,
            "llm.input_messages.1.message.role": "user",
        },
        "openinference parts": {
            "llm.input_messages.0.message.role": "system",
            "llm.input_messages.0.message.contents.0.message_content.text": prompt,
        },
        "openllmetry": {"gen_ai.prompt.0.role": "system", "gen_ai.prompt.0.content": prompt},
        "langfuse": {"langfuse.observation.input": json.dumps(chat)},
        "langfuse object": {"langfuse.observation.input": json.dumps({"messages": chat})},
        "mlflow": {"mlflow.spanInputs": json.dumps({"messages": chat})},
        "request": {"input.value": json.dumps({"system": prompt, "messages": chat[1:]})},
        "responses": {"input.value": json.dumps({"instructions": prompt, "input": "hello"})},
        "vertex": {
            "gcp.vertex.agent.llm_request": json.dumps({"config": {"system_instruction": prompt}, "contents": []})
        },
        "ai sdk": {"ai.prompt.messages": json.dumps(chat)},
        "own": {"longpole.input": json.dumps({"messages": chat})},
        "developer role": {"gen_ai.input.messages": json.dumps([{"role": "developer", "content": prompt}])},
    }


def with_tools(tools: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {
        "definitions": {"gen_ai.tool.definitions": json.dumps(tools)},
        "definitions as a list": {"gen_ai.tool.definitions": [json.dumps(tool) for tool in tools]},
        "openinference": {f"llm.tools.{i}.tool.json_schema": json.dumps(tool) for i, tool in enumerate(tools)},
        "openllmetry": {
            f"llm.request.functions.{i}.{part}": json.dumps(tool[part]) for i, tool in enumerate(tools) for part in tool
        },
        "ai sdk": {"ai.prompt.tools": [json.dumps(tool) for tool in tools]},
        "request": {"input.value": json.dumps({"messages": CHAT, "tools": tools})},
        "parameters": {"llm.invocation_parameters": json.dumps({"tools": tools})},
    }


@pytest.mark.parametrize("convention", with_prompt(""))
def test_another_system_prompt_is_another_version(convention: str):
    attributes, other = with_prompt(PROMPT)[convention], with_prompt(OTHER)[convention]
    recipe = read_recipe(attributes, [], "m")
    assert recipe is not None
    assert recipe.startswith("p")
    assert recipe == read_recipe(dict(attributes), [], "m")
    assert recipe != read_recipe(other, [], "m")


@pytest.mark.parametrize("convention", with_prompt(""))
def test_digits_dates_and_ids_in_a_prompt_make_no_version(convention: str):
    monday = "Today is 2026-11-16T09:05:00Z, request 5f0c3f1e-6f63-4b1a-9a53-0d7c1ab4cdef of user 7. Be brief."
    sunday = "Today is 2026-11-22T19:45:10Z, request 0a1b2c3d-1111-4222-8333-abcdefabcdef of user 1234. Be brief."
    one, other = with_prompt(monday)[convention], with_prompt(sunday)[convention]
    assert read_recipe(one, [], "m") == read_recipe(other, [], "m")


@pytest.mark.parametrize("convention", with_tools(TOOLS))
def test_other_tools_are_another_version_and_their_order_is_not(convention: str):
    recipe = read_recipe(with_tools(TOOLS)[convention], [], "m")
    assert recipe == read_recipe(with_tools(TOOLS[::-1])[convention], [], "m")
    assert recipe != read_recipe(with_tools(TOOLS[:1])[convention], [], "m")
    changed = [TOOLS[0] | {"parameters": {"type": "string"}}, TOOLS[1]]
    assert recipe != read_recipe(with_tools(changed)[convention], [], "m")


def test_a_system_message_as_an_event_counts():
    event = [make_event("gen_ai.system.message", {"content": PROMPT})]
    assert read_recipe({}, event, None) not in (None, read_recipe({}, [], "m"))


def test_prompts_that_the_client_hashed_count_as_they_are():
    plain = [{"gen_ai.system_instructions": f"#{digits}"} for digits in ("0123456789ab", "9876543210ab")]
    message = [{"role": "system", "content": f"#{digits}"} for digits in ("0123456789ab", "9876543210ab")]
    own = [{"longpole.input": json.dumps({"messages": [each]})} for each in message]
    parts = [{"gen_ai.input.messages": json.dumps([{"role": "system", "parts": [each]}])} for each in message]
    for one, other in (plain, own, parts):
        assert read_recipe(one, [], "m") != read_recipe(other, [], "m")


@given(st.text(), st.sampled_from(["input.value", "gen_ai.input.messages", "gen_ai.tool.definitions", "events"]))
def test_no_text_stops_it(text: str, name: str):
    for value in (text, "[" + text, json.dumps({"messages": text, "tools": [text], "config": [1]})):
        recipe = read_recipe({name: value}, [], None)
        assert recipe is None or (recipe[0] == "p" and len(recipe) == 17)


def test_an_answer_from_a_model_with_a_date_is_the_version_of_the_model_that_was_asked():
    asked = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-5.2"}
    waiting, _ = recognise(make_span(asked))
    answered, _ = recognise(make_span(asked | {"gen_ai.response.model": "gpt-5.2-2026-10-01"}))
    assert answered.recipe == waiting.recipe
    assert answered.model == "gpt-5.2-2026-10-01"


def test_only_model_calls_have_a_recipe():
    span, _ = recognise(make_span({"gen_ai.system_instructions": PROMPT, "gen_ai.operation.name": "invoke_agent"}))
    assert span.recipe is None


def versions(*spans: Any) -> dict[str, str | None]:
    return {row.name: row.version for row in build_rows(spans, now_ns=1000).executions}


def test_the_first_own_model_call_with_a_prompt_makes_the_version():
    found = versions(
        agent(0, end=100),
        agent(1, 0, start=1, end=90),
        fact(2, 1, start=2, category="llm", recipe="pchild"),
        fact(3, 0, start=3, category="llm", recipe="membedding"),
        fact(4, 0, start=5, category="llm", recipe="pfirst"),
        fact(5, 0, start=7, category="llm", recipe="psecond"),
    )
    assert found == {"s0": version_of("pfirst", None), "s1": version_of("pchild", None)}
    assert found["s0"] is not None
    assert len(found["s0"]) == len("auto-") + 8


def test_the_commit_makes_another_version_and_is_enough_for_one():
    with_call = versions(agent(0, end=100, commit="c1"), fact(1, 0, start=2, category="llm", recipe="p"))
    assert with_call == {"s0": version_of("p", "c1")}
    assert versions(agent(0, end=100, commit="c1"))["s0"] == version_of(None, "c1")
    assert versions(agent(0, end=100)) == {"s0": None}


def test_what_the_program_says_decides():
    rows = build_rows(
        [agent(0, end=100, version="2.1"), fact(1, 0, start=2, category="llm", recipe="p", version="2.1")], now_ns=1
    )
    assert {row.version for row in (*rows.executions, *rows.steps)} == {"2.1"}


def test_the_commit_of_the_resource_is_not_a_version_of_its_own():
    span, _ = recognise(make_span({}, resource={"vcs.ref.head.revision": "abc"}))
    assert (span.version, span.commit) == (None, "abc")


def test_steps_have_the_version_of_their_execution():
    rows = build_rows([agent(0, end=100), fact(1, 0, start=2, category="llm", recipe="p"), fact(2, 0)], now_ns=1)
    assert {row.version for row in rows.steps} == {rows.executions[0].version}


def test_a_stored_version_stays_when_more_of_its_trace_comes():
    spans = [agent(0, end=100), fact(1, 0, start=2, category="llm", recipe="pfirst")]
    rows = build_rows(spans, now_ns=1)
    stored = [facts_of_execution(rows.executions[0]), *map(facts_of_step, rows.steps)]
    later = fact(2, 0, start=9, category="llm", recipe="plater")
    assert versions(*stored, later) == versions(*spans)
    # Stored before any model call was known: the first one that comes decides.
    early = facts_of_execution(build_rows([agent(0, end=100, commit="c")], now_ns=1).executions[0])
    assert versions(early, later) == {"s0": version_of("plater", None)}
