"""What must hold of every page: it says something, nobody is shut out, nothing is complained about, in both themes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from running_server import RunningServer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

AXE = Path(__file__).resolve().parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
PAGES = {
    "/": "Overview",
    "/executions": "Executions",
    "/sessions": "Sessions",
    "/agents": "Agents",
    "/agents/lead": "lead",
    "/bottlenecks": "Bottlenecks",
    "/failures": "Failures",
    "/why-not": "Why not?",
    "/compare": "Compare",
    "/regressions": "Regressions",
    "/cost": "Cost and budgets",
    "/capacity": "Capacity",
    "/alerts": "Alerts",
    "/audit": "Audit",
    "/health": "Ingest health",
    "/sql": "SQL",
    "/settings": "Settings",
}


def barriers(page: Page) -> list[str]:
    """What axe calls serious or critical, one line each."""
    page.evaluate(AXE.read_text())
    found: list[dict[str, Any]] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:200]} ({one['nodes'][0].get('failureSummary', '')})"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize(("path", "title"), PAGES.items())
def test_a_page_shuts_nobody_out_in_either_theme(
    example: RunningServer, open_page: Callable[[str], Page], path: str, title: str
) -> None:
    page = open_page(example.url)
    page.emulate_media(reduced_motion="reduce")
    page.goto(path)
    expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
    page.wait_for_load_state("networkidle")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", scheme)
        assert barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 1440


def test_an_execution_shuts_nobody_out(example: RunningServer, open_page: Callable[[str], Page]) -> None:
    lead = next(
        item["execution_id"] for item in example.get("/api/executions", params={"agent": "lead"}).json()["items"]
    )
    page = open_page(example.url)
    page.goto(f"/executions/{lead}")
    expect(page.get_by_role("heading", name="lead", level=1)).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert barriers(page) == []


def test_the_palette_leads_to_an_agent_by_keyboard_alone(
    example: RunningServer, open_page: Callable[[str], Page]
) -> None:
    page = open_page(example.url)
    page.goto("/executions")
    expect(page.get_by_role("heading", name="Executions", level=1)).to_be_visible()
    page.keyboard.press("Control+k")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.type("researcher")
    expect(page.get_by_role("option", name="researcher agent")).to_be_visible()
    assert barriers(page) == []
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{example.url}/agents/researcher")


def test_a_menu_that_is_open_stays_open_when_its_page_comes(
    example: RunningServer, open_page: Callable[[str], Page]
) -> None:
    page = open_page(example.url)
    held: list[Route] = []
    page.route("**/ExecutionsPage-*.js", lambda route: held.append(route))
    page.goto("/executions", wait_until="commit")
    page.get_by_role("button", name="Time zone").click()
    zones = page.get_by_role("combobox", name="Show times in")
    expect(zones).to_be_visible()
    expect(page.get_by_role("heading", name="Executions", level=1)).to_have_count(0)
    for script in held:
        script.continue_()
    expect(page.get_by_role("heading", name="Executions", level=1)).to_be_visible()
    expect(zones).to_be_visible()
    assert held


def test_an_empty_server_offers_the_example_and_shows_it(
    server: RunningServer, open_page: Callable[[str], Page]
) -> None:
    page = open_page(server.url)
    page.goto("/")
    page.get_by_role("button", name="Load the example").click()
    agents = page.get_by_role("table", name="Agents")
    expect(agents.get_by_text("researcher")).to_be_visible(timeout=30_000)
    # What could be saved is found some seconds later, and shown without a reload.
    expect(page.locator(".open-findings li").first).to_be_visible(timeout=60_000)
    expect(agents.get_by_role("row", name="lead").locator("td").last).to_contain_text("−", timeout=30_000)


def test_times_are_shown_in_the_zone_that_was_chosen(example: RunningServer, open_page: Callable[[str], Page]) -> None:
    page = open_page(example.url)
    page.goto("/executions")
    page.get_by_role("button", name="Time zone").click()
    page.get_by_role("combobox", name="Show times in").fill("Asia/Tokyo")
    page.get_by_role("option", name="Asia/Tokyo").click()
    expect(page.get_by_role("button", name="Time zone Asia/Tokyo")).to_be_visible()
    started = example.get("/api/executions").json()["items"][0]["started_at"]
    hour = f"{(int(started[11:13]) + 9) % 24:02}:{started[14:16]}:"
    expect(page.locator("tbody tr[aria-rowindex]").first).to_contain_text(hour)
