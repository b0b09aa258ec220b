"""Each remedy on the fault that it cures: the same work before and after, in the same run.

    .venv/bin/python bench/remedies.py [--rounds 3] [--only PATTERN]

Wall time and processor time are the least of the rounds, as whatever else the machine does only adds. Every pair has to
give the same result, or the program ends with 1; so it does where a cure is no cure.
"""

import argparse
import asyncio
import copy
import json
import logging
import re
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import AsyncGenerator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy
import wordllama
from msgspec import Struct
from rich.console import Console
from rich.table import Table

from longpole.remedies import (
    Background,
    BatchState,
    Cache,
    Notifier,
    Pipeline,
    SemanticCache,
    estimated_bytes,
    in_thread,
    lazy,
    shared_client,
    sql_writer,
    stream,
)
from longpole.remedies.snapshots import EMPTY, changed

Program = Callable[[], Any]


class Pair(Struct, frozen=True):
    """The same work twice. `of` says what the times are of, where that is not the whole work."""

    fault: str
    before: Program
    after: Program
    of: str = "wall"


class Taken(Struct, frozen=True):
    """Milliseconds of one side."""

    wall_ms: float
    cpu_ms: float
    result: Any


def run(program: Coroutine[Any, Any, Any]) -> Any:
    """A coroutine in an event loop of its own."""
    return asyncio.run(program)


# Order of steps -----------------------------------------------------------------------------------------------------


async def _step(name: str) -> str:
    await asyncio.sleep(0.05)
    return name


def steps_one_by_one() -> list[str]:
    """Five independent steps of 50 ms in a loop."""

    async def program() -> list[str]:
        return [await _step(name) for name in "abcde"]

    return run(program())


def steps_in_a_pipeline() -> list[str]:
    """The same in a pipeline."""
    pipeline = Pipeline()
    for name in "abcde":
        pipeline.add(lambda name=name: _step(name), name=name)
    return run(pipeline.run()).values


def _parse(number: int) -> int:
    time.sleep(0.02)
    return number


def blocking_calls() -> list[int]:
    """Eight coroutines that block their event loop for 20 ms each."""

    async def call(number: int) -> int:
        return _parse(number)

    async def program() -> list[int]:
        return await asyncio.gather(*map(call, range(8)))

    return run(program())


def calls_in_threads() -> list[int]:
    """The same in the shared threads."""

    async def program() -> list[int]:
        return await asyncio.gather(*(in_thread(_parse, number) for number in range(8)))

    return run(program())


# Repeated calls -----------------------------------------------------------------------------------------------------

QUESTIONS = [
    "How do I reset my password?",
    "How can I reset my password?",
    "What is the capital of Portugal?",
    "which city is Portugal's capital",
] * 3


def _search(city: str) -> str:
    time.sleep(0.005)
    return city.upper()


def repeated_calls() -> list[str]:
    """Forty calls of 5 ms with four different arguments."""
    return [_search("abcd"[number % 4]) for number in range(40)]


def repeated_calls_cached() -> list[str]:
    """The same behind a cache that begins empty."""
    search = Cache().remember(ttl_s=60)(_search)
    return [search("abcd"[number % 4]) for number in range(40)]


async def _load(city: str) -> str:
    await in_thread(sum, range(400_000))  # work that costs processor time
    return city.upper()


def stampede() -> list[str]:
    """Thirty equal calls at once."""

    async def program() -> list[str]:
        return await asyncio.gather(*(_load("lisbon") for _ in range(30)))

    return run(program())


def stampede_cached() -> list[str]:
    """The same behind a cache."""

    async def program() -> list[str]:
        load = Cache().remember(ttl_s=60)(_load)
        return await asyncio.gather(*(load("lisbon") for _ in range(30)))

    return run(program())


def _answer(question: str) -> bool:
    time.sleep(0.02)
    return "ortugal" in question


def questions_asked() -> list[bool]:
    """Twelve questions in four wordings, 20 ms each."""
    return [_answer(question) for question in QUESTIONS]


def questions_remembered() -> list[bool]:
    """The same behind a semantic cache with a small local model."""
    ask = SemanticCache(lambda text: _model().embed([text])[0], threshold=0.85).remember("question")(_answer)
    return [ask(question) for question in QUESTIONS]


_loaded: list[Any] = []


def _model() -> Any:
    if not _loaded:
        folder = Path(wordllama.__file__).parent
        _loaded.append(wordllama.WordLlama.load(cache_dir=folder, disable_download=True))
    return _loaded[0]


# Streams and messages -----------------------------------------------------------------------------------------------

TEXT = "Lisbon lies on seven hills at the mouth of the Tagus. It has yellow trams. " * 8
WORDS = re.findall(r"\S+\s*", TEXT)


async def _pieces(pause_s: float = 0.002) -> AsyncGenerator[str]:
    for word in WORDS:
        await asyncio.sleep(pause_s)
        yield word


def first_text_of_a_whole_answer() -> tuple[float, str]:
    """Until the reader sees anything, where the whole answer is awaited."""

    async def program() -> tuple[float, str]:
        began = time.perf_counter()
        text = "".join([word async for word in _pieces()])
        return time.perf_counter() - began, text

    return run(program())


