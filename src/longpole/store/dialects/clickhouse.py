"""ClickHouse's spelling of the fragments."""

from longpole.store.dialects.fragments import NAMES, Fragments


def _clickhouse_quantile(value: str, share: str) -> str:
    return f"CAST(floor(quantileExactInclusive({share})({value})) AS Nullable(Int64))"


def _clickhouse_in_list(value: str, texts: str) -> str:
    return f"(({value}) IN {texts})"


def _clickhouse_json_field(json: str, key: str) -> str:
    kind = f"JSONType(ifNull({json}, ''), ifNull({key}, ''))"
    return (
        f"multiIf({kind} = 'Null', NULL, {kind} = 'String', JSONExtractString(ifNull({json}, ''), ifNull({key}, '')), "
        f"JSONExtractRaw(ifNull({json}, ''), ifNull({key}, '')))"
    )


def _clickhouse_contains(text: str, part: str) -> str:
    return f"(position(lowerUTF8({text}), lowerUTF8({part})) > 0)"


def _clickhouse_packed(bucket: str, weight: str) -> str:
    return f"arrayStringConcat(groupArray(concat(toString({bucket}), ':', toString({weight}))), ' ')"


def _clickhouse_joined(text: str) -> str:
    return f"arrayStringConcat(groupArray({text}), ' ')"


def _clickhouse_without_names(text: str) -> str:
    return f"replaceRegexpAll({text}, '{NAMES}', '#')"


def _clickhouse_different(text: str) -> str:
    return f"arraySort(groupUniqArray({text}))"


def _clickhouse_materialized() -> str:
    # It has no such word.
    return ""


CLICKHOUSE: Fragments = {
    "quantile": _clickhouse_quantile,
    "in_list": _clickhouse_in_list,
    "json_field": _clickhouse_json_field,
    "contains": _clickhouse_contains,
    "packed": _clickhouse_packed,
    "joined": _clickhouse_joined,
    "without_names": _clickhouse_without_names,
    "different": _clickhouse_different,
    "materialized": _clickhouse_materialized,
}
