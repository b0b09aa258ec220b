"""Where `BatchState` writes: a table through SQLAlchemy, or a hash in Redis.

Both keep, for each path, its latest change with its number. Read back in the order of their numbers, these changes make
the state; the highest number says how far it goes.
"""

import importlib
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from longpole.remedies.batch_state import StateChange, WriteChanges
from longpole.remedies.snapshots import EMPTY, Path, State, as_plain, changed, without

TABLE = "agent_state"


class _Row(Struct, frozen=True, array_like=True):
    number: int
    is_removal: bool
    value: Any = None


_encode, _decode = msgspec.json.Encoder(enc_hook=as_plain).encode, msgspec.json.decode


def sql_writer(engine: Any, table: str = TABLE) -> WriteChanges:
    """Writes into a table, which is made if it is not there.

    Args:
        engine: a plain SQLAlchemy engine, of PostgreSQL, SQLite or any other database.
        table: its name; `path` is the key, `change` is JSON.
    """
    sql, rows = _table(engine, table)

    def write(changes: Sequence[StateChange]) -> None:
        latest = [{"path": path, "change": change} for path, change in _latest(changes).items()]
        # Deleted and inserted: the one way to replace rows that every database has.
        gone = sql.delete(rows).where(rows.c.path == sql.bindparam("old"))
        with engine.begin() as connection:
            connection.execute(gone, [{"old": row["path"]} for row in latest])
            connection.execute(sql.insert(rows), latest)

    return write


def read_sql(engine: Any, table: str = TABLE) -> tuple[State, int]:
    """The state in the table and the number of its last change; empty and 0 where there is none."""
    sql, rows = _table(engine, table)
    with engine.connect() as connection:
        return _state(connection.execute(sql.select(rows.c.path, rows.c.change)).all())


def redis_writer(client: Any, key: str = TABLE) -> WriteChanges:
    """Writes into a hash, in one MULTI. How safe a commit is, Redis decides (`appendfsync`).

    Args:
        client: a plain client of redis-py.
        key: of the hash.
    """

    def write(changes: Sequence[StateChange]) -> None:
        with client.pipeline(transaction=True) as pipe:
            pipe.hset(key, mapping=_latest(changes))
            pipe.execute()

    return write


def read_redis(client: Any, key: str = TABLE) -> tuple[State, int]:
    """The state in the hash and the number of its last change; empty and 0 where there is none."""
    return _state(client.hgetall(key).items())


def _latest(changes: Sequence[StateChange]) -> dict[str, str]:
    rows = {change.path: _Row(change.number, change.is_removal, change.value) for change in changes}
    return {_encode(path).decode(): _encode(row).decode() for path, row in rows.items()}


def _state(rows: Iterable[Sequence[Any]]) -> tuple[State, int]:
    read = [(_decode(path, type=Path), _decode(row, type=_Row)) for path, row in rows]
    state, number = EMPTY, 0
    for path, row in sorted(read, key=lambda each: each[1].number):
        state = changed(state, path, row.value)  # of a removal too: what led to it is still there
        if row.is_removal:
            state = without(state, path)
        number = row.number
    return state, number


def _table(engine: Any, name: str) -> tuple[Any, Any]:
    sql = importlib.import_module("sqlalchemy")
    table = sql.Table(
        name,
        sql.MetaData(),
        sql.Column("path", sql.String(512), primary_key=True),
        sql.Column("change", sql.Text, nullable=False),
    )
    table.create(engine, checkfirst=True)
    return sql, table
