"""Dead letters: what cannot be read or written is kept where it can be seen, and comes back when it can be."""

import base64
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from ingest_house import DRAIN_S, START_NS, TRACE, House, span_json, traces_body
from longpole.ingest import pipeline as pipeline_module
from longpole.ingest import writer as writer_module
from longpole.ingest.decode import decode_body
from longpole.ingest.limits import Decoded
from longpole.ingest.pipeline import Pipeline, stored_position
from longpole.ingest.segment import segment_path
from longpole.ingest.spool import Accepted, Spool
from longpole.ingest.traces import TraceBook
from longpole.model.batch import Batch
from longpole.model.errors import InvalidInput
from longpole.model.intake import DeadLetter
from longpole.store.engines.duckdb import DuckDBEngine

GOOD = traces_body(span_json(1), span_json(2, 1))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline_module, "RETRY_WAIT_S", 0.01)
    monkeypatch.setattr(writer_module, "RETRY_WAIT_S", 0.01)


class Picky(DuckDBEngine):
    """A store that refuses some rows until it is told to take them."""

    refuses: Callable[[Batch], bool]

    def __init__(self, engine: DuckDBEngine) -> None:
        self.__dict__ = engine.__dict__
        self.refuses = self.traces

    def traces(self, batch: Batch) -> bool:
        return any(row.trace_id == TRACE for row in batch.executions)

    def letters(self, batch: Batch) -> bool:
        return any(isinstance(record, DeadLetter) for record in batch.records)

    def write(self, batch: Batch, *, fresh: bool = False) -> None:
        if not fresh and self.refuses(batch):
            raise ValueError("this value has no column type")
        super().write(batch, fresh=fresh)


def nothing(_batch: Batch) -> bool:
    return False


class Decoder:
    """Fails until it is told that the fault is mended."""

    is_mended = False

    def __call__(self, accepted: Accepted) -> Decoded:
        if not self.is_mended:
            raise RuntimeError("a fault of the decoder")
        return decode_body(accepted)


def test_a_body_that_is_tried_again_and_can_be_read_is_stored_and_its_letter_goes(house: House):
    decoder = Decoder()
    pipeline = house.start(decode=decoder)
    house.offer(GOOD)
    assert pipeline.drain(DRAIN_S)
    (letter,) = house.letters()
    assert house.counts()["executions"] == 0
    decoder.is_mended = True
    assert pipeline.retry(letter).result(DRAIN_S) is None
    assert house.letters() == []
    assert pipeline.drain(DRAIN_S)
    assert house.counts() | {"executions": 1, "steps": 1} == house.counts()


def test_a_body_that_fails_again_is_the_same_letter_with_one_attempt_more(house: House):
    pipeline = house.start(decode=Decoder())
    house.offer(GOOD)
    assert pipeline.drain(DRAIN_S)
    (letter,) = house.letters()
    again = pipeline.retry(letter).result(DRAIN_S)
    assert again is not None
    assert (again.letter_id, again.attempts, again.received_ns) == (letter.letter_id, 2, letter.received_ns)
    assert [(one.letter_id, one.attempts) for one in house.letters()] == [(letter.letter_id, 2)]


def test_a_body_that_was_put_back_before_a_kill_takes_its_letter_with_it_after_the_restart(house: House):
    decoder = Decoder()
    first = house.start(decode=decoder)
    house.offer(GOOD)
    assert first.drain(DRAIN_S)
    (letter,) = house.letters()
    first.close(DRAIN_S)
    first.retry(letter)  # its threads are gone, as if killed: the body is in the spool and nobody has read it
    second = house.start()
    assert second.drain(DRAIN_S)
    assert house.letters() == []
    assert house.counts()["executions"] == 1


def test_a_letter_is_in_the_store_when_the_spool_is_passed(house: House):
    """One transaction: a crash between the two would lose the body, or read it for ever."""
    batches: list[Batch] = []

    class Watched(DuckDBEngine):
        def __init__(self, engine: DuckDBEngine) -> None:
            self.__dict__ = engine.__dict__

        def write(self, batch: Batch, *, fresh: bool = False) -> None:
            batches.append(batch)
            super().write(batch, fresh=fresh)

    pipeline = house.start(Watched(house.engine), decode=Decoder())
    start = stored_position(house.engine)
    house.offer(GOOD)
    assert pipeline.drain(DRAIN_S)
    passing = next(batch for batch in batches if batch.position not in (None, start))
    assert [type(record) for record in passing.records] == [DeadLetter]


