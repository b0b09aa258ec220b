"""Two servers on one PostgreSQL and one Redis: who listens or asks at one is told of both, with Redis or without."""

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from database_servers import PostgresServer, RedisServer, free_port, postgres_server
from live_agent import LiveClient, stepped_agent
from longpole.store.store import open_store
from running_server import RunningServer, wait_until
from senders import Senders, check_rows, is_drained, shown, traces_of

FIRST_OF_THERE = 1_000_000


class Fleet(NamedTuple):
    """Two servers, their database and what carries live events between them."""

    here: RunningServer
    there: RunningServer
    database: str
    redis: RedisServer


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="module")
def fleet(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    folder = tmp_path_factory.mktemp("fleet")
    database = postgres.make_database("fleet")
    open_store(database).close()
    with ExitStack() as stack, pytest.MonkeyPatch.context() as environment:
        redis = RedisServer(folder, free_port())
        redis.start()
        stack.callback(redis.stop)
        environment.setenv("LONGPOLE_REDIS", redis.address)
        here, there = (_server(folder / name, database, stack) for name in ("here", "there"))
        yield Fleet(here, there, database, redis)


def _server(folder: Path, database: str, stack: ExitStack) -> RunningServer:
    server = RunningServer(folder, "--store", database)
    server.folder.mkdir()
    stack.callback(server.close)
    return server.start()


def test_what_runs_at_one_server_is_shown_counted_and_told_live_at_the_other(fleet: Fleet) -> None:
    with stepped_agent(fleet.there.url) as agent:
        path = f"/api/executions/{agent.execution_id}"
        wait_until(lambda: fleet.here.get(path).status_code == 200, "the open execution to be seen")
        with LiveClient(fleet.here, agent="triage", running=True) as client:
            (tree,) = client.until_type("trees")["trees"]
            agent.go_on()
            first = client.until_kind("step.completed")
            (counted,) = client.until_type("running")["running"]["agents"]
            asked = fleet.here.get("/api/analysis/running").json()
            agent.go_on()
            done = client.until_kind("execution.completed")

    assert tree["execution"]["execution_id"] == agent.execution_id
    assert (first["execution_id"], first["step"]["name"]) == (agent.execution_id, "first")
    assert (counted["agent"], counted["running"]) == ("triage", 1)
    assert [(one["agent"], one["running"]) for one in asked["agents"]] == [("triage", 1)]
    assert done["execution"]["status"] == "success"


def test_without_redis_both_take_and_store_everything_and_hear_each_other_when_it_is_back(fleet: Fleet) -> None:
    loads = Senders(fleet.here), Senders(fleet.there, FIRST_OF_THERE)
    with (
        loads[0].running(),
        loads[1].running(),
        LiveClient(fleet.here, kinds=["execution.completed"]) as at_here,
        LiveClient(fleet.there, kinds=["execution.completed"], trees=False) as at_there,
    ):
        at_here.until_trace(lambda number: number >= FIRST_OF_THERE)
        at_there.until_trace(lambda number: number < FIRST_OF_THERE)

        fleet.redis.kill()
        for server in (fleet.here, fleet.there):
            wait_until(lambda server=server: says_so(server), "the trouble to be told")
        for load in loads:
            load.go_on(20)
        last = max(loads[0].acknowledged)
        at_here.until_trace(lambda number: last <= number < FIRST_OF_THERE)

        begun = len(begins(at_here))
        fleet.redis.start()
        lasts = [max(load.acknowledged) for load in loads]
        at_here.until_trace(lambda number: number > lasts[1])
        at_there.until_trace(lambda number: lasts[0] < number < FIRST_OF_THERE)
        at_here.until(lambda me: len(begins(me)) > begun)
        for server in (fleet.here, fleet.there):
            wait_until(lambda server=server: not says_so(server), "the trouble to be over")

    for server, load in zip((fleet.here, fleet.there), loads, strict=True):
        wait_until(lambda server=server: is_drained(server), "the spool to be read")
        check_rows(load, lambda load=load: [one for one in traces_of(fleet.database) if one in load.sent])
    everything = sorted(traces_of(fleet.database))
    for server in (fleet.here, fleet.there):
        wait_until(lambda server=server: sorted(shown(server)) == everything, "all of it to be shown")


def test_metrics_tell_how_many_connections_answer_questions_and_who_waits_for_one(fleet: Fleet) -> None:
    fleet.here.get("/api/executions")
    told = fleet.here.get("/metrics").text
    assert 'longpole_reading_connections{state="most"} 8.0' in told
    assert "longpole_reading_waiting 0.0" in told
    assert 'longpole_reading_wait_seconds_bucket{le="+Inf"}' in told


def begins(client: LiveClient) -> list[dict[str, Any]]:
    """How often a client was told that it begins, and then of what runs."""
    told = [one for one in client.told if one["type"] in ("subscribed", "trees")]
    return [trees for said, trees in pairwise(told) if (said["type"], trees["type"]) == ("subscribed", "trees")]


def says_so(server: RunningServer) -> bool:
    """Whether a server says that it does not hear of others, and is fine else."""
    health = server.get("/healthz").json()
    assert health["status"] == "ok"
    return health["live_trouble"] is not None
