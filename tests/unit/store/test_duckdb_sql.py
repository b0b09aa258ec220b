"""SQL of a person over a DuckDB file: it reads what is stored, as of one moment, and reaches nothing else."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from msgspec.structs import replace

from longpole.model.batch import Batch
from longpole.model.errors import InvalidInput, StoreError
from longpole.store.cancel import Cancellation
from longpole.store.engines.duckdb import DuckDBEngine
from longpole.store.engines.duckdb_sql_child import HeldFile, answer_to
from longpole.store.engines.duckdb_sql_messages import Answer, Question
from longpole.store.read_only_sql import ReadsSql, SqlQuestion
from running_server import wait_until
from triage_example import triage_batch

TIMEOUT_S = 60.0
BODY_CHARS = 2000


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBEngine]:
    """A store with one execution and its steps."""
    folder = tmp_path_factory.mktemp("store")
    made = DuckDBEngine(str(folder / "rows.duckdb"))
    made.migrate()
    made.write(triage_batch())
    yield made
    made.close()


def ask(engine: DuckDBEngine, sql: str, *, limit: int = 100, timeout_s: float = TIMEOUT_S) -> list[list[Any]]:
    return engine.ask_sql(SqlQuestion(sql=sql, limit=limit, timeout_s=timeout_s)).rows


def test_it_reads_what_was_stored_just_now(engine: DuckDBEngine) -> None:
    assert isinstance(engine, ReadsSql)
    stored = engine.rows("store_counts")[0]["steps"]
    answer = engine.ask_sql(SqlQuestion(sql="SELECT count(*) AS steps FROM steps", limit=10, timeout_s=TIMEOUT_S))
    assert (answer.columns, answer.rows, answer.has_more) == ([("steps", "BIGINT")], [[stored]], False)


def test_more_rows_than_wanted_are_left_out_and_that_is_said(engine: DuckDBEngine) -> None:
    answer = engine.ask_sql(SqlQuestion(sql="SELECT * FROM range(11)", limit=10, timeout_s=TIMEOUT_S))
    assert (len(answer.rows), answer.has_more) == (10, True)
    long = engine.ask_sql(SqlQuestion(sql="SELECT repeat('x', 3000000) FROM range(9)", limit=10, timeout_s=TIMEOUT_S))
    assert (len(long.rows), long.has_more) == (2, True), "the answer is bounded in bytes too"


def test_every_kind_of_value_has_a_place_in_json(engine: DuckDBEngine) -> None:
    sql = r"""
    SELECT NULL, true, 7, 9223372036854775808::HUGEINT, 1.50::DECIMAL(9, 2), 0.5::DOUBLE, 'ä', '\xAA'::BLOB,
        [1, 2], {'a': 1}, MAP {'k': 2}, TIMESTAMP '2026-11-21 12:00:00', TIMESTAMPTZ '2026-11-21 12:00:00+00',
        DATE '2026-11-21', INTERVAL 1 DAY
    """
    times = ["2026-11-21T12:00:00", "2026-11-21T12:00:00+00:00", "2026-11-21", "1 day, 0:00:00"]
    numbers = [None, True, 7, "9223372036854775808", "1.50", 0.5]
    assert ask(engine, sql) == [[*numbers, "ä", "qg==", [1, 2], {"a": 1}, {"k": 2}, *times]]


NOT_SELECTS = {
    "ATTACH": "ATTACH '{outside}' AS other",
    "COPY": "COPY (SELECT 1) TO '{outside}'",
    "COPY from": "COPY steps FROM '{secret}'",
    "EXPORT": "EXPORT DATABASE '{outside}'",
    "INSTALL": "INSTALL httpfs",
    "LOAD": "LOAD '{outside}'",
    "PRAGMA": "PRAGMA database_list",
    "SET": "SET memory_limit = '100GB'",
    "RESET": "RESET memory_limit",
    "CALL": "CALL pragma_version()",
    "two statements": "SELECT 1; DROP TABLE steps",
    "two SELECTs": "SELECT 1; SELECT 2",
    "nothing": "-- nothing",
    "DELETE": "DELETE FROM steps",
    "UPDATE": "UPDATE steps SET name = ''",
    "INSERT": "INSERT INTO steps SELECT * FROM steps",
    "CREATE": "CREATE TABLE main.x AS SELECT 1",
    "CREATE TEMP": "CREATE TEMP TABLE x AS SELECT 1",
    "DETACH": "DETACH stored",
    "CHECKPOINT": "CHECKPOINT",
    "EXPLAIN ANALYZE": "EXPLAIN ANALYZE DELETE FROM steps",
    "CREATE SECRET": "CREATE SECRET s (TYPE s3)",
    "PREPARE": "PREPARE x AS SELECT 1",
    "DELETE in a WITH": "WITH gone AS (DELETE FROM steps RETURNING *) SELECT * FROM gone",
}


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of a store that nobody has open: what runs in the process is tried without starting one each time."""
    file = tmp_path_factory.mktemp("still") / "rows.duckdb"
    made = DuckDBEngine(str(file))
    made.migrate()
    made.write(triage_batch())
    made.close()
    return file