def first_text_of_a_stream() -> tuple[float, str]:
    """Until the reader sees the first sentence."""

    async def program() -> tuple[float, str]:
        began, first, text = time.perf_counter(), 0.0, ""
        async for event in stream(_pieces()):
            first = first or (time.perf_counter() - began if event.text else 0.0)
            text += event.text
        return first, text

    return run(program())


def messages_for_every_change() -> dict[str, Any]:
    """Three thousand changes of progress, each sent as JSON."""

    async def program() -> dict[str, Any]:
        async with _Listener() as listener:
            for done in range(3000):
                await listener.send({"key": "progress", "message": _progress(done)})
                await asyncio.sleep(0)
        return listener.last

    return run(program())


def messages_that_are_seen() -> dict[str, Any]:
    """The same with the latest of each tenth of a second."""

    async def program() -> dict[str, Any]:
        async with _Listener() as listener, Notifier() as notifier:
            notifier.listen(listener.send)
            for done in range(3000):
                notifier.tell("progress", lambda done=done: _progress(done))
                await asyncio.sleep(0)
        return listener.last

    return run(program())


def _progress(done: int) -> dict[str, Any]:
    return {"done": done, "of": 3000, "steps": [{"name": f"step {number}", "state": "done"} for number in range(10)]}


class _Listener:
    """A reader behind a socket on this machine."""

    async def __aenter__(self) -> "_Listener":
        self.last: dict[str, Any] = {}
        self._all = asyncio.Event()
        self._server = await asyncio.start_server(self._read, "127.0.0.1", 0)
        _, self._writer = await asyncio.open_connection(*self._server.sockets[0].getsockname())
        return self

    async def send(self, message: dict[str, Any]) -> None:
        """One line of JSON."""
        self._writer.write(json.dumps(message).encode() + b"\n")
        await self._writer.drain()

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()
        await self._all.wait()
        self._server.close()

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            self.last = json.loads(line)
        writer.close()
        self._all.set()


BIG_MESSAGE = {"steps": [{"name": f"step {number}", "output": TEXT} for number in range(300)]}


def size_by_serialising() -> bool:
    """Whether a message of 200 kB is too big, by writing it out, a hundred times."""
    return all(len(json.dumps(BIG_MESSAGE).encode()) > 65_536 for _ in range(100))


def size_by_estimate() -> bool:
    """The same by an estimate."""
    return all(estimated_bytes(BIG_MESSAGE) > 65_536 for _ in range(100))


# State --------------------------------------------------------------------------------------------------------------


def write_for_every_change() -> int:
    """Three hundred changes, a transaction each, in SQLite on disk."""
    with tempfile.TemporaryDirectory() as folder:
        database = sqlite3.connect(Path(folder) / "state.db")
        database.execute("CREATE TABLE agent_state (path TEXT PRIMARY KEY, change TEXT)")
        for number in range(300):
            with database:
                database.execute(
                    "INSERT OR REPLACE INTO agent_state VALUES (?, ?)", (f"step {number % 20}", str(number))
                )
        [(count,)] = database.execute("SELECT count(*) FROM agent_state")
        database.close()
        return count


def write_behind() -> int:
    """The same through `BatchState`, until everything is committed."""
    with tempfile.TemporaryDirectory() as folder:
        engine = sqlalchemy.create_engine(f"sqlite:///{folder}/state.db")
        with BatchState(sql_writer(engine)) as state:
            for number in range(300):
                state.put(f"step {number % 20}", number)
        with engine.connect() as connection:
            count = connection.execute(sqlalchemy.text("SELECT count(*) FROM agent_state")).scalar_one()
        engine.dispose()
        return count


STATE = {f"step {number}": {"output": TEXT, "scores": [number] * 20} for number in range(300)}


def snapshots_by_json() -> int:
    """Fifty changes of a state of 300 entries, and a snapshot of each by a JSON round trip."""
    state, kept = copy.deepcopy(STATE), []
    for number in range(50):
        state[f"step {number}"] = {"output": "", "scores": []}
        kept.append(json.loads(json.dumps(state)))
    return sum(len(each["step 49"]["output"]) == 0 for each in kept)


def snapshots_by_sharing() -> int:
    """The same with snapshots that share what did not change."""
    state, kept = changed(EMPTY, ("x",), 0), []
    for name, value in STATE.items():
        state = changed(state, (name,), value)
    for number in range(50):
        state = changed(state, (f"step {number}",), {"output": "", "scores": []})
        kept.append(state)
    return sum(len(each["step 49"]["output"]) == 0 for each in kept)


# Pools, logs, background --------------------------------------------------------------------------------------------


def pool_for_every_call() -> int:
    """Three hundred calls, each in a pool of threads of its own."""
    total = 0
    for number in range(300):
        with ThreadPoolExecutor(4) as pool:
            total += sum(pool.map(abs, range(number % 4)))
    return total


def one_pool() -> int:
    """The same in the shared threads."""

    async def program() -> int:
        return sum([await in_thread(sum, range(number % 4)) for number in range(300)])

    return run(program())


