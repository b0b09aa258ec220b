"""Tokens of model calls whose client told only the sum of input and output."""

from collections.abc import Mapping

from longpole.model.category import Category
from longpole.reports.family import Family
from longpole.reports.rows import Row, parsed_object
from longpole.store.engine import Engine
from longpole.wire.longpole_names import TOTAL_TOKENS

_LLM = Category.LLM.value

_MOST = 500
"""Model calls that are looked at; the sums of more are left out of a tree, and stay in the details of each."""


def total_tokens(row: Row, attributes: Mapping[str, object]) -> int | None:
    """Input and output together, where the client told only that."""
    total = attributes.get(TOTAL_TOKENS)
    is_known = row["input_tokens"] is not None or row["output_tokens"] is not None
    return total if isinstance(total, int) and not is_known else None


def total_tokens_of(store: Engine, family: Family) -> dict[str, int]:
    """By step id, the sums of a tree's model calls of which nothing else is known."""
    calls = {
        row["step_id"]: row
        for row in family.steps
        if row["category"] == _LLM and row["input_tokens"] is None and row["output_tokens"] is None
    }
    if not calls or len(calls) > _MOST:
        return {}
    traces = sorted({row["trace_id"] for row in calls.values()})
    asked = {"workspace": family.top["workspace"], "trace_ids": traces, "span_ids": sorted(calls)}
    found: dict[str, int] = {}
    for body in store.rows("attributes_of_spans", asked):
        total = total_tokens(calls[body["span_id"]], parsed_object(body["attributes"]))
        if total is not None:
            found[body["span_id"]] = total
    return found
