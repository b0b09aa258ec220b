"""Whose run it is, where a framework or its instrumentor does not say: LangChain, LlamaIndex, AutoGen."""

import asyncio
import sys
from collections.abc import AsyncGenerator
from types import ModuleType, SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

import longpole
from longpole.record.current import current
from longpole.record.instrument import autogen_teams, llama_index_agents
from longpole.record.instrument.langchain import RunListener
from longpole.record.instrument.opentelemetry_spans import own_provider
from longpole.wire.otlp_encode import SpanOut

CREATED = {"ls_integration": "langchain_create_agent", "lc_agent_name": "researcher"}


def told(span: SpanOut) -> dict[str, Any]:
    return dict(span.attributes)


def test_an_agent_of_langchains_create_agent_is_an_execution_and_its_nodes_are_steps(recorded: Any) -> None:
    listener, run, node = RunListener(), uuid4(), uuid4()
    listener.on_chain_start({}, {}, run_id=run, name="researcher", metadata=CREATED)
    in_node = CREATED | {"langgraph_node": "model"}
    listener.on_chain_start({}, {}, run_id=node, parent_run_id=run, name="model", metadata=in_node)
    listener.on_chain_end({}, run_id=node)
    listener.on_chain_end({}, run_id=run)
    assert told(recorded.span("researcher"))["longpole.agent"] == "researcher"
    assert "longpole.agent" not in told(recorded.span("model"))
    assert recorded.parent_of("model") == "researcher"


class FunctionAgent:
    """An agent of LlamaIndex, as far as its name goes."""

    name = "planner"


class Span:
    """What OpenInference opens for a call."""

    def __init__(self, id_: str) -> None:
        self._span_kind: str | None = None
        self._otel_span = own_provider().get_tracer("openinference.instrumentation.llama_index").start_span(id_)


class SpanHandler:
    """Opens spans."""

    def new_span(self, id_: str, bound_args: Any, instance: Any = None, **_: Any) -> Span:
        return Span(id_.partition("-")[0])


def test_a_run_of_an_agent_of_llama_index_and_its_turn_in_a_workflow_are_called_by_its_name(
    monkeypatch: pytest.MonkeyPatch, recorded: Any
) -> None:
    agents, handler = ModuleType("agents"), ModuleType("handler")
    agents.BaseWorkflowAgent = FunctionAgent  # pyright: ignore[reportAttributeAccessIssue]
    handler._SpanHandler = SpanHandler  # pyright: ignore[reportAttributeAccessIssue]
    monkeypatch.setitem(sys.modules, "llama_index.core.agent.workflow.base_agent", agents)
    monkeypatch.setitem(sys.modules, "openinference.instrumentation.llama_index._handler", handler)
    llama_index_agents.install()
    try:
        for id_ in ("FunctionAgent.run-1", "FunctionAgent.call_tool-2"):
            SpanHandler().new_span(id_, None, FunctionAgent())._otel_span.end()
        turn = SimpleNamespace(arguments={"ev": SimpleNamespace(current_agent_name="host")})
        for id_ in ("AgentWorkflow.run_agent_step-3", "BaseWorkflowAgent.run_agent_step-4"):
            SpanHandler().new_span(id_, turn)._otel_span.end()
    finally:
        llama_index_agents.remove()
    named = told(recorded.span("FunctionAgent.run"))
    assert (named["agent.name"], named["openinference.span.kind"]) == ("planner", "AGENT")
    assert "agent.name" not in told(recorded.span("FunctionAgent.call_tool"))
    assert told(recorded.span("AgentWorkflow.run_agent_step"))["agent.name"] == "host"
    assert "agent.name" not in told(recorded.span("BaseWorkflowAgent.run_agent_step"))
    assert SpanHandler().new_span("FunctionAgent.run-3", None, FunctionAgent())._span_kind is None


class Team:
    """A team of AutoGen's, whose run is a stream."""

    name = "editors"

    async def run_stream(self, *, task: str) -> AsyncGenerator[str, None]:
        with longpole.time_step("writer"):
            yield task
        yield "done"


@pytest.fixture
def teams(monkeypatch: pytest.MonkeyPatch) -> Any:
    module = ModuleType("teams")
    module.BaseGroupChat = Team  # pyright: ignore[reportAttributeAccessIssue]
    monkeypatch.setitem(sys.modules, "autogen_agentchat.teams._group_chat._base_group_chat", module)
    autogen_teams.install()
    yield Team
    autogen_teams.remove()


def test_a_run_of_a_team_of_autogen_is_an_execution_around_those_of_its_agents(teams: Any, recorded: Any) -> None:
    async def read() -> list[str]:
        found = [item async for item in teams().run_stream(task="write")]
        assert current.get() is None
        return found

    assert asyncio.run(read()) == ["write", "done"]
    team = told(recorded.span("editors"))
    assert (team["longpole.agent"], team["longpole.kind"]) == ("editors", "workflow")
    assert recorded.parent_of("writer") == "editors"


def test_the_making_of_an_agent_of_autogen_is_no_execution(recorded: Any) -> None:
    making = {"gen_ai.operation.name": "create_agent", "gen_ai.agent.name": "writer"}
    for scope in ("autogen-core", "azure.ai.agents"):
        own_provider().get_tracer(scope).start_span(f"create_agent of {scope}", attributes=making).end()
    assert [span.name for span in recorded.spans] == ["create_agent of azure.ai.agents"]