class _Web:
    """A server on this machine that says yes."""

    def __init__(self) -> None:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # one packet for an answer: two of them wait 40 ms for each other

            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("content-length", "3")
                self.end_headers()
                self.wfile.write(b"yes")

            def log_message(self, format: str, *args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{server.server_port}"


_web: list[_Web] = []


def _url() -> str:
    if not _web:
        _web.append(_Web())
    return _web[0].url


def client_for_every_request() -> int:
    """Thirty requests, each with a client of its own."""

    async def program() -> int:
        total = 0
        for _ in range(30):
            async with httpx.AsyncClient() as client:
                total += len((await client.get(_url())).text)
        return total

    return run(program())


def one_client() -> int:
    """The same with one client."""

    async def program() -> int:
        client = shared_client("web", httpx.AsyncClient, httpx.AsyncClient.aclose)
        return sum([len((await client.get(_url())).text) for _ in range(30)])

    return run(program())


_logger = logging.getLogger("bench.remedies")


def logs_made_for_nobody() -> int:
    """Two hundred debug lines with JSON of 200 kB, which the level leaves out."""
    for _ in range(200):
        _logger.debug(f"input: {json.dumps(BIG_MESSAGE)}")  # noqa: G004 - the fault
    return 200


def logs_made_when_read() -> int:
    """The same with lazy arguments."""
    for _ in range(200):
        _logger.debug("input: %s", lazy(json.dumps, BIG_MESSAGE))
    return 200


async def _store(kept: list[int], number: int) -> None:
    await asyncio.sleep(0.005)
    kept.append(number)


def monitoring_in_the_way() -> list[int]:
    """Forty answers, after each of which 5 ms go into storing its metrics."""

    async def program() -> list[int]:
        kept = list[int]()
        for number in range(40):
            await _store(kept, number)
        return kept

    return run(program())


def monitoring_beside() -> list[int]:
    """The same in the background, until all of them are stored."""

    async def program() -> list[int]:
        kept = list[int]()
        async with Background() as background:
            for number in range(40):
                background.start(_store, kept, number)
        return kept

    return run(program())


PAIRS = [
    Pair("independent steps one after the other", steps_one_by_one, steps_in_a_pipeline),
    Pair("blocking calls in the event loop", blocking_calls, calls_in_threads),
    Pair("the same call again", repeated_calls, repeated_calls_cached),
    Pair("many equal calls at once", stampede, stampede_cached),
    Pair("the same question in other words", questions_asked, questions_remembered),
    Pair("the reader sees nothing until the end", first_text_of_a_whole_answer, first_text_of_a_stream, "first text"),
    Pair("a message for every change", messages_for_every_change, messages_that_are_seen),
    Pair("size of a message by serialising it", size_by_serialising, size_by_estimate),
    Pair("a transaction for every change", write_for_every_change, write_behind),
    Pair("snapshots by a JSON round trip", snapshots_by_json, snapshots_by_sharing),
    Pair("a pool of threads for every call", pool_for_every_call, one_pool),
    Pair("a client for every request", client_for_every_request, one_client),
    Pair("log arguments that nobody reads", logs_made_for_nobody, logs_made_when_read),
    Pair("monitoring that is waited for", monitoring_in_the_way, monitoring_beside),
]


def take(pair: Pair, program: Program) -> Taken:
    """Runs one side once."""
    cpu, wall = time.process_time(), time.perf_counter()
    result = program()
    took = time.perf_counter() - wall
    if pair.of != "wall":
        took, result = result
    return Taken(took * 1000, (time.process_time() - cpu) * 1000, result)


def measure(pair: Pair, rounds: int) -> tuple[Taken, Taken]:
    """Both sides in turns, the least of each."""
    sides: tuple[list[Taken], list[Taken]] = ([], [])
    for _ in range(rounds):
        for side, program in zip(sides, (pair.before, pair.after), strict=True):
            side.append(take(pair, program))
    least = [
        Taken(min(one.wall_ms for one in side), min(one.cpu_ms for one in side), side[-1].result) for side in sides
    ]
    return least[0], least[1]


def main() -> int:
    """Run all pairs and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="faults whose name holds this")
    chosen = parser.parse_args()
    _model()  # what is loaded once is no part of a call
    logging.disable(logging.INFO)  # wordllama turns all of them on
    table = Table("fault", "time of", "before ms", "after ms", "ratio", "CPU before ms", "CPU after ms", box=None)
    wrong = list[str]()
    for pair in PAIRS:
        if chosen.only not in pair.fault:
            continue
        before, after = measure(pair, chosen.rounds)
        figures = (before.wall_ms, after.wall_ms, before.wall_ms / after.wall_ms, before.cpu_ms, after.cpu_ms)
        table.add_row(pair.fault, pair.of, *(f"{figure:,.1f}" for figure in figures))
        if before.result != after.result or after.wall_ms >= before.wall_ms:
            wrong.append(pair.fault)
    console = Console(width=130)
    console.print(table)
    console.print(f"not cured, or another result: {', '.join(wrong) or 'none'}", highlight=False)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
