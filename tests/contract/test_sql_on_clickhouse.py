"""SQL of a person over ClickHouse: it reads the tables that are open, changes nothing and reaches nothing else."""

import re
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from clickhouse_connect.driver.exceptions import Error
from msgspec.structs import fields, replace

from contract.rows import WORKSPACE, joined, trace, trace_id_of
from longpole.model.batch import Batch
from longpole.model.errors import InvalidInput, StoreError
from longpole.model.webhook import Webhook
from longpole.model.workspace import AccessKey
from longpole.store.cancel import Cancellation
from longpole.store.engines.clickhouse import ClickHouseEngine
from longpole.store.engines.clickhouse_client import Database
from longpole.store.engines.clickhouse_select import OPEN_TABLES
from longpole.store.engines.clickhouse_sql import ask_select
from longpole.store.read_only_sql import ReadsSql, SqlQuestion
from longpole.store.tables import TABLES
from running_server import wait_until

TIMEOUT_S = 20.0
SECRETS = Batch(
    records=[
        AccessKey(key_id="key-1", workspace="default", key_hash="hash-of-a-key", scope="admin", created_ns=1),
        Webhook(workspace="default", name="w", url="json://x", secret="hushed", kinds="", changed_ns=1),
    ]
)


@pytest.fixture
def engine(clickhouse_database: str) -> Iterator[ClickHouseEngine]:
    """A store with three executions and secrets."""
    made = ClickHouseEngine(clickhouse_database, server="one")
    made.migrate()
    made.write(joined([trace(1), trace(2), trace(3, workspace="other")]))
    made.write(SECRETS)
    yield made
    made.close()


def ask(engine: ClickHouseEngine, sql: str, *, limit: int = 100, timeout_s: float = TIMEOUT_S) -> list[list[Any]]:
    return engine.ask_sql(SqlQuestion(sql=sql, limit=limit, timeout_s=timeout_s)).rows


# What is answered


def test_it_reads_the_open_tables_of_all_workspaces(engine: ClickHouseEngine) -> None:
    assert isinstance(engine, ReadsSql)
    assert not engine.knows_workspaces
    sql = "SELECT workspace, count() AS runs FROM executions GROUP BY workspace ORDER BY workspace"
    answer = engine.ask_sql(SqlQuestion(sql=sql, limit=10, timeout_s=TIMEOUT_S))
    assert (answer.columns, answer.has_more) == ([("workspace", "String"), ("runs", "UInt64")], False)
    assert answer.rows == [["default", 2], ["other", 1]]
    for table in OPEN_TABLES:
        assert ask(engine, f"SELECT count() >= 0 FROM {table}") == [[1]]


def test_what_is_published_is_seen_and_what_was_replaced_is_not(engine: ClickHouseEngine) -> None:
    engine.write(trace(4), fresh=True)
    assert ask(engine, "SELECT count() FROM executions") == [[4]]
    engine.write(joined([trace(1, version=2)], replace=[(WORKSPACE, trace_id_of(1))]))
    told = f"SELECT model FROM executions WHERE trace_id = '{trace_id_of(1)}'"
    assert ask(engine, told) == [["model 2"]]
    engine.write(Batch(forget=[(WORKSPACE, trace_id_of(1))], replace=[(WORKSPACE, trace_id_of(1))]))
    assert ask(engine, told) == []


