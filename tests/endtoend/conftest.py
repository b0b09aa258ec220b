"""Servers for end-to-end tests: one of a test's own, or one for a whole file."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from running_server import RunningServer, wait_until

OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

EXAMPLE_RUNS, EXAMPLE_AGENTS = 12, 4


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    """A server of this test alone."""
    running = RunningServer(tmp_path / "longpole")
    running.folder.mkdir()
    try:
        yield running.start()
    finally:
        running.close()


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that all tests of a file share."""
    running = RunningServer(tmp_path_factory.mktemp("shared") / "longpole")
    running.folder.mkdir()
    try:
        yield running.start()
    finally:
        running.close()


@pytest.fixture(scope="module")
def example(shared_server: RunningServer) -> RunningServer:
    """The shared server with the example that an empty dashboard offers, all of it settled."""
    assert shared_server.client.post(f"{shared_server.url}/api/example").status_code == 202

    def is_settled() -> bool:
        listed = shared_server.get("/api/executions", params={"limit": "1000"}).json()["items"]
        return len(listed) == EXAMPLE_RUNS * EXAMPLE_AGENTS and all(item["is_settled"] for item in listed)

    wait_until(is_settled, "the example to be shown")
    return shared_server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert path is not None, (
        "No Chromium was found. Expected chromium on the PATH. Install it: apt-get install chromium"
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=OPTIONS)
        yield browser
        browser.close()


def is_complaint(said: ConsoleMessage) -> bool:
    """Not what Chromium says of a page that is left while it still connects to the live door."""
    return said.type in ("error", "warning") and not said.text.endswith("closed before the connection is established.")


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[[str], Page]]:
    """Opens pages of 1440 x 900 on the server at an address; whatever the console complains about fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_one(url: str) -> Page:
        context = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=url, color_scheme="light")
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if is_complaint(said) else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []
