"""Sessions, agents, why not and compare in a real browser: their numbers are those of REST, and the keyboard leads."""

import re
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from claims_story import ASSESSOR, CHAT, FRAUD, HUMAN, TALKS, TRIAGE, VERSIONS, claims_story
from longpole.server.dashboard import FOLDER
from running_server import RunningServer, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

HOUR_NS = 3600 * 10**9
NARROW = "\u202f"


@pytest.fixture(scope="module")
def filled(shared_server: RunningServer) -> RunningServer:
    """The shared server with ten days of claims, all of them looked at."""
    assert (FOLDER / "index.html").is_file(), (
        f"The dashboard is not built. Expected {FOLDER / 'index.html'}. Run npm ci and npm run build in web/."
    )
    for body in claims_story(time.time_ns() - HOUR_NS, runs_a_day=24):
        assert shared_server.post(body, kind="application/json").status_code == 200
    wait_until(lambda: is_settled(shared_server), "every execution to be looked at")
    return shared_server


def is_settled(server: RunningServer) -> bool:
    listed = server.get("/api/executions", params={"limit": "1000"}).json()
    return listed["next_cursor"] is None and bool(listed["items"]) and all(one["is_settled"] for one in listed["items"])


@pytest.fixture
def page(open_page: Callable[[str], Page], filled: RunningServer) -> Page:
    return open_page(filled.url)


def asked(server: RunningServer, question: str, **wishes: str) -> dict[str, Any]:
    answer = server.get(f"/api/analysis/{question}", params=wishes)
    assert answer.status_code == 200, answer.text
    return answer.json()


def seconds(ns: float) -> str:
    """A duration between a second and 100 s, or of minutes, as the dashboard prints it."""
    value = ns / 10**9
    if value >= 99.95:
        whole = round(value)
        return f"{whole // 60}{NARROW}min {whole % 60:02}{NARROW}s"
    return f"{value:.2f}{NARROW}s" if value < 9.995 else f"{value:.1f}{NARROW}s"


def test_sessions_are_listed_searched_and_sorted_as_rest_says(page: Page, filled: RunningServer) -> None:
    longest = asked(filled, "sessions", sort="turns", limit="5")["items"]
    assert [one["turns"] for one in longest] == sorted((turns for _, turns in TALKS.values()), reverse=True)

    page.goto("/sessions")
    page.get_by_role("button", name="Turns").click()
    rows = page.locator("tbody tr")
    for place, one in enumerate(longest):
        row = rows.nth(place)
        expect(row).to_contain_text(one["session_id"])
        expect(row).to_contain_text(seconds(one["busy_ns"]))
        expect(row).to_contain_text(seconds(one["think_ns"]))
    expect(page).to_have_url(re.compile("sort=-turns"))

    page.keyboard.press("/")
    page.keyboard.type("talk-d")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("talk-dana")
    page.keyboard.press("Escape")
    page.get_by_role("heading", name="Sessions", level=1).click()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="talk-dana", level=1)).to_be_visible()


def test_a_session_keeps_the_users_time_apart_and_adds_up(page: Page, filled: RunningServer) -> None:
    detail = asked(filled, "session", session="talk-dana")
    session, turns = detail["session"], detail["turns"]
    assert [turn["number"] for turn in turns] == [1, 2, 3]
    assert session["busy_ns"] == sum(turn["execution"]["duration_ns"] for turn in turns)
    assert session["think_ns"] == sum(turn["think_ns"] or 0 for turn in turns)
    assert session["duration_ns"] == session["busy_ns"] + session["think_ns"]
    assert turns[-1]["tokens_so_far"] == session["tokens"]

    page.goto("/sessions/talk-dana")
    listed = page.locator("li.turn")
    expect(listed).to_have_count(3)
    for turn, row in zip(turns, listed.all(), strict=True):
        expect(row).to_contain_text(turn["asked"])
        expect(row).to_contain_text(seconds(turn["execution"]["duration_ns"]))
    for turn in turns[1:]:
        expect(page.get_by_text(f"the user took {seconds(turn['think_ns'])}", exact=True)).to_be_visible()
    expect(page.get_by_label("Figures")).to_contain_text(seconds(session["think_ns"]))
    expect(listed.nth(2)).to_contain_text("ToolError")

    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page).to_have_url(re.compile(r"turn=2"))
    expect(listed.nth(1)).to_have_attribute("aria-current", "true")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(turns[1]["execution"]["execution_id"]))


