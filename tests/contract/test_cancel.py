"""A long question can be cancelled from another thread, on every engine, without touching what others ask."""

from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

import pytest

from longpole.model.errors import StoreError
from longpole.store.cancel import Cancellation
from longpole.store.engine import Engine
from longpole.store.engines.clickhouse import ClickHouseEngine
from longpole.store.engines.duckdb import DuckDBEngine
from longpole.store.engines.postgres import PostgresEngine
from longpole.store.sql import Queries, Query
from running_server import wait_until

LONG = {
    DuckDBEngine: "SELECT count(*) AS n FROM range(3000000) a, range(3000000) b WHERE (a.range * b.range) % 7 = 3",
    PostgresEngine: "SELECT CAST(pg_sleep(120) AS TEXT) AS n",
    ClickHouseEngine: (
        "SELECT sum(sleepEachRow(0.05)) AS n FROM numbers(2400) "
        "SETTINGS max_block_size = 1, function_sleep_max_microseconds_per_block = 0"
    ),
}
"""A statement for each engine that takes minutes."""


@pytest.fixture
def patient(store: Engine) -> Any:
    """The store, with a question `long` that takes minutes."""
    engine: Any = store
    long = Query(name="long", purpose="", text=LONG[type(engine)], parameters=frozenset(), tables=frozenset())
    engine._queries = Queries({query.name: query for query in (*engine._queries, long)})
    return engine


def asked(pool: ThreadPoolExecutor, scope: Cancellation, store: Engine, query: str) -> "Future[Any]":
    """A question in a thread that takes over the scope."""
    with scope.scope():
        return pool.submit(copy_context().run, store.rows, query)


def test_a_cancelled_question_ends_soon_and_what_others_ask_is_answered(patient: Engine) -> None:
    scope, other = Cancellation(), Cancellation()
    with ThreadPoolExecutor(2) as pool:
        long = asked(pool, scope, patient, "long")
        wait_until(lambda: long.running(), "the question to begin")
        assert asked(pool, other, patient, "store_counts").result(20)[0]["executions"] == 0
        wait_until(lambda: scope.cancel() or long.done(), "the long question to end", 10)
        assert long.exception() is not None
    assert patient.rows("store_counts")[0]["executions"] == 0


def test_a_cancelled_scope_asks_nothing_more(store: Engine) -> None:
    scope = Cancellation()
    scope.cancel()
    with scope.scope(), pytest.raises(StoreError, match="was cancelled, because the server stops"):
        store.rows("store_counts")
    assert store.rows("store_counts")