def answered(file: Path, sql: str) -> Answer | str:
    """The answer to a question as the process gives it, or the error that DuckDB raises there."""
    limits = {"answer_bytes": 10_000, "memory_bytes": 10**8, "address_bytes": 0, "cpu_s": 0}
    try:
        return answer_to(Question(sql=sql, file=str(file), limit=10, **limits))
    except duckdb.Error as error:
        return str(error)


@pytest.mark.parametrize("name", NOT_SELECTS)
def test_what_is_not_one_select_is_refused(still: Path, tmp_path: Path, name: str) -> None:
    secret, outside = tmp_path / "secret.csv", tmp_path / "outside"
    secret.write_text("a,b\n1,2\n")
    before = still.read_bytes()
    found = answered(still, NOT_SELECTS[name].format(secret=secret, outside=outside))
    assert isinstance(found, str) or found.is_not_one_select
    assert not outside.exists()
    assert still.read_bytes() == before


def test_a_refusal_says_what_it_is_instead(engine: DuckDBEngine) -> None:
    with pytest.raises(InvalidInput, match="not one SELECT but: SELECT, DROP"):
        ask(engine, NOT_SELECTS["two statements"])


OUTSIDE = (
    "SELECT * FROM read_text('{secret}')",
    "SELECT * FROM read_blob('{secret}')",
    "SELECT * FROM read_csv('{secret}')",
    "SELECT * FROM read_csv_auto('{secret}')",
    "SELECT * FROM read_json('{secret}')",
    "SELECT * FROM read_parquet('{secret}')",
    "SELECT * FROM sniff_csv('{secret}')",
    "SELECT * FROM '{secret}'",
    "SELECT * FROM glob('{folder}/*')",
    "SELECT * FROM read_text('/proc/self/environ')",
    "SELECT * FROM read_blob('held://database')",
    "SELECT * FROM read_text('http://127.0.0.1:1/x')",
    "SELECT * FROM query('COPY (SELECT 1) TO ''{folder}/out''')",
    "SELECT * FROM query('SELECT * FROM read_text(''{secret}'')')",
    "SELECT * FROM parquet_metadata('{secret}')",
    "SELECT * FROM enable_logging('QueryLog', storage = 'file', storage_config = {{'path': '{folder}/out'}})",
    "SELECT * FROM duckdb_secrets()",
    "SELECT getenv('HOME')",
    "SELECT * FROM force_checkpoint('stored')",
    "SELECT * FROM sqlite_scan('{secret}', 'x')",
    "SELECT * FROM postgres_scan('', '', 'x')",
    "SELECT * FROM sys",
    "SELECT * FROM held",
)


@pytest.mark.parametrize("sql", OUTSIDE)
def test_nothing_outside_the_store_is_reached(still: Path, tmp_path: Path, sql: str) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("hidden,treasure\n1,2\n")
    found = answered(still, sql.format(secret=secret, folder=tmp_path))
    assert isinstance(found, str), found
    assert "treasure" not in found
    assert [file.name for file in tmp_path.iterdir()] == ["secret.csv"]


def test_a_file_that_is_asked_for_is_told_as_outside_the_store(engine: DuckDBEngine) -> None:
    with pytest.raises(InvalidInput, match=r"outside the store.*SHOW TABLES"):
        ask(engine, "SELECT * FROM read_text('/etc/passwd')")


def test_no_setting_can_be_changed_by_a_function(engine: DuckDBEngine) -> None:
    settings = dict(ask(engine, "SELECT name, value FROM duckdb_settings()", limit=1000))
    assert settings["enable_external_access"] == "false"
    assert settings["lock_configuration"] == "true"
    assert settings["python_enable_replacements"] == "false"
    assert settings["memory_limit"] == "512.0 MiB"


BOMBS = (
    "SELECT list(range) FROM range(1000000000)",
    "SELECT count(*) FROM (SELECT DISTINCT range FROM range(1000000000))",
)


@pytest.mark.parametrize("sql", BOMBS)
def test_memory_is_bounded(engine: DuckDBEngine, sql: str) -> None:
    with pytest.raises(InvalidInput, match=r"512 MB of memory|not done after"):
        ask(engine, sql, timeout_s=20.0)


