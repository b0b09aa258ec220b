"""What a server says when something is wrong with its disk, its folder or its store; nothing is lost by it."""

import ctypes
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from longpole.ingest.segment import segment_path
from longpole.settings import child_environment
from otlp_bodies import body, span
from running_server import DEADLINE_S, RunningServer, put_into_spool, wait_until

PROGRAM = Path(sys.executable).with_name("longpole")
_DROP_CAPABILITY = 24  # PR_CAPBSET_DROP
_IGNORE_MODES = (1, 2)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH


def obey_modes() -> None:
    """In a child process: let the modes of files count, for root too."""
    library = ctypes.CDLL(None)
    for capability in _IGNORE_MODES:
        library.prctl(_DROP_CAPABILITY, capability, 0, 0, 0)


def longpole(*arguments: str, folder: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(PROGRAM), *arguments],
        env=child_environment({"LONGPOLE_DATA_FOLDER": str(folder), **variables}),
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
        preexec_fn=obey_modes,
    )


def refused(folder: Path, *options: str, code: int = 1) -> str:
    """Why `longpole serve` does not start, in one line."""
    done = longpole("serve", "--port", "0", *options, folder=folder)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return " ".join(done.stderr.split())


@pytest.fixture
def stopped(server: RunningServer) -> RunningServer:
    """A server that has stored ten spans and was stopped."""
    assert server.post(body(*(span(1, number) for number in range(1, 11)))).status_code == 200
    server.wait_for_spans(10)
    assert server.stop() == 0
    return server


@pytest.fixture
def writable_again(stopped: RunningServer) -> Iterator[Path]:
    yield stopped.folder
    for path in (stopped.folder, stopped.folder / "spool"):
        path.chmod(0o700)
    (stopped.folder / "longpole.duckdb").chmod(0o600)


def test_a_folder_that_another_server_holds_is_refused_with_its_process_and_address(server: RunningServer) -> None:
    assert server.process is not None
    told = refused(server.folder, code=3)
    assert f"{server.folder} is held by the process {server.process.pid} ({server.url}). Expected a data folder" in told
    assert "Ask that server over HTTP, stop it, or choose another folder with --data." in told
    assert server.post(body(span(2, 1))).status_code == 200
    server.wait_for_spans(1)


def test_two_servers_never_share_a_spool_even_without_a_database_file(server: RunningServer) -> None:
    (server.folder / "longpole.duckdb").rename(server.folder / "elsewhere.duckdb")
    assert "is held by the process" in refused(server.folder, code=3)


def test_a_command_talks_to_the_server_that_holds_the_store(server: RunningServer) -> None:
    server.post(body(span(1, 1)))
    server.wait_for_spans(1)
    shown = json.loads(longpole("list", "--json", folder=server.folder).stdout)
    assert len(shown["items"]) == 1


def test_a_store_held_by_a_server_that_does_not_answer_is_named_with_its_process(server: RunningServer) -> None:
    assert server.process is not None
    os.kill(server.process.pid, signal.SIGSTOP)
    try:
        done = longpole("list", folder=server.folder, LONGPOLE_PORT="1")
    finally:
        os.kill(server.process.pid, signal.SIGCONT)
    assert done.returncode == 3
    assert f"held by the process {server.process.pid}" in " ".join(done.stderr.split())


def test_a_database_file_held_by_another_program_is_named_with_its_process(stopped: RunningServer) -> None:
    hold = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    path = stopped.folder / "longpole.duckdb"
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        told = refused(stopped.folder, code=3)
        holder.communicate("", timeout=DEADLINE_S)
    assert f"is held by the process {holder.pid}. Expected a database that no other process holds." in told
    stopped.start().wait_for_spans(10)


def test_a_data_folder_that_cannot_be_written_is_refused_and_left_as_it_is(writable_again: Path) -> None:
    before = sorted(path.name for path in writable_again.iterdir())
    (writable_again / "server.lock").unlink()
    writable_again.chmod(0o500)
    told = refused(writable_again)
    assert f"The data folder {writable_again} cannot be used: Permission denied. Expected a folder" in told
    assert "choose another with --data or LONGPOLE_DATA_FOLDER" in told
    assert [*sorted(path.name for path in writable_again.iterdir()), "server.lock"].sort() == before.sort()


def test_a_data_folder_that_cannot_be_read_is_refused(writable_again: Path) -> None:
    writable_again.chmod(0)
    assert "cannot be used: Permission denied. Expected a folder that can be read" in refused(writable_again)