ANSWERED = {
    "SELECT 1; -- a comment": [[1]],
    "FROM executions SELECT count()": [[3]],
    "SELECT count() FROM longpole.executions AS e FINAL WHERE e.agent IN (SELECT agent FROM executions)": [[3]],
    "WITH x AS (SELECT agent FROM executions) SELECT uniqExact(agent) FROM x": [[3]],
    "WITH RECURSIVE r AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM r WHERE i < 3) SELECT sum(i) FROM r": [[6]],
    "SELECT uniqExact(e.trace_id) FROM executions e JOIN steps s USING (trace_id)": [[3]],
    "SELECT countIf(depth = 0), sumIf(1, depth > 0), uniqExactMerge(s) "
    "FROM (SELECT depth, uniqExactState(trace_id) AS s FROM executions GROUP BY depth)": [[1, None, 3]],
    "SELECT max(n) FROM (SELECT row_number() OVER (ORDER BY started_ns) AS n FROM executions)": [[3]],
    "SELECT COLUMNS('^depth$') APPLY(max), * REPLACE (1 AS depth) APPLY(x -> min(x)) "
    "FROM (SELECT depth FROM executions)": [[0, 1]],
    "SELECT CASE WHEN 1 THEN 'a' ELSE 'b' END, CASE 1 WHEN 2 THEN 3 ELSE 4 END, if(0, 1, 2), 1 IN (1, 2)": [
        ["a", 4, 2, 1]
    ],
    "SELECT EXISTS(SELECT 1), arrayMap(x -> x + 1, [1]), tuple(1, 'a').2, DATE '2026-11-21' + INTERVAL 1 DAY": [
        [1, [2], "a", "2026-11-22"]
    ],
    "SELECT sum(x) FROM ((SELECT 1 AS x UNION ALL SELECT 2 UNION ALL SELECT 3) EXCEPT SELECT 2)": [[4]],
    "SELECT agent FROM executions GROUP BY ROLLUP(agent) HAVING grouping(agent) = 1": [[""]],
    "SELECT number FROM numbers(5) WHERE number > 3": [[4]],
    "SELECT * FROM VALUES('a UInt8', 1)": [[1]],
    "SELECT DATE_TRUNC('hour', fromUnixTimestamp(7199)), lower('A'), UPPER('b')": [["1970-01-01T01:00:00", "a", "B"]],
    r"SELECT '{a:Int8} %s %(x)s; -- FORMAT JSON', 'it''s', 'back\\slash', '	tab', '🦆' -- a comment": [
        ["{a:Int8} %s %(x)s; -- FORMAT JSON", "it's", "back\\slash", "\ttab", "🦆"]
    ],
}


def test_a_select_is_answered_however_it_is_written(engine: ClickHouseEngine) -> None:
    assert {sql: ask(engine, sql) for sql in ANSWERED} == ANSWERED


def test_the_same_over_http(over_http: str) -> None:
    with closing(ClickHouseEngine(f"{over_http}/asked", server="one")) as engine:
        engine.migrate()
        engine.write(SECRETS)
        odd = r"SELECT '{a:Int8} %s; -- FORMAT JSON', 'it''s', 'back\\slash', '	tab', '🦆' -- a comment"
        assert ask(engine, odd) == [["{a:Int8} %s; -- FORMAT JSON", "it's", "back\\slash", "\ttab", "🦆"]]
        answer = engine.ask_sql(SqlQuestion(sql="SELECT number FROM numbers(3)", limit=2, timeout_s=TIMEOUT_S))
        assert (answer.rows, answer.has_more) == ([[0], [1]], True)
        with pytest.raises(InvalidInput, match=r"Unknown expression identifier `nome`.*add it\. Expected one SELECT"):
            ask(engine, "SELECT nome")
        with pytest.raises(InvalidInput, match=r"the table asked\.keys"):
            ask(engine, "SELECT * FROM asked.keys")
        with pytest.raises(InvalidInput, match=r"not done after 0\.5 seconds"):
            ask(engine, "SELECT count() FROM numbers(1000000000000) WHERE number % 7 = 3", timeout_s=0.5)


def test_every_kind_of_value_has_a_place_in_json(engine: ClickHouseEngine) -> None:
    sql = """
    SELECT NULL, true, 7, toInt256(9223372036854775808), toDecimal64(1.5, 2), 0.5, 'ä', toFixedString('ab', 2), [1, 2],
        CAST(('a', 1) AS Tuple(x String, y Int8)), map('k', 2), toDateTime64('2026-11-21 12:00:00', 3, 'Asia/Tokyo'),
        toDate('2026-11-21'), toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0'), CAST('a' AS Enum8('a' = 1)), unhex('ff')
    """
    times = ["2026-11-21T12:00:00+09:00", "2026-11-21"]
    numbers = [None, True, 7, "9223372036854775808", "1.50", 0.5]
    texts = ["61f0c404-5cb3-11e7-907b-a6006ad3dba0", "a", "ff"]
    assert ask(engine, sql) == [[*numbers, "ä", "YWI=", [1, 2], {"x": "a", "y": 1}, {"k": 2}, *times, *texts]]
    with pytest.raises(InvalidInput, match="values that cannot be shown: AggregateFunction"):
        ask(engine, "SELECT uniqState(1)")


