"""What agents have done since the server started, counted once as it settles: what `/metrics` says of them.

Names come from programs and there is no end to them, so the first ones keep theirs and all later ones are counted
together as `other`: the page stays as long as the setting `metrics_names` lets it.
"""

import threading
from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from msgspec import Struct

from longpole.analysis.waiting import WAITS
from longpole.ingest.settle import Rows
from longpole.model.category import Category
from longpole.model.execution import Execution
from longpole.model.status import ExecutionStatus
from longpole.model.step import Step

MOST_NAMES = 50
OTHER = "other"
UNKNOWN = "unknown"
"""The model of calls that did not name theirs."""

BOUNDS_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0)
"""Upper ends of the buckets in seconds: an agent takes longer than what a server does."""

Labels = tuple[str, ...]

_LLM = Category.LLM.value
_SKIPPED = ExecutionStatus.SKIPPED.value
_CATEGORIES = frozenset(str(member.value) for member in Category)
_TOKENS = tuple((kind, f"{kind}_tokens") for kind in ("input", "output", "cache_read", "cache_write", "reasoning"))


class Example(Struct, frozen=True, gc=False):
    """An execution that a count is an example of: its id, the value, and when it was counted, in seconds since 1970."""

    execution_id: str
    number: float
    at_s: float


class Sum(Struct, gc=False):
    """A count or a sum, weighted by how many executions each stands for, and the last one that it counted."""

    number: float = 0.0
    example: Example | None = None


class Spread(Struct):
    """Durations: a weighted count for each of `BOUNDS_S` and one for what is longer, seconds in all, and the last
    execution that fell into each."""

    counts: list[float]
    examples: list[Example | None]
    total_s: float = 0.0


class Activity(Struct):
    """Counts by their labels. What a program did not tell (tokens, cost) adds to nothing; how many calls did not, does.

    `executions` by agent and status, `execution_s` by agent (of those that ran), `steps` by agent and status, `step_s`
    by category, `agent_tokens` by agent and kind (without its child executions), `agent_cost_usd` by agent,
    `model_calls` by model and status, `model_tokens` by model and kind, the other `model_*` and `first_token_s` by
    model, `wait_s` by kind, `unnamed` by which name (agent or model) was counted as `other`.
    """

    executions: dict[Labels, Sum] = {}
    execution_s: dict[Labels, Spread] = {}
    steps: dict[Labels, Sum] = {}
    step_s: dict[Labels, Spread] = {}
    agent_tokens: dict[Labels, Sum] = {}
    agent_cost_usd: dict[Labels, Sum] = {}
    model_calls: dict[Labels, Sum] = {}
    model_call_s: dict[Labels, Spread] = {}
    first_token_s: dict[Labels, Spread] = {}
    model_tokens: dict[Labels, Sum] = {}
    model_cost_usd: dict[Labels, Sum] = {}
    model_calls_without_usage: dict[Labels, Sum] = {}
    model_calls_without_cost: dict[Labels, Sum] = {}
    wait_s: dict[Labels, Spread] = {}
    unnamed: dict[Labels, Sum] = {}


