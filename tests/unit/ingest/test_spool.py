"""The segment spool on a real disk: durable, in order, cut at a tear, bounded."""

import errno
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longpole.ingest.segment import segment_path
from longpole.ingest.spool import START, Accepted, BodyFormat, Damaged, Incoming, Signal, Spool
from longpole.model.batch import SpoolPosition
from longpole.model.errors import SpoolFull, SpoolUnwritable, StoreError, StoreTooNew

WAIT_S = 10


def incoming(body: bytes, workspace: str | None = None) -> Incoming:
    return Incoming(Signal.TRACES, BodyFormat.PROTOBUF, workspace, 5, body)


def put(spool: Spool, *bodies: bytes) -> list[SpoolPosition]:
    return [future.result(WAIT_S) for future in [spool.append(incoming(body)) for body in bodies]]


def read_all(spool: Spool, position: SpoolPosition = START) -> list[Any]:
    found: list[Accepted | Damaged] = []
    while some := spool.read(found[-1].position_after if found else position):
        found += some
    return found


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    opened = Spool.open(tmp_path)
    yield opened
    opened.close()


def test_bodies_come_back_in_order_with_what_was_said_of_them(spool: Spool) -> None:
    given = [
        Incoming(Signal.TRACES, BodyFormat.PROTOBUF, None, 1, b"one"),
        Incoming(Signal.LOGS, BodyFormat.JSON, "über", 2, b""),
        Incoming(Signal.TRACES, BodyFormat.JSON, "", 2**62, b"\0" * 100_000),
    ]
    ends = [future.result(WAIT_S) for future in [spool.append(item) for item in given]]
    found = read_all(spool)
    assert [(a.signal, a.body_format, a.workspace, a.received_ns, a.body) for a in found] == [
        (i.signal, i.body_format, i.workspace, i.received_ns, i.body) for i in given
    ]
    assert [a.position_after for a in found] == ends
    assert read_all(spool, ends[0]) == found[1:]


def test_reading_waits_for_the_first_body(spool: Spool) -> None:
    answers: list[list[Any]] = []
    reader = threading.Thread(target=lambda: answers.append(spool.read(START, timeout_s=WAIT_S)))
    reader.start()
    put(spool, b"late")
    reader.join(WAIT_S)
    assert [a.body for a in answers[0]] == [b"late"]


def test_reading_stops_at_the_byte_limit_but_gives_at_least_one(spool: Spool) -> None:
    put(spool, b"a" * 1000, b"b" * 1000, b"c" * 1000)
    assert [body[:1] for body in bodies_of(spool.read(START, max_bytes=1500))] == [b"a", b"b"]
    assert len(spool.read(START, max_bytes=1)) == 1


def test_a_new_process_reads_what_the_last_one_took(tmp_path: Path) -> None:
    first = Spool.open(tmp_path)
    put(first, b"one", b"two")
    second = Spool.open(tmp_path)  # the first was killed: it is never closed in time
    put(second, b"three")
    assert [a.body for a in read_all(second)] == [b"one", b"two", b"three"]
    first.close()
    second.close()


@settings(max_examples=60, deadline=None)
@given(cut=st.integers(1, 300), zeros=st.booleans())
def test_a_torn_tail_is_cut_off_and_nothing_before_it(
    tmp_path_factory: pytest.TempPathFactory, cut: int, zeros: bool
) -> None:
    folder = tmp_path_factory.mktemp("torn")
    first = Spool.open(folder)
    ends = put(first, *(bytes([n]) * 50 for n in range(4)))
    first.close()
    path = segment_path(folder, ends[0].segment)
    content = path.read_bytes()[:-cut]
    path.write_bytes(content)
    if zeros:  # a file system may have noted the new length before the bytes
        content = content[: max((end.offset for end in ends if end.offset <= len(content)), default=0)]
        path.write_bytes(content + bytes(100))
    whole = sum(end.offset <= ends[-1].offset - cut for end in ends)
    second = Spool.open(folder)
    put(second, b"after")
    assert [a.body for a in read_all(second)] == [*(bytes([n]) * 50 for n in range(whole)), b"after"]
    assert path.stat().st_size == (ends[whole - 1].offset if whole else 0)
    second.close()


