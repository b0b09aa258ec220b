"""`instrument("sqlalchemy", "asyncpg", "redis")` with the real packages and the real databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from database_servers import postgres_server, redis_server
from library_programs import run_program, shown
from running_server import RunningServer

SQLALCHEMY = """
import longpole
longpole.configure()
longpole.instrument("sqlalchemy")
import sqlalchemy

engine = sqlalchemy.create_engine("sqlite://")

@longpole.agent
def clerk():
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("create table note (words text)"))
        with longpole.time_step("write"):
            connection.execute(sqlalchemy.text("insert into note values (:words)"), {"words": "hunter2-hunter2"})
        connection.execute(sqlalchemy.text("select 'sk-abcdefghijklmnopqrstuvwx' from note"))
        try:
            connection.execute(sqlalchemy.text("select * from missing"))
        except sqlalchemy.exc.OperationalError:
            pass

clerk()
"""
ASYNCPG = """
import asyncio, sys
import longpole
longpole.configure()
longpole.instrument("asyncpg")
import asyncpg

@longpole.agent
async def archivist():
    connection = await asyncpg.connect(sys.argv[1])
    await connection.execute("create temp table note (words text)")
    with longpole.time_step("write"):
        await connection.execute("insert into note values ($1)", "hunter2-hunter2")
    assert await connection.fetchval("select count(*) from note") == 1
    try:
        await connection.fetch("select * from missing")
    except asyncpg.UndefinedTableError:
        pass
    await connection.close()

asyncio.run(archivist())
"""
REDIS = """
import asyncio, sys
import longpole
longpole.configure()
longpole.instrument("redis")
import redis
import redis.asyncio

@longpole.agent
async def rememberer():
    client = redis.Redis(port=int(sys.argv[1]))
    with longpole.time_step("write"):
        client.set("words", "hunter2-hunter2")
    async with redis.asyncio.Redis(port=int(sys.argv[1])) as later:
        assert await later.get("words") == b"hunter2-hunter2"
    try:
        client.lpush("words", "another")
    except redis.ResponseError:
        pass

asyncio.run(rememberer())
"""

POOL = """
import asyncio, sys
import longpole
longpole.configure()
longpole.instrument("asyncpg")
import asyncpg

async def hold(pool, has_it, may_go):
    async with pool.acquire():
        has_it.set()
        await may_go.wait()

@longpole.agent
async def queuer():
    async with asyncpg.create_pool(sys.argv[1], min_size=1, max_size=1) as pool:
        has_it, may_go = asyncio.Event(), asyncio.Event()
        holding = asyncio.create_task(hold(pool, has_it, may_go))
        await has_it.wait()
        asyncio.get_running_loop().call_later(0.05, may_go.set)
        async with longpole.time_step("ask"), pool.acquire() as connection:
            assert await connection.fetchval("select 9") == 9
        await holding

asyncio.run(queuer())
"""

# The driver is imported, and turned on, before anything is known of SQLAlchemy.
SCOPE = "opentelemetry.instrumentation.sqlalchemy"
BOTH = """
import asyncio, sys
import longpole
longpole.configure()
longpole.instrument()
import asyncpg
import sqlalchemy
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(sys.argv[1].replace("postgresql://", "postgresql+asyncpg://"))

@longpole.agent
async def librarian():
    async with engine.connect() as connection:
        await connection.execute(sqlalchemy.text("select 7 as lucky"))
        await connection.execute(sqlalchemy.text("select pg_sleep(0.5)"))  # so long that what is open is shown
    await engine.dispose()

async def main():
    await librarian()
    direct = await asyncpg.connect(sys.argv[1])
    await direct.execute("select 8 as outside")  # of any step: nobody's query

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    with postgres_server() as server:
        yield server.address()


@pytest.fixture(scope="module")
def redis_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with redis_server(tmp_path_factory.mktemp("redis")) as port:
        yield port


def test_queries_of_sqlalchemy_are_steps_with_their_text_and_without_its_values(
    shared_server: RunningServer, tmp_path: Path
) -> None:
    run_program(SQLALCHEMY, tmp_path, server=shared_server.url)
    tree = shown(shared_server, "clerk", 7)
    queries = [node for node in tree.nodes if node.get("category") == "database"]
    details = [tree.detail(query) for query in queries]
    texts = {one["input"]: one["status"] for one in details}
    assert texts["insert into note values (?)"] == "success"
    assert texts["select * from missing"] == "failed"
    assert [query for query in queries if tree.path(query).startswith("clerk > write > ")]
    assert "hunter2" not in str(details)
    assert "abcdefghijklmnop" not in str(details)
    assert {one["attributes"]["db.system.name"] for one in details} == {"sqlite"}


def test_queries_of_asyncpg_are_steps_with_their_text_and_without_its_values(
    shared_server: RunningServer, postgres: str, tmp_path: Path
) -> None:
    run_program(ASYNCPG, tmp_path, postgres, server=shared_server.url)
    tree = shown(shared_server, "archivist", 6)
    queries = [node for node in tree.nodes if node.get("category") == "database"]
    details = [tree.detail(query) for query in queries]
    texts = {one["input"]: one for one in details}
    assert texts["insert into note values ($1)"]["status"] == "success"
    failed = texts["select * from missing"]
    assert failed["status"] == "failed"
    assert failed["error_type"] == "UndefinedTableError"
    assert [tree.path(query) for query in queries if "write" in tree.path(query)] == ["archivist > write > insert"]
    assert "hunter2" not in str(details)


def test_the_wait_for_a_connection_of_a_pool_is_a_step(
    shared_server: RunningServer, postgres: str, tmp_path: Path
) -> None:
    run_program(POOL, tmp_path, postgres, server=shared_server.url)
    tree = shown(shared_server, "queuer", 3)
    waits = [node for node in tree.all("wait for a connection") if tree.path(node).startswith("queuer > ask > ")]
    assert [wait["category"] for wait in waits] == ["queue"]
    assert waits[0]["duration_ns"] >= 40_000_000


def test_a_query_is_shown_once_though_both_sqlalchemy_and_its_driver_are_known(
    shared_server: RunningServer, postgres: str, tmp_path: Path
) -> None:
    run_program(BOTH, tmp_path, postgres, server=shared_server.url)
    tree = shown(shared_server, "librarian", 4)
    queries = [tree.detail(node) for node in tree.nodes if node.get("category") == "database"]
    told = [(one["input"], one["attributes"]["otel.scope.name"]) for one in queries]
    assert sorted(told, key=str) == [("select 7 as lucky", SCOPE), ("select pg_sleep(0.5)", SCOPE), (None, SCOPE)]
    assert tree.execution["is_settled"], "a query is left that never ends"
    agents = {item["agent"] for item in shared_server.get("/api/executions").json()["items"]}
    assert not [agent for agent in agents if "select" in agent.lower()]


def test_commands_of_redis_are_steps_without_their_values(
    shared_server: RunningServer, redis_port: int, tmp_path: Path
) -> None:
    run_program(REDIS, tmp_path, str(redis_port), server=shared_server.url)
    tree = shown(shared_server, "rememberer", 5)
    assert tree.paths() == [
        "rememberer",
        "rememberer > GET",
        "rememberer > LPUSH",
        "rememberer > write",
        "rememberer > write > SET",
    ]
    commands = [tree.one(name) for name in ("GET", "SET", "LPUSH")]
    assert {command["category"] for command in commands} <= {"database", "cache"}
    assert [command["status"] for command in commands] == ["success", "success", "failed"]
    assert "hunter2" not in str([tree.detail(command) for command in commands])
