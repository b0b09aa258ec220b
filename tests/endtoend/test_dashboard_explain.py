"""The pages that explain and guard: what they say is what REST says, and what they can do is done."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from explained_agents import explained_agents
from longpole.client.answers import DATABASE
from longpole.model.clock import now_ns
from longpole.store.store import open_store
from running_server import RunningServer

Open = Callable[[str], Page]
PAGES = ("failures", "bottlenecks", "regressions", "cost", "capacity", "sql", "settings")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with sixty days of four agents, of which three got worse."""
    running = RunningServer(tmp_path_factory.mktemp("explained") / "longpole")
    running.folder.mkdir()
    store = open_store(running.folder / DATABASE)
    store.write(explained_agents(now_ns()))
    store.close()
    try:
        yield running.start()
    finally:
        running.close()


def shown(page: Page, label: str) -> str:
    """The text of a card, with plain spaces."""
    return re.sub(r"\s+", " ", page.get_by_label(label, exact=True).first.inner_text())


def test_failures_are_counted_as_rest_counts_them_and_a_group_tells_where_it_began(
    filled: RunningServer, open_page: Open
):
    page = open_page(filled.url)
    page.goto("/failures?range=30d")
    expect(page.get_by_label("What failed")).to_contain_text("executions failed")
    told = filled.get("/api/analysis/failures", params={"from": page_from(page, 30)}).json()
    group = told["groups"][0]
    said = shown(page, "What failed")
    assert said.startswith(f"{told['executions']} executions failed in 1 way")
    assert f"{group['executions']} of them by IndexTimeout in search" in said
    assert sum(one["executions"] for one in told["over_time"]) == told["executions"]
    details = shown(page, "The chosen group")
    assert "agents/search.py › ask_index" in details
    page.get_by_label("The chosen group").get_by_role("link", name="Newest example").click()
    expect(page).to_have_url(re.compile(group["example_execution_id"]))


def page_from(page: Page, days: int) -> str:
    """When a range of the page begins, by the browser's clock."""
    return page.evaluate("days => new Date(Date.now() - days * 86400000).toISOString()", days)


def test_bottlenecks_name_the_step_with_most_critical_time_and_what_would_save_it(
    filled: RunningServer, open_page: Open
):
    page = open_page(filled.url)
    page.goto("/bottlenecks")
    first = page.get_by_label("Steps by critical time").locator("tbody tr").first
    expect(first).to_be_visible()
    told = filled.get("/api/analysis/bottlenecks").json()
    step = told["operations"][0]
    assert first.locator("td").nth(0).inner_text() == step["name"]
    assert first.locator("td").nth(1).inner_text() == step["agent"]
    assert first.locator("td").nth(5).inner_text() == str(step["steps"])
    assert f"of what {told['executions']} executions waited for" in shown(page, "The bottleneck")
    expect(page.get_by_label("What could be done better")).to_contain_text("caller.py:12")
    expect(page.get_by_label("Repeats")).to_contain_text("look up")
    merged = filled.get("/api/analysis/merged-steps").json()
    agents = [node for node in merged["nodes"] if node["parent"] < 0]
    assert sum(node["count"] for node in agents) == merged["executions"] == told["executions"]
    flame = page.get_by_label("Flame over many executions", exact=True)
    expect(flame).to_contain_text(f"{merged['executions']} executions")
    expect(flame.get_by_role("button", name=re.compile("^chat ×"))).to_have_count(len(agents))
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/executions.*agent={step['agent']}"))


def test_regressions_tell_since_when_by_how_much_and_what_changed_and_keep_the_chosen_one_in_the_address(
    filled: RunningServer, open_page: Open
):
    page = open_page(filled.url)
    page.goto("/regressions")
    rows = page.get_by_label("Changes", exact=True).locator("tbody tr")
    told = filled.get("/api/analysis/regressions").json()["items"]
    expect(rows).to_have_count(len(told))
    assert {"writer", "caller"} <= {item["agent"] for item in told}
    rows.filter(has_text="writer").first.click()
    expect(page).to_have_url(re.compile("change=writer"))
    page.reload()
    chosen = page.get_by_label("The chosen change")
    expect(chosen.get_by_role("heading", name="writer")).to_be_visible()
    expect(chosen).to_contain_text("version 1 → 2")
    expect(chosen).to_contain_text("search")
    expect(chosen.locator("canvas")).to_be_visible()


def test_costs_add_up_to_what_rest_says_and_a_budget_shows_what_is_used(filled: RunningServer, open_page: Open):
    rule = {"name": "All money", "budget": "$1000", "per": "month"}
    assert filled.client.put(f"{filled.url}/api/alerts/rules", json=[rule]).status_code == 200
    page = open_page(filled.url)
    page.goto("/cost?by=model")
    rows = page.get_by_label("Costs by model").locator("tbody tr")
    told = filled.get("/api/analysis/costs", params={"by": "model"}).json()
    expect(rows).to_have_count(len(told["parts"]))
    assert [row.locator("td").first.inner_text() for row in rows.all()] == [part["name"] for part in told["parts"]]
    assert f"${told['total']['cost_usd']:.2f} for {told['total']['calls']:,} model calls" in shown(page, "What it cost")
    expect(page.get_by_label("Budgets", exact=True)).to_contain_text("of $1,000")
    expect(page.get_by_label("Cost over time").locator("canvas")).to_be_visible()


