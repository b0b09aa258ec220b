"""How a running server is, for machines, in the terminal and in a browser."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from longpole.settings import child_environment
from running_server import JSON, RunningServer, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

AGENT = """
import longpole
longpole.configure(service="triage")

@longpole.agent
def triage(): pass

for _ in range(700): triage()
"""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that has heard a program with Longpole's SDK and refused what another sent."""
    running = RunningServer(tmp_path_factory.mktemp("health") / "longpole")
    running.folder.mkdir()
    running.start()
    try:
        environment = child_environment({"LONGPOLE_ENDPOINT": running.url, "LONGPOLE_DATA_FOLDER": str(running.folder)})
        subprocess.run([sys.executable, "-c", AGENT], env=environment, check=True, timeout=60)
        assert running.post(b"nonsense", kind=JSON, user_agent="collector/2").status_code == 400
        wait_until(lambda: program_of(running)["spans"] >= 700, "the program's spans")
        wait_until(lambda: program_of(running)["dropped"] is not None, "what it says of itself, which comes after them")
        yield running
    finally:
        running.close()


def health_of(running: RunningServer) -> dict[str, Any]:
    return running.get("/api/health").json()


def program_of(running: RunningServer) -> dict[str, Any]:
    (program,) = health_of(running)["programs"] or [{"spans": 0}]
    return program


def test_a_program_that_lost_nothing_misses_nothing(filled: RunningServer) -> None:
    program = program_of(filled)
    assert (program["service"], program["sdk"], program["missing"], program["dropped"]) == ("triage", "longpole", 0, 0)


def test_a_running_server_watches_its_loop(filled: RunningServer) -> None:
    assert filled.get("/readyz").json() == {"ready": True, "reasons": []}
    assert "longpole_loop_lag_seconds_count" in filled.get("/metrics").text
    wait_until(lambda: health_of(filled)["server"]["loop_lag"]["number"] > 10, "the watch of the loop")


def test_the_command_says_it_in_words_first(filled: RunningServer) -> None:
    told = run("health", "--url", filled.url)
    lines = told.splitlines()
    assert lines[0] == "! 1 request could not be read."
    assert any(line.startswith("triage") and " – " in line for line in lines)
    assert "collector/2 at 127.0.0.1: 1 request could not be read" in told
    assert json.loads(run("health", "--url", filled.url, "--json"))["server"]["refused"] == {"400": 1}


def test_without_a_server_the_command_says_what_to_do(tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("longpole")
    command = [str(program), "health", "--url", "http://127.0.0.1:9"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode != 0
    assert "Start 'longpole serve'" in " ".join(done.stderr.split())


def test_the_page_shows_words_figures_the_hour_and_the_programs(
    filled: RunningServer, open_page: Callable[[str], Page]
) -> None:
    page = open_page(filled.url)
    page.goto("/")
    page.get_by_role("link", name="Health").click()
    expect(page.get_by_role("heading", name="Ingest health", exact=True)).to_be_visible()
    expect(page.get_by_label("In words")).to_contain_text("1 request could not be read.")
    expect(page.get_by_label("The server")).to_contain_text("Spans taken")
    row = page.get_by_label("Programs").get_by_role("row").filter(has_text="triage")
    expect(row).to_contain_text("longpole")
    expect(page.get_by_label("Senders")).to_contain_text("1 could not be read")
    expect(page.get_by_role("img", name="Event loop late by")).to_be_visible()


def test_the_page_says_when_the_server_does_not_answer(filled: RunningServer, browser: Any) -> None:
    context = browser.new_context(base_url=filled.url)
    page = context.new_page()
    page.route("**/api/health", lambda route: route.abort())
    page.goto("/health")
    expect(page.get_by_role("alert")).to_contain_text("The server does not say how it is", timeout=20_000)
    context.close()


def run(*words: str) -> str:
    program = Path(sys.executable).with_name("longpole")
    done = subprocess.run([str(program), *words], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout
