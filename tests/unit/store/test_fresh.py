"""Fresh rows: whatever is published and stored in which order, a view shows each trace as it was at that moment."""

import threading
from collections.abc import Sequence

import pytest
from arro3.core import Array
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from contract.rows import WORKSPACE, joined, trace, trace_id_of
from longpole.model.batch import Batch
from longpole.store.engines import fresh
from longpole.store.engines.arrow import arrays_of
from longpole.store.engines.fresh import MOST_SMALL_PIECES, FreshRows, FreshView, rows_by_trace, traces_of

Shown = dict[str, list[int]]
"""By trace id, the versions of its steps."""


def publish(fresh: FreshRows, batch: Batch) -> None:
    fresh.publish(batch, rows_by_trace(batch))


def shown(view: FreshView) -> Shown:
    table = view.table("steps", ("trace_id", "row_version"))
    found: Shown = {}
    if table is not None:
        columns = (table.column("trace_id").to_pylist(), table.column("row_version").to_pylist())
        for trace_id, version in zip(*columns, strict=True):
            found.setdefault(trace_id, []).append(version)
    return found


_publish = st.tuples(st.just("publish"), st.sets(st.integers(1, 12), min_size=1, max_size=5))
_store = st.tuples(st.just("store"), st.sets(st.integers(1, 12), min_size=1, max_size=12))


@settings(deadline=None, max_examples=60)
@given(deeds=st.lists(st.one_of(_publish, _store), max_size=25), looks=st.sets(st.integers(0, 24)))
def test_every_view_shows_each_trace_once_as_it_was_at_that_moment(deeds: list[tuple[str, set[int]]], looks: set[int]):
    fresh, there = FreshRows(), Shown()
    views: list[tuple[FreshView, Shown]] = []
    for version, (deed, numbers) in enumerate(deeds):
        batch = joined([trace(number, steps=2, version=version) for number in sorted(numbers)])
        if deed == "publish":
            publish(fresh, batch)
            there = there | {trace_id_of(number): [version] * 2 for number in numbers}
        else:
            fresh.stored(batch, fresh.held(traces_of(batch)))
            gone = {trace_id_of(number) for number in numbers}
            there = {trace_id: versions for trace_id, versions in there.items() if trace_id not in gone}
        if version in looks:
            views.append((fresh.view(), there))
    views.append((fresh.view(), there))
    for view, expected in views:
        assert shown(view) == expected


def test_a_trace_that_is_published_while_it_is_stored_stays():
    fresh = FreshRows()
    publish(fresh, joined([trace(1, version=1), trace(2, version=1)]))
    batch = joined([trace(1, version=1), trace(2, version=1)])
    held = fresh.held(traces_of(batch))
    publish(fresh, trace(2, version=2))
    fresh.stored(batch, held)
    assert shown(fresh.view()) == {trace_id_of(2): [2] * 5}
    assert fresh.view().hidden == [(WORKSPACE, trace_id_of(2))]


_make = st.tuples(st.just("make"), st.sets(st.integers(1, 6), min_size=1, max_size=4))
_write = st.tuples(st.just("write"), st.just(set[int]()))


@settings(deadline=None, max_examples=60)
@given(deeds=st.lists(st.one_of(_publish, _make, _write), max_size=30))
def test_a_batch_takes_only_what_was_published_before_it_was_made(deeds: list[tuple[str, set[int]]]):
    fresh, there, made = FreshRows(), dict[str, int](), list[Batch]()
    for number, (deed, traces) in enumerate(deeds, start=1):
        batch = joined([trace(one, steps=2, version=number) for one in sorted(traces)])
        batch.number = number
        if deed == "publish":
            publish(fresh, batch)
            there |= {trace_id_of(one): number for one in traces}
        elif deed == "make":
            made.append(batch)
        elif made:
            batch = made.pop(0)
            fresh.stored(batch, fresh.held(traces_of(batch)))
            names = {trace_id for _, trace_id in traces_of(batch)}
            there = {name: of for name, of in there.items() if name not in names or of > batch.number}
            assert {name for _, name in fresh.view().hidden} >= names.intersection(there)
        assert shown(fresh.view()) == {name: [of] * 2 for name, of in there.items()}


def test_many_traces_that_were_published_one_by_one_are_still_each_there():
    fresh = FreshRows()
    count = MOST_SMALL_PIECES * 2
    for number in range(1, count + 1):
        publish(fresh, trace(number, version=1))
        assert len(shown(fresh.view())) == number
    for number in range(1, count + 1, 2):
        fresh.stored(trace(number, version=1), fresh.held([(WORKSPACE, trace_id_of(number))]))
    assert shown(fresh.view()) == {trace_id_of(number): [1] * 5 for number in range(2, count + 1, 2)}


def test_what_two_questions_ask_for_at_once_is_made_once(monkeypatch: pytest.MonkeyPatch):
    made: list[Sequence[str]] = []
    fresh_rows = FreshRows()
    publish(fresh_rows, trace(1))
    views = [fresh_rows.view()]
    publish(fresh_rows, trace(2))
    views.append(fresh_rows.view())
    other = threading.Thread(target=shown, args=(views[1],))

    def making(row_type: type[Struct], rows: Sequence[Struct], names: Sequence[str]) -> list[Array]:
        made.append([row.trace_id for row in rows])  # pyright: ignore[reportAttributeAccessIssue]
        if len(made) == 1:
            other.start()
            other.join(0.2)  # it ends only if it does not wait for this
        return arrays_of(row_type, rows, names)

    monkeypatch.setattr(fresh, "arrays_of", making)
    first = shown(views[0])
    other.join()

    assert first == {trace_id_of(1): [1] * 5}
    assert sorted({*row_ids}.pop() for row_ids in made) == sorted([trace_id_of(1), trace_id_of(2)])
