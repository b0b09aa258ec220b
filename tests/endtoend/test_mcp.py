"""The tools for models, used by the protocol's own client: over HTTP with keys, and over standard input and output."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx2  # what the protocol's client speaks with
import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from running_server import RunningServer, wait_until

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

LARGEST = 10_000


def over_http(url: str, use: Callable[[Client], Awaitable[Any]], key: str | None = None) -> Any:
    """What `use` gives with a client of the server's `/mcp`."""

    async def run() -> Any:
        headers = {"authorization": f"Bearer {key}"} if key else {}
        async with (
            httpx2.AsyncClient(headers=headers, trust_env=False, timeout=60) as http,
            Client(streamable_http_client(f"{url}/mcp", http_client=http)) as client,
        ):
            return await use(client)

    return asyncio.run(run())


async def answer_of(client: Client, tool: str, **arguments: Any) -> Any:
    """A tool's answer, which is JSON, or the text of its refusal."""
    found = await client.call_tool(tool, arguments)
    [content] = found.content
    text = getattr(content, "text")  # noqa: B009 - one of several kinds of content
    assert len(text) <= LARGEST
    return text if found.is_error else json.loads(text)


def test_every_tool_says_what_it_is_for_and_only_reads(example: RunningServer) -> None:
    async def use(client: Client) -> Any:
        return (await client.list_tools()).tools

    tools = over_http(example.url, use)

    assert {tool.name for tool in tools} >= {"find_executions", "explain_execution", "why_not", "sql"}
    for tool in tools:
        assert len(tool.description) > 40
        assert tool.annotations.read_only_hint is True
        assert all("description" in told for told in tool.input_schema["properties"].values()), tool.name


def test_a_model_finds_an_execution_and_learns_why_it_took_so_long(example: RunningServer) -> None:
    async def use(client: Client) -> Any:
        found = await answer_of(client, "find_executions", agent="lead", sort="duration", limit=3)
        return found, await answer_of(client, "explain_execution", execution_id=found["executions"][0]["execution_id"])

    found, explained = over_http(example.url, use)

    listed = example.get("/api/executions", params={"agent": "lead", "sort": "duration", "limit": "3"}).json()["items"]
    assert [one["execution_id"] for one in found["executions"]] == [item["execution_id"] for item in listed]
    assert found["has_more"] is True
    tree = example.get(f"/api/executions/{listed[0]['execution_id']}").json()
    assert set(explained["where_the_time_went"]) == {kind for kind, ns in tree["shares"].items() if ns}
    findings = example.get(f"/api/executions/{listed[0]['execution_id']}/findings").json()["findings"]
    assert [one["title"] for one in explained["could_save"]] == [one["title"] for one in findings]
    assert explained["page"] == f"{example.url}/executions/{listed[0]['execution_id']}"


@pytest.mark.parametrize(
    ("tool", "arguments", "part"),
    [
        ("why_not", {"agent": "translator"}, "skipped"),
        ("failures", {"since": "7d"}, "LookupError"),
        ("regressions", {}, "from_time"),
        ("savings", {"agent": "researcher"}, "opportunities"),
        ("running", {}, "open_requests"),
        ("overview", {"since": "7d"}, "researcher"),
        ("audit_findings", {}, "message"),
        ("sql", {"query": "SELECT count(*) AS n FROM executions"}, "48"),
    ],
)
def test_a_question_is_answered(example: RunningServer, tool: str, arguments: dict[str, Any], part: str) -> None:
    answer = over_http(example.url, lambda client: answer_of(client, tool, **arguments))

    assert isinstance(answer, dict), answer
    assert part in json.dumps(answer)
    assert example.get(answer["page"].removeprefix(example.url)).status_code == 200


def test_two_executions_are_compared(example: RunningServer) -> None:
    first, second = (
        item["execution_id"] for item in example.get("/api/executions", params={"agent": "lead"}).json()["items"][:2]
    )

    answer = over_http(example.url, lambda client: answer_of(client, "compare_executions", a=first, b=second))

    assert answer["a"]["agent"] == answer["b"]["agent"] == "lead"
    assert answer["steps_by_change_on_the_critical_path"]


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("explain_execution", {"execution_id": "nothing-like-it"}),
        ("find_executions", {"limit": 10_000}),
        ("find_executions", {"colour": "red"}),
        ("sql", {"query": "DROP TABLE executions"}),
        ("paint", {}),
    ],
)
def test_what_cannot_be_answered_is_refused_in_words(
    example: RunningServer, tool: str, arguments: dict[str, Any]
) -> None:
    refused = over_http(example.url, lambda client: answer_of(client, tool, **arguments))

    assert isinstance(refused, str)
    assert "Expected" in refused


def test_a_program_that_starts_its_own_server_gets_the_same(example: RunningServer) -> None:
    program = Path(sys.executable).with_name("longpole")
    started = StdioServerParameters(command=str(program), args=["mcp", "--url", example.url])

    async def run() -> Any:
        async with Client(stdio_client(started)) as client:
            return await answer_of(client, "find_executions", agent="lead", limit=1)

    answer = asyncio.run(run())

    listed = example.get("/api/executions", params={"agent": "lead", "limit": "1"}).json()["items"]
    assert answer["executions"][0]["execution_id"] == listed[0]["execution_id"]


def test_a_key_sees_its_own_workspace_and_no_key_sees_nothing(server: RunningServer) -> None:
    assert server.client.post(server.url + "/api/example", params={"workspace": "ours"}).status_code == 202
    wait_until(lambda: server.totals()["executions"] == 48, "the example to be shown")
    # The first key closes the door to everyone without one.
    own = {"authorization": f"Bearer {json.loads((server.folder / 'server.json').read_text())['key']}"}
    keys: dict[str, str] = {}
    for name in ("ours", "theirs"):
        asked = {"title": name, "rights": ["read"], "workspace": name}
        keys[name] = server.client.post(server.url + "/api/keys", json=asked, headers=own).json()["key"]

    def seen(key: str) -> int:
        found = over_http(server.url, lambda client: answer_of(client, "find_executions", limit=50, agent="lead"), key)
        return sum("execution_id" in one for one in found["executions"])

    assert seen(keys["ours"]) == 12
    assert seen(keys["theirs"]) == 0
    assert server.client.post(server.url + "/mcp", json={}).status_code == 401