def test_rows_that_are_tried_again_are_stored_and_their_letter_goes(house: House):
    picky = Picky(house.engine)
    pipeline = house.start(picky)
    house.offer(GOOD)
    assert pipeline.drain(DRAIN_S)
    (letter,) = house.letters()
    again = pipeline.retry(letter).result(DRAIN_S)
    assert again is not None
    assert (again.attempts, again.reason) == (2, "ValueError: this value has no column type")
    picky.refuses = nothing
    assert pipeline.retry(again).result(DRAIN_S) is None
    assert house.letters() == []
    assert house.counts() | {"executions": 1, "steps": 1, "bodies": 2} == house.counts()


def test_rows_that_are_tried_again_do_not_replace_what_was_stored_since(house: House):
    picky = Picky(house.engine)
    pipeline = house.start(picky)
    house.offer(traces_body(span_json(1, name="old")))
    assert pipeline.drain(DRAIN_S)
    (letter,) = house.letters()
    picky.refuses = nothing
    house.offer(traces_body(span_json(1, name="newer"), span_json(2, 1)))
    assert pipeline.drain(DRAIN_S)
    assert pipeline.retry(letter).result(DRAIN_S) is None
    (row,) = house.engine.rows("trace_executions", {"workspace": "default", "trace_ids": [TRACE]})
    assert row["name"] == "newer"
    assert house.counts() | {"executions": 1, "steps": 1} == house.counts()


def test_spans_that_no_rows_could_be_made_of_come_back_when_they_can(house: House, monkeypatch: pytest.MonkeyPatch):
    def cannot(*_: Any, **__: Any) -> Any:
        raise RuntimeError("a fault of the analysis")

    with monkeypatch.context() as patched:
        patched.setattr("longpole.ingest.traces.build_rows", cannot)
        pipeline = house.start()
        house.offer(GOOD)
        assert pipeline.drain(DRAIN_S)
    (letter,) = house.letters()
    assert (letter.kind, letter.workspace, letter.reason) == (
        "spans",
        "default",
        "RuntimeError: a fault of the analysis",
    )
    assert pipeline.retry(letter).result(DRAIN_S) is None
    assert house.letters() == []
    assert house.counts() | {"executions": 1, "steps": 1} == house.counts()


def test_damaged_bytes_of_the_spool_become_a_letter_and_everything_behind_them_is_stored(house: House, tmp_path: Path):
    for number in range(1, 6):
        house.offer(traces_body(span_json(1, trace=f"{number:032x}")))
    house.spool.close()
    path = segment_path(tmp_path / "spool", 1)
    content = bytearray(path.read_bytes())
    size = len(content) // 5
    content[size : size + 100] = os.urandom(100)  # the beginning of the second record
    content[size * 4 - 20] ^= 1  # the end of the fourth: only its checksum is wrong
    path.write_bytes(content)
    house.spool = Spool.open(tmp_path / "spool")
    pipeline = house.start()
    assert pipeline.drain(DRAIN_S)
    assert house.counts()["executions"] == 3
    damage, body = sorted(house.letters(), key=lambda letter: letter.kind, reverse=True)
    assert (damage.kind, body.kind, body.signal) == ("damage", "body", "traces")
    assert base64.b64decode(damage.content) == bytes(content[size : size * 2])
    assert "At byte" in damage.reason
    assert "checksum" in body.reason
    assert pipeline.counters.damaged_bytes == damage.size_bytes + body.size_bytes
    with pytest.raises(InvalidInput, match=r"damaged bytes of the spool. Expected a body, rows or spans"):
        pipeline.retry(damage)


