"""Two servers on one database that each get parts of a trace: what is stored is what one server would store."""

import random
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from execution_trees import SECOND, TRACE, agent, fact
from longpole.ingest.facts import Facts
from longpole.ingest.known_traces import find_known_traces
from longpole.ingest.reunite import find_stored_spans
from longpole.ingest.traces import TraceBook
from longpole.store.engine import Engine
from longpole.store.store import open_store

TREE = [
    agent(0, end=900),
    fact(1, 0, end=400),
    fact(2, 1, start=10, end=200, category="llm", model="m", input_tokens=7),
    agent(3, 0, start=400, end=800),
    fact(4, 3, start=420, end=700),
    fact(5, 4, start=430, end=600, category="tool"),
    agent(6, 3, start=700, end=790),
    fact(7, 6, start=710, end=780),
]
# What depends on when a row was written, or by how many tellings.
PASSING = ("received_ns", "settled_ns", "row_version")


class Server:
    """The part of a server that knows traces, on an engine of its own."""

    def __init__(self, address: str, name: str) -> None:
        self.engine = open_store(address, server=name)
        self.number = 0
        self.book = TraceBook(self._known, bury=_fail, find_spans=self._spans if self.engine.is_shared else None)

    def _known(self, workspace: str, trace_ids: Sequence[str]):
        return find_known_traces(self.engine, workspace, trace_ids, limit=64)

    def _spans(self, workspace: str, trace_ids: Sequence[str]):
        return find_stored_spans(self.engine, workspace, trace_ids)

    def take(self, facts: Sequence[Facts], now_ns: int) -> None:
        self.number += 1
        self.book.add([(one, None) for one in facts], number=self.number, now_ns=now_ns)

    def work(self, now_ns: int) -> None:
        """Publish and save what is due."""
        if batch := self.book.publish(now_ns):
            self.engine.write(batch, fresh=True)
        if saved := self.book.save(now_ns):
            batch, groups = saved
            self.engine.write(batch)
            self.book.saved(groups)


def _fail(name: str, _content: bytes, error: Exception) -> None:
    raise AssertionError(name) from error


@pytest.fixture(params=["clickhouse_database", "postgres_database"])
def servers(request: pytest.FixtureRequest) -> Iterator[tuple[Server, Server]]:
    address = request.getfixturevalue(request.param)
    one, other = Server(address, "one"), Server(address, "other")
    yield one, other
    one.engine.close()
    other.engine.close()


def stored(engine: Engine) -> list[list[dict[str, Any]]]:
    asked = {"workspace": "default", "trace_ids": [TRACE]}
    found = [engine.rows(query, asked) for query in ("trace_executions", "trace_steps")]
    return [
        sorted(({name: row[name] for name in row if name not in PASSING} for row in rows), key=str) for rows in found
    ]


def whole() -> list[list[dict[str, Any]]]:
    """What one server stores of the whole tree."""
    alone = Server(":memory:", "alone")
    alone.take(TREE, 1000 * SECOND)
    alone.work(1002 * SECOND)
    rows = stored(alone.engine)
    alone.engine.close()
    return rows


@pytest.mark.parametrize("seed", range(6))
def test_a_trace_in_two_parts_is_settled_as_one(servers: tuple[Server, Server], seed: int) -> None:
    chance = random.Random(seed)
    spans = chance.sample(TREE, len(TREE))
    for place, facts in enumerate(spans):
        now_ns = 1000 * SECOND + place * 20_000_000
        chance.choice(servers).take([facts], now_ns)
        for server in servers if chance.random() < 0.5 else ():
            server.work(now_ns + 1)
    for seconds in (1, 3, 60, 90):
        for server in chance.sample(servers, 2):
            server.work((1000 + seconds) * SECOND)
    assert stored(servers[0].engine) == whole()
    assert len(servers[0].book) == len(servers[1].book) == 0


def test_a_span_that_both_servers_were_sent_is_stored_once(servers: tuple[Server, Server]) -> None:
    for server in servers:
        server.take(TREE, 1000 * SECOND)
    for server in servers:
        server.work(1002 * SECOND)
    assert stored(servers[0].engine) == whole()


def test_the_end_of_what_runs_elsewhere_is_taken_in(servers: tuple[Server, Server]) -> None:
    one, other = servers
    one.take([agent(0, end=None)], 1000 * SECOND)
    one.work(1000 * SECOND + 1)
    other.take(TREE[1:], 1001 * SECOND)
    other.work(1001 * SECOND + 1)
    one.take(TREE[:1], 1010 * SECOND)
    for seconds in (1012, 1040, 1080):
        one.work(seconds * SECOND)
        other.work(seconds * SECOND)
    assert stored(one.engine) == whole()
