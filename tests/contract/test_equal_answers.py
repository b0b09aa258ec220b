"""Every named query gives the same answer on every engine: the same rows in the same order, percentiles within 1 %."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from msgspec import structs

from contract.many_rows import many_rows
from contract.rows import MINUTE_NS, START_NS, WORKSPACE
from contract.test_queries import OTHER_VALUES, parameters_of
from longpole.model.batch import Batch
from longpole.model.histogram import unpack_histogram
from longpole.store.engine import Engine
from longpole.store.sql import Query, load_queries
from longpole.store.store import open_store
from longpole.store.tables import TRACE_TABLES

# What is asked beside the usual values: filters one by one, every order, pages.
ASKED: list[Mapping[str, Any]] = [
    {},
    {"workspace": None, "agent": None, "statuses": None},
    {"from_ns": START_NS + 10 * MINUTE_NS, "to_ns": START_NS + 40 * MINUTE_NS, "limit": 7},
    {"environment": "staging", "version": "2", "statuses": None},
    {"session": "s1", "user": "u1", "statuses": None},
    {"scope_key": "vault_id", "scope_value": "v-7", "statuses": None},
    {"attribute_key": "shop.id", "attribute_value": "7", "agent": None, "statuses": None},
    {"attribute_key": 'odd "key"', "attribute_value": "true", "agent": None, "statuses": None},
    {"text": "grüße", "agent": None, "statuses": None},
    {"text": "100%", "agent": None, "statuses": None},
    {"model": "model 1", "tool": "lookup", "only_roots": True, "statuses": None},
    {"min_duration_ns": 3_000_000, "agent": None, "workspace": None, "statuses": None},
    {"workspace": "other", "agent": None, "statuses": []},
    {"agent": "agent 2", "name": "B", "label": None},
    {"agent": None, "is_of_trees": True, "by_what": "user"},
    *({"by_what": part, "agent": None} for part in ("model", "provider", "day", "tier", "user", "session")),
    *(
        {"sort": sort, "is_descending": is_descending, "agent": None, "workspace": None, "statuses": None, "limit": 200}
        for sort in ("started", "duration", "tokens", "cost", "status", "agent")
        for is_descending in (True, False)
    ),
]
# The answers of these are a set, or ordered by something that many rows share: what asks does not look at the order.
UNORDERED = {query.name for query in load_queries("duckdb") if "ORDER BY" not in query.text}
UNORDERED |= {"rollup_executions", "rollup_steps", "trace_bodies"}
# How much room things take is each engine's own affair; when something was stored is the time of the test.
OWN_ANSWERS = {"table_sizes", "database_size", "every_ingest_ledger"}


class Reference:
    """What DuckDB answers when every row is stored; each question is asked once for all engines."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._answers: dict[str, Sequence[dict[str, Any]]] = {}

    def rows(self, query: str, given: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
        key = f"{query} {given}"
        if key not in self._answers:
            self._answers[key] = self._engine.rows(query, given)
        return self._answers[key]


@pytest.fixture(scope="module")
def reference() -> Iterator[Reference]:
    engine = open_store(":memory:")
    engine.write(many_rows(7))
    yield Reference(engine)
    engine.close()


@pytest.fixture
def half_stored() -> Iterator[Engine]:
    """DuckDB with the rows of every second trace in memory only, which hide an older state of some of them."""
    whole = many_rows(7)
    traces = sorted({(row.workspace, row.trace_id) for row in whole.executions})
    fresh = set(traces[::2])
    parts: list[dict[str, Any]] = [{}, {}]
    for name in TRACE_TABLES:
        for row in getattr(whole, name):
            parts[(row.workspace, row.trace_id) in fresh].setdefault(name, []).append(row)
    stored, published = parts
    older = {"executions": published["executions"][::2], "steps": published["steps"][::3]}
    engine = open_store(":memory:")
    engine.write(Batch(**older))
    gone: dict[str, Any] = {name: [] for name in (*TRACE_TABLES, "agents", "processes", "findings")}
    engine.write(structs.replace(whole, **{**gone, **stored}))
    loose = {name: getattr(whole, name) for name in ("agents", "processes", "findings")}
    engine.write(Batch(**published, **loose, replace=sorted(fresh)), fresh=True)
    yield engine
    engine.close()


def differing(ours: Any, theirs: Any, *, name: str = "") -> bool:
    """Whether two values differ; percentiles may by 1 %, other fractions by rounding."""
    if name.endswith(("histogram", "_by_hour")):
        return {bucket: f"{weight:.9g}" for bucket, weight in unpack_histogram(ours or "").items()} != {
            bucket: f"{weight:.9g}" for bucket, weight in unpack_histogram(theirs or "").items()
        }
    if isinstance(ours, float | int) and isinstance(theirs, float | int):
        return not math.isclose(ours, theirs, rel_tol=0.01 if name.startswith("p") else 1e-9)
    return ours != theirs


def first_difference(query: Query, ours: Sequence[Mapping[str, Any]], theirs: Sequence[Mapping[str, Any]]) -> str:
    """Where two answers part, or an empty text."""
    if query.name in UNORDERED:
        ours, theirs = sorted(ours, key=repr), sorted(theirs, key=repr)
    if len(ours) != len(theirs):
        return f"{len(ours)} rows, expected {len(theirs)}"
    for place, (our, their) in enumerate(zip(ours, theirs, strict=True)):
        if list(our) != list(their):
            return f"columns {list(our)}, expected {list(their)}"
        for name in their:
            if differing(our[name], their[name], name=name):
                return f"row {place}: {name} is {our[name]!r}, expected {their[name]!r}"
    return ""


def test_every_query_answers_as_duckdb_does(store: Engine, reference: Reference) -> None:
    store.write(many_rows(7))
    assert_alike(store, reference)


def test_every_query_answers_of_rows_in_memory_as_of_stored_ones(half_stored: Engine, reference: Reference) -> None:
    assert_alike(half_stored, reference)


def assert_alike(store: Engine, reference: Reference) -> None:
    differences: list[str] = []
    answered = 0
    for query in load_queries("duckdb"):
        if query.name in OWN_ANSWERS:
            continue
        usual = {**parameters_of(query), **OTHER_VALUES.get(query.name, {})}
        seen: list[dict[str, Any]] = []
        for asked in ASKED:
            given = {**usual, **{name: value for name, value in asked.items() if name in query.parameters}}
            if given in seen or (given.get("workspace", WORKSPACE) is None and "$workspace IS NULL" not in query.text):
                continue
            seen.append(given)
            theirs = reference.rows(query.name, given)
            answered += bool(theirs)
            if difference := first_difference(query, store.rows(query.name, given), theirs):
                differences.append(f"{query.name} {asked}: {difference}")
    assert not differences, "\n".join(differences)
    assert answered > 190


def test_pages_of_executions_follow_each_other_as_they_do_in_duckdb(store: Engine, reference: Reference) -> None:
    store.write(many_rows(7))
    query = load_queries("duckdb")["execution_page"]
    for sort in ("started", "duration", "cost", "agent"):
        given = {**parameters_of(query), "workspace": None, "agent": None, "statuses": None, "limit": 11, "sort": sort}
        pages = 0
        while rows := reference.rows("execution_page", given):
            assert first_difference(query, store.rows("execution_page", given), rows) == ""
            last = rows[-1]
            given |= {
                "after_has_no_key": last["has_no_key"], "after_number": last["number_key"],
                "after_text": last["text_key"], "after_id": last["execution_id"], "after_trace": last["trace_id"],
                "after_span": last["span_id"], "after_workspace": last["workspace"],
            }  # fmt: skip
            pages += 1
        assert pages == 6
