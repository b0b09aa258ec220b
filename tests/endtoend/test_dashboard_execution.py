"""The page of one execution in a real browser: its first screen, tabs and simulation, held against REST."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from claims_runs import AGENT, quick_runs, slow_run
from running_server import RunningServer, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

QUICK = 80
JSON = "application/json"


@pytest.fixture(scope="module")
def slow(shared_server: RunningServer) -> tuple[RunningServer, str]:
    """A server with eighty ordinary runs and a slow one, and the id of that."""
    now_ns = time.time_ns()
    run = slow_run(now_ns)
    for each in (*quick_runs(QUICK, now_ns), run):
        assert shared_server.post(each.body, kind=JSON).status_code == 200
    execution_id = run.trace_id + run.spans[0]["spanId"]
    wait_until(lambda: _are_settled(shared_server, QUICK + 1), "all runs to settle")
    return shared_server, execution_id


def _are_settled(server: RunningServer, count: int) -> bool:
    items = server.get("/api/executions", params={"agent": AGENT, "limit": "1000"}).json()["items"]
    return len(items) == count and all(item["is_settled"] for item in items)


@pytest.fixture
def told(slow: tuple[RunningServer, str]) -> Callable[[str], Any]:
    """What REST says of the slow execution."""
    server, execution_id = slow
    return lambda question: server.get(f"/api/executions/{execution_id}{question}").json()


@pytest.fixture
def page(open_page: Callable[[str], Page], slow: tuple[RunningServer, str]) -> Page:
    """The page of the slow execution."""
    server, execution_id = slow
    page = open_page(server.url)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"/executions/{execution_id}")
    expect(page.get_by_role("heading", name=AGENT, level=1)).to_be_visible()
    return page


def seconds(duration_ns: float) -> str:
    """A duration as the page prints it, from 1 to 100 s."""
    return f"{duration_ns / 1e9:.2f}\u202fs" if duration_ns < 9.995e9 else f"{duration_ns / 1e9:.1f}\u202fs"


def test_the_seven_answers_stand_on_the_first_screen_with_the_numbers_of_rest(
    page: Page, told: Callable[[str], Any]
) -> None:
    tree, usual, findings = told(""), told("/usual"), told("/findings")

    expect(page.locator(".verdict")).to_contain_text(f"of {QUICK} executions")
    expect(page.locator(".verdict")).to_contain_text(f"usual {seconds(tree['usual']['p50_ns'])}")
    p95 = seconds(usual["p95_ns"]).replace("\u202f", r"\s")
    expect(page.get_by_role("img", name=re.compile(f"p95 {p95}"))).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("^Usual shares"))).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("^Critical path"))).to_contain_text("slack 3.26\u202fs")
    savings = [one for one in findings["findings"] if one["saving_ns"]]
    expect(page.get_by_label("Findings")).to_contain_text(f"−{seconds(savings[0]['saving_ns'])}")
    expect(page.get_by_label("What changed")).to_contain_text("since v2.13.2")
    for decision in tree["decisions"]:
        if decision["outcome"] == "skipped":
            expect(page.get_by_label("Did not fire")).to_contain_text(decision["candidate"])
    trust = page.get_by_label("What the numbers rest on")
    expect(trust).to_contain_text("Every step has its parent")
    box = trust.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 830


def test_a_finding_is_simulated_and_the_new_finish_time_is_that_of_rest(page: Page, told: Callable[[str], Any]) -> None:
    finding = told("/findings")["findings"][0]
    simulated = told(f"/what-if?parallel={','.join(finding['evidence']['steps'])}")

    page.get_by_role("button", name="Simulate", exact=True).first.click()

    expect(page.locator(".what-if")).to_contain_text(
        f"{seconds(simulated['after_ns'])} instead of {seconds(simulated['before_ns'])}"
    )
    assert "if=parallel" in page.url
    page.get_by_role("button", name="Clear").click()
    expect(page.locator(".what-if")).to_contain_text("Choose what to change")


def test_every_tab_shows_what_rest_says(page: Page, told: Callable[[str], Any]) -> None:
    tree, totals, graph, calls = told(""), told("/totals"), told("/graph"), told("/model-calls")

    page.get_by_role("tab", name=re.compile("^Steps")).click()
    rows = page.get_by_role("table", name="Steps by name").locator("tbody tr")
    expect(rows).to_have_count(len(totals["by_step"]))
    page.get_by_role("tab", name="Graph").click()
    expect(page.locator(".react-flow__node")).to_have_count(len(graph["nodes"]))
    fed = [edge for edge in graph["edges"] if edge["kind"] == "data"]
    assert fed
    expect(page.locator(".graph")).to_contain_text(f"output feeds input ({len(fed)})")
    page.get_by_role("tab", name=re.compile("^Conversation")).click()
    expect(page.locator(".conversation > li")).to_have_count(len(calls["calls"]))
    expect(page.locator(".conversation")).to_contain_text("TTFT 1.50\u202fs")
    page.get_by_role("tab", name="Flame").click()
    expect(page.locator(".flame-part")).to_have_count(len(tree["steps"]) + len(tree["executions"]))
    page.get_by_text("Left-heavy").click()
    expect(page.locator(".flame-part", has_text="embed_chunk ×24").first).to_be_attached()


def test_steps_carry_ranks_and_the_waterfall_obeys_the_keyboard_alone(page: Page, told: Callable[[str], Any]) -> None:
    page.keyboard.press("/")
    page.keyboard.type("lookup_part")
    page.keyboard.press("Enter")
    details = page.get_by_role("complementary", name="Details")
    expect(details).to_contain_text("p99")
    page.keyboard.press("Escape")

    page.keyboard.press("f")
    page.wait_for_url(re.compile("zoom="))
    page.keyboard.press("0")
    page.wait_for_url(re.compile("^(?!.*zoom=)"))
    page.keyboard.press("p")
    expect(page.get_by_role("switch", name="Critical path only")).to_be_checked()
    page.keyboard.press("b")
    expect(page.get_by_role("switch", name="Loop blocks")).not_to_be_checked()
    page.keyboard.press("m")
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert f"# {AGENT}: {told('')['duration_ns'] / 1e9:.1f} s, success" in copied
    assert "`triage.py:118`" in copied


def test_both_themes_and_a_narrow_window_show_the_page_without_a_complaint(page: Page) -> None:
    page.keyboard.press(".")
    expect(page.get_by_role("button", name="Use the light theme")).to_be_visible()

    page.set_viewport_size({"width": 1000, "height": 800})

    expect(page.get_by_label("Findings")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
