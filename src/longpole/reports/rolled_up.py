"""What rollups tell of a time range, with the names of the overview's queries.

They tell what retention has removed, and, where the engine prefers it, days that are over and still stored.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from longpole.model.buckets import GAMMA
from longpole.model.clock import DAY_NS
from longpole.model.histogram import add_histogram, unpack_histogram
from longpole.model.rollup import RollupKind
from longpole.model.status import OPEN_STATUSES, ExecutionStatus
from longpole.reports.rows import Row
from longpole.reports.views import RolledUp
from longpole.store.day_rollups import window_of
from longpole.store.engine import Engine
from longpole.store.rollups import FILTERS, known_sum, summed_rows

_FAILED = frozenset({ExecutionStatus.FAILED, ExecutionStatus.TIMEOUT, ExecutionStatus.CRASHED})
_FINISHED = _FAILED | {ExecutionStatus.SUCCESS}
USAGE = ("input_tokens", "output_tokens", "cost_usd_nanos")
"""What model calls used, by the names of the rows of all queries that sum it up."""

_OF_EXECUTIONS = (RollupKind.DAY_EXECUTION, RollupKind.GONE_EXECUTION)
_ALL_AT_ONCE_NS = 2**62
"""So wide a window that it has everything in it."""

Weights = dict[int, float]
"""Weight by bucket of duration."""


class Sums(Struct):
    """Rows of the rollups, summed up by agent, category and status: those of executions and those of steps."""

    executions: Sequence[Row]
    steps: Sequence[Row]

    def told(self) -> RolledUp:
        """How much of an answer this is."""
        return RolledUp(
            executions=sum(row["count"] for row in self.executions),
            steps=sum(row["count"] for row in self.steps),
            window_ns=DAY_NS,
            relative_error=(GAMMA - 1) / (GAMMA + 1),
        )

    def totals(self) -> dict[str, Any]:
        """All of it, with the names of the query `overview_totals`."""
        counted = ("model_calls", "model_calls_without_usage", "model_calls_without_cost", "tool_calls")
        rows = (*self.executions, *self.steps)
        return _executions(self.executions) | {name: sum(row[f"tree_{name}"] for row in rows) for name in counted}

    def agents(self) -> dict[str, dict[str, Any]]:
        """By agent, with the names of the query `overview_agents`."""
        found: dict[str, dict[str, Any]] = {}
        steps = _grouped(self.steps, "agent")
        for agent, rows in _grouped(self.executions, "agent").items():
            totals = _executions(rows)
            calls = sum(row["model_calls"] for row in (*rows, *steps.get(agent, ())))
            found[agent] = {
                "agent": agent,
                "is_registered": False,
                **{name: totals[name] for name in ("executions", "executions_weight", "running", "skipped")},
                "failed": totals["failed"] + totals["timed_out"] + totals["crashed"],
                **{name: totals[name] for name in ("succeeded_weight", "finished_weight", *USAGE)},
                "self_ns": known_sum(row["self_ns"] for row in rows),
                "model_calls": calls,
                "last_seen_ns": max(row["last_seen_ns"] for row in rows),
            }
        return found

    def categories(self) -> dict[str, dict[str, Any]]:
        """By category of steps, with the names of the query `overview_categories`."""
        return {
            category: {
                "category": category,
                "steps": sum(row["count"] for row in rows),
                "failed": sum(row["count"] for row in rows if row["status"] in _FAILED),
                "total_ns": sum(row["duration_ns"] for row in rows),
                "self_ns": sum(row["self_ns"] for row in rows),
                **{name: known_sum(row[name] for row in rows) for name in USAGE},
            }
            for category, rows in _grouped(self.steps, "category").items()
        }

    def weights_of_agents(self) -> dict[str, Weights]:
        """By agent, the durations of its executions."""
        return {agent: _weights(rows) for agent, rows in _grouped(self.executions, "agent").items()}

    def weights_of_categories(self) -> dict[str, Weights]:
        """By category, the durations of its steps."""
        return {category: _weights(rows) for category, rows in _grouped(self.steps, "category").items()}

    def performance(self) -> dict[str, Any]:
        """All executions, with the names of the query `agent_totals`; times leave skipped executions out."""
        counts = {name: value for name, value in _executions(self.executions).items() if name not in USAGE}
        return counts | {
            "total_ns": known_sum(row["duration_ns"] for row in self._not_skipped()),
            "timed_weight": sum(self.weights_not_skipped().values()),
            "last_seen_ns": max((row["last_seen_ns"] for row in self.executions), default=None),
        }

    def weights_not_skipped(self) -> Weights:
        """The durations of the executions that were not skipped."""
        return _weights(self._not_skipped())

    def calls(self) -> dict[str, Any]:
        """The model calls, with the names of the query `agent_model_calls`."""
        rows = [*self.executions, *self.steps]
        ended = [row for row in rows if row["status"] not in OPEN_STATUSES]
        tokens = [row[name] for row in self.executions for name in ("input_tokens", "output_tokens")]
        return {
            "calls": sum(row["model_calls"] for row in rows),
            "calls_without_usage": sum(row["model_calls_without_usage"] for row in rows),
            "tokens": known_sum(tokens),
            "total_ns": sum(row["model_call_ns"] for row in ended),
            "timed_weight": sum(row["model_calls"] for row in ended),
            "cost_usd_nanos": known_sum(row["cost_usd_nanos"] for row in self.executions),
        }

    def _not_skipped(self) -> list[Row]:
        return [row for row in self.executions if row["status"] != ExecutionStatus.SKIPPED]


def gone_of(store: Engine, parameters: Mapping[str, Any]) -> Sums | None:
    """What is gone of a time range, with its filters; nothing if all of it is stored.

    Sums are by days. Of the day in which the range begins those count of which something ended within the range: what
    goes is the oldest, so mostly either all or nothing of them did. The day in which it ends counts as a whole.
    """
    kinds = (RollupKind.GONE_EXECUTION, RollupKind.GONE_STEP)
    from_ns = parameters["from_ns"]
    first_ns = from_ns - from_ns % DAY_NS
    rows = _summed(store, kinds, parameters, first_ns, parameters["to_ns"], None, seen_from_ns=from_ns)
    return _sums(rows) if rows else None


def rolled_of(store: Engine, parameters: Mapping[str, Any]) -> Sums | None:
    """What is stored of a time range, with its filters: days from rollups, the rest from rows; nothing if the engine
    reads rows faster. Counts are exact; percentiles are within 1 %.
    """
    window = window_of(store, parameters["from_ns"], parameters["to_ns"])
    if window is None:
        return None
    kinds = (RollupKind.DAY_EXECUTION, RollupKind.DAY_STEP)
    rows = _summed(store, kinds, parameters, window.days[0], window.days[-1] + 1, window.days)
    for from_ns, to_ns in window.ranges:
        for kind in kinds:
            rows += summed_rows(store, kind, from_ns, to_ns, width_ns=_ALL_AT_ONCE_NS, filters=parameters)
    return _sums(rows)


def joined_rows(
    stored: Iterable[Row], others: Mapping[str, Mapping[str, Any]], key: str, order: Callable[[Row], Any]
) -> list[Row]:
    """Rows with those of others added up; `order` sorts them."""
    rest = dict(others)
    rows: list[Row] = [added(row, rest.pop(row[key])) if row[key] in rest else row for row in stored]
    return sorted([*rows, *rest.values()], key=order)


def added(row: Row, other: Mapping[str, Any]) -> Row:
    """A row with the numbers of another one added; what was seen last wins, unknown plus known is known."""
    found = dict(row)
    for name, value in other.items():
        if name == "last_seen_ns":
            found[name] = max(row[name] or 0, value or 0) or None
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found[name] = value if row[name] is None else type(value)(row[name]) + value
    return found


def joined_weights(stored: Mapping[str, Weights], others: Mapping[str, Weights]) -> dict[str, Weights]:
    """Weights by bucket of both, by group."""
    found = {name: dict(weights) for name, weights in stored.items()}
    for name, weights in others.items():
        add_histogram(found.setdefault(name, {}), weights)
    return found


def _summed(
    store: Engine,
    kinds: Sequence[RollupKind],
    filters: Mapping[str, Any],
    from_ns: int,
    to_ns: int,
    windows: Sequence[int] | None,
    *,
    seen_from_ns: int = 0,
) -> list[Row]:
    asked = {
        "kinds": [str(kind) for kind in kinds],
        "from_ns": from_ns,
        "to_ns": to_ns,
        "seen_from_ns": seen_from_ns,
        "is_every_window": windows is None,
        "windows": [str(window_ns) for window_ns in windows or ()],
        **{name: filters[name] for name in FILTERS},
    }
    return [{**row, "histogram": row["histogram"] or ""} for row in store.rows("rollups_summed", asked)]


def _sums(rows: Sequence[Row]) -> Sums:
    return Sums(
        executions=[row for row in rows if row["kind"] in _OF_EXECUTIONS],
        steps=[row for row in rows if row["kind"] not in _OF_EXECUTIONS],
    )


def _executions(rows: Sequence[Row]) -> dict[str, Any]:
    def count(*statuses: str) -> int:
        return sum(row["count"] for row in rows if row["status"] in statuses)

    return {
        "executions": sum(row["count"] for row in rows),
        "executions_weight": sum(float(row["weight"]) for row in rows),
        "running": count(*OPEN_STATUSES),
        "succeeded": count(ExecutionStatus.SUCCESS),
        "failed": count(ExecutionStatus.FAILED),
        "timed_out": count(ExecutionStatus.TIMEOUT),
        "skipped": count(ExecutionStatus.SKIPPED),
        "crashed": count(ExecutionStatus.CRASHED),
        "succeeded_weight": sum(float(row["weight"]) for row in rows if row["status"] == ExecutionStatus.SUCCESS),
        "finished_weight": sum(float(row["weight"]) for row in rows if row["status"] in _FINISHED),
        **{name: known_sum(row[name] for row in rows) for name in USAGE},
    }


def _grouped(rows: Iterable[Row], key: str) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row[key], []).append(row)
    return groups


def _weights(rows: Iterable[Row]) -> Weights:
    """The durations of all rows together: one long text is read faster than many short ones."""
    return unpack_histogram(" ".join(row["histogram"] for row in rows))