def test_agents_show_who_got_slower_and_since_when(page: Page, filled: RunningServer) -> None:
    agents = {one["agent"]: one for one in filled.get("/api/overview").json()["agents"]}
    changed = asked(filled, "regressions", agent=TRIAGE)["items"][0]["changes"][0]

    page.goto("/agents")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(len(agents))
    row = rows.filter(has=page.get_by_role("link", name=TRIAGE))
    expect(row).to_contain_text("slower")
    expect(row).to_contain_text(f"{seconds(changed['before'])} → {seconds(changed['after'])}")
    for name in (TRIAGE, ASSESSOR, FRAUD, CHAT):
        row = rows.filter(has=page.get_by_role("link", name=name))
        expect(row).to_contain_text(seconds(agents[name]["p50_ns"]))
        expect(row).to_contain_text(str(agents[name]["executions"]))

    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=TRIAGE, level=1)).to_be_visible()


def test_an_agent_tells_its_change_its_steps_and_its_versions(page: Page, filled: RunningServer) -> None:
    performance = asked(filled, "agent", agent=TRIAGE)
    versions = asked(filled, "versions", agent=TRIAGE)["versions"]
    assert [one["version"] for one in versions] == list(reversed(VERSIONS))
    steps = asked(filled, "bottlenecks", agent=TRIAGE, **{"from": versions[-1]["first_at"]})["operations"]

    page.goto(f"/agents/{TRIAGE}")
    expect(page.get_by_text(re.compile(r"since \d+ \w+, p50"))).to_be_visible()
    expect(page.get_by_label("Figures")).to_contain_text(seconds(performance["p50_ns"]))
    expect(page.get_by_role("img", name=f"Duration of {TRIAGE} over time")).to_be_visible()
    rows = page.get_by_role("table", name="Steps").locator("tbody tr")
    expect(rows).to_have_count(len(steps))
    for step, row in zip(steps, rows.all(), strict=True):
        expect(row).to_contain_text("between its steps" if step["is_agent"] else step["name"])
        expect(row).to_contain_text(f"{step['critical_share'] * 100:.1f}{NARROW}%")

    page.get_by_role("tab", name="Versions").click()
    expect(page).to_have_url(re.compile("tab=versions"))
    listed = page.get_by_role("table", name="Versions").locator("tbody tr")
    for one, row in zip(versions, listed.all(), strict=True):
        expect(row).to_contain_text(seconds(one["p50_ns"]))
    page.get_by_role("link", name="Compare them step by step").click()
    expect(page.get_by_role("table", name="Differences")).to_contain_text("more than chance")


def test_every_tab_of_an_agent_has_an_answer_in_the_dark_too(page: Page, filled: RunningServer) -> None:
    paths = asked(filled, "patterns", agent=TRIAGE)["paths"]
    page.emulate_media(color_scheme="dark")
    tabs = {
        "paths": page.get_by_role("table", name="Paths").get_by_text(f"agent {ASSESSOR}").first,
        "hours": page.get_by_role("img", name="Executions by day and hour"),
        "failures": page.get_by_role("table", name="Failures").get_by_text("RateLimitError", exact=True),
        "inputs": page.get_by_role("table", name="Keys of inputs").get_by_text("input.claim.amount"),
    }
    assert paths
    for tab, proof in tabs.items():
        page.goto(f"/agents/{TRIAGE}?tab={tab}")
        expect(proof).to_be_visible()
    page.goto(f"/agents/{FRAUD}?tab=not-fired")
    expect(page.get_by_role("table", name="Did not fire").get_by_text("below threshold").first).to_be_visible()


def test_why_not_names_the_score_the_threshold_and_the_others(page: Page, filled: RunningServer) -> None:
    decisions = asked(filled, "why-not", agent=FRAUD)["considered"]
    near = next(one for one in decisions if one["outcome"] == "below_threshold")
    session = filled.get(f"/api/executions/{near['execution_id']}").json()["execution"]["session_id"]

    page.goto("/why-not")
    page.get_by_role("combobox", name="Agent").fill(FRAUD)
    page.keyboard.press("Enter")
    page.get_by_role("combobox", name="Conversation").fill(session)
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(f"agent={FRAUD}&session={session}"))
    answer = page.get_by_label("Answer")
    expect(answer).to_contain_text(f"{FRAUD} was considered by {TRIAGE} and is below the threshold.")
    expect(answer).to_contain_text(f"{near['score']:.2f}, needs 0.65")
    expect(answer).to_contain_text("stopped at gate 3 of 6")
    candidates = page.get_by_role("table", name="Who was considered").locator("tbody tr")
    expect(candidates).to_have_count(3)
    expect(candidates.filter(has_text=FRAUD)).to_have_attribute("aria-current", "true")
    expect(candidates.filter(has_text=HUMAN)).to_contain_text("not asked")