class ActivityCount:
    """Counts what settles. `add` is for one thread, `read` for any while nothing else reads what it gave before.

    Cost: see `docs/how-to/prometheus.md`, measured by `bench/metrics.py`.
    """

    def __init__(self, most_names: int = MOST_NAMES) -> None:
        """Nothing yet.

        Args:
            most_names: so many agents, and so many models, are counted by their names.
        """
        self._lock = threading.Lock()
        self._found = Activity()
        self._agents = _Names("agent", most_names, self._found.unnamed)
        self._models = _Names("model", most_names, self._found.unnamed)

    def add(self, rows: Rows, known: Mapping[str, Collection[str]], *, tail_weight: float = 1.0) -> None:
        """Count the rows of a group that has settled.

        Args:
            rows: as they are about to be stored.
            known: by trace id, the spans of it that have been counted before.
            tail_weight: what tail sampling has multiplied the weights of these rows with; taken out again.
        """
        at_s = max((row.settled_ns or 0 for row in rows.executions), default=0) / 1e9
        with self._lock:
            for row in rows.executions:
                if row.span_id not in known.get(row.trace_id, ()):
                    self._add_execution(row, row.weight / tail_weight, at_s)
            for row in rows.steps:
                if row.step_id not in known.get(row.trace_id, ()):
                    self._add_step(row, row.weight / tail_weight, at_s)

    def read(self) -> Activity:
        """Everything so far, as it is at this moment."""
        with self._lock:
            return Activity(**{name: _copied(getattr(self._found, name)) for name in Activity.__struct_fields__})

    def _add_execution(self, row: Execution, weight: float, at_s: float) -> None:
        found, agent = self._found, self._agents.shown(row.agent)
        seconds = None if row.duration_ns is None or row.status == _SKIPPED else row.duration_ns / 1e9
        _count(found.executions, (agent, row.status), weight, Example(row.execution_id, seconds or 0.0, at_s))
        if seconds is not None:
            _measure(found.execution_s, (agent,), seconds, weight, row.execution_id, at_s)
        if row.self_input_tokens is not None:
            _count(found.agent_tokens, (agent, "input"), weight * row.self_input_tokens)
        if row.self_output_tokens is not None:
            _count(found.agent_tokens, (agent, "output"), weight * row.self_output_tokens)
        if row.self_cost_usd_nanos is not None:
            _count(found.agent_cost_usd, (agent,), weight * row.self_cost_usd_nanos / 1e9)
        if row.is_counted:
            tokens = [(kind, getattr(row, f"call_{name}")) for kind, name in _TOKENS]
            self._add_usage(row, tokens, row.call_cost_usd_nanos, weight, at_s)

    def _add_step(self, row: Step, weight: float, at_s: float) -> None:
        found, category = self._found, row.category
        _count(found.steps, (self._agents.shown(row.agent), row.status), weight)
        if row.duration_ns is not None:
            seconds = row.duration_ns / 1e9
            shown = category if category in _CATEGORIES else OTHER
            _measure(found.step_s, (shown,), seconds, weight, row.execution_id, at_s)
            if category in WAITS:
                _measure(found.wait_s, (category,), seconds, weight, row.execution_id, at_s)
        if row.is_counted:
            tokens = [(kind, getattr(row, name)) for kind, name in _TOKENS]
            self._add_usage(row, tokens, row.cost_usd_nanos, weight, at_s)

    def _add_usage(
        self,
        row: Execution | Step,
        tokens: Sequence[tuple[str, int | None]],
        cost_usd_nanos: int | None,
        weight: float,
        at_s: float,
    ) -> None:
        """Count what a model call used, or an agent that tells for its calls what they used."""
        found, model = self._found, UNKNOWN if row.model is None else self._models.shown(row.model)
        for kind, number in tokens:
            if number is not None:
                _count(found.model_tokens, (model, kind), weight * number)
        if cost_usd_nanos is not None:
            _count(found.model_cost_usd, (model,), weight * cost_usd_nanos / 1e9)
        if row.category != _LLM:
            return
        _count(found.model_calls, (model, row.status), weight)
        if tokens[0][1] is None and tokens[1][1] is None:
            _count(found.model_calls_without_usage, (model,), weight)
        if cost_usd_nanos is None:
            _count(found.model_calls_without_cost, (model,), weight)
        if row.duration_ns is not None:
            _measure(found.model_call_s, (model,), row.duration_ns / 1e9, weight, row.execution_id, at_s)
        if row.first_token_ns is not None:
            _measure(found.first_token_s, (model,), row.first_token_ns / 1e9, weight, row.execution_id, at_s)


class _Names:
    """The names that are shown: those that came first."""

    def __init__(self, label: str, most: int, unnamed: dict[Labels, Sum]) -> None:
        self._label, self._most, self._unnamed = label, most, unnamed
        self._shown: set[str] = set()

    def shown(self, name: str) -> str:
        """The name, or `other` if there are too many."""
        if name in self._shown:
            return name
        if len(self._shown) < self._most:
            self._shown.add(name)
            return name
        _count(self._unnamed, (self._label,), 1.0)
        return OTHER


def _count(sums: dict[Labels, Sum], labels: Labels, number: float, example: Example | None = None) -> None:
    known = sums.get(labels)
    if known is None:
        known = sums[labels] = Sum()
    known.number += number
    known.example = example


def _measure(
    spreads: dict[Labels, Spread], labels: Labels, seconds: float, weight: float, execution_id: str, at_s: float
) -> None:
    spread = spreads.get(labels)
    if spread is None:
        size = len(BOUNDS_S) + 1
        spread = spreads[labels] = Spread([0.0] * size, [None] * size)
    place = bisect_left(BOUNDS_S, seconds)
    spread.counts[place] += weight
    spread.total_s += weight * seconds
    spread.examples[place] = Example(execution_id, seconds, at_s)


def _copied(counts: dict[Labels, Sum] | dict[Labels, Spread]) -> dict[Labels, Any]:
    return {
        labels: Sum(one.number, one.example)
        if isinstance(one, Sum)
        else Spread(list(one.counts), list(one.examples), one.total_s)
        for labels, one in counts.items()
    }
