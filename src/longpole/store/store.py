"""Opens the store: the one place that knows which engine an address belongs to."""

from pathlib import Path

from longpole.store.engine import Engine
from longpole.store.engines.duckdb import DuckDBEngine


def open_store(address: str | Path, *, server: str = "") -> Engine:
    """The store at this address, its schema brought to this version.

    The caller closes it. A missing file is made, its folder is not.

    Args:
        address: the path of a DuckDB file, or `":memory:"` for a store that goes with the process.
        server: whose spool position a write moves; a server's own id, where several write to one database.

    Raises:
        StoreLocked: another process holds the file; the message names it.
        StoreTooNew: a newer Longpole made it.
        StoreError: it is a database of another program, or no database at all.
    """
    engine = DuckDBEngine(str(address), server=server)
    try:
        engine.migrate()
    except BaseException:
        engine.close()
        raise
    return engine
