"""From the store's rows to the fields of views: money to dollars, times to text and offsets, JSON text to values."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast

import msgspec

from longpole.model import clock
from longpole.reports.views import ExecutionItem, FindingItem, ProcessItem, ScoreItem

Row = Mapping[str, Any]

_NANOS = 1_000_000_000


def execution_item(row: Row) -> ExecutionItem:
    """The list's view of a row of `executions`."""
    return ExecutionItem(
        execution_id=row["execution_id"],
        trace_id=row["trace_id"],
        parent_execution_id=row["parent_execution_id"],
        root_execution_id=row["root_execution_id"],
        agent=row["agent"],
        method=row["method"],
        kind=row["kind"],
        status=row["status"],
        stage=row["stage"],
        started_at=clock.to_rfc3339(row["started_ns"]),
        ended_at=time_text(row["ended_ns"]),
        duration_ns=row["duration_ns"],
        steps_total=row["steps_total"],
        steps_completed=row["steps_completed"],
        steps_failed=row["steps_failed"],
        input_tokens=row["input_tokens"],
        output_tokens=row["output_tokens"],
        cache_read_tokens=row["cache_read_tokens"],
        reasoning_tokens=row["reasoning_tokens"],
        cost_usd=dollars(row["cost_usd_nanos"]),
        model=row["model"],
        model_calls=row["model_calls"],
        model_calls_without_usage=row["model_calls_without_usage"],
        model_calls_without_cost=row["model_calls_without_cost"],
        tool_calls=row["tool_calls"],
        retries=row["retries"],
        agents_skipped=row["agents_skipped"],
        error_type=row["error_type"],
        error_message=row["error_message"],
        session_id=row["session_id"],
        user_id=row["user_id"],
        version=row["version"],
        environment=row["environment"],
        workspace=row["workspace"],
        service=row["service"],
        runtime_mode=row["runtime_mode"],
        trigger_type=row["trigger_type"],
        trigger_source=row["trigger_source"],
        credits=row["credits"],
        credits_unit=row["credits_unit"],
        scopes=None if row["scopes"] is None else msgspec.json.decode(row["scopes"], type=dict[str, str]),
        weight=row["weight"],
        category_ns=category_times(row["category_ns"]),
        is_settled=row["settled_ns"] is not None,
    )


def score_item(row: Row) -> ScoreItem:
    """The view of a row of `scores` with the agent of its execution."""
    return ScoreItem(
        execution_id=row["execution_id"],
        agent=row["agent"],
        name=row["name"],
        value=row["value"],
        label=row["label"],
        comment=row["comment"],
        time=clock.to_rfc3339(row["time_ns"]),
        workspace=row["workspace"],
    )


def finding_item(row: Row) -> FindingItem:
    """The view of a row of `findings`."""
    return FindingItem(
        finding_id=row["finding_id"],
        execution_id=row["execution_id"],
        rule=row["rule"],
        title=row["title"],
        advice=row["advice"],
        confidence=row["confidence"],
        evidence=parsed_object(row["evidence"]),
        saving_ns=row["saving_ns"],
        saving_usd=dollars(row["saving_usd_nanos"]),
        code_file=row["code_file"],
        code_line=row["code_line"],
        code_function=row["code_function"],
    )


def process_item(row: Row) -> ProcessItem:
    """The view of a row of `processes`; what it costs is known once it has told of its own CPU."""
    started_ns, told = row["started_ns"], (row["background_ns"], row["caller_ns"])
    cost_ns = None if told == (None, None) else (told[0] or 0) + (told[1] or 0)
    age_ns = None if started_ns is None else row["last_heard_ns"] - started_ns
    return ProcessItem(
        process=row["process"],
        service=row["service"],
        version=row["version"],
        environment=row["environment"],
        workspace=row["workspace"],
        started_at=time_text(started_ns),
        last_heard_at=clock.to_rfc3339(row["last_heard_ns"]),
        ended_at=time_text(row["ended_ns"]),
        recorded=row["recorded"],
        dropped=row["dropped"],
        open_count=row["open_count"],
        background_ns=row["background_ns"],
        caller_ns=row["caller_ns"],
        sent_bytes=row["sent_bytes"],
        overhead_share=cost_ns / age_ns if cost_ns is not None and age_ns is not None and age_ns > 0 else None,
        cpu_ns_per_step=cost_ns / row["recorded"] if cost_ns is not None and row["recorded"] else None,
    )


def dollars(nanos: int | Decimal | None) -> float | None:
    """US dollars of integer nano-dollars."""
    return None if nanos is None else int(nanos) / _NANOS


def whole(value: float | Decimal | None) -> int | None:
    """A sum as an integer, whichever number type the database answers sums with."""
    return None if value is None else int(value)


def time_text(time_ns: int | None) -> str | None:
    """RFC 3339 of a point in time, or nothing."""
    return None if time_ns is None else clock.to_rfc3339(time_ns)


def category_times(text: str | None) -> dict[str, int] | None:
    """Nanoseconds by category, from their JSON text."""
    return None if text is None else msgspec.json.decode(text, type=dict[str, int])


def parsed(text: str | None) -> object:
    """The value of a text that is a JSON object, array or string; any other text as it is.

    A bare number or word stays text: an input "007" was not the number 7.
    """
    if text is None or text[:1] not in ("{", "[", '"'):
        return text
    try:
        return msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return text


def parsed_object(text: str | None) -> dict[str, object]:
    """The fields of a JSON object's text; empty when there is none."""
    value = parsed(text)
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}
