"""`instrument("openai_agents", "langgraph")` with the real packages, a provider that counts, and a real server."""

import subprocess
import sys
from pathlib import Path

import pytest

from library_programs import ShownTree, run_program, shown
from longpole.settings import child_environment
from model_provider import ModelProvider
from running_server import RunningServer, wait_until

AGENTS = """
import asyncio, sys
import longpole
longpole.configure()
longpole.instrument("openai_agents", "openai")
from agents import Agent, Runner, function_tool, set_default_openai_client, set_trace_processors
from agents.tracing import get_trace_provider
from openai import AsyncOpenAI

set_default_openai_client(AsyncOpenAI(base_url=sys.argv[1] + "/v1", api_key="x", max_retries=0), use_for_tracing=False)
processors = get_trace_provider()._multi_processor._processors
assert [type(one).__name__ for one in processors] == ["BatchTraceProcessor", "LongpoleProcessor"], processors
set_trace_processors([])  # the program wants no exporter; it is recorded all the same

@function_tool
async def weather(city: str) -> str:
    with longpole.time_step("ask the sky"):
        return "sunny"

@function_tool
async def flaky(city: str) -> str:
    raise RuntimeError("backend 503")

billing = Agent(name="billing", model="gpt-billing", tools=[weather, flaky])
triage = Agent(name="triage", model="gpt-triage", handoffs=[billing])

async def main():
    await boss()
    await Runner.run(triage, "refund me")
    try:
        await Runner.run(Agent(name="doomed", model="gpt-fail"), "x")
    except Exception as error:
        assert type(error).__name__ == "InternalServerError"

@longpole.agent
async def boss():
    stream = Runner.run_streamed(Agent(name="talker", model="gpt-talker"), "hi")
    async for _ in stream.stream_events():
        pass
    with longpole.time_step("after"):
        pass

asyncio.run(main())
"""
HANGING = """
import asyncio, sys
import longpole
longpole.configure()
longpole.instrument("openai_agents")
from agents import Agent, Runner, function_tool, set_default_openai_client
from openai import AsyncOpenAI

set_default_openai_client(AsyncOpenAI(base_url=sys.argv[1] + "/v1", api_key="x"), use_for_tracing=False)

@function_tool
async def wait_for_ever() -> str:
    await asyncio.to_thread(sys.stdin.readline)
    return "done"

asyncio.run(Runner.run(Agent(name="patient", model="gpt-4o-mini", tools=[wait_for_ever]), "x"))
"""
LANGGRAPH = """
import asyncio, operator, sys
from typing import Annotated, TypedDict
import longpole
longpole.configure()
longpole.instrument("langgraph", "openai")
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.graph import START, StateGraph

fake = FakeListChatModel(responses=["one", "two"])
model = ChatOpenAI(model="gpt-4o-mini", base_url=sys.argv[1] + "/v1", api_key="x", max_retries=0)
bad = ChatOpenAI(model="gpt-fail", base_url=sys.argv[1] + "/v1", api_key="x", max_retries=0)

class State(TypedDict):
    parts: Annotated[list, operator.add]

@tool
def search(query: str) -> str:
    "Searches."
    with longpole.time_step("look it up"):
        return "hit " + query

def plan(state):
    return {"parts": [fake.invoke("plan").content]}

def find(state):
    return {"parts": [search.invoke({"query": "x"})]}

async def write(state):
    return {"parts": [(await model.ainvoke("write")).content]}

graph = StateGraph(State)
graph.add_node("plan", plan)
graph.add_node("find", find)
graph.add_node("write", write)
graph.add_edge(START, "plan")
graph.add_edge("plan", "find")
graph.add_edge("plan", "write")
team = graph.compile(name="team")

failing = StateGraph(State)
failing.add_node("break", lambda state: {"parts": [bad.invoke("x").content]})
failing.add_edge(START, "break")

@longpole.agent
async def reader():
    async for _ in team.astream({"parts": []}):
        with longpole.time_step("read"):
            pass
    with longpole.time_step("after"):
        pass

helping = StateGraph(State)
helping.add_node("help", lambda state: {"parts": ["helped"]})
helping.add_edge(START, "help")
helper = helping.compile(name="helper")
delegating = StateGraph(State)
delegating.add_node("delegate", lambda state: helper.invoke(state))
delegating.add_edge(START, "delegate")

async def main():
    await team.ainvoke({"parts": []}, config={"configurable": {"thread_id": "t-1"}})
    assert longpole.traceparent() is None
    await reader()

asyncio.run(main())
delegating.compile(name="delegator").invoke({"parts": []})
try:
    failing.compile(name="failing").invoke({"parts": []})
except Exception:
    pass
"""
PYDANTIC_AI = """
import asyncio
import longpole
longpole.configure()
longpole.instrument("pydantic_ai")
from pydantic_ai import Agent
from pydantic_ai.models.test import TestModel

adder = Agent(TestModel(), name="adder")

@adder.tool_plain
def add(left: int, right: int) -> int:
    with longpole.time_step("count"):
        return left + right

@longpole.agent
async def asker_of_adder():
    await adder.run("what is 1 + 1?")

asyncio.run(asker_of_adder())
"""


@pytest.fixture(scope="module")
def provider() -> ModelProvider:
    with ModelProvider() as running:
        yield running


@pytest.fixture(scope="module")
def after_agents(
    shared_server: RunningServer, provider: ModelProvider, tmp_path_factory: pytest.TempPathFactory
) -> None:
    run_program(AGENTS, tmp_path_factory.mktemp("agents"), provider.url, server=shared_server.url)


@pytest.fixture(scope="module")
def after_graphs(
    shared_server: RunningServer, provider: ModelProvider, tmp_path_factory: pytest.TempPathFactory
) -> None:
    run_program(LANGGRAPH, tmp_path_factory.mktemp("graphs"), provider.url, server=shared_server.url)


def workflows(server: RunningServer) -> dict[str, ShownTree]:
    """The runs of the OpenAI Agents SDK by the first agent below them."""
    found = {}
    for item in server.get("/api/executions", params={"agent": "Agent workflow"}).json()["items"]:
        tree = ShownTree(server, server.get(f"/api/executions/{item['execution_id']}").json())
        first = min(
            (node for node in tree.nodes if node["name"] != "Agent workflow"), key=lambda node: node["offset_ns"]
        )
        found[first["name"]] = tree
    return found


@pytest.mark.usefixtures("after_agents")
def test_a_run_with_a_handoff_is_one_execution_with_its_agents_tools_and_model_calls(
    shared_server: RunningServer, provider: ModelProvider
) -> None:
    tree = wait_until(lambda: workflows(shared_server).get("triage"), "the run")
    wait_until(lambda: workflows(shared_server)["triage"].execution["status"] == "success", "its end")
    tree = workflows(shared_server)["triage"]
    assert tree.execution["kind"] == "workflow"
    tops = {"triage": "Agent workflow > triage > turn 1", "billing": "Agent workflow > billing > turn 2"}
    assert {
        f"{tops['triage']} > chat gpt-triage",
        f"{tops['triage']} > handoff to billing",
        f"{tops['billing']} > weather > ask the sky",
        "Agent workflow > billing > turn 3 > flaky",
        "Agent workflow > billing > turn 4 > chat gpt-billing",
    } <= set(tree.paths())
    flaky = tree.one("flaky")
    assert (flaky["category"], flaky["status"], flaky["error_type"]) == ("tool", "failed", "ToolError")
    assert tree.one("weather")["tool"] == "weather"
    assert tree.detail(tree.one("weather"))["output"] == "sunny"


@pytest.mark.usefixtures("after_agents")
def test_each_model_call_of_a_run_counts_once_though_the_client_is_instrumented_too(
    shared_server: RunningServer, provider: ModelProvider
) -> None:
    wait_until(lambda: workflows(shared_server)["triage"].execution["status"] == "success", "its end")
    tree = workflows(shared_server)["triage"]
    served = [one for one in provider.served if one.model in ("gpt-triage", "gpt-billing")]
    assert (tree.execution["input_tokens"], tree.execution["output_tokens"]) == (
        sum(one.input_tokens for one in served),
        17 * len(served),
    )
    calls = [tree.path(node) for node in tree.nodes if node.get("category") == "llm"]
    assert len(calls) == 2 * len(served)
    assert all(path.count(" > chat ") == 2 for path in calls if path.endswith("chat gpt-triage > chat gpt-triage"))


@pytest.mark.usefixtures("after_agents")
def test_a_run_that_fails_is_failed_at_every_level_with_the_models_error(shared_server: RunningServer) -> None:
    wait_until(lambda: workflows(shared_server).get("doomed"), "the run")
    wait_until(lambda: workflows(shared_server)["doomed"].execution["status"] == "failed", "its failure")
    tree = workflows(shared_server)["doomed"]
    assert {node["status"] for node in tree.nodes} == {"failed"}
    assert tree.execution["error_type"] == "openai.InternalServerError"