OUTCOMES = [
    ("fraud-revue", None, "unknown name"),
    (CHAT, "talk-dana", "called, failed"),
    (CHAT, "talk-anna", "it did fire"),
    (ASSESSOR, "talk-dana", "something before it failed"),
    (ASSESSOR, "talk-anna", "nobody named it"),
    (HUMAN, None, "considered, not chosen"),
]


def test_why_not_has_words_for_what_happened(page: Page) -> None:
    for agent, session, says in OUTCOMES:
        page.goto(f"/why-not?agent={agent}" + (f"&session={session}" if session else ""))
        expect(page.get_by_label("Answer").get_by_text(says, exact=True)).to_be_visible()


def test_two_executions_are_compared_and_the_rows_sum_to_the_difference(page: Page, filled: RunningServer) -> None:
    a, b = (
        filled.get("/api/executions", params={"agent": TRIAGE, "version": version}).json()["items"][0]["execution_id"]
        for version in VERSIONS
    )
    comparison = asked(filled, "compare", a=a, b=b)
    change = comparison["duration_change_ns"]
    changes = [(one["critical_b_ns"] or 0) - (one["critical_a_ns"] or 0) for one in comparison["names"]]
    assert sum(changes) == change
    assert all(abs(one) >= abs(next_one) for one, next_one in pairwise(changes))

    page.goto(f"/compare?a={a}&b={b}")
    sign = "+" if change > 0 else "−"
    expect(page.get_by_label("The two executions")).to_contain_text(f"{sign}{seconds(abs(change))}")
    rows = page.get_by_role("table", name="Step diff").locator("tbody tr")
    expect(rows).to_have_count(
        sum(1 for one in comparison["names"] if one["critical_a_ns"] or one["critical_b_ns"]) + 1
    )
    expect(rows.last).to_contain_text(f"{sign}{seconds(abs(change))}")
    expect(page.get_by_role("img", name=re.compile("^A took .* B took"))).to_be_visible()

    page.get_by_role("button", name="Swap").click()
    expect(page).to_have_url(re.compile(f"a={b}&b={a}"))
    expect(rows.last).to_contain_text(f"{'−' if change > 0 else '+'}{seconds(abs(change))}")


def test_sets_and_one_against_the_others_stand_as_rest_says(page: Page, filled: RunningServer) -> None:
    sets = asked(filled, "compare-sets", agent=TRIAGE, version=VERSIONS[0], with_version=VERSIONS[1])
    slowest = filled.get("/api/executions", params={"agent": TRIAGE, "sort": "duration"}).json()["items"][0]
    standing = filled.get(f"/api/executions/{slowest['execution_id']}/standing").json()

    page.goto(f"/compare?agent={TRIAGE}&version={VERSIONS[0]}&with_version={VERSIONS[1]}")
    expect(page.get_by_text(sets["message"])).to_be_visible()
    median = page.get_by_role("table", name="Differences").locator("tbody tr").first
    expect(median).to_contain_text(f"+{seconds(sets['p50_ns']['change'])}")
    expect(median).to_contain_text(f"+{seconds(sets['p50_ns']['low'])} to +{seconds(sets['p50_ns']['high'])}")

    page.goto(f"/compare?mode=others&a={slowest['execution_id']}")
    expect(page.get_by_text(standing["message"])).to_be_visible()
    first = page.get_by_role("table", name="Steps").locator("tbody tr").first
    expect(first).to_contain_text(standing["steps"][0]["name"])
    expect(first).to_contain_text(seconds(standing["steps"][0]["longest_ns"]))


def test_what_is_not_there_is_said_in_words(page: Page) -> None:
    page.goto("/compare")
    expect(page.get_by_role("heading", name="Choose two executions.")).to_be_visible()
    page.goto("/compare?mode=sets")
    expect(page.get_by_role("heading", name="Choose an agent and what sets its executions apart.")).to_be_visible()
    page.goto("/why-not")
    expect(page.get_by_role("heading", name="Which agent should have done something?")).to_be_visible()
    page.goto("/sessions?text=nowhere")
    expect(page.get_by_role("heading", name="No session fits.")).to_be_visible()
    page.goto("/agents/nobody")
    expect(page.get_by_role("heading", name="nobody has not run yet.")).to_be_visible()
