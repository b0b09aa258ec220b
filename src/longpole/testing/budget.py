"""How much a test may spend, and the words that say what it spent where that was more."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from longpole.model.errors import InvalidInput
from longpole.reports.numbers import cost_text, count_text, counted, duration_text, share_text
from longpole.testing.spent import Part, Spent

Count = Annotated[int, Meta(ge=0)]


class Budget(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The most that a run may use; `None` is no limit.

    `tokens` are input and output together. `exact` says that calls, tokens and cost are the same in every run, as with
    a fake model, so that one run is enough to hold them against a baseline.
    """

    latency_s: Annotated[float, Meta(gt=0)] | None = None
    model_calls: Count | None = None
    tool_calls: Count | None = None
    input_tokens: Count | None = None
    output_tokens: Count | None = None
    tokens: Count | None = None
    cost_usd: Annotated[float, Meta(ge=0)] | None = None
    exact: bool = False


LIMITS = tuple(name for name in Budget.__struct_fields__ if name != "exact")
"""What can be limited, in the order in which it is told."""

_NOUNS = {
    "model_calls": "model call",
    "tool_calls": "tool call",
    "input_tokens": "input token",
    "output_tokens": "output token",
    "tokens": "token",
}


def read_budget(given: Mapping[str, Any]) -> Budget:
    """The budget of named values.

    Raises:
        InvalidInput: a name is unknown, or a value out of its range.
    """
    try:
        return msgspec.convert(dict(given), Budget)
    except msgspec.ValidationError as error:
        shown = ", ".join(f"{name}={value!r}" for name, value in given.items())
        raise InvalidInput(
            f"longpole_budget({shown}) cannot be used: {error}. Expected: {', '.join((*LIMITS, 'exact'))} with "
            "numbers of at least 0. Correct it where it is written."
        ) from None


def explain_excess(budget: Budget, spent: Spent) -> str | None:
    """What is told of a run that used more than its budget, or of which that is not known; `None` if it kept it."""
    beyond = [text for name in LIMITS if (text := _judge(name, budget, spent)) is not None]
    if not beyond:
        return None
    lines = [
        f"The longpole budget is not kept: {'; '.join(beyond)}.",
        f"Spent: {spent_text(spent)}.",
        *_part_lines(spent),
        "Begin with the steps at the top, or raise the limit where longpole_budget is written.",
    ]
    return "\n".join(lines)


def spent_text(spent: Spent) -> str:
    """Everything that a run used, as a sentence without its full stop."""
    told = [
        duration_text(spent.duration_ns),
        counted(spent.model_calls, "model call"),
        counted(spent.tool_calls, "tool call"),
        f"{_sum_text(spent.input_tokens, spent.model_calls_without_usage, count_text)} input and "
        f"{_sum_text(spent.output_tokens, spent.model_calls_without_usage, count_text)} output tokens",
        f"cost {_sum_text(spent.cost_usd, spent.model_calls_without_cost, cost_text)}",
    ]
    return ", ".join(told)


def _sum_text(value: Any, missing: int, text: Any) -> str:
    """A sum that may lack what some calls did not tell."""
    return text(value) if value is None or not missing else f"{text(value)} and an unknown rest"


def _judge(name: str, budget: Budget, spent: Spent) -> str | None:
    limit, used = getattr(budget, name), getattr(spent, name)
    if limit is None:
        return None
    if used is not None and used > limit:
        return f"{_value(name, used)}, expected at most {_value(name, limit)}"
    missing = _without(name, spent)
    if not missing:
        return None
    what = "cost" if name == "cost_usd" else "tokens"
    cure = (
        "Install genai-prices for the prices of known models, or tell it with longpole.set_attributes(cost_usd=...)"
        if what == "cost"
        else "Tell them with longpole.set_usage(input_tokens=..., output_tokens=...)"
    )
    return (
        f"the {what} of {count_text(missing)} of {counted(spent.model_calls, 'model call')} is unknown, expected at "
        f"most {_value(name, limit)}. {cure}"
    )


def _without(name: str, spent: Spent) -> int:
    """Of how many model calls nothing is known that this limit needs."""
    if name == "cost_usd":
        return spent.model_calls_without_cost
    return spent.model_calls_without_usage if name.endswith("tokens") else 0


def _value(name: str, value: float) -> str:
    if name == "latency_s":
        return duration_text(value * 1e9)
    if name == "cost_usd":
        return cost_text(value)
    return counted(int(value), _NOUNS[name])


def _part_lines(spent: Spent) -> list[str]:
    """What took most: own time and its share, how often, name and category, what the models among it used."""
    if not spent.parts:
        return ["No step was recorded: the latency is that of the whole run."]
    whole = sum(part.self_ns for part in spent.parts)
    rows = [_part_cells(part, whole) for part in spent.parts]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return [
        "What took most of the time:",
        *(
            f"  {' '.join(cell.rjust(width) for cell, width in zip(row, widths, strict=False))}  {row[3]}"
            for row in rows
        ),
    ]


def _part_cells(part: Part, whole_ns: int) -> tuple[str, str, str, str]:
    used = ""
    if part.input_tokens is not None or part.output_tokens is not None:
        used = f": {count_text(part.input_tokens)} input and {count_text(part.output_tokens)} output tokens"
    if part.cost_usd_nanos is not None:
        used += f", {cost_text(part.cost_usd_nanos / 1e9)}"
    share = share_text(part.self_ns / whole_ns) if whole_ns else ""
    return duration_text(part.self_ns), share, f"{count_text(part.count)} ×", f"{part.name} ({part.category}){used}"
