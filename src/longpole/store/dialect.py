"""What databases spell differently: a few fragments, written `@name(arguments)` in the query files.

Every dialect has the same names with the same meaning:

- `@quantile(value, share)`: the value at that share of the sorted non-null values, interpolated between neighbours
  (rank `share * (n - 1)`), rounded down to a whole number; null without values.
- `@in_list(value, $list)`: whether the value is in a bound list of texts, which may be empty.
- `@json_field(json, key)`: the field of that name of a JSON object, as text; null when it is absent or null.
- `@contains(text, part)`: whether the text contains the part, letter case ignored.
"""

from collections.abc import Callable, Mapping

Fragments = Mapping[str, Callable[..., str]]
"""The spelling of each fragment, given its arguments as they stand in the query."""

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


DUCKDB: Fragments = {
    "quantile": _duckdb_quantile,
    "in_list": _duckdb_in_list,
    "json_field": _duckdb_json_field,
    "contains": _duckdb_contains,
}

DIALECTS: Mapping[str, Fragments] = {"duckdb": DUCKDB}
"""The fragments of every dialect, by the name of its database."""
