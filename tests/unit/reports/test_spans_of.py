"""What the analysis gets of an execution, from spans through a real DuckDB."""

from collections.abc import Iterator

import pytest
from msgspec import convert

from execution_trees import TRACE, agent, fact, span_id
from longpole.ingest.settle import build_rows
from longpole.model.batch import Batch
from longpole.model.event import Body
from longpole.reports.family import Family, load_family, span_of
from longpole.reports.spans_of import MOST_AT_ONCE, spans_of, with_texts
from longpole.reports.which_execution import find_execution
from longpole.store.engine import Engine
from longpole.store.store import open_store


@pytest.fixture
def store() -> Iterator[Engine]:
    engine = open_store(":memory:")
    yield engine
    engine.close()


def stored(store: Engine, *facts: object, bodies: list[Body] | None = None) -> Family:
    rows = build_rows(facts, now_ns=100)  # pyright: ignore[reportArgumentType]
    store.write(Batch(executions=rows.executions, steps=rows.steps, bodies=bodies or []))
    return load_family(store, find_execution(store, TRACE))


def body(number: int) -> Body:
    rest = dict.fromkeys(("error_stack", "attributes", "resource"))
    place = {"workspace": "default", "trace_id": TRACE, "span_id": span_id(number), "received_ns": 1}
    return convert({**place, **rest, "input": f"in {number}", "output": f"out {number}"}, Body)


def test_spans_stand_where_the_tree_has_them_and_tell_whose_they_are(store: Engine) -> None:
    search = fact(1, 0, tool="search", argument_hash="ab12", code_file="a.py", code_line=7, category="tool")
    family = stored(store, agent(0), search, agent(2, 1), fact(3, 2, error_type="KeyError", status="failed"))
    spans = spans_of(store, family)
    found = {span_of(row): span for row, span in zip(family.spans, spans, strict=True)}
    assert [found[span_id(number)].agent for number in range(4)] == ["a0", "a0", "a2", "a2"]
    assert [found[span_id(number)].is_execution for number in range(4)] == [True, False, True, False]
    tool = found[span_id(1)]
    assert (tool.label, tool.name, tool.argument_hash, tool.code_file, tool.code_line) == (
        "search", "s1", "ab12", "a.py", 7,
    )  # fmt: skip
    assert found[span_id(3)].error_type == "KeyError"


def test_texts_come_for_the_spans_that_are_asked_for_and_no_other(store: Engine) -> None:
    count = MOST_AT_ONCE + 20
    steps = [fact(number, 0) for number in range(1, count)]
    bodies = [body(number) for number in range(1, count)]
    family = stored(store, agent(0, end=100), *steps, bodies=bodies)
    bare = spans_of(store, family)
    asked = range(2, count)
    spans = with_texts(store, family, bare, asked)
    assert all(span.input is None for span in bare)
    assert [spans[1].input, spans[1].output] == [None, None]
    numbers = [int(span_of(family.spans[position]), 16) - 1 for position in asked]
    assert [spans[position].output for position in asked] == [f"out {number}" for number in numbers]


def test_only_what_still_runs_is_open(store: Engine) -> None:
    family = stored(store, agent(0, end=None), fact(1, 0, end=None), fact(2, 0), fact(3, 0, end=None, status="crashed"))
    open_ones = {span_of(row) for row, span in zip(family.spans, spans_of(store, family), strict=True) if span.is_open}
    assert open_ones == {span_id(0), span_id(1)}
