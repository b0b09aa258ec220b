"""Every test in this folder runs on every engine. A new engine is one more entry in `ENGINES`, and a fixture."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from database_servers import PostgresServer, postgres_server
from longpole.store.engine import Engine
from longpole.store.engines.clickhouse_client import Database, read_address
from longpole.store.store import open_store

ENGINES = {
    "clickhouse": "clickhouse_database",
    "duckdb-file": "duckdb_file",
    "duckdb-memory": "duckdb_memory",
    "postgres": "postgres_database",
}
"""The fixture that gives the address of an empty store of each kind."""

EMPTY_AGAIN = """
DO $$
DECLARE
    one RECORD;
BEGIN
    FOR one IN
        SELECT oid::REGCLASS AS name, relispartition AS is_day
        FROM pg_class
        WHERE relnamespace = 'longpole'::REGNAMESPACE AND relkind = 'r' AND relname <> 'schema_version'
    LOOP
        EXECUTE format(CASE WHEN one.is_day THEN 'DROP TABLE %s' ELSE 'DELETE FROM %s' END, one.name);
    END LOOP;
END
$$
"""


@pytest.fixture
def duckdb_file(tmp_path: Path) -> str:
    return str(tmp_path / "longpole.duckdb")


@pytest.fixture
def duckdb_memory() -> str:
    return ":memory:"


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A real PostgreSQL, started at the first test that needs one, with a database whose tables are there."""
    with postgres_server() as server:
        server.run("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")  # nobody turns the power off here
        open_store(server.make_database("contract")).close()
        yield server


@pytest.fixture
def postgres_database(postgres: PostgresServer) -> Iterator[str]:
    """The same database for every test, emptied: one for each takes ten times as long."""
    yield postgres.address("contract")
    postgres.run(EMPTY_AGAIN, database="contract")


@pytest.fixture
def open_as(postgres_database: str) -> Iterator[Callable[[str], Engine]]:
    """Opens the database as servers of given names."""
    opened: list[Engine] = []

    def open_one(server: str) -> Engine:
        opened.append(open_store(postgres_database, server=server))
        return opened[-1]

    yield open_one
    for engine in opened:
        engine.close()


@pytest.fixture(scope="session")
def chdb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """ClickHouse's engine in this process, which can have one folder open: every test uses it."""
    address = f"chdb://{tmp_path_factory.mktemp('chdb')}"
    open_store(address).close()
    database = Database(read_address(address))
    database.enter()
    yield database
    database.close()


@pytest.fixture
def clickhouse_database(chdb: Database) -> str:
    """The same database for every test, emptied: making its tables takes half a second."""
    names = "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'"
    for (name,) in chdb.query(names)[1]:
        if name != "schema_version":
            chdb.command(f"TRUNCATE TABLE {name}")
    return f"chdb://{chdb.address.path}"


@pytest.fixture(scope="module")
def over_http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address, without database, of a ClickHouse that is spoken to as over a network."""
    program = Path(__file__).parents[1] / "clickhouse_over_http.py"
    command = [sys.executable, str(program), str(tmp_path_factory.mktemp("http")), "me", "hush hush"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as door:
        assert door.stdout is not None
        yield f"clickhouse://me:hush%20hush@127.0.0.1:{int(door.stdout.readline())}"
        door.kill()


@pytest.fixture(params=sorted(ENGINES))
def address(request: pytest.FixtureRequest) -> str:
    """The address of an empty store of each kind."""
    return request.getfixturevalue(ENGINES[request.param])


@pytest.fixture
def store(address: str) -> Iterator[Engine]:
    """An open, empty store of each kind."""
    engine = open_store(address)
    yield engine
    engine.close()
