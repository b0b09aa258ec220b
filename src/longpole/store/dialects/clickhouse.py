"""ClickHouse's spelling of the fragments."""

from functools import partial

from longpole.store.dialects.fragments import FAILED, NAMES, Fragments, bodies_of
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


def _clickhouse_id_has_part(column: str, part: str) -> str:
    return f"(startsWith({column}, {part}) OR endsWith({column}, {part}))"


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


def _clickhouse_executions_of(spans: str, received_ns: str) -> str:
    return f"""
    SELECT s.workspace AS workspace, s.execution_id AS execution_id
    FROM {spans} AS b
    JOIN steps AS s ON s.workspace = b.workspace AND s.trace_id = b.trace_id AND s.step_id = b.span_id
    WHERE s.received_ns >= {received_ns}
    UNION ALL
    SELECT x.workspace AS workspace, x.execution_id AS execution_id
    FROM {spans} AS b
    JOIN executions AS x ON x.workspace = b.workspace AND x.trace_id = b.trace_id AND x.span_id = b.span_id
    WHERE x.received_ns >= {received_ns}
    """


def _clickhouse_failed(table: str) -> str:
    return f"(SELECT * FROM {table} WHERE {FAILED})"


CLICKHOUSE: Fragments = {
    "quantile": _clickhouse_quantile,
    "in_list": _clickhouse_in_list,
    "in_numbers": _clickhouse_in_list,
    "json_field": _clickhouse_json_field,
    "contains": _clickhouse_contains,
    "id_has_part": _clickhouse_id_has_part,
    "packed": _clickhouse_packed,
    "joined": _clickhouse_joined,
    "without_names": _clickhouse_without_names,
    "different": _clickhouse_different,
    "bodies_of": partial(bodies_of, _clickhouse_in_list),
    "failed": _clickhouse_failed,
    "divided": _clickhouse_divided,
    "remainder": _clickhouse_remainder,
    "materialized": _clickhouse_materialized,
    "carrying": partial(carrying, _clickhouse_executions_of),
    "matching": matching,
    "chosen": chosen,
    "in_scope": in_scope,
    "in_scope_of_any_agent": in_scope_of_any_agent,
}
