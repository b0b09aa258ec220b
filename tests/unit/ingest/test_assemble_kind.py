"""What is an execution, what a step, of which category and name: one test for each rule."""

from typing import Any

import pytest

from longpole.ingest.facts import Facts
from span_factory import make_span, recognise


def facts_of(attributes: dict[str, Any] | None = None, **fields: Any) -> Facts:
    return recognise(make_span(attributes, **fields))[0]


def test_a_span_without_any_known_attribute_is_a_processing_step() -> None:
    facts = facts_of({"colour": "red"})
    assert (facts.kind, facts.category, facts.step_type, facts.agent) == (None, "processing", "action", None)


@pytest.mark.parametrize(
    ("operation", "category"),
    [
        ("chat", "llm"),
        ("generate_content", "llm"),
        ("text_completion", "llm"),
        ("embeddings", "llm"),
        ("execute_tool", "tool"),
        ("retrieval", "retrieval"),
        ("create_agent", "agent"),
        ("search_memory", "retrieval"),
        ("upsert_memory", "database"),
        ("plan", "processing"),
    ],
)
def test_a_genai_operation_that_is_no_invocation_is_a_step(operation: str, category: str) -> None:
    facts = facts_of({"gen_ai.operation.name": operation})
    assert (facts.kind, facts.category, facts.operation) == (None, category, operation)


def test_invoke_agent_is_an_agent_execution_named_by_its_attribute() -> None:
    facts = facts_of(
        {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": "researcher",
            "gen_ai.agent.id": "a-1",
            "gen_ai.agent.version": "7",
        },
        name="invoke_agent researcher",
    )
    assert (facts.kind, facts.agent, facts.agent_id, facts.version) == ("agent", "researcher", "a-1", "7")
    assert facts.category == "agent"


def test_an_agent_without_a_name_takes_it_from_the_name_of_its_span() -> None:
    assert facts_of({"gen_ai.operation.name": "invoke_agent"}, name="invoke_agent planner").agent == "planner"
    assert facts_of({"openinference.span.kind": "AGENT"}, name="Writer._execute_core").agent == "Writer"
    assert facts_of({}, name="agent_run [hello_agent]").agent == "hello_agent"


def test_invoke_workflow_is_a_workflow_execution_named_by_the_workflow() -> None:
    facts = facts_of(
        {"gen_ai.operation.name": "invoke_workflow", "gen_ai.workflow.name": "nightly", "gen_ai.agent.name": "other"}
    )
    assert (facts.kind, facts.agent) == ("workflow", "nightly")


def test_longpoles_own_kind_decides_over_every_convention() -> None:
    step = facts_of({"longpole.kind": "step", "gen_ai.operation.name": "invoke_agent"})
    agent = facts_of({"longpole.kind": "agent", "longpole.agent": "triage", "gen_ai.agent.name": "other"})
    assert step.kind is None
    assert (agent.kind, agent.agent, agent.category) == ("agent", "triage", "agent")


def test_longpoles_own_category_and_step_type_decide_when_they_are_known_words() -> None:
    facts = facts_of({"longpole.category": "validation", "longpole.step.type": "loop"})
    assert (facts.category, facts.step_type) == ("validation", "loop")
    unknown = facts_of({"longpole.category": "dancing", "longpole.step.type": "waltz"})
    assert (unknown.category, unknown.step_type) == ("processing", "action")


@pytest.mark.parametrize(
    ("kind", "category", "operation"),
    [
        ("LLM", "llm", "chat"),
        ("EMBEDDING", "llm", "embeddings"),
        ("RERANKER", "llm", "rerank"),
        ("RETRIEVER", "retrieval", "retrieval"),
        ("TOOL", "tool", "execute_tool"),
        ("GUARDRAIL", "guardrail", None),
        ("EVALUATOR", "validation", "evaluate"),
        ("PROMPT", "processing", None),
        ("CHAIN", "processing", None),
    ],
)
def test_an_openinference_kind_gives_the_category(kind: str, category: str, operation: str | None) -> None:
    facts = facts_of({"openinference.span.kind": kind})
    assert (facts.kind, facts.category, facts.operation) == (None, category, operation)


def test_an_openinference_agent_is_an_execution_named_by_its_graph_node() -> None:
    facts = facts_of({"openinference.span.kind": "AGENT", "graph.node.id": "Senior Researcher"})
    assert (facts.kind, facts.agent) == ("agent", "Senior Researcher")


def test_a_chain_without_a_parent_is_a_workflow_and_one_inside_is_a_step() -> None:
    assert facts_of({"openinference.span.kind": "CHAIN"}, parent=None, name="LangGraph").kind == "workflow"
    assert facts_of({"openinference.span.kind": "CHAIN"}, parent=None, name="LangGraph").agent == "LangGraph"
    assert facts_of({"openinference.span.kind": "CHAIN"}).kind is None


def test_a_kickoff_is_a_workflow_also_below_another_span() -> None:
    facts = facts_of({"openinference.span.kind": "CHAIN"}, name="NewsCrew.kickoff")
    assert (facts.kind, facts.agent) == ("workflow", "NewsCrew")


