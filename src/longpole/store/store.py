"""Opens the store: the one place that knows which engine an address belongs to."""

from pathlib import Path

from longpole.store.engine import Engine
from longpole.store.engines.duckdb import DuckDBEngine


def open_store(path: str | Path) -> Engine:
    """The store at this path, its schema brought to this version; `":memory:"` is one that goes with the process.

    The caller closes it. A missing file is made, its folder is not.

    Raises:
        StoreLocked: another process holds the file; the message names it.
        StoreTooNew: a newer Longpole made it.
        StoreError: it is a database of another program, or no database at all.
    """
    engine = DuckDBEngine(str(path))
    try:
        engine.migrate()
    except BaseException:
        engine.close()
        raise
    return engine