def test_a_database_that_may_only_be_read_is_refused(writable_again: Path) -> None:
    (writable_again / "longpole.duckdb").chmod(0o400)
    told = refused(writable_again)
    assert "longpole.duckdb cannot be opened" in told
    assert "make this one readable and writable" in told


def test_a_spool_that_cannot_be_opened_is_refused(writable_again: Path) -> None:
    (writable_again / "spool").chmod(0)
    told = refused(writable_again)
    assert f"The spool in {writable_again}/spool cannot be opened: Permission denied. Expected a folder" in told


def test_a_spool_that_became_read_only_answers_503_and_takes_bodies_again(
    server: RunningServer, tmp_path: Path
) -> None:
    server.close()
    guarded = Guarded(tmp_path / "guarded")
    guarded.folder.mkdir()
    guarded.start()
    try:
        (guarded.folder / "spool").chmod(0o500)
        answer = guarded.post(body(span(1, 1)))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert "failed: Permission denied. Expected a disk with room that can be written." in answer.json()["detail"]
        assert guarded.get("/healthz").json()["spool_trouble"]["reason"].startswith("PermissionError")
        (guarded.folder / "spool").chmod(0o700)
        assert guarded.post(body(span(1, 1))).status_code == 200
        guarded.wait_for_spans(1)
        assert guarded.get("/healthz").json()["status"] == "ok"
    finally:
        guarded.close()


class Guarded(RunningServer):
    """A server for which the modes of files count, also if root starts it."""

    def start(self) -> "Guarded":
        self.launch(preexec_fn=obey_modes)
        return self


def test_a_data_folder_of_a_newer_version_is_refused_and_left_as_it_is(stopped: RunningServer) -> None:
    with duckdb.connect(str(stopped.folder / "longpole.duckdb")) as database:
        database.execute("INSERT INTO schema_version (version, applied_ns) VALUES (999, 1)")
    told = refused(stopped.folder)
    assert "The database has schema version 999. This Longpole knows versions up to" in told
    assert "Use the Longpole that made it or a newer one, or another data folder." in told
    with duckdb.connect(str(stopped.folder / "longpole.duckdb")) as database:
        assert database.execute("SELECT max(version) FROM schema_version").fetchone() == (999,)


def test_a_spool_of_a_newer_version_is_refused_and_left_as_it_is(stopped: RunningServer) -> None:
    path = segment_path(stopped.folder / "spool", 900)
    path.write_bytes(b"\xf1LP\x09" + bytes(100))
    assert "Segment 900 of the spool has layout 9." in refused(stopped.folder)
    assert path.stat().st_size == 104


def letters(server: RunningServer, **filters: str) -> list[dict[str, Any]]:
    return server.get("/api/dead-letters", params=filters).json()["items"]


def test_a_damaged_page_in_the_middle_of_the_spool_costs_only_itself(stopped: RunningServer) -> None:
    path = put_into_spool(stopped.folder, *(body(*(span(n, k) for k in range(1, 100))) for n in range(2, 12)))
    with path.open("r+b") as file:
        file.seek(16384)
        file.write(bytes(4096))
    stopped.start()
    wait_until(lambda: stopped.intake()["pending_bytes"] == 0, "the spool to be read")
    wait_until(lambda: letters(stopped), "the dead letter")
    assert {letter["kind"] for letter in letters(stopped)} <= {"damage", "body"}
    assert stopped.intake()["damaged_bytes"] == sum(letter["size_bytes"] for letter in letters(stopped)) > 4096
    stopped.wait_for_spans(10 + 8 * 99)  # the page lies across two bodies


def test_dead_letters_are_listed_shown_tried_again_and_dropped_over_http(stopped: RunningServer) -> None:
    put_into_spool(stopped.folder, b"no protobuf", b"neither")
    stopped.start()
    wait_until(lambda: len(letters(stopped)) == 2, "two dead letters")
    assert stopped.intake()["dead_letters"] == 2
    one, two = (letter["letter_id"] for letter in letters(stopped))
    shown = stopped.get(f"/api/dead-letters/{one}").json()
    assert shown["letter"]["kind"] == "body"
    assert "Traceback" in shown["traceback"]
    again = stopped.client.post(f"{stopped.url}/api/dead-letters/{one}/retry").json()
    assert (again["outcome"], again["attempts"]) == ("failed", 2)
    assert letters(stopped, workspace="another") == []
    assert stopped.client.delete(f"{stopped.url}/api/dead-letters/{one}?workspace=another").status_code == 404
    assert stopped.client.delete(f"{stopped.url}/api/dead-letters/{one}").json()["outcome"] == "dropped"
    assert [letter["letter_id"] for letter in letters(stopped)] == [two]
    assert stopped.get(f"/api/dead-letters/{one}").status_code == 404
    assert stopped.get("/api/dead-letters?kind=nothing").status_code == 400


