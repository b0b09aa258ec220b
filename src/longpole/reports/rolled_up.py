"""What retention has removed, as the overview counts it: from the rollups, with the names of its queries."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from longpole.model.buckets import GAMMA
from longpole.model.histogram import add_histogram, unpack_histogram
from longpole.model.rollup import RollupKind
from longpole.model.status import OPEN_STATUSES, ExecutionStatus
from longpole.reports.rows import Row
from longpole.reports.views import RolledUp
from longpole.store.engine import Engine
from longpole.store.rollups import DAY_NS, known_sum

_FAILED = frozenset({ExecutionStatus.FAILED, ExecutionStatus.TIMEOUT, ExecutionStatus.CRASHED})
_FINISHED = _FAILED | {ExecutionStatus.SUCCESS}
_TOOL = "tool"
_USAGE = ("input_tokens", "output_tokens", "cost_usd_nanos")

Weights = dict[int, float]
"""Weight by bucket of duration."""


class Gone(Struct):
    """The rows of the rollups of what is gone: of executions and of steps."""

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
        found = _executions(self.executions)
        calls = [row for row in (*self.executions, *self.steps) if row["model_calls"]]
        found["model_calls"] = sum(row["model_calls"] for row in calls)
        for name, used in (("usage", ("input_tokens", "output_tokens")), ("cost", ("cost_usd_nanos",))):
            unknown = (row["model_calls"] for row in calls if all(row[each] is None for each in used))
            found[f"model_calls_without_{name}"] = sum(unknown)
        found["tool_calls"] = round(sum(row["weight"] for row in self.steps if row["category"] == _TOOL))
        return found

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
                **{name: totals[name] for name in ("succeeded_weight", "finished_weight", *_USAGE)},
                "self_ns": sum(row["self_ns"] for row in rows),
                "model_calls": calls,
                "last_seen_ns": max(row["window_ns"] for row in rows),
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
                **{name: known_sum(row[name] for row in rows) for name in _USAGE},
            }
            for category, rows in _grouped(self.steps, "category").items()
        }

    def weights_of_agents(self) -> dict[str, Weights]:
        """By agent, the durations of its executions."""
        return {agent: _weights(rows) for agent, rows in _grouped(self.executions, "agent").items()}

    def weights_of_categories(self) -> dict[str, Weights]:
        """By category, the durations of its steps."""
        return {category: _weights(rows) for category, rows in _grouped(self.steps, "category").items()}


def gone_of(store: Engine, parameters: Mapping[str, Any]) -> Gone | None:
    """What is gone of the overview's time range, with its filters; nothing if all of it is stored.

    Days count as a whole: the one in which the range begins is in it, and so is the one in which it ends.
    """
    from_ns = parameters["from_ns"]
    rows = store.rows("rollups_gone", {**parameters, "from_ns": from_ns - from_ns % DAY_NS})
    if not rows:
        return None
    executions = [row for row in rows if row["kind"] == RollupKind.GONE_EXECUTION]
    return Gone(executions, [row for row in rows if row["kind"] == RollupKind.GONE_STEP])


def joined_rows(
    stored: Iterable[Row], gone: Mapping[str, Mapping[str, Any]], key: str, order: Callable[[Row], Any]
) -> list[Row]:
    """Rows of what is stored with those of what is gone added up; `order` sorts them."""
    rest = dict(gone)
    rows: list[Row] = [added(row, rest.pop(row[key])) if row[key] in rest else row for row in stored]
    return sorted([*rows, *rest.values()], key=order)


def added(row: Row, gone: Mapping[str, Any]) -> Row:
    """A row with the numbers of another one added; what was seen last wins, unknown plus known is known."""
    found = dict(row)
    for name, value in gone.items():
        if name == "last_seen_ns":
            found[name] = max(row[name] or 0, value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found[name] = value if row[name] is None else type(value)(row[name]) + value
    return found


def joined_weights(stored: Mapping[str, Weights], gone: Mapping[str, Weights]) -> dict[str, Weights]:
    """Weights by bucket of both, by group."""
    found = {name: dict(weights) for name, weights in stored.items()}
    for name, weights in gone.items():
        add_histogram(found.setdefault(name, {}), weights)
    return found


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
        **{name: known_sum(row[name] for row in rows) for name in _USAGE},
    }


def _grouped(rows: Iterable[Row], key: str) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row[key], []).append(row)
    return groups


def _weights(rows: Iterable[Row]) -> Weights:
    weights: Weights = {}
    for row in rows:
        add_histogram(weights, unpack_histogram(row["histogram"]))
    return weights
