"""Overview and list in a real browser: numbers as in REST, keys that suffice, cards that move while an agent runs."""

import csv
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import FloatRect, Page, expect

from live_agent import stepped_agent
from longpole.store.store import open_store
from running_server import RunningServer
from stored_executions import SECOND, Made

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

EXECUTIONS = 240
HOUR_NS = 3600 * SECOND


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with executions of five hours; every fourth is slow, in another version, and retries."""
    running = RunningServer(tmp_path_factory.mktemp("overview") / "longpole")
    running.folder.mkdir()
    made = Made()
    start_ns = time.time_ns() - 5 * HOUR_NS
    for number in range(EXECUTIONS):
        is_slow = number % 4 == 0
        made.execution(
            start_ns + number * 70 * SECOND,
            agent="claims-triage" if is_slow else "invoice-reader",
            status="failed" if number % 20 == 0 else "success",
            duration_ns=(20 if is_slow else 2) * SECOND + number * 1000,
            error_type="RateLimitError" if number % 20 == 0 else None,
            version="v2" if is_slow else "v1",
            environment="production",
            retries=3 if is_slow else 0,
            model_calls=1,
            cost_usd_nanos=10_000_000,
            self_cost_usd_nanos=10_000_000,
            input_tokens=900,
            output_tokens=100,
            self_input_tokens=900,
            self_output_tokens=100,
            session_id=f"CLM-{number % 7}",
            settled_ns=start_ns,
        )
    with closing(open_store(running.folder / "longpole.duckdb")) as store:
        store.write(made.batch)
    try:
        running.start()
        yield running
        running.stop()
    finally:
        running.close()


def asked(server: RunningServer, question: str, **wishes: str) -> Any:
    return server.get(f"/api/analysis/{question}", params=wishes).json()


def rows(page: Page) -> Any:
    return page.locator("tbody tr[aria-rowindex]")


def test_the_overview_says_what_rest_says(filled: RunningServer, open_page: Callable[[str], Page]) -> None:
    agents = asked(filled, "agents")["agents"]
    points = asked(filled, "points")
    page = open_page(filled.url)

    page.goto("/?range=24h")

    totals = page.get_by_label("Totals")
    expect(totals).to_contain_text(f"Executions{asked(filled, 'pulse')['executions']}")
    expect(totals).to_contain_text("12 failed")
    expect(totals).to_contain_text("$2.40")
    expect(totals).to_contain_text("240,000")
    scatter = page.get_by_role("region", name="Executions over time")
    for one in points["statuses"]:
        expect(scatter).to_contain_text(f"{one['status']} {one['executions']}")
    table = page.get_by_role("table", name="Agents")
    for agent in agents:
        row = table.get_by_role("row").filter(has_text=agent["agent"])
        expect(row).to_contain_text(str(agent["executions"]))
        expect(row).to_contain_text(f"{agent['p50_ns'] / SECOND:.{1 if agent['p50_ns'] > 10 * SECOND else 2}f}")
    expect(page.get_by_role("region", name="Failures")).to_contain_text("RateLimitError")


def drawn_picture(page: Page) -> FloatRect:
    """Where the points of the overview are, once nothing above them comes any more."""
    expect(page.get_by_role("button", name="Save as PNG: Executions by start and duration")).to_be_visible()
    expect(page.get_by_role("table", name="Agents").get_by_role("row")).not_to_have_count(0)
    page.wait_for_load_state("networkidle")
    box = page.get_by_role("img", name="Executions by start and duration").bounding_box()
    assert box is not None
    return box


def begin_a_box(page: Page, box: FloatRect) -> None:
    """Press the mouse and move it over the slow ones, which lie in the upper part of a logarithmic axis."""
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 16, box["y"] + box["height"] * 0.55, steps=6)


def test_a_box_is_not_lost_when_the_picture_changes_meanwhile(
    filled: RunningServer, open_page: Callable[[str], Page]
) -> None:
    page = open_page(filled.url)
    page.goto("/?range=24h")
    begin_a_box(page, drawn_picture(page))

    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_css("color-scheme", "dark")
    page.mouse.up()

    expect(page.get_by_role("button", name="What is different?")).to_be_visible()


def test_a_box_over_the_points_leads_to_what_is_different_and_to_the_list(
    filled: RunningServer, open_page: Callable[[str], Page]
) -> None:
    page = open_page(filled.url)
    page.goto("/?range=24h")
    begin_a_box(page, drawn_picture(page))
    page.mouse.up()

    page.get_by_role("button", name="What is different?").click()

    panel = page.get_by_role("region", name="What is different")
    expect(panel).to_contain_text(re.compile("retries is 3|version is v2|agent is claims-triage"))
    expect(panel).to_contain_text("+100 points")
    page.reload()
    expect(panel).to_contain_text("+100 points")
    page.get_by_role("button", name="Open", exact=True).click()
    expect(page).to_have_url(re.compile("min_duration="))
    expect(rows(page)).not_to_have_count(0)
    assert {row.split("\t")[0] for row in rows(page).locator(".agent").all_inner_texts()} == {"claims-triage"}


def test_a_card_moves_while_an_agent_runs_and_says_when_it_ended(
    filled: RunningServer, open_page: Callable[[str], Page]
) -> None:
    page = open_page(filled.url)
    page.goto("/")
    with stepped_agent(filled.url) as agent:
        card = page.locator(".running-card")
        expect(card).to_contain_text("triage")
        expect(card).to_contain_text("running first")
        before = page.locator(".elapsed").inner_text()

        agent.go_on()

        expect(card).to_contain_text("running second")
        assert page.locator(".elapsed").inner_text() != before
        agent.go_on()
        assert agent.process.wait(30) == 0
        expect(card).to_contain_text("ended")


def test_the_list_is_walked_by_keys_alone(filled: RunningServer, open_page: Callable[[str], Page]) -> None:
    items = filled.get("/api/executions", params={"agent": "claims-triage", "limit": "3"}).json()["items"]
    page = open_page(filled.url)
    page.goto("/executions?agent=claims-triage")
    expect(page.get_by_role("heading", name="Executions", level=1)).to_be_visible()
    expect(rows(page).first).to_be_visible()

    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.get_by_role("region", name="Selected executions")).to_contain_text("2 selected")
    page.keyboard.press("Escape")
    expect(page.get_by_role("region", name="Selected executions")).to_have_count(0)
    page.keyboard.press("x")
    page.keyboard.press("k")
    page.keyboard.press("k")
    page.keyboard.press("x")
    page.keyboard.press("c")

    expect(page).to_have_url(re.compile(r"/compare\?a=\w+&b=\w+"))
    assert all(items[at]["execution_id"] in page.url for at in (0, 2))


def test_a_stretch_of_the_strip_narrows_the_list_and_escape_brings_it_back(
    filled: RunningServer, open_page: Callable[[str], Page]
) -> None:
    whole = asked(filled, "pulse")["executions"]
    page = open_page(filled.url)
    page.goto("/executions?range=24h")
    strip = page.get_by_role("application")
    box = strip.bounding_box()
    assert box is not None
    expect(page.get_by_text(f"{whole} executions", exact=True)).to_be_visible()

    page.mouse.move(box["x"] + box["width"] * 0.85, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 2, box["y"] + 30, steps=4)
    page.mouse.up()

    expect(page).to_have_url(re.compile("from=.*to="))
    taken = dict(pair.split("=") for pair in page.url.split("?")[1].split("&"))
    times = {name: taken[name].replace("%3A", ":") for name in ("from", "to")}
    expected = asked(filled, "pulse", **times)["executions"]
    assert 0 < expected < whole
    expect(page.get_by_role("region", name="Executions over time")).to_contain_text(f"{expected} of {whole}")
    page.keyboard.press("Escape")
    expect(page).not_to_have_url(re.compile("from="))


def test_views_columns_and_files_of_the_list(
    filled: RunningServer, open_page: Callable[[str], Page], tmp_path: Path
) -> None:
    page = open_page(filled.url)
    page.goto("/executions?status=failed")
    expect(rows(page)).to_have_count(12)
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("menuitem", name="Show Retries").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("columnheader", name="Retries")).to_be_visible()

    page.get_by_role("button", name="Save view").click()
    page.get_by_label("Name of the view").fill("Failed ones")
    page.keyboard.press("Enter")
    expect(page.get_by_role("navigation", name="Views")).to_contain_text("Failed ones")
    page.get_by_role("navigation", name="Views").get_by_text("All").click()
    expect(page.get_by_role("columnheader", name="Retries")).to_have_count(0)
    page.get_by_role("navigation", name="Views").get_by_text("Failed ones").click()
    expect(page.get_by_role("columnheader", name="Retries")).to_be_visible()

    for kind in ("CSV", "JSON"):
        page.get_by_role("button", name="Export").click()
        with page.expect_download() as download:
            page.get_by_role("menuitem", name=kind).click()
        download.value.save_as(tmp_path / kind)
    assert [row["status"] for row in csv.DictReader((tmp_path / "CSV").read_text().splitlines())] == ["failed"] * 12
    assert len(json.loads((tmp_path / "JSON").read_text())) == 12


def test_the_slow_ones_are_explained_beside_the_list(filled: RunningServer, open_page: Callable[[str], Page]) -> None:
    expected = asked(filled, "differences")
    page = open_page(filled.url)
    page.goto("/executions")
    page.get_by_role("button", name="What is different about the slow ones?").click()
    panel = page.get_by_role("complementary", name="What is different")
    expect(panel).to_contain_text(f"{expected['chosen']} slower than p95")
    page.get_by_role("button", name=f"Filter to these {expected['chosen']}").click()
    expect(page).to_have_url(re.compile("min_duration="))


def test_the_columns_that_matter_need_no_scrolling(filled: RunningServer, open_page: Callable[[str], Page]) -> None:
    page = open_page(filled.url)
    page.goto("/executions")
    expect(rows(page).first).to_be_visible()
    for name in ("Status", "Agent", "Started", "Time", "Steps", "Tokens", "Cost", "Version", "Session"):
        head = page.get_by_role("region", name="List of executions").get_by_role("columnheader", name=name, exact=True)
        box = head.bounding_box()
        assert box is not None, name
        assert box["x"] + box["width"] <= 1440, name
    first = datetime.now(UTC).year
    assert str(first) not in rows(page).first.inner_text(), "the year of today is no news"
