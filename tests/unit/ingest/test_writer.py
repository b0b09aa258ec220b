"""What waits to be written must not fill the memory, however large it is."""

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from longpole.ingest import writer as module
from longpole.ingest.dead_letters import DeadLetters, LetterFolder
from longpole.ingest.writer import Write, Writer
from longpole.model.batch import Batch
from longpole.model.clock import now_ns
from longpole.model.event import Body
from longpole.store.store import open_store

SIZE = 700


def bodies_of(number: int) -> Sequence[Body]:
    return [Body("default", f"{number:032x}", f"{number:016x}", "x" * SIZE, None, None, None, None, 1)]


@pytest.mark.parametrize(("limit", "most"), [(1_000, 0), (2 * SIZE, 1), (100, 0)])
def test_only_so_many_bytes_wait_for_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int, most: int
) -> None:
    monkeypatch.setattr(module, "QUEUED_BYTES", limit)
    store = open_store(":memory:")
    waited: list[int] = []
    write = store.write

    def noting(batch: Batch, *, fresh: bool = False) -> None:
        write(batch, fresh=fresh)
        waited.append(writer.queued)

    monkeypatch.setattr(store, "write", noting)
    letters = DeadLetters("", now_ns)
    writer = Writer(store, letters, LetterFolder(tmp_path), threading.Event(), stored=lambda _: None)
    writer.start()
    for number in range(40):
        writer.put(Write(Batch(bodies=[*bodies_of(number)]), []))
    writer.put(None)
    writer.join(60.0)
    assert len(waited) == 40
    assert max(waited[:-2]) <= most  # the end of the last ones waits too
    store.close()
