"""`longpole watch` against a real server and an agent that goes on when it is told to."""

import asyncio
import html
import json
import re
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from live_agent import stepped_agent
from longpole import settings
from longpole.cli.watch_screen import WatchScreen
from longpole.client.watching import door_to_watch
from running_server import RunningServer

PROGRAM = str(Path(sys.executable).with_name("longpole"))
DEADLINE_S = 90
Keys = Callable[[Pilot[None]], Awaitable[None]]


@pytest.fixture(scope="module")
def steady_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that has the same address when it is started again."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running = RunningServer(tmp_path_factory.mktemp("watched") / "longpole", "--port", str(port))
    running.folder.mkdir()
    try:
        yield running.start()
    finally:
        running.close()


def watch(server: RunningServer, story: Keys, *, size: tuple[int, int] = (80, 24)) -> None:
    """Open the screen on a server and live through a story."""

    async def run() -> None:
        door = door_to_watch(settings.load(url=server.url))
        app = WatchScreen(door, agent=None, workspace=None, status="running")
        async with asyncio.timeout(DEADLINE_S), app.run_test(size=size) as pilot:
            await story(pilot)

    asyncio.run(run())


def shown(pilot: Pilot[None]) -> str:
    """The text on the screen."""
    svg = pilot.app.export_screenshot()
    return (
        html.unescape(re.sub(r"<[^>]+>", "", svg.partition("</defs>")[2])).replace("\xa0", " ").replace("\u202f", " ")
    )


async def until(pilot: Pilot[None], *words: str) -> str:
    """Wait until all of the words are shown; the text."""
    while not all(word in (text := shown(pilot)) for word in words):
        await pilot.pause(0.1)
    return text


def test_an_execution_is_seen_from_its_start_to_its_end(steady_server: RunningServer) -> None:
    async def story(pilot: Pilot[None]) -> None:
        await until(pilot, "Nothing runs now", "● live")
        with stepped_agent(steady_server.url) as agent:
            await until(pilot, "1 running execution", "pre_process", "└ first", "triage  began first")
            agent.go_on()
            await until(pilot, "└ second", "1/2", "decided on helper, skipped: too low")
            await pilot.press("enter")
            assert "1/2" not in await until(pilot, "1 of 2 steps done", "└ second")
            await pilot.press("escape")
            agent.finish()
            await until(pilot, "Nothing runs now", "success after")
            await pilot.press("s", "s")
            await until(pilot, "2/2", "✓ success")
            await pilot.press("question_mark")
            await until(pilot, "what runs, what failed, all")

    watch(steady_server, story)


def test_j_and_k_choose_whose_tree_is_shown_and_a_one_agent(steady_server: RunningServer) -> None:
    async def story(pilot: Pilot[None]) -> None:
        with stepped_agent(steady_server.url) as older, stepped_agent(steady_server.url) as newer:
            await until(pilot, "2 running executions")
            await pilot.press("k")  # the older one may have been seen alone, and then stays chosen
            await until(pilot, f"{newer.execution_id[-8:]}")
            await pilot.press("j")
            await until(pilot, f"{older.execution_id[-8:]}")
            await pilot.press("k")
            await until(pilot, f"{newer.execution_id[-8:]}")
            await pilot.press("a")
            await until(pilot, "only triage", "2 running executions")

    watch(steady_server, story, size=(150, 40))


def test_a_server_that_dies_is_told_and_heard_again_when_it_is_back(steady_server: RunningServer) -> None:
    async def story(pilot: Pilot[None]) -> None:
        await until(pilot, "● live")
        steady_server.kill()
        await until(pilot, "no answer since")
        await asyncio.to_thread(steady_server.start)
        await until(pilot, "● live")
        with stepped_agent(steady_server.url):
            await until(pilot, "triage  began first")

    watch(steady_server, story)


def test_without_a_terminal_it_says_what_to_use(steady_server: RunningServer) -> None:
    done = subprocess.run([PROGRAM, "watch", "--url", steady_server.url], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "longpole watch --plain" in done.stderr


@pytest.mark.parametrize("how", ["--plain", "--json"])
def test_into_a_pipe_it_writes_a_line_for_each_event(steady_server: RunningServer, how: str) -> None:
    command = [PROGRAM, "watch", how, "--agent", "triage", "--url", steady_server.url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stderr.readline() == "Listening. Ctrl-C ends it.\n"
        with stepped_agent(steady_server.url) as agent:
            agent.finish()
            lines = [process.stdout.readline() for _ in range(2)]
        process.kill()
    if how == "--json":
        assert json.loads(lines[0])["execution_id"] == agent.execution_id
    else:
        assert re.fullmatch(r"\d\d:\d\d:\d\d triage  \S.*\n", lines[0])
