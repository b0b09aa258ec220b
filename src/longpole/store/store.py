"""Opens the store: the one place that knows which engine an address belongs to."""

from pathlib import Path

from longpole.model.errors import MissingPackage, StoreError
from longpole.store.engine import Engine
from longpole.store.engines.duckdb import MEMORY_BYTES, DuckDBEngine

_POSTGRES = ("postgresql", "postgres")
_CLICKHOUSE = ("clickhouse", "chdb")


def open_store(
    address: str | Path,
    *,
    server: str = "",
    cluster: str = "",
    survives_power_loss: bool = False,
    memory_bytes: int = MEMORY_BYTES,
) -> Engine:
    """The store at this address, its schema brought to this version.

    The caller closes it. A missing file is made, its folder is not.

    Args:
        address: the path of a DuckDB file, `":memory:"` for a store that goes with the process,
            `postgresql://user:password@host:port/database`, `clickhouse://user:password@host:port/database`, or
            `chdb:///folder` for ClickHouse's engine in this process.
        server: whose spool position a write moves; a server's own id, where several write to one database.
        cluster: the ClickHouse cluster that holds the tables; without it, one node does.
        survives_power_loss: whether ClickHouse is to have rows on the medium before it says that it has them. DuckDB
            does so anyway; PostgreSQL does as it is set up.
        memory_bytes: what DuckDB may take in this process.

    Raises:
        StoreLocked: another process holds the file; the message names it.
        StoreTooNew: a newer Longpole made it.
        StoreError: it is a database of another program, no database at all, or one that does not let us in.
        MissingPackage: what speaks to this kind of database is not installed.
    """
    engine = _engine(str(address), server, cluster, memory_bytes, survives_power_loss=survives_power_loss)
    try:
        engine.migrate()
    except BaseException:
        engine.close()
        raise
    return engine


def _engine(address: str, server: str, cluster: str, memory_bytes: int, *, survives_power_loss: bool) -> Engine:
    scheme, has_scheme, _ = address.partition("://")
    if has_scheme and scheme in _POSTGRES:
        return _postgres(address, server)
    if has_scheme and scheme in _CLICKHOUSE:
        return _clickhouse(address, server, cluster, survives_power_loss=survives_power_loss)
    if has_scheme:  # the rest is not shown: it may hold a password
        known = ", ".join(f"{each}://" for each in (*_POSTGRES, *_CLICKHOUSE))
        raise StoreError(
            f"The store is at an address that begins with {scheme}://. Expected the path of a DuckDB file, or an "
            f"address that begins with {known}. Correct the setting `store`."
        )
    return DuckDBEngine(address, server=server, memory_bytes=memory_bytes)


def _postgres(address: str, server: str) -> Engine:
    try:
        from longpole.store.engines.postgres import PostgresEngine  # noqa: PLC0415 - psycopg is an extra
    except ImportError as error:
        raise MissingPackage(
            f"The store cannot be opened: {error.name or 'psycopg'} is not installed. "
            "Expected the packages of longpole[postgres]. Run: pip install 'longpole[postgres]'."
        ) from None
    return PostgresEngine(address, server=server)


def _clickhouse(address: str, server: str, cluster: str, *, survives_power_loss: bool) -> Engine:
    try:
        from longpole.store.engines.clickhouse import ClickHouseEngine  # noqa: PLC0415 - clickhouse-connect is an extra
    except ImportError as error:
        raise MissingPackage(
            f"The store cannot be opened: {error.name or 'clickhouse-connect'} is not installed. "
            "Expected the packages of longpole[clickhouse]. Run: pip install 'longpole[clickhouse]'."
        ) from None
    return ClickHouseEngine(address, server=server, cluster=cluster, survives_power_loss=survives_power_loss)