def test_an_answer_of_no_rows_has_its_columns(engine: ClickHouseEngine) -> None:
    for sql in ("SELECT 1 AS a, 'x' AS b, 2 AS c WHERE 0", "SELECT 1 AS a, 'x' AS b, 2 AS c LIMIT 0"):
        answer = engine.ask_sql(SqlQuestion(sql=sql, limit=1, timeout_s=TIMEOUT_S))
        assert answer.columns == [("a", "UInt8"), ("b", "String"), ("c", "UInt8")]
        assert (answer.rows, answer.has_more) == ([], False)


# Limits


def test_more_rows_than_wanted_are_left_out_and_that_is_said(engine: ClickHouseEngine) -> None:
    def answer(sql: str, limit: int) -> tuple[int, bool]:
        found = engine.ask_sql(SqlQuestion(sql=sql, limit=limit, timeout_s=TIMEOUT_S))
        return len(found.rows), found.has_more

    assert answer("SELECT * FROM numbers(1200)", 1200) == (1200, False)
    assert answer("SELECT * FROM numbers(1201)", 1200) == (1200, True)
    assert answer("SELECT * FROM numbers(1000000000000)", 3) == (3, True)
    assert answer("SELECT repeat('x', 1000000) FROM numbers(20)", 100) == (8, True), (
        "the answer is bounded in bytes too"
    )


def test_the_limit_is_on_the_answer_and_not_on_what_it_is_made_of(engine: ClickHouseEngine) -> None:
    sql = "SELECT count(), (SELECT count() FROM scores) FROM steps WHERE trace_id IN (SELECT trace_id FROM executions)"
    assert ask(engine, sql, limit=1) == [[15, 0]]
    with pytest.raises(InvalidInput, match="the table webhooks"):  # names of tables are not cut off either
        ask(engine, "WITH webhooks AS (SELECT * FROM webhooks) SELECT * FROM webhooks", limit=1)


ENDLESS = (
    "SELECT count() FROM numbers(1000000000000) WHERE number * number % 7 = 3",
    "SELECT count() FROM numbers(10000000) AS a, numbers(10000000) AS b WHERE a.number * b.number % 7 = 3",
    "SELECT arrayFold((a, x) -> arrayFold((b, y) -> b + y, range(1000), a), range(100000), toInt64(0))",
)


@pytest.mark.parametrize("sql", ENDLESS)
def test_time_is_bounded(engine: ClickHouseEngine, sql: str) -> None:
    with pytest.raises(InvalidInput, match=r"not done after 0\.5 seconds.*sql_timeout_ms"):
        ask(engine, sql, timeout_s=0.5)
    assert ask(engine, "SELECT 1") == [[1]], "the next one is answered"


def test_memory_is_bounded(engine: ClickHouseEngine) -> None:
    for sql in (
        "SELECT groupArray(number) FROM numbers(1000000000)",
        "SELECT count() FROM (SELECT DISTINCT toString(number) FROM numbers(1000000000))",
        "SELECT number FROM numbers(1000000000) ORDER BY sipHash64(number) LIMIT 100000000",
    ):
        with pytest.raises(InvalidInput, match=r"more than 512 MB of memory"):
            ask(engine, sql)
    with pytest.raises(InvalidInput, match="pieces of more than 64 MB"):
        ask(engine, "SELECT groupArray(number) FROM numbers(10000000)")


def test_a_cancelled_question_ends(engine: ClickHouseEngine) -> None:
    cancellation = Cancellation()
    raised: list[BaseException] = []

    def endless() -> None:
        with cancellation.scope():
            try:
                ask(engine, ENDLESS[0], timeout_s=120.0)
            except (InvalidInput, StoreError) as error:
                raised.append(error)

    thread = threading.Thread(target=endless)
    thread.start()

    def is_over() -> bool:
        cancellation.cancel()
        return not thread.is_alive()

    wait_until(is_over, "the question to end", 15)
    assert len(raised) == 1


# What is refused

ESCAPES = (
    # Tables that are not open
    "SELECT * FROM keys",
    "SELECT * FROM longpole.keys",
    "SELECT * FROM `longpole`.`webhooks`",
    "SELECT secret FROM webhooks",
    "SELECT * FROM executions, keys",
    "SELECT * FROM executions JOIN keys ON 1",
    "SELECT (SELECT max(key_hash) FROM keys)",
    "SELECT toInt64((SELECT max(key_hash) FROM keys))",
    "SELECT 1 FROM executions WHERE throwIf((SELECT count() FROM keys) > 0)",
    "SELECT 1 IN (SELECT 1 FROM keys)",
    "SELECT (1, 1) IN schema_version",
    "SELECT in((1, 1), schema_version)",
    "SELECT (1, 1) IN longpole.schema_version",
    "SELECT (1, 1) GLOBAL NOT IN schema_version",
    "WITH schema_version AS k SELECT (1, 1) IN k",
    "WITH longpole.schema_version AS k SELECT (1, 1) IN k",
    "SELECT 1 IN system.one",
    "SELECT arrayMap(x -> (x, x) IN schema_version, [1])",
    "SELECT COLUMNS(depth) APPLY(x -> (x, x) IN schema_version) FROM executions",
    "WITH keys AS (SELECT * FROM keys) SELECT * FROM keys",
    "WITH a AS (SELECT * FROM keys), keys AS (SELECT * FROM a) SELECT * FROM keys",
    "SELECT * FROM (WITH keys AS (SELECT 1) SELECT 1), keys",
    "SELECT * FROM (WITH `/etc/passwd` AS (SELECT 1) SELECT 1), `/etc/passwd`",
    "SELECT 1 UNION ALL SELECT count() FROM keys",
    "SELECT 1 EXCEPT (SELECT count() FROM keys)",
    "SELECT EXISTS(SELECT 1 FROM keys)",
    "SELECT * FROM schema_version",
    "SELECT * FROM agents_told",
    "SELECT * FROM system.tables",
    "SELECT * FROM system.processes",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM INFORMATION_SCHEMA.columns",
    "SELECT * FROM default.`{secret}`",
    "SELECT * FROM `{secret}`",
    # Functions in the place of a table
    "SELECT * FROM file('{secret}', 'LineAsString')",
    "SELECT * FROM url('http://127.0.0.1:1/x', 'LineAsString')",
    "SELECT * FROM s3('http://127.0.0.1:1/bucket/x')",
    "SELECT * FROM remote('127.0.0.1', longpole.keys)",
    "SELECT * FROM cluster('default', longpole.keys)",
    "SELECT * FROM clusterAllReplicas('default', longpole.keys)",
    "SELECT * FROM merge('longpole', 'k.*')",
    "SELECT * FROM mysql('127.0.0.1:1', 'a', 'b', 'c', 'd')",
    "SELECT * FROM postgresql('127.0.0.1:1', 'a', 'b', 'c', 'd')",
    "SELECT * FROM sqlite('{secret}', 'x')",
    "SELECT * FROM executable('id', 'TSV', 'a String')",
    "SELECT * FROM input('a Int8')",
    "SELECT * FROM filesystem('/etc')",
    "SELECT * FROM dictionary('x')",
    "SELECT * FROM loop(longpole, keys)",
    "SELECT * FROM view(SELECT * FROM keys)",
    "SELECT * FROM viewIfPermitted(SELECT * FROM keys ELSE null('a Int8'))",
    "SELECT * FROM (EXPLAIN SELECT * FROM keys)",
    "SELECT * FROM mergeTreeIndex('longpole', 'keys')",
    "SELECT * FROM Python(secret)",
    "SELECT * FROM eval('SELECT 1')",
    "SELECT * FROM executions(a = 1)",
    # Functions
    "SELECT file('{secret}')",
    "SELECT FILE('{secret}')",
    "SELECT arrayMap(x -> file(x), ['{secret}'])",
    "SELECT * APPLY(file) FROM (SELECT '{secret}' AS name)",
    "SELECT dictGet('x', 'y', 1)",
    "SELECT joinGet('keys', 'key_hash', 'key-1')",
    "SELECT getSetting('readonly')",
    "SELECT @@version",
    "SELECT getServerSetting('path')",
    "SELECT getMacro('shard')",
    "SELECT hasColumnInTable('longpole', 'keys', 'key_hash')",
    "SELECT evalMLMethod(1, 2)",
    "SELECT addressToLine(1)",
    "SELECT logTrace('x')",
    "SELECT sleep(1)",
    "SELECT aiGenerate('x')",
    "SELECT showCertificate()",
    "SELECT currentUser()",
    "SELECT editDistance('a', 'b')",
    "SELECT fileIf('{secret}', 1)",
    # Clauses
    "SELECT 1 INTO OUTFILE '{folder}/out'",
    "SELECT 1 INTO OUTFILE '{folder}/out' FORMAT CSV",
    "SELECT 1) INTO OUTFILE '{folder}/out' SETTINGS max_threads = (1",
    "SELECT 1 FORMAT JSON",
    "SELECT 1 SETTINGS readonly = 0",
    "SELECT 1 SETTINGS max_execution_time = 0",
    "SELECT * FROM (SELECT 1 SETTINGS max_memory_usage = 0)",
    "WITH x AS (SELECT 1 SETTINGS final = 0) SELECT * FROM x",
    "SELECT {{name:String}}",
    "SELECT * FROM {{name:Identifier}}",
    # Other statements
    "SELECT 1; DROP TABLE steps",
    "SELECT 1; SELECT 2",
    "",
    "-- nothing",
    "INSERT INTO steps SELECT * FROM steps",
    "INSERT INTO FUNCTION file('{folder}/out', 'CSV') SELECT 1",
    "INSERT INTO steps FORMAT CSV",
    "DELETE FROM steps WHERE 1",
    "ALTER TABLE steps DELETE WHERE 1",
    "TRUNCATE TABLE steps",
    "DROP TABLE steps",
    "RENAME TABLE steps TO x",
    "EXCHANGE TABLES steps AND keys",
    "OPTIMIZE TABLE steps FINAL",
    "CREATE TABLE x ENGINE = Memory AS SELECT 1",
    "CREATE TEMPORARY TABLE x AS SELECT 1",
    "CREATE VIEW x DEFINER = default SQL SECURITY DEFINER AS SELECT * FROM keys",
    "CREATE FUNCTION x AS (a) -> a",
    "ATTACH TABLE x",
    "DETACH TABLE steps",
    "BACKUP TABLE steps TO File('{folder}/out')",
    "RESTORE TABLE steps FROM File('{folder}/out')",
    "SET readonly = 0",
    "USE system",
    "KILL QUERY WHERE 1",
    "SYSTEM SHUTDOWN",
    "SYSTEM FLUSH LOGS",
    "GRANT SELECT ON *.* TO default",
    "CREATE USER x",
    "SHOW TABLES",
    "SHOW CREATE TABLE keys",
    "DESCRIBE keys",
    "EXISTS TABLE keys",
    "CHECK TABLE steps",
    "EXPLAIN SELECT * FROM keys",
    "EXPLAIN ESTIMATE SELECT * FROM keys",
    "BEGIN TRANSACTION",
    "SELECT 1 PARALLEL WITH SELECT 2",
    "WITH gone AS (DELETE FROM steps) SELECT 1",
)