def test_a_letter_that_the_store_refuses_waits_in_a_file_until_it_takes_it(house: House, tmp_path: Path):
    picky = Picky(house.engine)
    picky.refuses = picky.letters
    first = house.start(picky, decode=Decoder())
    house.offer(GOOD)
    assert first.drain(DRAIN_S)
    assert house.letters() == []
    assert len(list((tmp_path / "dead").iterdir())) == 1
    assert house.spool.unread_bytes(stored_position(house.engine)) == 0
    first.close(DRAIN_S)
    picky.refuses = nothing
    second = house.start(picky)
    assert second.drain(DRAIN_S)
    assert [letter.reason for letter in house.letters()] == ["RuntimeError: a fault of the decoder"]
    assert list((tmp_path / "dead").iterdir()) == []


def test_a_store_that_is_away_is_told_once_and_its_end_too(house: House, caplog: pytest.LogCaptureFixture):
    class Away(DuckDBEngine):
        failures = 30

        def __init__(self, engine: DuckDBEngine) -> None:
            self.__dict__ = engine.__dict__

        def write(self, batch: Batch, *, fresh: bool = False) -> None:
            if not fresh and self.failures:
                self.failures -= 1
                raise OSError("connection refused")
            super().write(batch, fresh=fresh)

    away = Away(house.engine)
    pipeline = house.start(away)
    house.offer(GOOD)
    troubles = [pipeline.trouble for _ in iter(lambda: away.failures > 5, False)]
    last = next(trouble for trouble in reversed(troubles) if trouble is not None)
    assert (last.reason, last.failures > 1) == ("OSError: connection refused", True)
    assert pipeline.drain(DRAIN_S)
    assert pipeline.trouble is None
    told = [record.getMessage() for record in caplog.records if "takes no writes" in record.getMessage()]
    assert [line.split(" ")[0] for line in told] == ["The", "Over"]
    assert house.counts()["executions"] == 1


@pytest.mark.parametrize("never_ends", ["publishing", "what was open"])
def test_a_store_that_does_not_come_to_an_end_is_told_whoever_waits_for_it(house: House, never_ends: str):
    waits, may_end, now = Event(), Event(), [START_NS]

    class Stuck(DuckDBEngine):
        def __init__(self, engine: DuckDBEngine) -> None:
            self.__dict__ = engine.__dict__

        def write(self, batch: Batch, *, fresh: bool = False) -> None:
            self._wait_in("publishing" if fresh else "storing")
            super().write(batch, fresh=fresh)

        def rows(self, query: str, parameters: Mapping[str, Any] | None = None) -> Sequence[dict[str, Any]]:
            self._wait_in("what was open" if query == "processes_with_open_rows" else query)
            return super().rows(query, parameters)

        def _wait_in(self, what: str) -> None:
            if what == never_ends:
                waits.set()
                assert may_end.wait(DRAIN_S)

    pipeline = house.start(Stuck(house.engine), now=lambda: now[0])
    house.offer(GOOD)
    assert waits.wait(DRAIN_S)
    assert pipeline.trouble is None
    now[0] += 7_000_000_000
    assert pipeline.trouble is not None
    assert pipeline.trouble.reason == "It has neither answered nor failed for 7 s"
    may_end.set()
    assert pipeline.drain(DRAIN_S)
    assert pipeline.trouble is None
    assert house.counts()["executions"] == 1


def test_what_somebody_waits_for_is_written_in_turn_and_its_failure_told(house: House):
    pipeline = house.start(Picky(house.engine))
    house.offer(traces_body(span_json(1, trace="cd" * 16)))
    letter = DeadLetter(
        letter_id="x",
        server="",
        kind="body",
        reason="r",
        content="",
        size_bytes=0,
        received_ns=1,
        buried_ns=1,
        attempts=1,
    )
    pipeline.write(Batch(records=[letter]))
    assert house.letters() == [letter]
    pipeline.write(Batch(removed=[letter]))
    assert house.letters() == []
    assert isinstance(pipeline, Pipeline)


def test_the_book_buries_with_the_workspace_of_its_spans(house: House):
    pipeline = house.start()
    assert isinstance(pipeline._book, TraceBook)  # pyright: ignore[reportPrivateUsage]
    pipeline._bury("spans", b'[{"workspace":"w","received_ns":7}]', ValueError("no"))  # pyright: ignore[reportPrivateUsage]
    assert pipeline.drain(DRAIN_S)
    assert [(letter.workspace, letter.received_ns) for letter in house.letters()] == [("w", 7)]
