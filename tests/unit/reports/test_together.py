"""Queries of one answer at the same time: in their order, cancelled together, and none left behind."""

from collections.abc import Iterator
from threading import Event, Semaphore, get_ident

import pytest

from longpole.model.errors import StoreError, UnknownQuery
from longpole.reports.together import rows_together, together
from longpole.store.cancel import Cancellation, is_cancellable
from longpole.store.engine import Engine
from longpole.store.store import open_store


@pytest.fixture
def store() -> Iterator[Engine]:
    opened = open_store(":memory:")
    yield opened
    opened.close()


def test_answers_come_in_the_order_of_the_questions(store: Engine) -> None:
    nobody = {"workspace": None}
    names, counts, candidates = rows_together(
        store, ("agent_names", nobody), ("store_counts", {}), ("candidate_names", nobody)
    )
    assert (names, candidates) == ([], [])
    assert counts[0]["executions"] == 0
    assert rows_together(store) == []


def test_two_run_at_the_same_time() -> None:
    both = Event(), Event()

    def meet(own: Event, other: Event) -> int:
        own.set()
        assert other.wait(10)
        return get_ident()

    one, another = together(lambda: meet(both[0], both[1]), lambda: meet(both[1], both[0]))
    assert one != another


def test_where_no_core_is_left_all_is_done_by_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("longpole.reports.together._helpers", Semaphore(0))

    assert together(get_ident, get_ident, lambda: 3) == [get_ident(), get_ident(), 3]


def test_an_error_is_raised_when_the_others_have_ended(store: Engine) -> None:
    has_ended = Event()
    with pytest.raises(UnknownQuery):
        together(lambda: store.rows("no_such_query"), has_ended.set)
    assert has_ended.is_set()


def test_what_is_asked_together_is_cancelled_together(store: Engine) -> None:
    asked = Cancellation()
    with asked.scope():
        assert together(is_cancellable, is_cancellable) == [True, True]
        asked.cancel()
        with pytest.raises(StoreError, match="cancelled"):
            rows_together(store, ("store_counts", {}), ("store_counts", {}))