def test_the_command_line_brings_dead_letters_back_with_and_without_a_server(stopped: RunningServer) -> None:
    folder = stopped.folder
    put_into_spool(folder, body(span(2, 1)), b"no protobuf")
    stopped.start()
    wait_until(lambda: letters(stopped), "the dead letter")
    done = longpole("deadletter", "list", folder=folder)
    assert (done.returncode, "1 dead letter, 11 B" in done.stdout) == (0, True)
    (letter,) = json.loads(longpole("deadletter", "list", "--json", folder=folder).stdout)["items"]
    name = letter["letter_id"]
    assert longpole("deadletter", "show", name, "--raw", folder=folder).stdout == "no protobuf"
    assert "Traceback" in longpole("deadletter", "show", name, folder=folder).stdout
    failed = longpole("deadletter", "retry", "--all", folder=folder)
    assert (failed.returncode, "2 attempts" in failed.stdout) == (1, True)
    stopped.stop()
    offline = longpole("deadletter", "retry", name, "--json", folder=folder, LONGPOLE_PORT="1")
    assert (offline.returncode, json.loads(offline.stdout)[0]["attempts"]) == (1, 3)
    assert longpole("deadletter", "drop", name, folder=folder, LONGPOLE_PORT="1").returncode == 0
    gone = longpole("deadletter", "list", folder=folder, LONGPOLE_PORT="1")
    assert "No dead letters" in gone.stdout
    assert longpole("deadletter", "drop", name, folder=folder, LONGPOLE_PORT="1").returncode == 1
    assert longpole("deadletter", "drop", folder=folder, LONGPOLE_PORT="1").returncode == 2
    stopped.start().wait_for_spans(11)


def test_a_flipped_bit_in_a_body_is_told_and_the_body_can_be_taken_all_the_same(stopped: RunningServer) -> None:
    path = put_into_spool(stopped.folder, body(span(2, 1, name="flipped")))
    content = path.read_bytes()
    path.write_bytes(content.replace(b"flipped", b"flopped"))
    stopped.start()
    wait_until(lambda: letters(stopped), "the dead letter")
    (letter,) = letters(stopped)
    assert "checksum of the body" in letter["reason"]
    done = stopped.client.post(f"{stopped.url}/api/dead-letters/{letter['letter_id']}/retry").json()
    assert done["outcome"] == "done"
    stopped.wait_for_spans(11)
    assert letters(stopped) == []


def test_a_full_disk_answers_503_keeps_what_it_acknowledged_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    """Every file of the server is full at 300 kB, then no more."""
    limited = Limited(tmp_path / "limited")
    limited.folder.mkdir()
    limited.start()
    try:
        number = 1
        while (answer := limited.post(body(*(span(number, k, name="x" * 900) for k in range(1, 30))))).is_success:
            number += 1
        acknowledged = 29 * (number - 1)
        assert answer.status_code == 503
        assert "Expected a disk with room" in answer.json()["detail"]
        assert limited.get("/healthz").json()["status"] == "degraded"
        done = longpole("list", folder=limited.folder)
        assert "The spool cannot be written since" in done.stderr
        limited.give_room()
        assert limited.post(body(span(9999, 1))).status_code == 200
        limited.wait_for_spans(acknowledged + 1)
        wait_until(lambda: limited.get("/healthz").json()["status"] == "ok", "the server to be well again")
        assert limited.log.read_text().count("The spool in") == 2  # its beginning and its end
        limited.stop()
        limited.launch()
        limited.wait_for_spans(acknowledged + 1)
    finally:
        limited.close()


class Limited(RunningServer):
    """A server of which no file may grow beyond 300 kB."""

    def start(self) -> "Limited":
        self.launch("prlimit", "--fsize=300000:unlimited")
        return self

    def give_room(self) -> None:
        assert self.process is not None
        subprocess.run(["prlimit", "--fsize=unlimited", f"--pid={self.process.pid}"], check=True)
