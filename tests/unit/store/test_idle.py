"""Checkpoints come in quiet moments."""

import logging
import threading
from pathlib import Path

import pytest

from contract.rows import trace
from longpole.store.engines.duckdb import DuckDBEngine
from longpole.store.engines.idle import WhenIdle

DEADLINE_S = 30.0


def test_it_acts_once_after_things_went_quiet() -> None:
    acted = threading.Semaphore(0)
    idle = WhenIdle(acted.release, quiet_s=0.01, name="test")
    for _ in range(3):
        idle.stir()
    assert acted.acquire(timeout=DEADLINE_S)
    idle.close()
    assert not acted.acquire(blocking=False)


def test_it_does_not_act_while_things_keep_happening() -> None:
    acted = threading.Event()
    idle = WhenIdle(acted.set, quiet_s=3600, name="test")
    idle.stir()
    idle.close()
    assert not acted.is_set()


def test_it_tries_again_after_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    tried = threading.Semaphore(0)

    def act() -> None:
        tried.release()
        raise OSError("disk full")

    with caplog.at_level(logging.ERROR):
        idle = WhenIdle(act, quiet_s=0.01, name="test")
        for _ in range(2):
            idle.stir()
            assert tried.acquire(timeout=DEADLINE_S)
        idle.close()
    assert "disk full" in caplog.text


def test_the_log_of_a_database_is_folded_in_when_writing_pauses(tmp_path: Path) -> None:
    path = tmp_path / "longpole.duckdb"
    engine = DuckDBEngine(str(path), quiet_s=0.01)
    engine.migrate()
    engine.write(trace(1))
    polls, pause = 0, threading.Event()
    while path.with_name("longpole.duckdb.wal").exists() and polls < DEADLINE_S * 100:
        polls += 1
        pause.wait(0.01)
    assert not path.with_name("longpole.duckdb.wal").exists()
    assert engine.rows("store_counts")[0]["steps"] == 5
    engine.close()
