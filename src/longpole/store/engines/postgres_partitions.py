"""Partitions by day: made when somebody first writes into a day, dropped whole when the day is too old."""

import datetime
import re
from collections.abc import Iterable, Sequence
from threading import Lock

from longpole.model.clock import DAY_NS
from longpole.store.engines.postgres_connection import Connection, sql
from longpole.store.engines.postgres_statements import statement
from longpole.store.tables import Pair

_NAME = re.compile(r"(?P<table>[a-z]+)_(?P<day>\d{8})")
_EPOCH = datetime.date(1970, 1, 1)


class Partitions:
    """Which partitions are known to exist. Safe across threads."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._changing = Lock()

    def make(self, connection: Connection, wanted: Iterable[tuple[str, int]]) -> None:
        """Make the partitions of these tables and times that are missing, in a transaction of their own.

        Costs nothing when all of them are known. Servers that need the same one wait for each other.
        """
        names = {_name_of(table, time_ns): (table, time_ns) for table, time_ns in wanted}
        with self._changing:
            if names.keys() <= self._known:
                return
            with connection.transaction():
                connection.execute(sql(statement("lock_schema")))
                there = _partitions(connection)
                for name, (table, time_ns) in sorted(names.items()):
                    if name not in there:
                        from_ns = time_ns - time_ns % DAY_NS
                        words = {"partition": name, "from_ns": from_ns, "to_ns": from_ns + DAY_NS}
                        connection.execute(sql(statement("make_partition", table, **words)))
            self._known = there.union(names)

    def forget(self) -> None:
        """Look again before the next write: somebody may have dropped one."""
        with self._changing:
            self._known = set()

    def expire(self, connection: Connection, table: str, before_ns: int, spared: Sequence[Pair]) -> None:
        """Remove the rows of a table that were received before a time, without those of the spared traces.

        Days that are past whole are dropped, or emptied where a spared trace has rows in them; of the day that the time
        is in the rows before it are deleted one by one.
        """
        given = {"workspaces": [pair[0] for pair in spared], "trace_ids": [pair[1] for pair in spared]}
        is_cut = False
        for name in sorted(_partitions(connection)):
            found = _NAME.fullmatch(name)
            if found is None or found["table"] != table:
                continue
            from_ns = _start_of(found["day"])
            if from_ns + DAY_NS <= before_ns:
                _clear(connection, name, given)
            elif from_ns < before_ns:
                is_cut = True
        if is_cut:
            text = statement("remove_expired_unless_spared", table)
            connection.execute(sql(text), {**given, "before_ns": before_ns})
        self.forget()


def _clear(connection: Connection, name: str, spared: dict[str, list[str]]) -> None:
    """Drop a partition, or leave only the rows of the spared traces in it."""
    if spared["trace_ids"]:
        connection.execute(sql(statement("set_aside", partition=name)), spared)
        [(kept,)] = connection.execute(sql(statement("count_set_aside"))).fetchall()
        if kept:
            connection.execute(sql(statement("empty_partition", partition=name)))
            connection.execute(sql(statement("put_back", partition=name)))
        connection.execute(sql(statement("drop_set_aside")))
        if kept:
            return
    connection.execute(sql(statement("drop_partition", partition=name)))


def _partitions(connection: Connection) -> set[str]:
    return {name for (name,) in connection.execute(sql(statement("partitions"))).fetchall()}


def _name_of(table: str, time_ns: int) -> str:
    day = _EPOCH + datetime.timedelta(days=time_ns // DAY_NS)
    return f"{table}_{day:%Y%m%d}"


def _start_of(day: str) -> int:
    return (datetime.datetime.strptime(day, "%Y%m%d").date() - _EPOCH).days * DAY_NS
