"""What databases spell differently: a few fragments, written `@name(arguments)` in the query files.

Every dialect has the same names with the same meaning:

- `@quantile(value, share)`: the value at that share of the sorted non-null values, interpolated between neighbours
  (rank `share * (n - 1)`), rounded down to a whole number; null without values.
- `@in_list(value, $list)`: whether the value is in a bound list of texts, which may be empty.
- `@in_pairs(first, second, $firsts, $seconds)`: whether the pair is in two bound lists read side by side.
- `@json_field(json, key)`: the field of that name of a JSON object, as text; null when it is absent or null.
- `@contains(text, part)`: whether the text contains the part, letter case ignored.
"""

DUCKDB = {
    "quantile": "CAST(floor(quantile_cont({0}, {1})) AS BIGINT)",
    "in_list": "{0} IN (SELECT unnest(CAST({1} AS VARCHAR[])))",
    "in_pairs": "({0}, {1}) IN (SELECT unnest(CAST({2} AS VARCHAR[])), unnest(CAST({3} AS VARCHAR[])))",
    "json_field": "json_extract_string({0}, '$.\"' || replace({1}, '\"', '\\\"') || '\"')",
    "contains": "contains(lower({0}), lower({1}))",
}
"""The fragments as DuckDB spells them."""
