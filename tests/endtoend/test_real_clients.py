"""What six real clients sent, replayed with their own headers through a real server, and read back over REST."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from msgspec import Struct

from longpole.ingest import otlp_json, otlp_protobuf
from otlp_clients import CLIENTS, TRUTHS, Recorded, Truth, provider_truth, requests_of

ALL_SPANS = sum(truth.spans for truth in TRUTHS.values())


class Shown(Struct):
    """What the server shows of one client: its rows of the execution list, and the trees of the top ones."""

    truth: Truth
    provider: dict[str, Any]
    executions: list[dict[str, Any]]
    trees: list[dict[str, Any]]

    @property
    def top(self) -> list[dict[str, Any]]:
        """The executions that nothing called."""
        return [one for one in self.executions if one["parent_execution_id"] is None]

    @property
    def steps(self) -> list[dict[str, Any]]:
        """All steps of all trees."""
        return [step for tree in self.trees for step in tree["steps"]]


def resend(request: Recorded) -> tuple[dict[str, str], Any]:
    """Headers and body as the client sent them: chunked if it sent chunks."""
    headers = {name: value for name, value in request.headers.items() if name != "content-length"}
    if headers.pop("transfer-encoding", None) is None:
        return headers, request.body

    def chunks() -> Iterator[bytes]:
        for start in range(0, len(request.body), 4096):
            yield request.body[start : start + 4096]

    return headers, chunks()


def traces_of(client: str) -> set[str]:
    found: set[str] = set()
    for request in requests_of(client):
        if request.path == "/v1/traces":
            decode = otlp_json.decode_traces if request.is_json else otlp_protobuf.decode_traces
            found.update(span.trace_id for span in decode(request.plain_body, None, 1).spans)
    return found


@pytest.fixture(scope="module")
def show(shared_server: Any) -> Callable[[str], Shown]:
    """Everything is sent twice; then what is shown of a client is asked for."""
    for client in CLIENTS * 2:
        for request in requests_of(client):
            headers, content = resend(request)
            answer = shared_server.client.post(shared_server.url + request.path, content=content, headers=headers)
            assert answer.status_code == 200, (client, answer.text)
    shared_server.wait_for_spans(ALL_SPANS)

    def shown(client: str) -> Shown:
        traces = traces_of(client)
        items = shared_server.get("/api/executions?limit=1000").json()["items"]
        executions = [one for one in items if one["trace_id"] in traces]
        top = [one for one in executions if one["parent_execution_id"] is None]
        trees = [shared_server.get(f"/api/executions/{one['execution_id']}").json() for one in top]
        return Shown(TRUTHS[client], provider_truth(client), executions, trees)

    return shown


def test_every_span_is_stored_once_although_it_came_twice(shared_server: Any, show: Callable[[str], Shown]):
    totals = shared_server.totals()
    assert totals["executions"] + totals["steps"] == ALL_SPANS


@pytest.mark.parametrize("client", CLIENTS)
def test_every_span_of_a_client_is_in_exactly_one_tree(show: Callable[[str], Shown], client: str):
    shown = show(client)
    spans = [one["span_id"] for tree in shown.trees for one in tree["executions"]]
    spans += [step["step_id"] for step in shown.steps]
    assert len(spans) == len(set(spans)) == shown.truth.spans


@pytest.mark.parametrize("client", CLIENTS)
def test_agents_are_recognised_and_nest_as_they_did(show: Callable[[str], Shown], client: str):
    shown = show(client)
    assert Counter(one["agent"] for one in shown.executions) == shown.truth.agents
    agents = {one["execution_id"]: one["agent"] for one in shown.executions}
    nested = {(one["agent"], agents[one["parent_execution_id"]]) for one in shown.executions if one not in shown.top}
    assert set(shown.truth.nested.items()) <= nested
    assert {child for child, _ in nested} <= shown.truth.nested.keys() | {"LangGraph"}


@pytest.mark.parametrize("client", CLIENTS)
def test_tokens_of_top_executions_are_what_the_provider_counted(show: Callable[[str], Shown], client: str):
    shown = show(client)
    assert sum(one["input_tokens"] or 0 for one in shown.top) == shown.truth.tokens[0]
    assert sum(one["output_tokens"] or 0 for one in shown.top) == shown.truth.tokens[1]


@pytest.mark.parametrize("client", CLIENTS)
def test_model_calls_are_recognised_and_those_that_told_nothing_are_unknown(show: Callable[[str], Shown], client: str):
    shown = show(client)
    assert sum(one["model_calls"] for one in shown.top) == shown.truth.model_calls
    assert sum(one["model_calls_without_usage"] for one in shown.top) == shown.truth.calls_without_usage
    silent = [one for one in shown.executions if one["model_calls"] == one["model_calls_without_usage"] > 0]
    assert {one["input_tokens"] for one in silent} <= {None}


@pytest.mark.parametrize("client", CLIENTS)
def test_tools_are_recognised(show: Callable[[str], Shown], client: str):
    shown = show(client)
    assert {step["tool"] for step in shown.steps if step["category"] == "tool"} == shown.truth.tools


@pytest.mark.parametrize("client", CLIENTS)
def test_failed_calls_are_failed_and_so_are_their_agents(show: Callable[[str], Shown], client: str):
    shown = show(client)
    failed = [step for step in shown.steps if step["category"] == "llm" and step["status"] == "failed"]
    assert len(failed) == shown.truth.failed_calls
    assert {one["agent"] for one in shown.executions if one["status"] == "failed"} == shown.truth.failed_agents


@pytest.mark.parametrize("client", CLIENTS)
def test_what_the_client_sent_matches_what_the_provider_served(show: Callable[[str], Shown], client: str):
    """Every served call that told its tokens is one counted call; retries inside a client are one span or several."""
    shown = show(client)
    with_usage = shown.truth.model_calls - shown.truth.calls_without_usage
    extra = 4 if client == "pydanticai" else 0
    assert with_usage - extra == shown.provider["ok"] - shown.provider["streamed_without_usage"]


@pytest.mark.parametrize("client", CLIENTS)
def test_shares_and_critical_path_sum_to_the_duration(show: Callable[[str], Shown], client: str):
    for tree in show(client).trees:
        assert sum(tree["shares"].values()) == tree["duration_ns"]
        assert sum(part["duration_ns"] for part in tree["critical_path"]) == tree["duration_ns"]