def damage(folder: Path, segment: int, *places: int) -> None:
    path = segment_path(folder, segment)
    content = bytearray(path.read_bytes())
    for place in places:
        content[place] ^= 0x41
    path.write_bytes(content)


def bodies_of(items: list[Accepted | Damaged]) -> list[bytes]:
    return [item.body for item in items if isinstance(item, Accepted)]


@settings(max_examples=150, deadline=None)
@given(places=st.lists(st.integers(4, 311), min_size=1, max_size=4, unique=True))
def test_damage_costs_only_the_records_that_it_is_in_and_its_bytes_are_kept(
    tmp_path_factory: pytest.TempPathFactory, places: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    first = Spool.open(folder)
    ends = put(first, *(bytes([65 + n]) * 50 for n in range(4)))
    first.close()
    before = segment_path(folder, 1).read_bytes()
    assert len(before) == 312
    damage(folder, 1, *places)
    second = Spool.open(folder)
    put(second, b"after")
    items = read_all(second)
    hit = {place // 78 for place in places}
    assert bodies_of(items) == [*(bytes([65 + n]) * 50 for n in range(4) if n not in hit), b"after"]
    lost = [item for item in items if isinstance(item, Damaged)]
    assert all(item.accepted is None or item.accepted.received_ns == 5 for item in lost)
    kept = sum(len(item.content) + (28 if item.accepted else 0) for item in lost)
    assert kept == 78 * len(hit)
    assert [item.position_after for item in items if item.position_after in ends][-1] == ends[-1]
    second.close()


def test_a_body_whose_checksum_is_wrong_is_given_with_what_was_said_of_it(tmp_path: Path) -> None:
    first = Spool.open(tmp_path)
    put(first, b"good", b"flipped")
    first.close()
    damage(tmp_path, 1, 60)
    second = Spool.open(tmp_path)
    (_, flipped) = read_all(second)
    assert isinstance(flipped, Damaged)
    assert flipped.accepted is not None
    assert (flipped.accepted.signal, len(flipped.accepted.body)) == (Signal.TRACES, 7)
    second.close()


def test_a_page_of_zeros_in_the_middle_is_skipped_while_the_server_runs(tmp_path: Path) -> None:
    spool = Spool.open(tmp_path)
    put(spool, *(bytes([n]) * 3000 for n in range(5)))
    with segment_path(tmp_path, 1).open("r+b") as file:
        file.seek(4096)
        file.write(bytes(4096))
    items = read_all(spool)
    assert [body[0] for body in bodies_of(items)][:1] == [0]
    assert bodies_of(items)[-1] == bytes([4]) * 3000
    assert any(isinstance(item, Damaged) for item in items)
    spool.close()


def test_a_copy_of_a_spool_inside_a_body_is_never_taken_for_records(tmp_path: Path) -> None:
    inner = Spool.open(tmp_path / "inner")
    put(inner, b"forged")
    inner.close()
    outer = Spool.open(tmp_path / "outer")
    put(outer, b"before" + segment_path(tmp_path / "inner", 1).read_bytes(), b"after")
    outer.close()
    damage(tmp_path / "outer", 1, 0)
    again = Spool.open(tmp_path / "outer")
    assert bodies_of(read_all(again)) == [b"after"]
    again.close()


def test_a_spool_of_a_newer_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    first = Spool.open(tmp_path)
    put(first, b"body")
    first.close()
    path = segment_path(tmp_path, 1)
    content = bytearray(path.read_bytes())
    content[3] += 1
    path.write_bytes(content)
    with pytest.raises(StoreTooNew, match=r"has layout 3. This Longpole knows layouts up to 2. Use the Longpole"):
        Spool.open(tmp_path)
    assert path.read_bytes() == content


def test_a_spool_folder_that_cannot_be_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"Not a directory. Expected a folder .* choose another data folder"):
        Spool.open(tmp_path / "file" / "spool")


def test_segments_roll_and_are_deleted_once_passed(tmp_path: Path) -> None:
    spool = Spool.open(tmp_path, segment_bytes=100)
    ends = [put(spool, bytes([n]) * 90)[0] for n in range(5)]
    assert len({end.segment for end in ends}) > 1
    assert [a.body[0] for a in read_all(spool)] == [0, 1, 2, 3, 4]
    spool.forget(ends[2])
    assert [a.body[0] for a in read_all(spool, ends[2])] == [3, 4]
    assert min(int(path.stem) for path in tmp_path.iterdir()) >= ends[2].segment
    spool.forget(ends[4])
    assert spool.unread_bytes(ends[4]) == 0
    put(spool, b"more")
    assert [a.body for a in read_all(spool, ends[4])] == [b"more"]
    spool.close()


def test_opening_after_a_position_drops_what_is_stored(tmp_path: Path) -> None:
    first = Spool.open(tmp_path, segment_bytes=50)
    ends = [put(first, bytes([n]) * 60)[0] for n in range(3)]
    first.close()
    second = Spool.open(tmp_path, after=ends[1])
    assert [a.body[0] for a in read_all(second, ends[1])] == [2]
    second.close()


def test_positions_only_grow_even_if_the_folder_was_emptied(tmp_path: Path) -> None:
    stored = SpoolPosition(segment=41, offset=7)
    spool = Spool.open(tmp_path, after=stored)
    (end,) = put(spool, b"new")
    assert end.segment > stored.segment
    assert [a.body for a in read_all(spool, stored)] == [b"new"]
    spool.close()


def test_unread_bytes_count_what_lies_ahead(spool: Spool) -> None:
    first, _second = put(spool, b"a" * 100, b"b" * 100)
    ahead = spool.unread_bytes(first)
    assert 100 <= ahead <= 150
    assert spool.unread_bytes(START) == 2 * ahead == spool.held_bytes


def test_a_full_spool_says_so_and_takes_again_when_there_is_room(tmp_path: Path) -> None:
    spool = Spool.open(tmp_path, segment_bytes=500, max_bytes=1000)
    ends = put(spool, b"a" * 400)
    ends += put(spool, b"a" * 400)
    with pytest.raises(SpoolFull, match="Expected at most 1000 in all"):
        spool.append(incoming(b"a" * 400))
    spool.forget(ends[-1])
    put(spool, b"x")
    spool.forget(put(spool, b"a" * 10)[0])
    assert [a.body for a in read_all(spool, ends[-1])][-1] == b"a" * 10
    spool.close()


def test_a_disk_without_room_fails_the_body_and_loses_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = Spool.open(tmp_path)
    put(spool, b"before")
    write = os.write

    def full_after_five_bytes(file: int, content: bytes) -> int:
        if len(content) > 5:
            return write(file, bytes(content[:5]))
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full_after_five_bytes)
        with pytest.raises(SpoolUnwritable, match="No space left on device"):
            spool.append(incoming(b"12345")).result(WAIT_S)
    put(spool, b"after")
    assert [a.body for a in read_all(spool)] == [b"before", b"after"]
    spool.close()
    again = Spool.open(tmp_path)
    assert [a.body for a in read_all(again)] == [b"before", b"after"]
    again.close()