def test_an_agent_of_smolagents_is_called_by_its_name_and_not_by_its_method() -> None:
    facts = facts_of({"openinference.span.kind": "AGENT"}, name="planner.run")
    assert (facts.kind, facts.agent) == ("agent", "planner")


def test_a_graph_run_is_a_workflow_also_below_another_span() -> None:
    metadata = '{"ls_integration": "langgraph", "thread_id": "t-1"}'
    node = '{"ls_integration": "langgraph", "langgraph_node": "plan", "langgraph_step": 3}'
    run = facts_of({"openinference.span.kind": "CHAIN", "metadata": metadata}, name="LangGraph")
    inner = facts_of({"openinference.span.kind": "CHAIN", "metadata": node}, name="plan")
    assert (run.kind, run.session_id) == ("workflow", "t-1")
    created = '{"ls_integration": "langchain_create_agent"}'
    assert facts_of({"openinference.span.kind": "CHAIN", "metadata": created}, name="LangGraph").kind == "workflow"
    assert (inner.kind, inner.step_index) == (None, 3)


def test_a_named_graph_agent_is_called_by_the_name_in_its_metadata() -> None:
    metadata = '{"ls_integration": "langgraph", "lc_agent_name": "weather"}'
    assert facts_of({"openinference.span.kind": "CHAIN", "metadata": metadata}, name="LangGraph").agent == "weather"


def test_metadata_that_is_not_an_object_is_left_alone() -> None:
    for metadata in ("[1, 2]", "no json", '"text"', 7, ["a"]):
        assert facts_of({"openinference.span.kind": "CHAIN", "metadata": metadata}).category == "processing"


def test_traceloop_workflow_and_agent_are_executions_and_task_and_tool_are_steps() -> None:
    workflow = facts_of({"traceloop.span.kind": "workflow", "traceloop.entity.name": "pipeline"})
    agent = facts_of(
        {
            "traceloop.span.kind": "agent",
            "traceloop.entity.name": "writer",
            "traceloop.workflow.name": "pipeline",
        }
    )
    task = facts_of({"traceloop.span.kind": "task", "traceloop.entity.name": "draft"}, name="draft.task")
    tool = facts_of({"traceloop.span.kind": "tool", "traceloop.entity.name": "lookup"})
    assert (workflow.kind, workflow.agent) == ("workflow", "pipeline")
    assert (agent.kind, agent.agent) == ("agent", "writer")
    assert (task.kind, task.category) == (None, "processing")
    assert (tool.kind, tool.category) == (None, "tool")


def test_the_outer_call_of_the_ai_sdk_is_an_agent_and_the_inner_one_a_model_call() -> None:
    outer = facts_of({"ai.operationId": "ai.generateText", "ai.telemetry.functionId": "weather-agent"})
    unnamed = facts_of({"ai.operationId": "ai.streamText"}, name="ai.streamText")
    named = facts_of({"ai.operationId": "ai.streamText", "gen_ai.agent.name": "helper"})
    inner = facts_of({"ai.operationId": "ai.streamText.doStream", "ai.telemetry.functionId": "weather-agent"})
    assert (outer.kind, outer.agent) == ("agent", "weather-agent")
    assert (unnamed.kind, unnamed.agent) == ("agent", "ai.streamText")
    assert named.agent == "helper"
    assert (inner.kind, inner.category, inner.operation) == (None, "llm", "chat")


def test_embedding_and_tool_calls_of_the_ai_sdk_are_steps() -> None:
    embed = facts_of({"ai.operationId": "ai.embed.doEmbed"})
    tool = facts_of({"operation.name": "ai.toolCall weather-agent", "ai.toolCall.name": "weather"})
    assert (embed.category, embed.operation) == ("llm", "embeddings")
    assert (tool.category, tool.tool) == ("tool", "weather")


def test_the_run_of_an_agent_before_operations_had_names_is_an_agent() -> None:
    attributes = {"model_name": "gpt-4o", "agent_name": "qa_agent", "gen_ai.usage.input_tokens": 31}
    facts = facts_of(attributes, name="qa_agent run")
    assert (facts.kind, facts.agent, facts.model, facts.input_tokens) == ("agent", "qa_agent", "gpt-4o", 31)
    assert facts_of({"agent_name": "qa_agent"}, name="agent run").kind == "agent"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("langfuse.observation.type", "generation", (None, "llm")),
        ("langfuse.observation.type", "agent", ("agent", "agent")),
        ("langfuse.observation.type", "retriever", (None, "retrieval")),
        ("langfuse.observation.type", "span", (None, "processing")),
        ("langsmith.span.kind", "llm", (None, "llm")),
        ("langsmith.span.kind", "parser", (None, "serialization")),
        ("mlflow.spanType", '"CHAT_MODEL"', (None, "llm")),
        ("mlflow.spanType", '"AGENT"', ("agent", "agent")),
        ("mlflow.spanType", "MEMORY", (None, "database")),
        ("genkit:metadata:subtype", "tool", (None, "tool")),
        ("llm.request.type", "completion", (None, "llm")),
        ("span.type", "interaction", ("agent", "agent")),
        ("span.type", "llm_request", (None, "llm")),
    ],
)
def test_the_kind_attributes_of_other_conventions_are_read(name: str, value: str, expected: tuple[str, str]) -> None:
    facts = facts_of({name: value})
    assert (facts.kind, facts.category) == expected


