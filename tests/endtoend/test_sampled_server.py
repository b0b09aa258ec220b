"""A server that keeps only a share of what is ordinary."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from otlp_bodies import json_body, json_span
from running_server import JSON, RunningServer, wait_until


@pytest.fixture
def picky_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningServer]:
    """A server that keeps only what is remarkable."""
    monkeypatch.setenv("LONGPOLE_TAIL_SAMPLING_RATE", "0")
    monkeypatch.setenv("LONGPOLE_SETTLE_AFTER_MS", "200")
    running = RunningServer(tmp_path / "longpole")
    running.folder.mkdir()
    try:
        yield running.start()
    finally:
        running.close()


def test_only_what_is_remarkable_stays(picky_server: RunningServer) -> None:
    ordinary = [json_span(trace, 1) for trace in range(1, 6)]
    failed = json_span(6, 1, status={"code": 2})
    slow = json_span(7, 1)
    slow["endTimeUnixNano"] = str(int(slow["startTimeUnixNano"]) + 1_000_000_000)
    assert picky_server.post(json_body(*ordinary, failed, slow), kind=JSON).status_code == 200
    wait_until(lambda: picky_server.intake()["sampled_out"] == 5, "five traces to be left out")
    wait_until(lambda: picky_server.stored_spans() == 2, "the two others alone")
    statuses = {item["status"]: item["weight"] for item in picky_server.get("/api/executions").json()["items"]}
    assert statuses == {"failed": 1.0, "success": 1.0}