def test_nothing_else_is_reached_or_changed(engine: ClickHouseEngine, chdb: Database, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("treasure\n")
    tables = "SELECT name, total_rows FROM system.tables WHERE database = 'longpole' ORDER BY name"
    before = engine.rows("store_counts"), chdb.query(tables)[1]
    escapes = [sql.format(secret=secret, folder=tmp_path) for sql in ESCAPES]
    assert [sql for sql in escapes if is_run(engine, sql)] == []
    assert (engine.rows("store_counts"), chdb.query(tables)[1]) == before
    assert [file.name for file in tmp_path.iterdir()] == ["secret.txt"]


def is_run(engine: ClickHouseEngine, sql: str) -> bool:
    """Whether a statement is answered, or refused by more than the reading of it."""
    try:
        ask(engine, sql)
    except InvalidInput as refused:
        return not re.search(
            "not open to it|not one SELECT|refuses the query: (Syntax error|Empty query)", str(refused)
        )
    return True


CHANGES = (
    "INSERT INTO steps SELECT * FROM steps",
    "ALTER TABLE steps DELETE WHERE 1",
    "DROP TABLE steps",
    "CREATE TABLE x ENGINE = Memory AS SELECT 1",
    "SET readonly = 0",
    "SELECT 1 SETTINGS readonly = 0",
    "SELECT 1 SETTINGS max_execution_time = 9",
    "SELECT * FROM file('/etc/passwd', 'LineAsString')",
    "SELECT * FROM url('http://127.0.0.1:1/x', 'LineAsString')",
    "SELECT * FROM remote('127.0.0.1', system.one)",
)


def test_the_connection_alone_lets_nothing_be_changed(engine: ClickHouseEngine, chdb: Database) -> None:
    before = engine.rows("store_counts")
    with chdb.reader({"readonly": "1"}, timeout_s=TIMEOUT_S) as client:
        assert client.query("SELECT count() FROM executions").result_rows == [(3,)]
        for sql in CHANGES:
            with pytest.raises(Error, match="READONLY"):
                client.command(sql)
    assert engine.rows("store_counts") == before


def test_no_column_is_called_like_a_table_that_is_not_open(chdb: Database) -> None:
    columns = {field.name for table in OPEN_TABLES for field in fields(TABLES[table])}
    tables = {name for (name,) in chdb.query("SELECT name FROM system.tables WHERE database = 'longpole'")[1]}
    assert columns.intersection(tables) == set()
    assert tables.issuperset(OPEN_TABLES)


# What is said


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT * FROM keys", r"not open to it: the table keys\. Expected the tables executions, steps.*Ask about"),
        ("SELECT 1 AS keys, keys + 1", r"the table keys, or something that is called like it\. Expected"),
        ("SELECT file('/etc/passwd')", r"not open to it: the function file\. Expected"),
        ("SELECT * FROM url('x')", r"the function url in the place of a table\. Expected"),
        ("SELECT 1 SETTINGS readonly = 0", r"the part SetQuery\. Expected"),
        ("SHOW TABLES", r"This is not one SELECT but: ShowTablesQuery\. Expected one statement that only reads"),
        ("DROP TABLE steps", r"This is not one SELECT but: .*\. Expected one statement that only reads"),
        ("SELECT 1; SELECT 2", r"refuses the query: Syntax error \(Multi-statements are not allowed\).*Correct it"),
        ("SELECT 1 FROM", r"refuses the query: Syntax error: failed at position 14"),
        ("SELECT nome FROM steps", r"refuses the query: Unknown expression identifier `nome`.*FROM steps\. Expected"),
        ("SELECT toInt64('x')", r"refuses the query: Cannot parse string 'x' as Int64"),
        ("SELECT " + "(" * 5000 + "1" + ")" * 5000, r"refuses the query: Maximum parse depth"),
        ("SELECT " + "abs(" * 490 + "1" + ")" * 490, r"nested too deeply|AST is too deep|Maximum parse depth"),
    ],
)
def test_a_refusal_says_what_is_wrong(engine: ClickHouseEngine, sql: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=f"(?s){said}") as refused:
        ask(engine, sql)
    assert "formatQueryFromJSON" not in str(refused.value)
    assert len(str(refused.value)) < 1000


def test_a_clickhouse_that_cannot_show_the_tree_runs_nothing(engine: ClickHouseEngine, chdb: Database) -> None:
    older = {"read_statement": "SELECT formatQueryFromTree(parseQueryToTree($sql)) AS written, '{}' AS tree"}
    question = SqlQuestion(sql="SELECT 1", limit=1, timeout_s=TIMEOUT_S)
    with pytest.raises(StoreError, match=r"does not show how it reads a statement.*Expected version 26\.8"):
        ask_select(chdb, older.__getitem__, question)


def test_a_database_that_does_not_answer_is_no_fault_of_the_query(over_http: str) -> None:
    engine: Any = ClickHouseEngine(f"{over_http}/asked", server="one")
    engine.migrate()
    engine._database.address = replace(engine._database.address, port=1)
    with closing(engine), pytest.raises(StoreError, match="does not answer"):
        ask(engine, "SELECT 1")
