"""Clients that drip, that never read, that say nothing or come by the thousand: the others are answered as before."""

import resource
import socket
import subprocess
import time
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from threading import Event

import psutil
import pytest
from websockets.sync.client import connect as websocket

from longpole.server.connections import KEPT_FILES
from longpole.settings import child_environment
from otlp_bodies import body, span
from running_server import DEADLINE_S, RunningServer, wait_until

NUMBERS = count(1)
HEAD = b"POST /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-protobuf\r\n"
IDLE = 1000


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that gives a client a second."""
    found = RunningServer(tmp_path_factory.mktemp("impatient") / "longpole")
    found.folder.mkdir()
    try:
        found.launch(env=child_environment({"LONGPOLE_CONNECTION_TIMEOUT_MS": "1000"}))
        yield found
    finally:
        found.close()


@pytest.fixture
def narrow(tmp_path: Path) -> Iterator[RunningServer]:
    """A server that may open so few files that 32 are left for connections."""
    found = RunningServer(tmp_path / "longpole")
    found.folder.mkdir()
    try:
        found.launch("prlimit", f"--nofile={KEPT_FILES + 32}")
        yield found
    finally:
        found.close()


def connect(server: RunningServer) -> socket.socket:
    host, port = server.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=DEADLINE_S)


@contextmanager
def connections(server: RunningServer, number: int) -> Generator[list[socket.socket]]:
    with ExitStack() as stack:
        yield [stack.enter_context(connect(server)) for _ in range(number)]


def answer_of(line: socket.socket) -> bytes:
    """Everything until the server closes."""
    pieces: list[bytes] = []
    try:
        while piece := line.recv(65536):
            pieces.append(piece)
    except ConnectionError:
        pass
    return b"".join(pieces)


def drip(line: socket.socket, pieces: Iterator[bytes]) -> bytes:
    """Send a piece every 50 ms, as long as it is taken; gives the answer."""
    line.settimeout(0.05)
    end = time.monotonic() + DEADLINE_S
    for piece in pieces:
        assert time.monotonic() < end, "the server never had enough"
        try:
            line.sendall(piece)
            if line.recv(1, socket.MSG_PEEK):
                break
            return b""
        except TimeoutError:
            continue
        except ConnectionError:
            break
    line.settimeout(DEADLINE_S)
    return answer_of(line)


def post_one(server: RunningServer) -> None:
    assert server.post(body(span(next(NUMBERS), 1))).status_code == 200


def test_a_head_that_drips_is_cut_off_in_words(impatient: RunningServer) -> None:
    with connect(impatient) as line:
        answer = drip(line, (b"x-%d: y\r\n" % number if number else HEAD for number in count()))
    assert answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert b"not complete after 1 s. Expected it sooner." in answer
    post_one(impatient)


def test_a_body_that_drips_is_cut_off_and_gives_back_what_it_held(impatient: RunningServer) -> None:
    opening = HEAD + b"content-length: 10000000\r\n\r\n" + bytes(4_000_000)
    with ExitStack() as stack:
        lines = [stack.enter_context(connect(impatient)) for _ in range(8)]
        for line in lines[1:]:
            line.sendall(opening)
        answer = drip(lines[0], (b"x" if number else opening for number in count()))
        assert answer.startswith(b"HTTP/1.1 408")
        assert all(answer_of(line).startswith(b"HTTP/1.1 408") for line in lines[1:])
    # 100 MB in all: refused while 32 MB were held.
    content = body(*(span(next(NUMBERS), 1, name="x" * 1000) for _ in range(10_000)))
    for _ in range(10):
        assert impatient.post(content).status_code == 200


def test_a_request_of_any_other_door_has_the_same_time(impatient: RunningServer) -> None:
    head = (
        b"POST /api/scores HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n"
    )
    with connect(impatient) as line:
        assert drip(line, (b" " if number else head for number in count())).startswith(b"HTTP/1.1 408")


def test_a_body_that_drips_on_after_its_answer_ends_the_connection(impatient: RunningServer) -> None:
    head = HEAD.replace(b"POST", b"PUT") + b"content-length: 1000000\r\n\r\n"
    with connect(impatient) as line:
        line.sendall(head)
        answer = b""
        while not answer.endswith(b"}"):  # head and body may come apart
            piece = line.recv(65536)
            assert piece, answer
            answer += piece
        assert answer.startswith(b"HTTP/1.1 405")
        assert drip(line, (b"x" for _ in count())) == b""


def test_a_connection_that_says_nothing_is_closed(impatient: RunningServer) -> None:
    with connect(impatient) as line:
        assert answer_of(line) == b""


def test_a_connection_that_waits_for_its_next_request_has_longer(impatient: RunningServer) -> None:
    with connect(impatient) as line:
        for _ in range(2):
            line.sendall(b"HEAD /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n")
            assert line.recv(65536).startswith(b"HTTP/1.1 200")
            line.settimeout(1.2)
            with pytest.raises(TimeoutError):
                line.recv(1)
            line.settimeout(DEADLINE_S)


def test_a_websocket_outlives_the_time_for_a_request(impatient: RunningServer) -> None:
    with websocket(impatient.url.replace("http", "ws") + "/api/live", proxy=None) as live:
        for _ in range(2):
            Event().wait(0.7)
            assert live.ping().wait(DEADLINE_S)


def test_a_reader_that_takes_nothing_of_its_answer_loses_the_connection(impatient: RunningServer) -> None:
    trace = next(NUMBERS)
    spans = [span(trace, number, 1 if number > 1 else 0, name="x" * 1000) for number in range(1, 15_000)]
    assert impatient.post(body(*spans)).status_code == 200
    wait_until(lambda: impatient.get(f"/api/executions/{trace:032x}").status_code == 200, "the tree")
    request = f"GET /api/executions/{trace:032x} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode()
    with connect(impatient) as line:
        line.sendall(request)
        process = impatient.process
        assert process is not None
        wait_until(lambda: len(client_sides(process.pid)) == 2, "the answer to be under way")
        wait_until(lambda: len(client_sides(process.pid)) == 1, "the server to end it")
        head, _, rest = answer_of(line).partition(b"\r\n\r\n")
        assert f"content-length: {len(rest)}".encode() not in head
    post_one(impatient)


def client_sides(pid: int) -> list[object]:
    """The connections of a process that have somebody at the other end."""
    return [found for found in psutil.Process(pid).net_connections() if found.status == psutil.CONN_ESTABLISHED]


def test_out_of_files_new_connections_are_refused_in_words_and_the_others_go_on(narrow: RunningServer) -> None:
    post_one(narrow)  # on the connection that stays
    with connections(narrow, 60) as lines:
        answers = [answer_of(line) for line in lines[40:]]
        assert {answer[:12] for answer in answers} == {b"HTTP/1.1 429"}
        assert all(b"31 connections are open" in answer or b"32 connections are open" in answer for answer in answers)
        for _ in range(50):
            post_one(narrow)
        narrow.wait_for_spans(51)
    wait_until(lambda: is_answered(narrow), "a new connection to be answered")
    assert "Traceback" not in narrow.log.read_text()


def is_answered(server: RunningServer) -> bool:
    with connect(server) as line:
        line.sendall(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        return answer_of(line).startswith(b"HTTP/1.1 200")


def test_when_the_system_takes_every_file_away_nothing_acknowledged_is_lost(shared_server: RunningServer) -> None:
    assert shared_server.process is not None
    process = psutil.Process(shared_server.process.pid)
    post_one(shared_server)
    taken = 1
    subprocess.run(["prlimit", f"--nofile={process.num_fds()}:", f"--pid={process.pid}"], check=True)
    with connections(shared_server, 20):
        for _ in range(20):
            answer = shared_server.post(body(span(next(NUMBERS), 1)))
            assert answer.status_code in (200, 503)
            taken += answer.status_code == 200
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    subprocess.run(["prlimit", f"--nofile={hard}:", f"--pid={process.pid}"], check=True)
    wait_until(lambda: is_answered(shared_server), "a new connection to be answered")
    shared_server.wait_for_spans(taken)
    post_one(shared_server)
    shared_server.wait_for_spans(taken + 1)


def test_beside_a_thousand_idle_connections_all_is_answered(shared_server: RunningServer) -> None:
    assert shared_server.process is not None
    process = psutil.Process(shared_server.process.pid)
    post_one(shared_server)
    before_bytes = process.memory_info().rss
    with connections(shared_server, IDLE) as lines:
        for line in lines[::2]:
            line.sendall(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n")
        for line in lines[::2]:
            assert line.recv(65536).startswith(b"HTTP/1.1 200")
        assert process.num_fds() > IDLE
        for _ in range(200):
            post_one(shared_server)
        assert process.memory_info().rss - before_bytes < 64 * 1024 * 1024
    wait_until(lambda: process.num_fds() < 200, "the connections to be gone")
