"""Paging: whatever the sort, every execution comes exactly once, also while others arrive."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from longpole.model.batch import Batch
from longpole.model.execution import Execution
from longpole.reports.execution_list import list_executions
from longpole.reports.filters import SORTS, read_execution_filters
from longpole.store.engine import Engine
from longpole.store.store import open_store


@pytest.fixture(scope="module")
def store() -> Iterator[Engine]:
    engine = open_store(":memory:")
    yield engine
    engine.close()


# Few values for every sort, so that ties and unknown ones are common.
_values = some.fixed_dictionaries(
    {
        "started_ns": some.integers(1, 3),
        "duration_ns": some.sampled_from([None, 1, 2]),
        "input_tokens": some.sampled_from([None, 0, 5]),
        "output_tokens": some.sampled_from([None, 5]),
        "cost_usd_nanos": some.sampled_from([None, 1, 10**12]),
        "status": some.sampled_from(["success", "failed", "running"]),
        "agent": some.sampled_from(["a", "B", "é", "日"]),
    }
)
_counter = iter(range(10**9))


def _rows(workspace: str, values: list[dict[str, object]]) -> list[Execution]:
    rows: list[Execution] = []
    for value in values:
        number = next(_counter)
        trace_id, span_id = f"{number * 7919 % 10**6:032x}", f"{number:016x}"
        rows.append(
            Execution(
                workspace=workspace,
                execution_id=f"id-{number % 5}" if number % 3 == 0 else trace_id + span_id,
                trace_id=trace_id,
                span_id=span_id,
                parent_span_id=None,
                link_trace_id=None,
                link_span_id=None,
                parent_execution_id=None,
                root_execution_id=trace_id,
                depth=0,
                call_reason=None,
                kind="agent",
                agent_id=None,
                method=None,
                name="run",
                category="agent",
                operation=None,
                stage=None,
                ended_ns=None,
                received_ns=1,
                **value,  # pyright: ignore[reportArgumentType]
            )
        )
    return rows


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=some.lists(_values, max_size=14),
    arriving=some.lists(_values, max_size=6),
    sort=some.sampled_from(SORTS),
    order=some.sampled_from(["asc", "desc"]),
    limit=some.integers(1, 5),
    is_fresh=some.booleans(),
)
def test_every_execution_comes_exactly_once_also_while_others_arrive(
    store: Engine,
    values: list[dict[str, object]],
    arriving: list[dict[str, object]],
    sort: str,
    order: str,
    limit: int,
    is_fresh: bool,
) -> None:
    workspace = f"w{next(_counter)}"
    rows, late = _rows(workspace, values), _rows(workspace, arriving)
    store.write(Batch(executions=rows), fresh=is_fresh)
    pairs = [("workspace", workspace), ("sort", sort), ("order", order), ("limit", str(limit))]
    seen: list[tuple[str, str]] = []
    cursor = ""
    for _ in range(len(rows) + len(late) + 1):
        page = list_executions(store, read_execution_filters([*pairs, ("cursor", cursor)]))
        seen += [(item.execution_id, item.trace_id) for item in page.items]
        if late:
            store.write(Batch(executions=[late.pop()]), fresh=not is_fresh)
        if page.next_cursor is None:
            break
        cursor = page.next_cursor
    assert len(seen) == len(set(seen)), "an execution came twice"
    assert {(row.execution_id, row.trace_id) for row in rows} <= set(seen), "an execution never came"


@pytest.mark.parametrize("sort", ["duration", "tokens", "cost"])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_unknown_values_come_last_in_both_directions(store: Engine, sort: str, order: str) -> None:
    known = {"started_ns": 1, "status": "success", "agent": "a"}
    workspace = f"w{next(_counter)}"
    values = [{"duration_ns": n, "input_tokens": n, "cost_usd_nanos": n} for n in (3, None, 1)]
    store.write(Batch(executions=_rows(workspace, [known | value for value in values])))
    filters = read_execution_filters([("workspace", workspace), ("sort", sort), ("order", order)])
    durations = [item.duration_ns for item in list_executions(store, filters).items]
    assert durations == ([1, 3, None] if order == "asc" else [3, 1, None])
