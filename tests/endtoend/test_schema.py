"""Every route keeps to its own description, whatever it is asked: schemathesis reads the schema from a real server."""

import json
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from otlp_bodies import body, span
from running_server import JSON, RunningServer, put_into_spool, wait_until

CAPTURES = Path(__file__).parents[1] / "otlp_captures"
MOST_MEMORY = 1024 * 1024 * 1024
CASES = 1  # of each route, beside those for each rule of its parameters
# Filters are texts with a grammar that their descriptions tell; a JSON schema cannot say all of it, as that 'from' lies
# before 'to'. So a text that its schema allows may get a 400; no text may get anything worse.
CONFIG = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", 400, 404]
"""
# The first key that is made closes the server to everybody without one, which is all of the other requests.
LEFT_OUT = "--exclude-operation-id=ApiKeysPostKey"


@pytest.fixture
def filled(server: RunningServer) -> RunningServer:
    """A server that holds what several real clients sent, a score, a price and two dead letters."""
    server.stop()
    put_into_spool(server.folder, b"no protobuf", b"neither")
    server.start()
    for manifest in sorted(CAPTURES.glob("*/manifest.json")):
        for entry in json.loads(manifest.read_text()):
            headers = {name: text for name, text in entry["headers"].items() if name.startswith("content-")}
            headers.pop("content-length", None)
            content = (manifest.parent / entry["file"]).read_bytes()
            assert server.client.post(server.url + entry["path"], content=content, headers=headers).is_success
    wait_until(lambda: server.intake()["pending_bytes"] == 0 and server.stored_spans(), "the captures to be shown")
    found = server.get("/api/executions?limit=1").json()["items"][0]["execution_id"]
    score = {"execution_id": found, "name": "helpful", "value": 1}
    assert server.post(json.dumps(score).encode(), "/api/scores", JSON).status_code == 202
    price = {"model": "house-7b", "input_usd": 1}
    assert server.client.put(f"{server.url}/api/prices", json=price).is_success
    return server


def test_every_route_answers_as_the_schema_says(filled: RunningServer, tmp_path: Path) -> None:
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG)
    program = Path(sys.executable).with_name("schemathesis")
    options = ["--checks=all", "--phases=coverage,fuzzing,stateful", f"--max-examples={CASES}", "--seed=1"]
    options += ["--no-shrink", "--continue-on-failure", "--no-color", "--warnings=off", LEFT_OUT]
    command = [str(program), f"--config-file={config}", "run", f"{filled.url}/schema/openapi.json", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=200)
    assert done.returncode == 0, done.stdout[-20_000:]
    assert filled.process is not None
    assert psutil.Process(filled.process.pid).memory_info().rss < MOST_MEMORY
    assert filled.intake()["internal_errors"] == 0
    before = filled.stored_spans()
    assert filled.post(body(span(1, 1))).status_code == 200
    filled.wait_for_spans(before + 1)
