"""A server forwards what it has received to another one, which then shows the same."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from running_server import RunningServer, wait_until

SPANS = 204
SAME = ("executions", "steps", "failed", "skipped", "model_calls", "tool_calls", "input_tokens", "cost_usd", "p95_ns")


@pytest.fixture
def forwarding(server: RunningServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningServer]:
    """A server that forwards to `server`."""
    monkeypatch.setenv("LONGPOLE_FORWARD_ENDPOINT", server.url)
    running = RunningServer(tmp_path / "forwarding")
    running.folder.mkdir()
    try:
        yield running.start()
    finally:
        running.close()


def test_another_server_shows_the_same_and_is_missed_when_it_is_away(
    server: RunningServer, forwarding: RunningServer
) -> None:
    assert forwarding.client.post(f"{forwarding.url}/api/example").status_code == 202
    server.wait_for_spans(SPANS)
    here, there = forwarding.totals(), server.totals()

    assert {name: there[name] for name in SAME} == {name: here[name] for name in SAME}
    metrics = forwarding.get("/metrics").text
    assert 'longpole_forward_executions_total{outcome="sent"} 12.0' in metrics
    assert f"longpole_forward_spans_total {SPANS}.0" in metrics

    server.stop()
    assert forwarding.client.post(f"{forwarding.url}/api/example").status_code == 202
    trouble = wait_until(lambda: forwarding.get("/healthz").json()["forward_trouble"], "the trouble to be told")

    assert trouble["failures"] >= 1
    assert "no answer" in trouble["reason"]
    assert forwarding.get("/healthz").json()["status"] == "ok"