def test_a_handoff_is_communication_between_agents_and_a_decision() -> None:
    facts = facts_of({"openinference.span.kind": "TOOL"}, name="handoff to billing")
    assert (facts.category, facts.operation, facts.step_type) == ("agent_comm", "handoff", "decision")


@pytest.mark.parametrize(
    ("attributes", "category"),
    [
        ({"db.system": "sqlite", "db.statement": "select 1"}, "database"),
        ({"db.system.name": "postgresql"}, "database"),
        ({"db.system.name": "redis"}, "cache"),
        ({"db.system": "memcached"}, "cache"),
        ({"messaging.system": "kafka", "messaging.operation.name": "send"}, "queue"),
        ({"messaging.operation": "publish", "messaging.destination": "Planner.(default)-A"}, "agent_comm"),
        ({"http.request.method": "POST", "url.full": "https://api.example/v1"}, "http"),
        ({"http.method": "GET"}, "http"),
        ({"rpc.system": "grpc"}, "http"),
        ({"asgi.event.type": "http.response.start"}, "http"),
        ({"mcp.method.name": "tools/call"}, "tool"),
        ({"mcp.method.name": "tools/list"}, "http"),
        ({"mcp.method.name": "resources/read"}, "retrieval"),
        ({"a2a.task.id": "t"}, "agent_comm"),
        ({"gen_ai.tool.name": "search"}, "tool"),
        ({"cache.hit": True}, "cache"),
    ],
)
def test_without_a_kind_attribute_the_presence_of_others_gives_the_category(
    attributes: dict[str, Any], category: str
) -> None:
    assert facts_of(attributes).category == category


def test_a_tool_without_a_name_takes_it_from_its_entity_or_its_span() -> None:
    assert (
        facts_of({"traceloop.span.kind": "tool", "traceloop.entity.name": "lookup"}, name="lookup.tool").tool
        == "lookup"
    )
    assert facts_of({"gen_ai.operation.name": "execute_tool"}, name="execute_tool search").tool == "search"
    assert facts_of({"openinference.span.kind": "TOOL"}, name="duckduckgo").tool == "duckduckgo"


def test_an_agent_without_any_name_is_called_by_its_id() -> None:
    facts = facts_of({"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.id": "a-7"}, name="run.6f8d2449")
    assert facts.agent == "a-7"


def test_an_http_call_made_by_a_model_call_stays_http() -> None:
    facts = facts_of({"http.request.method": "POST", "server.address": "api.openai.com"}, kind=3, name="POST")
    assert (facts.category, facts.operation, facts.step_type) == ("http", "POST", "api_call")


def test_a_model_name_alone_makes_a_model_call() -> None:
    assert facts_of({"gen_ai.system": "gcp.vertex.agent", "gen_ai.request.model": "gemini-2.0-flash"}).category == "llm"


@pytest.mark.parametrize(
    ("name", "attributes", "step_type"),
    [
        ("chat", {"gen_ai.operation.name": "chat"}, "api_call"),
        ("select", {"db.system": "sqlite"}, "api_call"),
        ("turn", {"openinference.span.kind": "CHAIN"}, "loop"),
        ("Step 3", {"openinference.span.kind": "CHAIN"}, "loop"),
        ("iteration-2", {}, "loop"),
        ("should_continue", {"openinference.span.kind": "CHAIN"}, "decision"),
        ("check", {"openinference.span.kind": "GUARDRAIL"}, "decision"),
        ("stepper", {}, "action"),
    ],
)
def test_the_step_type_follows_from_category_and_name(name: str, attributes: dict[str, Any], step_type: str) -> None:
    assert facts_of(attributes, name=name).step_type == step_type


def test_the_first_convention_with_a_known_value_decides() -> None:
    facts = facts_of({"gen_ai.operation.name": "something_new", "openinference.span.kind": "TOOL"})
    assert facts.category == "tool"


def test_a_template_name_is_read_through_the_sentence_that_was_made_of_it() -> None:
    agent = facts_of({"logfire.msg": "Agent run: 'triage' failed: no route"}, name="Agent run: {name!r}")
    tool = facts_of({"logfire.msg": "Function: get_weather"}, name="Function: {name}")
    assert (agent.kind, agent.agent) == ("agent", "triage")
    assert (tool.category, tool.tool) == ("tool", "get_weather")


def test_a_log_line_about_a_model_call_is_no_second_call() -> None:
    call = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o-mini", "logfire.span_type": "log"}
    assert facts_of(call).category == "processing"
    assert facts_of({**call, "gen_ai.usage.output_tokens": 17}).category == "llm"


def test_an_id_at_the_end_of_an_agents_name_is_left_out() -> None:
    facts = facts_of(
        {"openinference.span.kind": "CHAIN"}, name="Crew_91b5ad4e-49db-434b-b2f2-483bbba04fb1.kickoff", parent=None
    )
    assert facts.agent == "Crew"
