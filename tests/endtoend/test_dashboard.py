"""The dashboard in a real browser, over a real server, with what real clients sent."""

import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from longpole.server.asgi import Message
from longpole.server.dashboard import FOLDER, dashboard_app
from otlp_clients import TRUTHS, requests_of
from running_server import RunningServer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

CLIENT = "pydanticai"
AGENT = "orchestrator"
HOP_BY_HOP = {"host", "content-length", "connection", "transfer-encoding"}


@pytest.fixture(scope="module")
def filled(shared_server: RunningServer) -> RunningServer:
    assert (FOLDER / "index.html").is_file(), (
        f"The dashboard is not built. Expected {FOLDER / 'index.html'}. Run npm ci and npm run build in web/."
    )
    for request in requests_of(CLIENT):
        headers = {name: value for name, value in request.headers.items() if name.lower() not in HOP_BY_HOP}
        answer = httpx.post(shared_server.url + request.path, content=request.body, headers=headers, trust_env=False)
        assert answer.status_code == 200
    shared_server.wait_for_spans(TRUTHS[CLIENT].spans)
    return shared_server


@pytest.fixture
def page(open_page: Callable[[str], Page], filled: RunningServer) -> Page:
    """A page of the filled server."""
    return open_page(filled.url)


def listed(server: RunningServer, **filters: str) -> list[dict[str, object]]:
    return server.get("/api/executions", params={"limit": "1000", **filters}).json()["items"]


def test_the_list_shows_what_rest_says(page: Page, filled: RunningServer) -> None:
    items = listed(filled)

    page.goto("/executions")

    rows = page.locator("tbody tr[aria-rowindex]")
    expect(rows).to_have_count(len(items))
    for index, item in enumerate(items):
        expect(rows.nth(index)).to_contain_text(str(item["agent"]))
        expect(rows.nth(index)).to_contain_text(str(item["status"]))


def test_an_execution_opens_by_keyboard_and_shows_its_steps_and_a_body(page: Page, filled: RunningServer) -> None:
    agents = [item["agent"] for item in listed(filled)]
    page.goto("/executions")
    expect(page.locator("tr[aria-current=true]")).to_be_visible()

    for _ in range(agents.index(AGENT)):
        page.keyboard.press("j")
    expect(page.locator("tr[aria-current=true]")).to_contain_text(AGENT)
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name=AGENT, level=1)).to_be_visible()
    expect(page.get_by_role("treeitem", name=re.compile("researcher, agent, success"))).to_be_attached()
    page.keyboard.press("/")
    page.keyboard.type("chat")
    page.keyboard.press("Enter")
    details = page.get_by_role("complementary", name="Details")
    expect(details).to_contain_text("chat gpt-4o-mini")
    expect(details).to_contain_text("compare X and Y")
    expect(details).to_contain_text("Tokens in")


def test_the_shares_of_an_execution_sum_to_the_whole(page: Page, filled: RunningServer) -> None:
    top = next(item for item in listed(filled) if item["agent"] == AGENT)
    page.goto(f"/executions/{top['execution_id']}")

    words = page.get_by_role("img", name=re.compile("%")).first.get_attribute("aria-label")

    assert words is not None
    tenths = [round(float(figure) * 10) for figure in re.findall(r"([\d.]+)\s%", words)]
    assert sum(tenths) == 1000


def test_rows_fold_and_unfold_by_keyboard(page: Page, filled: RunningServer) -> None:
    top = next(item for item in listed(filled) if item["agent"] == AGENT)
    page.goto(f"/executions/{top['execution_id']}")
    rows = page.get_by_role("treeitem")
    expect(rows.nth(2)).to_be_attached()
    before = rows.count()

    page.get_by_role("tree").focus()
    page.keyboard.press("ArrowLeft")
    expect(rows).to_have_count(1)
    page.keyboard.press("ArrowRight")
    expect(rows).to_have_count(before)


def test_a_filter_lives_in_the_address_and_survives_a_reload(page: Page, filled: RunningServer) -> None:
    failed = listed(filled, status="failed")
    assert failed
    page.goto("/executions")

    page.get_by_role("button", name="Filter").click()
    page.get_by_role("menuitem", name="failed").click()
    rows = page.locator("tbody tr[aria-rowindex]")
    expect(rows).to_have_count(len(failed))
    page.reload()

    assert "status=failed" in page.url
    expect(rows).to_have_count(len(failed))
    page.get_by_role("button", name="Drop the filter status").click()
    expect(rows).to_have_count(len(listed(filled)))


def test_a_filter_without_a_match_offers_to_drop_it(page: Page, filled: RunningServer) -> None:
    page.goto("/executions?agent=nobody")

    page.get_by_role("button", name="without agent").click()

    expect(page.locator("tbody tr[aria-rowindex]")).to_have_count(len(listed(filled)))


def test_the_theme_changes_and_is_remembered(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")

    page.keyboard.press(".")

    expect(page.get_by_role("button", name="Use the light theme")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Use the light theme")).to_be_visible()
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (light, dark) == ("rgb(246, 247, 249)", "rgb(13, 16, 21)")


def test_the_overview_agrees_with_rest(page: Page, filled: RunningServer) -> None:
    overview = filled.get("/api/overview").json()

    page.goto("/")

    expect(page.get_by_label("Totals")).to_contain_text(f"Executions{overview['totals']['executions']}")
    for agent in overview["agents"]:
        expect(page.get_by_role("region", name="Agents")).to_contain_text(agent["agent"])


def test_an_execution_that_is_not_stored_says_so(browser: Browser, filled: RunningServer) -> None:
    page = browser.new_page(base_url=filled.url)
    page.goto("/executions/" + "f" * 48)

    expect(page.get_by_role("heading", name="This execution is not stored.")).to_be_visible()
    page.close()


def test_without_data_the_first_page_shows_the_lines_of_code(browser: Browser, server: RunningServer) -> None:
    page = browser.new_page(base_url=server.url)
    page.goto("/")

    expect(page.get_by_text(f'longpole.configure(endpoint="{server.url}")')).to_be_visible()
    page.close()


def test_no_script_but_our_own_may_run_and_hashed_files_are_kept(filled: RunningServer) -> None:
    page = filled.get("/executions/anything.at/all")
    assert page.status_code == 200
    assert "script-src 'self';" in page.headers["content-security-policy"]
    assert "<script>" not in page.text
    (script,) = re.findall(r'src="(/assets/[^"]+\.js)"', page.text)

    answer = filled.get(script)

    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-encoding"] == "gzip"


@pytest.mark.parametrize(
    "path", ["/assets/../dashboard.py", "/assets/%2e%2e/%2e%2e/dashboard.py", "/../app.py", "/assets/none.js"]
)
def test_no_path_leads_out_of_the_dashboards_files(filled: RunningServer, path: str) -> None:
    answer = filled.get(path)

    assert answer.status_code in (200, 404)
    assert "Dashboard" not in answer.text


def test_a_server_without_a_built_dashboard_says_what_to_do(tmp_path: Path) -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    answer = dashboard_app(tmp_path)({"method": "GET", "path": "/", "headers": []}, receive, send)
    # It waits for nothing, so it ends at once; a loop of its own could not run beside the browser's.
    with pytest.raises(StopIteration):
        answer.send(None)

    assert sent[0]["status"] == 404
    assert b"make setup" in sent[1]["body"]
