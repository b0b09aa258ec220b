"""The dashboard follows the live door: at once, after a drop, without a door, and not at all while nobody looks."""

from collections.abc import Callable, Iterator
from pathlib import Path
from socket import socket
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, WebSocket, expect

from live_agent import stepped_agent
from running_server import RunningServer, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

HIDE = """hidden => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def sign(page: Page) -> Any:
    """The word that says how fresh the page is."""
    return page.locator("[data-live]")


def is_seen(server: RunningServer, execution_id: str) -> Callable[[], bool]:
    return lambda: server.get(f"/api/executions/{execution_id}").status_code == 200


def test_a_step_that_ends_is_on_the_page_at_once(
    open_page: Callable[[str], Page], shared_server: RunningServer
) -> None:
    page = open_page(shared_server.url)
    with stepped_agent(shared_server.url) as agent:
        wait_until(is_seen(shared_server, agent.execution_id), "the execution to be seen")
        page.goto(f"/executions/{agent.execution_id}")
        expect(sign(page)).to_have_text("live")
        asked: list[str] = []
        page.route("**/api/executions/*", lambda route: asked.append(route.request.url))  # is never answered

        agent.go_on()

        expect(page.get_by_role("treeitem", name="second")).to_be_attached()
        expect(page.get_by_text("1 of 2 steps done")).to_be_visible()
        page.unroute("**/api/executions/*")


def test_the_list_shows_a_new_execution_and_its_end_without_a_reload(
    open_page: Callable[[str], Page], shared_server: RunningServer
) -> None:
    page = open_page(shared_server.url)
    with stepped_agent(shared_server.url) as agent:
        wait_until(is_seen(shared_server, agent.execution_id), "the execution to be seen")
        page.goto("/executions")
        expect(sign(page)).to_have_text("live")
        row = page.locator("tbody tr[aria-rowindex]").first
        expect(row).to_contain_text("running")

        agent.finish()

        expect(row).to_contain_text("success")


def test_a_tab_that_is_hidden_or_shows_nothing_live_has_no_connection(
    open_page: Callable[[str], Page], shared_server: RunningServer
) -> None:
    with stepped_agent(shared_server.url) as agent:
        agent.finish()
    wait_until(is_seen(shared_server, agent.execution_id), "the execution to be seen")
    page = open_page(shared_server.url)
    sockets: list[WebSocket] = []
    page.on("websocket", lambda made: sockets.append(made))
    page.goto("/")
    expect(sign(page)).to_have_text("live")
    assert len(sockets) == 1

    page.evaluate(HIDE, True)
    expect(sign(page)).to_have_count(0)
    if not sockets[0].is_closed():
        sockets[0].wait_for_event("close")
    page.evaluate(HIDE, False)
    expect(sign(page)).to_have_text("live")
    assert len(sockets) == 2

    page.get_by_role("link", name="Executions", exact=True).click()
    expect(page.get_by_role("heading", name="Executions", level=1)).to_be_visible()
    expect(sign(page)).to_have_text("live")
    assert len(sockets) == 2  # one for the tab, from page to page

    page.goto(f"/executions/{agent.execution_id}")
    expect(page.get_by_role("heading", name="triage", level=1)).to_be_visible()
    expect(sign(page)).to_have_count(0)


@pytest.fixture
def shut_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningServer]:
    """A server whose live door is shut."""
    monkeypatch.setenv("LONGPOLE_REALTIME", "false")
    running = RunningServer(tmp_path / "longpole")
    running.folder.mkdir()
    try:
        yield running.start()
    finally:
        running.close()


def test_where_the_door_is_shut_the_page_asks_by_itself(
    shut_server: RunningServer, open_page: Callable[[str], Page]
) -> None:
    page = open_page(shut_server.url)
    with stepped_agent(shut_server.url) as agent:
        wait_until(is_seen(shut_server, agent.execution_id), "the execution to be seen")
        page.goto(f"/executions/{agent.execution_id}")
        expect(sign(page)).to_have_text("polling")

        agent.go_on()

        expect(page.get_by_role("treeitem", name="second")).to_be_attached(timeout=15_000)


def test_a_page_that_found_no_server_asks_again_when_one_is_there(
    browser: Browser, shared_server: RunningServer
) -> None:
    page = browser.new_page(base_url=shared_server.url)
    is_away = True
    page.route("**/api/executions*", lambda route: route.abort() if is_away else route.continue_())
    page.route_web_socket("**/api/live", lambda door: door.close() if is_away else door.connect_to_server())
    page.goto("/executions")
    sorry = page.get_by_text("The executions could not be loaded")
    expect(sorry).to_be_visible(timeout=30_000)

    is_away = False

    expect(sign(page)).to_have_text("live", timeout=30_000)
    expect(sorry).to_be_hidden()
    page.close()


def test_a_page_whose_server_was_started_again_is_live_again_and_asks_what_it_missed(
    browser: Browser, tmp_path: Path
) -> None:
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = RunningServer(tmp_path / "longpole", "--port", str(port))
    server.folder.mkdir()
    page = browser.new_page(base_url=f"http://127.0.0.1:{port}")
    try:
        server.start()
        page.goto("/executions")
        expect(sign(page)).to_have_text("live")
        server.kill()
        expect(sign(page)).not_to_have_text("live")

        server.start()

        expect(sign(page)).to_have_text("live", timeout=30_000)
        # Also where the server went before it had answered: what failed is asked for again.
        expect(page.get_by_text("No agent has run yet")).to_be_visible(timeout=15_000)
        with stepped_agent(server.url) as agent:
            agent.finish()
        expect(page.get_by_role("button", name="Show them")).to_be_visible(timeout=15_000)
    finally:
        page.close()
        server.close()
