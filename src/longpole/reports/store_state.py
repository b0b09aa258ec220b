"""What the store holds, by table."""

from longpole.model.clock import to_rfc3339
from longpole.reports.store_views import JobsState, SpoolState, StoreState, TableState
from longpole.store.engine import Engine


def store_state(
    store: Engine, *, limit_bytes: int = 0, spool: SpoolState | None = None, jobs: JobsState | None = None
) -> StoreState:
    """The state of a store, the biggest table first. Cost: counts of all tables, 70 ms with 400,000 steps on DuckDB."""
    sizes = {row["table_name"]: int(row["size_bytes"]) for row in store.rows("table_sizes")}
    size = store.rows("database_size")[0]
    tables = [
        TableState(
            table=row["table_name"],
            rows=int(row["row_count"]),
            size_bytes=sizes.get(row["table_name"], 0),
            # A database without null in its least value of nothing says 0.
            oldest=to_rfc3339(row["oldest_ns"]) if row["row_count"] and row["oldest_ns"] is not None else None,
        )
        for row in store.rows("row_ages")
    ]
    return StoreState(
        tables=sorted(tables, key=lambda table: (-table.size_bytes, -table.rows, table.table)),
        used_bytes=int(size["used_bytes"]),
        free_bytes=int(size["free_bytes"]),
        log_bytes=int(size["log_bytes"]),
        limit_bytes=limit_bytes,
        spool=spool,
        jobs=jobs,
    )
