"""What a run of a test used: time, calls, tokens and money, counted from its steps as the server counts them."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from msgspec import Struct

from longpole.ingest.assemble import Recogniser
from longpole.ingest.facts import Facts
from longpole.ingest.otlp_json import decode_traces
from longpole.ingest.price_list import NoPrices
from longpole.ingest.settle import Rows, build_rows
from longpole.model.clock import now_ns
from longpole.model.execution import Execution
from longpole.model.step import Step
from longpole.wire.otlp_encode import SpanOut, encode_span, traces_body

MOST_PARTS = 8


class Part(Struct, frozen=True, kw_only=True):
    """Steps of one name and category: how many, their own time, and what model calls among them used.

    `self_ns` is the time in which none of their children ran. Tokens and cost are `None` where none of them told any.
    """

    name: str
    category: str
    count: int
    self_ns: int
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd_nanos: int | None = None


class Spent(Struct, frozen=True, kw_only=True):
    """What a run used. `parts` are at most eight, those that took most first.

    `duration_ns` is the time in which executions ran, parallel ones once; without any execution that of the whole run.
    Tokens and cost are the sums of what is known, `None` where nothing is: see `model_calls_without_usage`.
    """

    duration_ns: int
    executions: int = 0
    model_calls: int = 0
    tool_calls: int = 0
    input_tokens: int | None = 0
    output_tokens: int | None = 0
    cost_usd_nanos: int | None = 0
    model_calls_without_usage: int = 0
    model_calls_without_cost: int = 0
    parts: list[Part] = []

    @property
    def tokens(self) -> int | None:
        """Input and output together; `None` where one of them is unknown."""
        return _plus(self.input_tokens, self.output_tokens, is_both=True)

    @property
    def latency_s(self) -> float:
        """The duration in seconds."""
        return self.duration_ns / 1e9

    @property
    def cost_usd(self) -> float | None:
        """The cost in dollars; `None` where nothing of it is known."""
        return None if self.cost_usd_nanos is None else self.cost_usd_nanos / 1e9


def spent_of(spans: Sequence[SpanOut], elapsed_ns: int) -> Spent:
    """What a run used of which these spans were recorded.

    Args:
        spans: each once, in any order.
        elapsed_ns: how long the run took by the clock.

    Cost: about 100 us a span.
    """
    rows = [_rows_of(facts) for facts in _traces(spans)]
    executions = [execution for each in rows for execution in each.executions]
    if not executions:
        return Spent(duration_ns=elapsed_ns)
    own = {execution.execution_id for execution in executions}
    tops = [execution for execution in executions if execution.parent_execution_id not in own]
    model_calls = sum(top.model_calls for top in tops)
    return Spent(
        duration_ns=_covered_ns(tops),
        executions=len(tops),
        model_calls=model_calls,
        tool_calls=sum(top.tool_calls for top in tops),
        input_tokens=_known(tops, "input_tokens", calls=model_calls),
        output_tokens=_known(tops, "output_tokens", calls=model_calls),
        cost_usd_nanos=_known(tops, "cost_usd_nanos", calls=model_calls),
        model_calls_without_usage=sum(top.model_calls_without_usage for top in tops),
        model_calls_without_cost=sum(top.model_calls_without_cost for top in tops),
        parts=_parts(rows),
    )


def _traces(spans: Sequence[SpanOut]) -> Iterable[list[Facts]]:
    """The facts of the spans of each trace, by the way that bodies of clients go."""
    if not spans:
        return ()
    decoded = decode_traces(traces_body({}, "", [encode_span(span) for span in spans]), None, now_ns())
    found: dict[str, list[Facts]] = {}
    for facts, _ in _recogniser().spans(decoded.spans):
        found.setdefault(facts.trace_id, []).append(facts)
    return found.values()


@cache
def _recogniser() -> Recogniser:
    try:
        from longpole.ingest.prices import Prices  # noqa: PLC0415 - genai-prices is not in the base install
    except ModuleNotFoundError:
        return Recogniser(prices=NoPrices())
    return Recogniser(prices=Prices())


def _rows_of(facts: list[Facts]) -> Rows:
    return build_rows(facts, now_ns=now_ns(), is_final=True)


def _covered_ns(executions: Iterable[Execution]) -> int:
    """The time in which at least one of the executions ran."""
    covered = until = 0
    for started, ended in sorted((one.started_ns, one.ended_ns or one.started_ns) for one in executions):
        covered += max(ended - max(started, until), 0)
        until = max(until, ended)
    return covered


def _known(executions: Iterable[Execution], field: str, *, calls: int) -> int | None:
    """The sum of what is known; where no model was called it is 0."""
    values: list[int] = [value for one in executions if (value := getattr(one, field)) is not None]
    return sum(values) if values or not calls else None


def _parts(rows: Iterable[Rows]) -> list[Part]:
    """Everything by name and category; leaf model calls bring their tokens."""
    found: dict[tuple[str, str], Part] = {}
    for each in rows:
        for execution in each.executions:
            _add(found, execution.agent, execution.category, execution, "call_" if execution.is_counted else None)
        for step in each.steps:
            _add(found, step.name, step.category, step, "" if step.is_counted else None)
    return sorted(found.values(), key=lambda part: -part.self_ns)[:MOST_PARTS]


def _add(
    found: dict[tuple[str, str], Part], name: str, category: str, row: Execution | Step, usage: str | None
) -> None:
    def told(field: str) -> Any:
        return None if usage is None else getattr(row, usage + field)

    key = name, category
    before = found.get(key) or Part(name=name, category=category, count=0, self_ns=0)
    found[key] = Part(
        name=name,
        category=category,
        count=before.count + 1,
        self_ns=before.self_ns + (row.self_ns or 0),
        input_tokens=_plus(before.input_tokens, told("input_tokens")),
        output_tokens=_plus(before.output_tokens, told("output_tokens")),
        cost_usd_nanos=_plus(before.cost_usd_nanos, told("cost_usd_nanos")),
    )


def _plus(a: int | None, b: int | None, *, is_both: bool = False) -> int | None:
    if is_both and (a is None or b is None):
        return None
    return None if a is None and b is None else (a or 0) + (b or 0)