ENDLESS = (
    "WITH RECURSIVE r AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM r) SELECT count(*) FROM r",
    "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range * b.range % 7 = 3",
)


@pytest.mark.parametrize("sql", ENDLESS)
def test_time_is_bounded(engine: DuckDBEngine, sql: str) -> None:
    with pytest.raises(InvalidInput, match=r"not done after 1 seconds.*sql_timeout_ms"):
        ask(engine, sql, timeout_s=1.0)
    assert ask(engine, "SELECT 1", timeout_s=TIMEOUT_S) == [[1]], "the next one is answered"


def test_deep_nesting_is_an_error_and_no_crash(engine: DuckDBEngine) -> None:
    with pytest.raises(InvalidInput, match="depth"):
        ask(engine, "SELECT " + "(" * 5000 + "1" + ")" * 5000)


def test_an_error_of_the_database_is_told_with_its_place(engine: DuckDBEngine) -> None:
    with pytest.raises(InvalidInput, match=r"(?s)not found in FROM clause.*LINE 1: SELECT nome FROM steps") as refused:
        ask(engine, "SELECT nome FROM steps")
    assert "Expected" in str(refused.value)


def test_a_store_in_memory_says_that_no_other_process_can_read_it() -> None:
    engine = DuckDBEngine(":memory:")
    engine.migrate()
    with pytest.raises(InvalidInput, match="in memory only"):
        ask(engine, "SELECT 1")
    engine.close()


def test_a_cancelled_question_ends_its_process(engine: DuckDBEngine) -> None:
    cancellation = Cancellation()
    raised: list[BaseException] = []

    def endless() -> None:
        with cancellation.scope():
            try:
                ask(engine, ENDLESS[0])
            except (InvalidInput, StoreError) as error:
                raised.append(error)

    thread = threading.Thread(target=endless)
    thread.start()

    def is_over() -> bool:
        cancellation.cancel()
        return not thread.is_alive()

    wait_until(is_over, "the question to end")
    assert len(raised) == 1


def written_beside_a_look(file: Path, times: int) -> int:
    """The number of the batch after the last one written while one question read the first three `times` over."""
    engine = DuckDBEngine(str(file), quiet_s=0.01)
    engine.migrate()
    for first in range(3):
        engine.write(bodies(first))
    slow = f"""
    SELECT count(*), sum(length(input)), sum(hash(input) % 1000) = sum(hash(input) % 1000), count(DISTINCT a.trace_id)
    FROM bodies a, range({times}) r WHERE length(input) + r.range > 0
    """
    found: list[list[Any]] = []
    reader = threading.Thread(target=lambda: found.extend(ask(engine, slow)))
    reader.start()
    number = 3
    while reader.is_alive():
        # Rows that the reader sees are removed and the room of their blocks would be used again after a checkpoint.
        batch = bodies(number % 6)
        batch.replace = [(body.workspace, body.trace_id) for body in batch.bodies]
        batch.forget = batch.replace
        engine.write(batch)
        number += 1
    reader.join()
    engine.close()
    assert found == [[3 * 2000 * times, 3 * 2000 * times * BODY_CHARS, True, 6000]]
    return number


def test_what_is_read_stays_as_it_was_while_much_is_written_and_removed(tmp_path: Path) -> None:
    # How many writes fit into one look is the machine's affair: too few, and the next look takes four times as long.
    for times in (300, 1200, 4800):
        file = tmp_path / f"rows-{times}.duckdb"
        number = written_beside_a_look(file, times)
        if number > 6:
            break
    assert number > 6, "much was written meanwhile"
    with duckdb.connect(str(file), read_only=True) as after:
        assert after.execute("SELECT count(DISTINCT trace_id) FROM bodies").fetchall() == [(min(number, 6) * 2000,)]


def test_threads_that_share_the_file_do_not_move_each_other(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(range(256)))
    held = HeldFile(str(tmp_path / "file"))
    opened = held.open("held://database", "rb")
    opened.seek(10)

    def elsewhere() -> None:
        opened.seek(200)
        opened.read(5)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert opened.read(2) == bytes([10, 11])
    assert opened.tell() == 12
    held.is_shut = True
    with pytest.raises(PermissionError):
        held.open("held://database", "rb")
    opened.close()


def bodies(number: int) -> Batch:
    (body, *_) = triage_batch().bodies
    texts = ("".join(f"{number * 1000 + place:08x}" for _ in range(BODY_CHARS // 8)) for place in range(2000))
    return Batch(
        bodies=[replace(body, trace_id=f"{number * 2000 + place:032x}", input=text) for place, text in enumerate(texts)]
    )
