"""The live door of a real server, with a real agent and real clients."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from live_agent import LiveClient, stepped_agent
from running_server import RunningServer, wait_until


def test_a_client_hears_an_execution_from_its_start_to_its_end(shared_server: RunningServer) -> None:
    with LiveClient(shared_server, trees=False) as client:
        client.until_type("subscribed")
        with stepped_agent(shared_server.url) as agent:
            client.until_kind("step.started")
            agent.finish()
            client.until(lambda me: ended(me, agent.execution_id) >= {"first", "second", None})
        mine = [event for event in client.events if event["execution_id"] == agent.execution_id]

    kinds = [event["kind"] for event in mine]
    assert {"execution.started", "step.completed", "stage.changed", "decision.made"} < set(kinds)
    assert kinds[0] == "execution.started"
    done = next(event for event in mine if event["kind"] == "execution.completed")
    assert done["execution"]["status"] == "success"
    decision = next(event["decision"] for event in mine if event["kind"] == "decision.made")
    assert (decision["candidate"], decision["outcome"]) == ("helper", "skipped")
    assert [event["step"]["name"] for event in mine if event["kind"] == "step.completed"] == ["first", "second"]


def ended(client: LiveClient, execution_id: str) -> set[str | None]:
    """The names of the steps whose end was heard, and None for that of the execution; in whatever order."""
    ends = [event for event in client.events if event["kind"].endswith(".completed")]
    return {event.get("step", {}).get("name") for event in ends if event["execution_id"] == execution_id}


def test_who_comes_late_first_gets_the_tree_that_runs_and_hears_the_rest(shared_server: RunningServer) -> None:
    with stepped_agent(shared_server.url) as agent:
        path = f"/api/executions/{agent.execution_id}"
        wait_until(lambda: shared_server.get(path).status_code == 200, "the open execution to be seen")
        with LiveClient(shared_server, agent="triage") as client:
            (tree,) = client.until_type("trees")["trees"]
            agent.go_on()
            first = client.until_kind("step.completed")

    assert tree["execution"]["execution_id"] == agent.execution_id
    assert tree["execution"]["status"] == "running"
    assert [step["name"] for step in tree["steps"]] in ([], ["first"])  # a step is told when it is 30 ms old
    assert first["step"]["name"] == "first"


def test_a_client_whose_connection_dropped_goes_on_where_it_was(shared_server: RunningServer) -> None:
    with stepped_agent(shared_server.url) as agent:
        with LiveClient(shared_server, execution=agent.execution_id, trees=False) as client:
            client.until_kind("step.started")
            seq = client.seq
        agent.finish()
        path = f"/api/executions/{agent.execution_id}"
        wait_until(lambda: shared_server.get(path).json()["duration_ns"] is not None, "the end to be seen")
        with LiveClient(shared_server, execution=agent.execution_id, after=seq) as client:
            client.until_kind("execution.completed")

    assert client.until_type("subscribed")["resumed"] is True
    assert "trees" not in {message["type"] for message in client.told}
    assert "execution.started" not in {event["kind"] for event in client.events}


def test_a_client_with_a_place_of_another_server_is_told_so_and_gets_the_trees(shared_server: RunningServer) -> None:
    with LiveClient(shared_server, after="0badcafe.17") as client:
        assert client.until_type("subscribed")["resumed"] is False
        client.until_type("trees")


def test_how_many_of_each_agent_run_is_told_while_it_changes(shared_server: RunningServer) -> None:
    with (
        LiveClient(shared_server, agent="triage", running=True, trees=False) as client,
        stepped_agent(shared_server.url) as agent,
    ):
        running = client.until(
            lambda me: next(
                (
                    one["running"]
                    for one in me.told
                    if one["type"] == "running"
                    and any(each["execution_id"] == agent.execution_id for each in one["running"]["executions"])
                ),
                None,
            )
        )

    (counts,) = running["agents"]
    assert counts["agent"] == "triage"
    assert counts["running"] >= 1


def test_the_same_is_told_by_server_sent_events_which_resume_by_their_own_id(shared_server: RunningServer) -> None:
    address = f"{shared_server.url}/api/live/events"
    with stepped_agent(shared_server.url) as agent:
        asked = {"execution": agent.execution_id, "trees": "false"}
        with httpx.stream("GET", address, params=asked, timeout=30, trust_env=False) as stream:
            assert stream.headers["content-type"] == "text/event-stream"
            lines = stream.iter_lines()
            last = next(line for line in lines if line.startswith("id: ")).removeprefix("id: ")
            agent.go_on()
            told = next(line for line in lines if '"step.completed"' in line)
        agent.go_on()
        headers = {"last-event-id": last}
        with httpx.stream("GET", address, params=asked, headers=headers, timeout=30, trust_env=False) as stream:
            first = next(line for line in stream.iter_lines() if line.startswith("data: "))

    assert json.loads(told.removeprefix("data: "))["events"][0]["execution_id"] == agent.execution_id
    assert json.loads(first.removeprefix("data: "))["resumed"] is True


@pytest.mark.parametrize(
    ("message", "complaint"),
    [
        ('{"subscription": "a b"}', "cannot be read"),
        ('{"kinds": ["step.ended"]}', "cannot be read"),
        ("no json", "cannot be read"),
    ],
)
def test_a_message_that_makes_no_sense_is_answered_and_the_connection_stays(
    shared_server: RunningServer, message: str, complaint: str
) -> None:
    with LiveClient(shared_server, trees=False) as client:
        client.socket.send(message)
        assert complaint in client.until_type("refused")["detail"]
        client.say(subscription="again", trees=False)
        client.until(lambda me: any(one.get("subscription") == "again" for one in me.told))


def test_an_address_that_makes_no_sense_is_refused_with_what_was_expected(shared_server: RunningServer) -> None:
    answer = shared_server.get("/api/live/events", params={"kind": "step.completed"})
    assert answer.status_code == 400
    assert "kinds" in answer.json()["detail"]
    assert shared_server.get("/api/live").status_code == 426


def test_a_page_of_another_site_cannot_listen(shared_server: RunningServer) -> None:
    address = shared_server.url.replace("http://", "ws://") + "/api/live"
    with pytest.raises(InvalidStatus) as refused:
        connect(address, proxy=None, origin="https://evil.example")  # pyright: ignore[reportArgumentType]
    assert refused.value.response.status_code == 403


def test_a_client_that_reads_nothing_holds_up_nobody(shared_server: RunningServer) -> None:
    host, port = shared_server.url.removeprefix("http://").split(":")
    stuck = socket.socket()
    stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
    stuck.connect((host, int(port)))
    stuck.sendall(f"GET /api/live/events?trees=false HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
    with stuck, LiveClient(shared_server, trees=False) as client, stepped_agent(shared_server.url) as agent:
        agent.finish()
        client.until(lambda me: any(one["execution_id"] == agent.execution_id for one in me.events))


@pytest.fixture
def shut_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningServer]:
    """A server whose live door is shut."""
    monkeypatch.setenv("LONGPOLE_REALTIME", "false")
    running = RunningServer(tmp_path / "longpole")
    running.folder.mkdir()
    try:
        yield running.start()
    finally:
        running.close()


def test_where_the_door_is_shut_a_client_is_told_so(shut_server: RunningServer) -> None:
    with connect(shut_server.url.replace("http://", "ws://") + "/api/live", proxy=None) as client:
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(30)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4403
    assert shut_server.get("/api/live/events").status_code == 403


def test_a_server_whose_redis_is_away_says_so_and_tells_of_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGPOLE_REDIS", "redis://127.0.0.1:1/0")
    running = RunningServer(tmp_path / "longpole")
    running.folder.mkdir()
    with closing(running), stepped_agent(running.start().url) as agent, LiveClient(running) as client:
        health = wait_until(
            lambda: (told := running.get("/healthz").json())["live_trouble"] and told, "the trouble to be told"
        )
        agent.go_on()
        client.until_kind("step.completed")

    assert health["status"] == "ok"
    assert "refused" in health["live_trouble"]["reason"]


def test_a_server_that_stops_ends_its_listeners_and_is_not_held_by_them(server: RunningServer) -> None:
    ended = threading.Event()

    def stream() -> None:
        with httpx.stream("GET", f"{server.url}/api/live/events", timeout=30, trust_env=False) as answer:
            for _ in answer.iter_lines():
                heard.set()
        ended.set()

    heard = threading.Event()
    thread = threading.Thread(target=stream)
    thread.start()
    assert heard.wait(30)
    with LiveClient(server, trees=False) as client:
        client.until_type("subscribed")
        assert server.stop() == 0
        with pytest.raises(ConnectionClosed):
            client.until_kind("alert.fired")
    assert ended.wait(30)
    thread.join()
    assert "Traceback" not in server.log.read_text()
