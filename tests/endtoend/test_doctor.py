"""`longpole doctor` where all is well, and where each thing is wrong."""

import json
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest

from longpole.settings import child_environment
from longpole.ship.spool import Spool, spool_file
from running_server import JSON, RunningServer

PROGRAM = str(Path(sys.executable).with_name("longpole"))


def doctor(*options: str, **environment: str) -> tuple[int, dict[str, list[dict[str, Any]]]]:
    """The exit code, and the checks by name."""
    command = [PROGRAM, "doctor", "--json", *options]
    done = subprocess.run(command, env=child_environment(environment), capture_output=True, text=True, check=False)
    found = json.loads(done.stdout)
    checks: dict[str, list[dict[str, Any]]] = {}
    for check in found["checks"]:
        checks.setdefault(check["name"], []).append(check)
    levels = {check["level"] for check in found["checks"]}
    worst = next(level for level in ("failed", "warning", "ok") if level in levels)
    assert (found["level"], done.returncode) == (worst, {"ok": 0, "warning": 1, "failed": 2}[worst])
    return done.returncode, checks


def test_a_server_that_is_well_is_said_to_be_and_a_refused_body_is_told(shared_server: RunningServer) -> None:
    _, checks = doctor("--url", shared_server.url, "--data", str(shared_server.folder))
    for name in (
        "longpole",
        "settings",
        "server",
        "key",
        "clock",
        "dropped",
        "dead letters",
        "folder",
        "disk",
        "spool",
    ):
        assert [check["level"] for check in checks[name]] == ["ok"], checks[name]
    shared_server.post(b"nonsense", kind=JSON)
    code, checks = doctor("--url", shared_server.url, "--data", str(shared_server.folder))
    assert code == 1
    assert any("could not be read" in check["text"] and check["cure"] for check in checks["health"])


def test_without_a_server_and_with_wrong_settings_each_is_named_with_its_cure(tmp_path: Path) -> None:
    code, checks = doctor(
        "--data",
        str(tmp_path),
        LONGPOLE_PORT="1",
        LONGPOLE_ENDPONT="http://127.0.0.1:1",
        LONGPOLE_RETENTION_DAYS="many",
        LONGPOLE_TLS_KEY=str(tmp_path / "none.pem"),
        LONGPOLE_SLOW_OPERATION_MS="9000",
    )
    assert code == 2
    assert {check["cure"].rstrip() for check in checks["settings"]} >= {"Did you mean `LONGPOLE_ENDPOINT`?"}
    assert any("retention_days" in check["text"] for check in checks["settings"])
    assert ["Only `tls_key`" in checks["tls_key"][0]["text"], "no such file" in checks["tls_key"][1]["text"]] == [
        True
    ] * 2
    assert checks["critical_operation_ms"][0]["level"] == "warning"
    assert "longpole serve" in checks["server"][0]["cure"]


def test_a_server_that_was_named_and_does_not_answer_has_failed(tmp_path: Path) -> None:
    code, checks = doctor("--data", str(tmp_path), "--url", "http://127.0.0.1:1")
    assert (code, checks["server"][0]["level"]) == (2, "failed")


@pytest.mark.parametrize(("age_s", "level"), [(5, "ok"), (600, "warning")])
def test_what_waits_in_the_spool_is_told_and_for_how_long(tmp_path: Path, age_s: int, level: str) -> None:
    file = spool_file(tmp_path / "spool-sdk", None)
    spool = Spool(file, 10**6)
    spool.add([("/v1/traces", 7, b"{}")])
    spool.close()
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE bodies SET spooled_ns = ?", (time.time_ns() - age_s * 10**9,))
    connection.close()
    _, checks = doctor("--data", str(tmp_path), LONGPOLE_PORT="1")
    assert checks["spool"][0]["level"] == level
    assert checks["spool"][0]["text"].startswith("7 spans and records")


def test_a_store_of_another_program_or_of_a_newer_longpole_has_failed(tmp_path: Path) -> None:

    with duckdb.connect(str(tmp_path / "longpole.duckdb")) as database:
        database.execute("CREATE TABLE schema_version (version BIGINT, applied_ns BIGINT)")
        database.execute("INSERT INTO schema_version VALUES (9999, 1)")
    _, checks = doctor("--data", str(tmp_path), LONGPOLE_PORT="1")
    assert checks["store"][0]["level"] == "failed"
    assert "schema version 9999" in checks["store"][0]["text"]