def test_a_group_of_bodies_is_synced_together(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    syncs: list[int] = []
    is_held = threading.Event()

    def slow_sync(file: int) -> None:
        syncs.append(file)
        is_held.wait(WAIT_S)

    monkeypatch.setattr("longpole.ingest.spool._sync", slow_sync)
    first = spool.append(incoming(b"0"))
    waiting = [spool.append(incoming(b"x")) for _ in range(50)]
    assert not first.done()
    is_held.set()
    for future in [first, *waiting]:
        future.result(WAIT_S)
    assert len(syncs) <= 3


def test_a_closed_spool_has_written_what_waited_and_takes_no_more(tmp_path: Path) -> None:
    spool = Spool.open(tmp_path)
    waiting = [spool.append(incoming(bytes(1000))) for _ in range(100)]
    spool.close()
    assert all(future.done() for future in waiting)
    assert len(read_all(spool)) == 100
    with pytest.raises(SpoolUnwritable, match="closed"):
        spool.append(incoming(b"x"))


def test_a_segment_deleted_by_somebody_costs_itself_and_not_the_spool(tmp_path: Path) -> None:
    spool = Spool.open(tmp_path / "spool")
    (end,) = put(spool, b"lost")
    shutil.rmtree(tmp_path / "spool")
    assert spool.read(START) == []
    put(spool, b"after")
    assert [a.body for a in read_all(spool, START)] == [b"after"]
    assert end.segment < read_all(spool, START)[0].position_after.segment
    spool.close()
