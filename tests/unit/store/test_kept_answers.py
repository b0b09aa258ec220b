"""Answers about days that are over are kept until something of these days changes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from contract.test_day_rollups import FIRST_NS, of_day
from longpole.model.batch import Batch
from longpole.model.clock import DAY_NS
from longpole.reports.filter_values import Scope
from longpole.reports.overview import overview_of
from longpole.store.engine import Engine
from longpole.store.kept_answers import Changes, KeptAnswers, change_of
from longpole.store.store import open_store


class Asked:
    """A store that notes what it was asked; with `kept=None` it keeps nothing."""

    def __init__(self, engine: Engine, kept: KeptAnswers | None) -> None:
        self.server, self.is_shared, self.prefers_rollups = engine.server, engine.is_shared, engine.prefers_rollups
        self.migrate, self.write, self.close = engine.migrate, engine.write, engine.close
        self.kept = kept
        self.asked: list[tuple[str, Mapping[str, Any]]] = []
        self._engine = engine

    def rows(self, query: str, parameters: Mapping[str, Any] | None = None) -> Sequence[dict[str, Any]]:
        self.asked.append((query, parameters or {}))
        return self._engine.rows(query, parameters)


@pytest.fixture
def store() -> Iterator[Engine]:
    engine = open_store(":memory:")
    yield engine
    engine.close()


def days_of(asked: Asked, query: str) -> list[tuple[int, int]]:
    return [(given["from_ns"], given["to_ns"]) for name, given in asked.asked if name == query]


def test_days_that_are_over_are_read_once(store: Engine) -> None:
    store.write(of_day(3, 1))
    asked = Asked(store, store.kept)
    first = overview_of(asked, Scope())
    whole, rest = days_of(asked, "overview_categories")
    assert whole[0] == 0
    assert whole[1] == rest[0]

    asked.asked.clear()
    assert overview_of(asked, Scope()) == first
    assert days_of(asked, "overview_categories") == [rest]


def test_a_new_execution_of_today_leaves_the_days_before_as_they_are_kept(store: Engine) -> None:
    store.write(of_day(3, 1))
    asked = Asked(store, store.kept)
    assert overview_of(asked, Scope()).totals.executions == 1
    _, today = days_of(asked, "overview_categories")

    asked.asked.clear()
    batch = of_day((today[0] - FIRST_NS) // DAY_NS, 2)
    store.write(batch, fresh=True)
    store.write(batch)
    assert overview_of(asked, Scope()).totals.executions == 2
    assert days_of(asked, "overview_categories") == [today]


def test_an_answer_during_which_something_changed_is_not_kept() -> None:
    changes = Changes()
    kept = KeptAnswers(changes.until)
    given = {"from_ns": 0, "to_ns": FIRST_NS + 5 * DAY_NS}

    def ask() -> list[dict[str, Any]]:
        changes.add(change_of(of_day(3, 1)))
        return [{"before": True}]

    assert kept.answer("a query", given, ask) == [{"before": True}]
    assert kept.answer("a query", given, lambda: [{"before": False}]) == [{"before": False}]


def test_only_the_answers_asked_for_last_are_kept() -> None:
    kept = KeptAnswers(Changes().until)
    asked: list[int] = []
    for number in [*range(1000), 999, 0]:
        kept.answer("a query", {"to_ns": 0, "agent": number}, lambda number=number: asked.append(number) or [])
    assert asked == [*range(1000), 0]


def test_rows_that_are_removed_without_a_day_change_every_day() -> None:
    changes = Changes()
    kept = KeptAnswers(changes.until)
    given = {"from_ns": 0, "to_ns": FIRST_NS}
    for number, batch in enumerate(
        [Batch(), Batch(expired={"executions": 5}), Batch(replace=[("default", "a")]), Batch(forget=[("default", "a")])]
    ):
        kept.answer("a query", given, list)
        changes.add(change_of(batch))
        found = kept.answer("a query", given, lambda number=number: [{"number": number}])
        assert found == ([{"number": number}] if number else [])
