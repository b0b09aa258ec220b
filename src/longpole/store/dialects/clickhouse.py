"""ClickHouse's spelling of the fragments."""

from functools import partial

from longpole.store.dialects.fragments import FAILED, NAMES, Fragments, bodies_of, executions_of
from longpole.store.dialects.list_filters import carrying, chosen, matching
from longpole.store.dialects.scope import in_scope, in_scope_of_any_agent


def _clickhouse_quantile(value: str, share: str) -> str:
    return f"CAST(floor(quantileExactInclusive({share})({value})) AS Nullable(Int64))"


def _clickhouse_in_list(value: str, values: str) -> str:
    return f"(({value}) IN {values})"


def _clickhouse_json_field(json: str, key: str) -> str:
    kind = f"JSONType(ifNull({json}, ''), ifNull({key}, ''))"
    return (
        f"multiIf({kind} = 'Null', NULL, {kind} = 'String', JSONExtractString(ifNull({json}, ''), ifNull({key}, '')), "
        f"JSONExtractRaw(ifNull({json}, ''), ifNull({key}, '')))"
    )


def _clickhouse_contains(text: str, part: str) -> str:
    return f"(position(lowerUTF8({text}), lowerUTF8({part})) > 0)"


def _clickhouse_ends_with(text: str, part: str) -> str:
    return f"endsWith({text}, {part})"


def _clickhouse_packed(bucket: str, weight: str) -> str:
    return f"arrayStringConcat(groupArray(concat(toString({bucket}), ':', toString({weight}))), ' ')"


def _clickhouse_joined(text: str) -> str:
    return f"arrayStringConcat(groupArray({text}), ' ')"


def _clickhouse_without_names(text: str) -> str:
    return f"replaceRegexpAll({text}, '{NAMES}', '#')"


def _clickhouse_different(text: str) -> str:
    return f"arraySort(groupUniqArray({text}))"


def _clickhouse_divided(value: str, by: str) -> str:
    return f"intDiv({value}, {by})"


def _clickhouse_remainder(value: str, power: str) -> str:
    return f"(({value}) % ({power}))"


def _clickhouse_materialized() -> str:
    # It has no such word.
    return ""


def _clickhouse_failed(table: str) -> str:
    return f"(SELECT * FROM {table} WHERE {FAILED})"


CLICKHOUSE: Fragments = {
    "quantile": _clickhouse_quantile,
    "in_list": _clickhouse_in_list,
    "in_numbers": _clickhouse_in_list,
    "json_field": _clickhouse_json_field,
    "contains": _clickhouse_contains,
    "ends_with": _clickhouse_ends_with,
    "packed": _clickhouse_packed,
    "joined": _clickhouse_joined,
    "without_names": _clickhouse_without_names,
    "different": _clickhouse_different,
    "executions_of": executions_of,
    "bodies_of": partial(bodies_of, _clickhouse_in_list),
    "failed": _clickhouse_failed,
    "divided": _clickhouse_divided,
    "remainder": _clickhouse_remainder,
    "materialized": _clickhouse_materialized,
    "carrying": carrying,
    "matching": matching,
    "chosen": chosen,
    "in_scope": in_scope,
    "in_scope_of_any_agent": in_scope_of_any_agent,
}
