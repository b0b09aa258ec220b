"""The wait for a connection of a pool is a step, and short ones are not."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy
import sqlalchemy.pool

import longpole
from longpole.record.instrument import pool_waits


@pytest.fixture(autouse=True)
def _hook() -> Iterator[None]:
    pool_waits.install("sqlalchemy.pool")
    yield
    pool_waits.remove("sqlalchemy.pool")


def test_a_pool_of_one_makes_the_second_wait(recorded: Any) -> None:
    engine = sqlalchemy.create_engine(
        "sqlite://", poolclass=sqlalchemy.pool.QueuePool, pool_size=1, max_overflow=0,
        connect_args={"check_same_thread": False},
    )  # fmt: skip
    held = engine.connect()
    with longpole.time_step("outer"):
        threading.Timer(0.02, held.close).start()
        engine.connect().close()
        engine.connect().close()  # at once: no step
    engine.dispose()
    wait = recorded.span("wait for a connection")
    assert wait.ended_ns - wait.started_ns >= 15_000_000
    assert wait.attributes["longpole.category"] == "queue"
    assert wait.attributes["longpole.queue.pool"] == "sqlalchemy"
    assert recorded.parent_of("wait for a connection") == "outer"


def test_outside_of_any_step_nothing_is_recorded(recorded: Any) -> None:
    engine = sqlalchemy.create_engine("sqlite://", poolclass=sqlalchemy.pool.QueuePool)
    engine.connect().close()
    engine.dispose()
    assert recorded.spans == []
