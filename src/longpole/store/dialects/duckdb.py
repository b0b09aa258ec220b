"""DuckDB's spelling of the fragments."""

from functools import partial

from longpole.store.dialects.fragments import NAMES, Fragments
from longpole.store.dialects.list_filters import carrying, chosen, matching
from longpole.store.dialects.scope import in_scope, in_scope_of_any_agent

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


def _duckdb_in_numbers(value: str, numbers: str) -> str:
    return f"{value} IN (SELECT unnest(CAST({numbers} AS BIGINT[])))"


def _duckdb_contains(text: str, part: str) -> str:
    return f"contains(lower({text}), lower({part}))"


def _duckdb_id_has_part(column: str, part: str) -> str:
    # Half of what `right(...) =` costs.
    return f"(starts_with({column}, {part}) OR suffix({column}, {part}))"


def _duckdb_packed(bucket: str, weight: str) -> str:
    return f"string_agg(CAST({bucket} AS VARCHAR) || ':' || CAST({weight} AS VARCHAR), ' ')"


def _duckdb_joined(text: str) -> str:
    return f"string_agg({text}, ' ')"


def _duckdb_without_names(text: str) -> str:
    return f"regexp_replace({text}, '{NAMES}', '#', 'g')"


def _duckdb_different(text: str) -> str:
    return f"coalesce(list_sort(list(DISTINCT {text}) FILTER (WHERE {text} IS NOT NULL)), [])"


def _duckdb_divided(value: str, by: str) -> str:
    # To take off what a division leaves over costs half as much again: 153 ms instead of 75 for three million rows.
    return f"(({value}) // ({by}))"


def _duckdb_remainder(value: str, power: str) -> str:
    # A division takes twice as long: 57 ms of processor time instead of 36 for ten million rows with it.
    return f"(({value}) & (({power}) - 1))"


def _duckdb_materialized() -> str:
    # Read once, and not filtered by the join: both together cost twice as much for failed steps of 10M.
    return "MATERIALIZED"


def _duckdb_executions_of(spans: str, received_ns: str) -> str:
    # One join, so that the spans are searched for once: 258 ms instead of 481 for a text that nothing of a day has.
    return f"""
    SELECT s.workspace AS workspace, s.execution_id AS execution_id
    FROM {spans} AS b
    JOIN (
        SELECT workspace, trace_id, step_id AS span_id, execution_id FROM steps WHERE received_ns >= {received_ns}
        UNION ALL
        SELECT workspace, trace_id, span_id, execution_id FROM executions WHERE received_ns >= {received_ns}
    ) AS s ON s.workspace = b.workspace AND s.trace_id = b.trace_id AND s.span_id = b.span_id
    """


def _duckdb_bodies_of(traces: str, spans: str, received_ns: str) -> str:
    # By the places of rows: whoever looks at both ids of five million rows and at their texts at once unpacks too many
    # texts, 358 ms of processor time for two thousand instead of 119. Only stored rows have places.
    in_traces = f"{_duckdb_in_list('trace_id', traces)} AND received_ns >= {received_ns}"
    in_spans = _duckdb_in_list("span_id", spans)
    return f"""
    WITH near AS MATERIALIZED (SELECT rowid AS place, span_id FROM stored.main.bodies WHERE {in_traces})
    SELECT * FROM stored.main.bodies WHERE rowid IN (SELECT place FROM near WHERE {in_spans})
    UNION ALL
    SELECT * FROM fresh_bodies WHERE {in_traces} AND {in_spans}
    """


def _duckdb_failed(table: str) -> str:
    # A hundredth of the rows, kept once more beside them: `FAILED_TABLES`.
    return f"failed_{table}"


DUCKDB: Fragments = {
    "quantile": _duckdb_quantile,
    "in_list": _duckdb_in_list,
    "in_numbers": _duckdb_in_numbers,
    "json_field": _duckdb_json_field,
    "contains": _duckdb_contains,
    "id_has_part": _duckdb_id_has_part,
    "packed": _duckdb_packed,
    "joined": _duckdb_joined,
    "without_names": _duckdb_without_names,
    "different": _duckdb_different,
    "bodies_of": _duckdb_bodies_of,
    "failed": _duckdb_failed,
    "divided": _duckdb_divided,
    "remainder": _duckdb_remainder,
    "materialized": _duckdb_materialized,
    "carrying": partial(carrying, _duckdb_executions_of),
    "matching": matching,
    "chosen": chosen,
    "in_scope": in_scope,
    "in_scope_of_any_agent": in_scope_of_any_agent,
}
