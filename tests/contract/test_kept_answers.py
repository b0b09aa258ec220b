"""What is kept of days that are over never differs from what the rows say, on every engine, whoever changed them."""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from contract.rows import WORKSPACE
from contract.test_day_rollups import DAYS, FIRST_NS, of_day, run
from longpole.model import clock
from longpole.model.clock import DAY_NS
from longpole.reports.change_questions import CAPACITY
from longpole.reports.filter_values import Scope
from longpole.reports.overview import overview_of
from longpole.reports.pulse import PULSE
from longpole.store.engine import Engine
from longpole.store.removal import Meant, deletions, traces_meant
from longpole.store.retention import Removed, remove_traces

BOUNDS = [("from", "2026-09-21T11:00:00Z"), ("to", "2026-10-02T00:00:00Z")]
SCOPES = (Scope(), Scope(workspace="other"), Scope(from_ns=FIRST_NS + DAY_NS // 2, to_ns=FIRST_NS + 7 * DAY_NS))
CHANGES = 8


@pytest.fixture(autouse=True)
def some_days_are_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the days in which something may happen most are over, one is today, one is still to come."""
    monkeypatch.setattr(clock, "now_ns", lambda: FIRST_NS + (DAYS - 2) * DAY_NS + DAY_NS // 2)


class KeepsNothing:
    """An engine that is asked for everything, whatever it has been asked before."""

    def __init__(self, engine: Engine) -> None:
        self.server, self.is_shared, self.prefers_rollups = engine.server, engine.is_shared, engine.prefers_rollups
        self.publishes_in_memory = engine.publishes_in_memory
        self.migrate, self.write, self.rows, self.close = engine.migrate, engine.write, engine.rows, engine.close
        self.kept = None


class Noted(KeepsNothing):
    """An engine that keeps what it keeps, and notes what it was asked."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.kept, self.queries = engine.kept, list[str]()
        self._engine = engine
        self.rows = self._noted

    def _noted(self, query: str, parameters: Mapping[str, Any] | None = None) -> Sequence[dict[str, Any]]:
        self.queries.append(query)
        return self._engine.rows(query, parameters)


@pytest.mark.parametrize("seed", range(2))
def test_whatever_is_written_or_removed_the_answers_are_those_of_the_rows(store: Engine, seed: int) -> None:
    chance = random.Random(seed)
    numbers: dict[int, int] = {}
    for _ in range(CHANGES):
        change(store, chance, numbers)
        assert_same_answers(store)


@pytest.mark.parametrize("seed", range(2))
def test_what_one_server_changes_the_others_tell(open_as: Callable[[str], Engine], seed: int) -> None:
    chance = random.Random(seed)
    servers = [open_as("one"), open_as("two")]
    assert all(server.kept is not None for server in servers)
    numbers: dict[int, int] = {}
    for _ in range(CHANGES):
        change(chance.choice(servers), chance, numbers)
        for server in servers:
            assert_same_answers(server)


def test_a_second_look_at_a_shared_database_reads_nothing_of_the_days_before(open_as: Callable[[str], Engine]) -> None:
    server = open_as("one")
    server.write(of_day(3, 1))
    noted = Noted(server)
    asked = [("from", clock.to_rfc3339(FIRST_NS)), ("to", clock.to_rfc3339(FIRST_NS + 5 * DAY_NS))]
    first = PULSE.ask(noted, asked)
    assert (first.executions, "pulse_cells" in noted.queries) == (1, True)
    noted.queries.clear()
    assert PULSE.ask(noted, asked) == first
    assert "pulse_cells" not in noted.queries


def assert_same_answers(store: Engine) -> None:
    """What is kept is what the rows say."""
    plain = KeepsNothing(store)
    for scope in SCOPES:
        assert overview_of(store, scope) == overview_of(plain, scope)
    assert PULSE.ask(store, BOUNDS) == PULSE.ask(plain, BOUNDS)
    assert CAPACITY.ask(store, BOUNDS) == CAPACITY.ask(plain, BOUNDS)


def change(store: Engine, chance: random.Random, numbers: dict[int, int]) -> None:
    """Something happens to the store: an execution comes, late or not, comes again, or is removed."""
    kind = chance.choice(["written", "written", "published", "changed", "deleted", "aged"])
    if kind in ("written", "published") or not numbers:
        number = len(numbers) + 1
        numbers[number] = chance.randrange(DAYS)
        store.write(of_day(numbers[number], number), fresh=kind == "published")
        return
    number = chance.choice(list(numbers))
    if kind == "changed":
        batch = of_day(numbers[number], number, status=chance.choice(["failed", "success"]), agent="another")
        batch.replace = [(row.workspace, row.trace_id) for row in batch.executions]
        store.write(batch)
    elif kind == "deleted":
        meant = Meant(before_ns=FIRST_NS + chance.randrange(DAYS) * DAY_NS, workspace=WORKSPACE)
        for batch in deletions(store, traces_meant(store, meant), []):
            store.write(batch)
    else:
        run(remove_traces(store, FIRST_NS + chance.randrange(3) * DAY_NS, FIRST_NS + DAYS * DAY_NS, Removed()))