def test_capacity_says_when_a_limit_that_is_in_the_address_is_reached(filled: RunningServer, open_page: Open):
    page = open_page(filled.url)
    page.goto("/capacity")
    page.get_by_label("Rate limits, such as gpt-5.2=500/min").fill("model-a=1/h")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("limits=model-a"))
    told = filled.get("/api/analysis/capacity", params={"rate_limit": "model-a=1/h"}).json()["resources"]
    used = next(one for one in told if one["name"] == "model-a")
    expect(page.get_by_label("How much runs at once")).to_contain_text(
        "model-a has reached its limit of 1 calls an hour"
    )
    row = page.get_by_label("Agents, models and tools").locator("tbody tr").filter(has_text="model-a")
    assert row.locator("td").nth(2).inner_text() == f"{used['calls']:,}"


def test_sql_runs_by_the_keyboard_stays_in_the_address_and_can_be_taken_along(filled: RunningServer, open_page: Open):
    page = open_page(filled.url)
    page.goto("/sql")
    page.get_by_role("textbox", name="SQL", exact=True).fill(
        "SELECT agent, count(*) AS runs FROM executions GROUP BY agent"
    )
    page.keyboard.press("Control+Enter")
    rows = page.get_by_label("Rows").locator("tbody tr")
    expect(rows).to_have_count(4)
    expect(page).to_have_url(re.compile("sql=SELECT"))
    page.get_by_role("button", name="agent", exact=True).last.click()
    assert rows.first.locator("td").first.inner_text() == "caller"
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    assert Path(download.value.path()).read_bytes().startswith(b"agent,runs\r\n")
    page.get_by_label("Tables and columns").get_by_role("button", name="executions", exact=True).click()
    expect(page.get_by_label("Tables and columns")).to_contain_text("duration_ns")


def test_a_fault_in_sql_is_told_with_its_place(filled: RunningServer, browser: Browser):
    page = browser.new_page(base_url=filled.url)
    page.goto("/sql?sql=SELECT%20agnt%20FROM%20executions")
    fault = page.get_by_role("alert", name="Not answered")
    expect(fault).to_contain_text("Line 1, sign 8")
    expect(fault.locator("mark")).to_have_text("agnt")
    page.close()


def test_an_own_price_is_set_and_removed_after_a_question(filled: RunningServer, open_page: Open):
    page = open_page(filled.url)
    page.goto("/settings?part=prices")
    page.get_by_label("Model").fill("house-7b")
    page.get_by_label("Input").fill("0.5")
    page.get_by_label("Output").fill("1.5")
    page.get_by_role("button", name="Set it").click()
    expect(page.get_by_label("Own prices")).to_contain_text("house-7b")
    (price,) = filled.get("/api/prices").json()["items"]
    assert (price["model"], price["input_usd"], price["output_usd"]) == ("house-7b", 0.5, 1.5)
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_label("Own prices")).to_have_count(0)
    assert filled.get("/api/prices").json()["items"] == []
    page.get_by_role("link", name="Audit log").click()
    expect(page.get_by_label("Audit log")).to_contain_text("price.remove")


def test_settings_of_the_server_are_shown_with_their_names(filled: RunningServer, open_page: Open):
    page = open_page(filled.url)
    page.goto("/settings?part=store")
    told = {one["name"]: one["value"] for one in filled.get("/api/store").json()["settings"]}
    row = page.get_by_label("Settings of the server").locator("tr").filter(has_text="retention_bodies_days")
    expect(row).to_contain_text(f"{told['retention_bodies_days']} days")


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_whole_in_the_dark_and_on_a_narrow_window(filled: RunningServer, open_page: Open, name: str):
    page = open_page(filled.url)
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 1000, "height": 800})
    page.goto(f"/{name}")
    expect(page.locator(".main .card").first).to_be_visible()
    assert page.evaluate("document.documentElement.dataset.mantineColorScheme") == "dark"
    assert page.evaluate("document.querySelector('.main').scrollWidth <= document.querySelector('.main').clientWidth")


def test_a_key_is_shown_once_and_the_first_one_closes_the_server(server: RunningServer, open_page: Open):
    page = open_page(server.url)
    page.goto("/settings")
    page.get_by_label("For what").fill("me")
    page.get_by_role("button", name="Make the key").click()
    made = page.get_by_role("status").locator("code")
    expect(made).to_be_visible()
    key = made.inner_text()
    assert server.get("/api/keys").status_code == 401
    (item,) = server.get("/api/keys", headers={"authorization": f"Bearer {key}"}).json()["items"]
    assert (item["title"], item["rights"], item["state"]) == ("me", ["read", "admin"], "active")
    # The browser that made it stays in, and the key stays on the page.
    expect(page.get_by_label("How it stands")).to_contain_text("You look with “me”")
    expect(made).to_have_text(key)
    page.reload()
    expect(page.get_by_label("How it stands")).to_contain_text("1 key opens this server")
    expect(page.get_by_text(key)).to_have_count(0)