@pytest.mark.usefixtures("after_agents")
def test_a_streamed_run_stands_below_the_users_agent_and_leaves_nothing_behind(shared_server: RunningServer) -> None:
    tree = shown(shared_server, "boss", 6)
    assert {"boss > after", "boss > talker > turn 1 > chat gpt-talker"} <= set(tree.paths())
    assert tree.execution["output_tokens"] == 17


def test_an_agent_that_hangs_in_a_tool_is_seen_hanging(
    shared_server: RunningServer, provider: ModelProvider, tmp_path: Path
) -> None:
    (tmp_path / "program.py").write_text(HANGING)
    settings = {"LONGPOLE_ENDPOINT": shared_server.url, "LONGPOLE_DATA_FOLDER": str(tmp_path)}
    command = [sys.executable, str(tmp_path / "program.py"), provider.url]
    with subprocess.Popen(command, env=child_environment(settings), stdin=subprocess.PIPE, text=True) as process:
        wait_until(lambda: is_open_in(shared_server, "wait_for_ever"), "the open tool")
        process.communicate("\n", timeout=30)
    assert process.returncode == 0
    wait_until(lambda: not is_open_in(shared_server, "wait_for_ever"), "its end")


def is_open_in(server: RunningServer, step: str) -> bool:
    """Whether this step of the agent `patient` is shown as running."""
    tree = workflows(server).get("patient")
    return tree is not None and [node["status"] for node in tree.all(step)] == ["running"]


@pytest.mark.usefixtures("after_graphs")
def test_a_graph_is_an_execution_with_its_nodes_tools_and_model_calls(
    shared_server: RunningServer, provider: ModelProvider
) -> None:
    tree = shown(shared_server, "team", 9)
    assert tree.paths() == [
        "team",
        "team > find",
        "team > find > search",
        "team > find > search > look it up",
        "team > plan",
        "team > plan > FakeListChatModel",
        "team > write",
        "team > write > chat gpt-4o-mini",
        "team > write > chat gpt-4o-mini > chat gpt-4o-mini",
    ]
    assert tree.one("search")["category"] == "tool"
    assert tree.execution["session_id"] == "t-1"
    served = next(one for one in provider.served if one.model == "gpt-4o-mini" and one.path.endswith("completions"))
    assert (tree.execution["input_tokens"], tree.execution["output_tokens"]) == (served.input_tokens, 17)
    assert {node["model"] for node in tree.all("chat gpt-4o-mini")} == {"gpt-4o-mini"}


@pytest.mark.usefixtures("after_graphs")
def test_a_streamed_graph_stands_below_the_users_agent_and_what_follows_does_not_stand_below_the_graph(
    shared_server: RunningServer,
) -> None:
    tree = shown(shared_server, "reader", 14)
    paths = tree.paths()
    assert {"reader > after", "reader > team > write > chat gpt-4o-mini", "reader > team > find > search"} <= set(paths)
    assert {path for path in paths if path.endswith("read")} == {"reader > team > read"}


@pytest.mark.usefixtures("after_graphs")
def test_a_graph_inside_a_node_is_an_execution_of_its_own(shared_server: RunningServer) -> None:
    tree = shown(shared_server, "delegator", 4)
    assert tree.paths() == [
        "delegator",
        "delegator > delegate",
        "delegator > delegate > helper",
        "delegator > delegate > helper > help",
    ]
    assert tree.one("helper")["kind"] == "agent"


@pytest.mark.usefixtures("after_graphs")
def test_a_graph_whose_model_fails_is_failed(shared_server: RunningServer) -> None:
    tree = shown(shared_server, "failing", 3)
    assert tree.execution["status"] == "failed"
    assert tree.one("break")["status"] == "failed"


def test_an_agent_of_pydantic_ai_is_an_execution_with_its_tools_and_model_calls(
    shared_server: RunningServer, tmp_path: Path
) -> None:
    run_program(PYDANTIC_AI, tmp_path, server=shared_server.url)
    tree = shown(shared_server, "asker_of_adder", 6)
    adder = "asker_of_adder > adder"
    chats = [f"{adder} > chat test"] * 2
    assert tree.paths() == [
        "asker_of_adder",
        adder,
        *chats,
        f"{adder} > execute_tool add",
        f"{adder} > execute_tool add > count",
    ]
    assert tree.execution["output_tokens"] == sum(node["output_tokens"] for node in tree.all("chat test"))
