"""DuckDB's spelling of the fragments."""

from longpole.store.dialects.fragments import NAMES, Fragments

_USUAL_SHARES = ("0.5", "0.95", "0.99")


def _duckdb_quantile(value: str, share: str) -> str:
    # Equal aggregates are computed once. Asked for all three together, DuckDB keeps the values once instead of three
    # times: 10M steps fit into 512 MB then, and did not before.
    if share in _USUAL_SHARES:
        place = _USUAL_SHARES.index(share) + 1
        return f"CAST(floor(quantile_cont({value}, [{', '.join(_USUAL_SHARES)}])[{place}]) AS BIGINT)"
    return f"CAST(floor(quantile_cont({value}, {share})) AS BIGINT)"


def _duckdb_json_field(json: str, key: str) -> str:
    return f"""json_extract_string({json}, '$."' || replace(replace({key}, '\\', '\\\\'), '"', '\\"') || '"')"""


def _duckdb_in_list(value: str, texts: str) -> str:
    return f"{value} IN (SELECT unnest(CAST({texts} AS VARCHAR[])))"


def _duckdb_contains(text: str, part: str) -> str:
    return f"contains(lower({text}), lower({part}))"


def _duckdb_packed(bucket: str, weight: str) -> str:
    return f"string_agg(CAST({bucket} AS VARCHAR) || ':' || CAST({weight} AS VARCHAR), ' ')"


def _duckdb_joined(text: str) -> str:
    return f"string_agg({text}, ' ')"


def _duckdb_without_names(text: str) -> str:
    return f"regexp_replace({text}, '{NAMES}', '#', 'g')"


def _duckdb_different(text: str) -> str:
    return f"coalesce(list_sort(list(DISTINCT {text}) FILTER (WHERE {text} IS NOT NULL)), [])"


def _duckdb_materialized() -> str:
    # Read once, and not filtered by the join: both together cost twice as much for failed steps of 10M.
    return "MATERIALIZED"


DUCKDB: Fragments = {
    "quantile": _duckdb_quantile,
    "in_list": _duckdb_in_list,
    "json_field": _duckdb_json_field,
    "contains": _duckdb_contains,
    "packed": _duckdb_packed,
    "joined": _duckdb_joined,
    "without_names": _duckdb_without_names,
    "different": _duckdb_different,
    "materialized": _duckdb_materialized,
}
