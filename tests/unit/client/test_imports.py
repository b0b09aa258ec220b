"""What other programs have written comes into a data folder, and what Longpole has exported comes back as it was."""

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest

from longpole.client.answers import Answers
from longpole.client.imports import Imported, import_files
from longpole.client.in_process import StoreDoor
from longpole.ingest.example import example_bodies
from longpole.model.clock import from_rfc3339
from longpole.reports.rows import parsed_object
from longpole.settings import Settings
from longpole.store.store import open_store

LANGFUSE = sorted((Path(__file__).parents[2] / "langfuse_traces").glob("*.json"))
NOW_NS = 1_795_000_000 * 10**9
OF_THE_IMPORT = {"received_ns", "settled_ns", "row_version", "attributes", "resource"}
"""What tells when something came in; and texts that say what was decided, which are compared by what is in them."""

CARRIED_BY_PERFETTO = """
    trace_id execution_id root_execution_id parent_execution_id parent_span_id parent_step_id name agent kind category
    step_type method call_reason status started_ns ended_ns duration_ns depth model tool input_tokens output_tokens
    cost_usd_nanos first_token_ns attempt error_type service version environment session_id
    steps_total steps_failed model_calls tool_calls retries agents_skipped self_ns critical_ns slack_ns category_ns
    path_hash failure_step_id
"""


def imported(folder: Path, *files: Path) -> Imported:
    """Import into a folder that nobody serves."""
    # No server is looked for on another port than one where none can be.
    return import_files(Settings(data_folder=str(folder), port=1), files, None, lambda _: None)


def stored(folder: Path) -> dict[str, dict[str, dict[str, Any]]]:
    """All rows of the tables of traces, by what names them."""
    store = open_store(folder / "longpole.duckdb")
    try:
        items = StoreDoor(store).executions([("limit", "1000")]).items
        asked = {"workspace": "default", "trace_ids": sorted({item.trace_id for item in items})}
        found: dict[str, dict[str, dict[str, Any]]] = {}
        for table in ("executions", "steps", "events", "decisions", "bodies"):
            rows = store.rows(f"trace_{table}", asked)
            found[table] = {name_of(row): dict(row) for row in rows}
        return found
    finally:
        store.close()


def name_of(row: Mapping[str, Any]) -> str:
    return f"{row.get('step_id', row.get('span_id'))} {row.get('event_index', '')}"


def without(rows: Mapping[str, Mapping[str, Any]], *names: str) -> dict[str, dict[str, Any]]:
    return {
        key: {name: value for name, value in row.items() if name not in OF_THE_IMPORT | set(names)}
        for key, row in rows.items()
    }


def test_langfuse_traces_keep_names_times_parents_tokens_costs_and_levels(tmp_path: Path) -> None:
    outcome = imported(tmp_path, *LANGFUSE)
    rows = stored(tmp_path)
    spans = {key.split()[0]: row for table in ("executions", "steps") for key, row in rows[table].items()}
    observations = [one for file in LANGFUSE for one in json.loads(file.read_text())["observations"]]

    assert (outcome.spans, outcome.unread) == (len(observations), [])
    assert len(observations) == 20
    for one in observations:
        row = spans[one["id"]]
        assert row["name"] == one["name"]
        assert row["started_ns"] == from_rfc3339(one["startTime"])
        assert row["ended_ns"] == from_rfc3339(one["endTime"])
        assert row.get("parent_step_id", row.get("parent_span_id")) == one["parentObservationId"]
        assert (row["status"] == "failed") == (one["level"] == "ERROR")
        if one["type"] == "GENERATION":
            tokens = "call_input_tokens" if "kind" in row else "input_tokens"
            assert row[tokens] == one["usageDetails"]["input"]
            cost = row["call_cost_usd_nanos" if "kind" in row else "cost_usd_nanos"]
            assert cost == pytest.approx(one["totalCost"] * 1e9, rel=0.01)


def test_importing_twice_changes_nothing(tmp_path: Path) -> None:
    imported(tmp_path, *LANGFUSE)
    before = stored(tmp_path)
    imported(tmp_path, *LANGFUSE)

    assert stored(tmp_path) == before
    assert len(before["steps"]) > 10


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the recorded example, imported from OTLP of one request a line, packed."""
    random = Random(7)
    folder = tmp_path_factory.mktemp("example")
    file = folder / "example.jsonl.gz"
    bodies = example_bodies(NOW_NS, "default", lambda size: f"{random.getrandbits(size * 4):0{size}x}")
    file.write_bytes(gzip.compress(b"\n".join(one.body for one in bodies)))
    outcome = imported(folder / "data", file)
    assert (outcome.spans, outcome.unread) == (204, [])
    return folder / "data"


def test_an_otlp_export_comes_back_as_the_same_rows(example: Path, tmp_path: Path) -> None:
    with Answers(StoreDoor.open(example / "longpole.duckdb")) as answers:
        made = answers.executions_file([("format", "otlp")])
    file = tmp_path / made.name
    file.write_bytes(made.content)
    outcome = imported(tmp_path / "data", file)
    first, again = stored(example), stored(tmp_path / "data")

    assert (outcome.spans, outcome.unread, made.rows) == (204, [], 204)
    for table in ("executions", "steps", "events", "decisions"):
        assert without(again[table]) == without(first[table]), table
    for key, body in first["bodies"].items():
        other = again["bodies"][key]
        assert (body["input"], body["output"], body["error_stack"]) == (
            other["input"],
            other["output"],
            other["error_stack"],
        )
        assert parsed_object(body["attributes"]).items() <= parsed_object(other["attributes"]).items()


def test_a_perfetto_export_comes_back_with_names_times_parents_tokens_and_states(example: Path, tmp_path: Path) -> None:
    files: list[Path] = []
    with Answers(StoreDoor.open(example / "longpole.duckdb")) as answers:
        tops = answers.executions([("parent", "none"), ("limit", "1000")]).items
        for item in tops[:3]:
            made = answers.execution_file(item.execution_id, [("format", "perfetto")])
            files.append(tmp_path / made.name)
            files[-1].write_bytes(made.content)
    outcome = imported(tmp_path / "data", *files)
    first, again = stored(example), stored(tmp_path / "data")

    assert (outcome.spans, outcome.unread) == (51, [])
    for table in ("executions", "steps"):
        for key, row in again[table].items():
            carried = [name for name in CARRIED_BY_PERFETTO.split() if name in row]
            assert {name: row[name] for name in carried} == {name: first[table][key][name] for name in carried}
            assert len(carried) > 20
