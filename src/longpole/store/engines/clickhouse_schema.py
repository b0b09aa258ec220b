"""The tables of ClickHouse, on one node or on a cluster, from the same text: numbered migrations with fragments.

- `@stored(table)`: the table that holds rows. On a cluster it is `<table>_local`, one on every node.
- `@front(table, key)`: on a cluster, the table that readers and writers name; it spreads rows over the shards by a
  hash of the key. On one node there is none.
- `@widen(table, changes)`: both of them with more columns.
- `@front_anew(table, key)`: the same in the place of the one that is there, after a change of the stored table.
- `@on_cluster()`, `@replacing(version, is_deleted)`, `@merge_tree()`, `@parts()`: what else differs.

ClickHouse has no transaction around DDL. So each statement of a migration may run twice and changes nothing the second
time (`IF NOT EXISTS`), and the version is noted last: a server that died between two of them begins again, and two
that start at once do the same work twice. A server that is older than another one's migration may read and write on
until it is started again, so migrations only add.
"""

import re
from functools import partial

from longpole.model.errors import StoreError
from longpole.store.dialects.fragments import Fragments
from longpole.store.engines.clickhouse_client import Database
from longpole.store.migrate import Migration
from longpole.store.sql import spell_fragments

_CLUSTER_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_END = re.compile(r";\s*$", re.MULTILINE)
_COMMENT = re.compile(r"^\s*--[^\n]*$", re.MULTILINE)


class Layout:
    """How tables are called and made: on one node, or on a cluster of this name."""

    def __init__(self, cluster: str = "") -> None:
        """A layout.

        Raises:
            StoreError: a cluster cannot have this name.
        """
        if cluster and not _CLUSTER_NAME.fullmatch(cluster):
            raise StoreError(
                f"The cluster is named {cluster!r}. Expected letters, digits, '_', '.' and '-'. "
                "Take the name from `SELECT DISTINCT cluster FROM system.clusters`."
            )
        self.cluster = cluster
        self.fragments: Fragments = {
            "stored": self.stored,
            "front": partial(self._front, "CREATE TABLE IF NOT EXISTS"),
            "front_anew": partial(self._front, "CREATE OR REPLACE TABLE"),
            "widen": self._widen,
            "on_cluster": lambda: self.on_cluster,
            "replacing": partial(self._engine, "ReplacingMergeTree"),
            "merge_tree": partial(self._engine, "MergeTree"),
            "parts": lambda: f"clusterAllReplicas(`{cluster}`, system.parts)" if cluster else "system.parts",
        }

    @property
    def on_cluster(self) -> str:
        """What follows the name of a table in a statement that every node is to carry out."""
        return f" ON CLUSTER `{self.cluster}`" if self.cluster else ""

    def stored(self, table: str) -> str:
        """The name of the table that holds the rows."""
        return f"{table}_local" if self.cluster else table

    def statements(self, migration: Migration) -> list[str]:
        """What to carry out for a migration, in order."""
        text = spell_fragments(_COMMENT.sub("", migration.text), self.fragments, where=migration.name)
        return [statement.strip() for statement in _END.split(text) if statement.strip()]

    def _front(self, make: str, table: str, key: str) -> str:
        if not self.cluster:
            return ""
        return (
            f"{make} {table}{self.on_cluster} AS {table}_local\n"
            f"ENGINE = Distributed(`{self.cluster}`, currentDatabase(), {table}_local, cityHash64({key}))"
        )

    def _widen(self, table: str, *changes: str) -> str:
        tables = [self.stored(table), table] if self.cluster else [table]
        return ";\n".join(f"ALTER TABLE {name}{self.on_cluster}\n{', '.join(changes)}" for name in tables)

    def _engine(self, name: str, *arguments: str) -> str:
        if not self.cluster:
            return f"{name}({', '.join(arguments)})"
        place = ["'/clickhouse/tables/{uuid}/{shard}'", "'{replica}'"]
        return f"Replicated{name}({', '.join([*place, *arguments])})"


def make_database(database: Database, layout: Layout) -> None:
    """Make the database unless it is there."""
    name = database.address.database
    _, found = database.query("SELECT name FROM system.databases WHERE name = $name", {"name": name})
    if not found:
        quoted = "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"
        database.command(f"CREATE DATABASE IF NOT EXISTS {quoted}{layout.on_cluster}")
    database.enter()
