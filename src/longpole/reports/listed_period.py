"""The filters of the list for pictures: which executions, in a time range with both ends."""

from msgspec.structs import replace

from longpole.model.clock import DAY_NS, MINUTE_NS
from longpole.reports.filter_values import LATEST_NS, Pairs
from longpole.reports.filters import LIST_FILTERS, ExecutionFilters, read_execution_filters
from longpole.store.engine import Engine

PICTURE_FILTERS = tuple(one for one in LIST_FILTERS if one.name not in ("sort", "order", "limit", "cursor"))
"""The filters of `GET /api/analysis/pulse`, `points`, `distribution` and `differences`."""


def read_listed(store: Engine, pairs: Pairs, now_ns: int) -> ExecutionFilters:
    """The executions that names and texts describe, from their first start or the given one until the given end or now.

    The range is at least a minute long.

    Raises:
        InvalidInput: a name is unknown (the message names the nearest), repeated, or its value cannot be read.
    """
    filters = read_execution_filters(pairs)
    to_ns = now_ns - now_ns % MINUTE_NS + MINUTE_NS if filters.to_ns == LATEST_NS else filters.to_ns
    from_ns = filters.from_ns
    if from_ns == 0:
        asked = {name: getattr(filters, name) for name in ("workspace", "agent", "environment", "version")}
        first_ns = store.rows("first_start", asked)[0]["first_ns"]
        # Where nothing matches ClickHouse answers 0.
        from_ns = first_ns - first_ns % MINUTE_NS if first_ns else to_ns - DAY_NS
    return replace(filters, from_ns=max(0, min(from_ns, to_ns - MINUTE_NS)), to_ns=to_ns)
