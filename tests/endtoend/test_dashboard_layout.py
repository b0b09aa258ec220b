"""Where the parts of the main pages stand, and how they look, in both themes: what a change of styles may move.

Boxes to the pixel in `dashboard_boxes.json`, beside this file; pictures in `dashboard_pictures`, roughly (`pictures`
says how, and why). Both were looked at before they were accepted.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from pictures import MOST_FAR, far_share, see
from running_server import RunningServer, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

WANTED = Path(__file__).with_name("dashboard_boxes.json")
PICTURES = Path(__file__).with_name("dashboard_pictures")
THEMES = ("light", "dark")
PAGES = {
    "overview": "/",
    "executions": "/executions",
    "execution": "/executions/{lead}",
    "agent": "/agents/lead",
    "cost": "/cost",
}
TOLERANCE_PX = 3

# Named parts of a page with left, top and width. Rows of tables are left out: how many there are is the data's affair,
# and with it what stands below the first screen.
BOXES = """() => {
  const name = (one) => {
    const told = one.getAttribute("aria-label") ?? one.querySelector("h1, h2")?.textContent ?? "";
    return `${one.tagName.toLowerCase()} ${told.replace(/[0-9][0-9.,:]*.*$/, "").trim()}`;
  };
  const found = {};
  for (const one of document.querySelectorAll("nav, header, main, h1, section[aria-label], .card, thead, .wf")) {
    const box = one.getBoundingClientRect();
    if (box.width === 0 || one.closest(".hidden")) continue;
    const key = name(one);
    let free = key;
    for (let again = 2; free in found; again++) free = `${key} ${again}`;
    const top = box.top + document.querySelector("main").scrollTop;
    found[free] = [box.left, Math.min(top, innerHeight), box.width].map(Math.round);
  }
  return found;
}"""
COLOURS = """() => {
  const of = (selector) => {
    const style = getComputedStyle(document.querySelector(selector));
    return [style.color, style.backgroundColor];
  };
  return { page: of("body"), navigation: of("nav"), card: of(".card"), title: of("h1") };
}"""


def wait_until_drawn(page: Page) -> None:
    """Until everything that a page asked for stands where it belongs: on a busy machine half a second without a request
    may come before the first of them."""
    expect(page.locator("h1").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(page.locator('main [aria-busy="true"]')).to_have_count(0)
    page.evaluate("document.fonts.ready")


def look_of(page: Page, path: str) -> dict[str, Any]:
    """The boxes of a page's parts, and its colours by theme."""
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.goto(path)
    wait_until_drawn(page)
    look: dict[str, Any] = {"boxes": page.evaluate(BOXES), "colours": {}}
    for scheme in THEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", scheme)
        look["colours"][scheme] = page.evaluate(COLOURS)
        moved = differences(look["boxes"], page.evaluate(BOXES))
        assert moved == [], f"{path} is laid out differently in the {scheme} theme: {moved}"
    return look


def differences(wanted: dict[str, list[int]], found: dict[str, list[int]]) -> list[str]:
    """What stands elsewhere than it should, in words."""
    told = [f"{name} is gone" for name in wanted.keys() - found.keys()]
    told += [f"{name} is new" for name in found.keys() - wanted.keys()]
    for name in wanted.keys() & found.keys():
        if any(abs(a - b) > TOLERANCE_PX for a, b in zip(wanted[name], found[name], strict=True)):
            told.append(f"{name} has left, top, width {found[name]} and not {wanted[name]}")
    return sorted(told)


def test_the_main_pages_stand_as_they_did(
    example: RunningServer, open_page: Callable[[str], Page], tmp_path: Path
) -> None:
    listed = example.get("/api/executions", params={"agent": "lead"}).json()["items"]
    lead = min(listed, key=lambda item: item["started_at"])["execution_id"]
    page = open_page(example.url)

    looks = {name: look_of(page, path.format(lead=lead)) for name, path in PAGES.items()}

    made = tmp_path / WANTED.name
    made.write_text(json.dumps(looks, indent=1) + "\n")
    wanted = json.loads(WANTED.read_text()) if WANTED.exists() else {}
    moved = [
        f"{name}: {one}"
        for name, look in looks.items()
        for one in differences(wanted.get(name, {}).get("boxes", {}), look["boxes"])
    ]
    painted = [name for name, look in looks.items() if look["colours"] != wanted.get(name, {}).get("colours")]
    assert (moved, painted) == ([], []), f"If it shall be like this: cp {made} {WANTED}"


@pytest.mark.parametrize("name", PAGES)
def test_the_main_pages_look_as_they_did(
    name: str, example: RunningServer, browser: Browser, open_page: Callable[[str], Page], tmp_path: Path
) -> None:
    listed = example.get("/api/executions", params={"agent": "lead"}).json()["items"]
    lead = min(listed, key=lambda item: item["started_at"])["execution_id"]
    page = open_page(example.url)
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    wait_until(lambda: example.get("/api/analysis/opportunities").json()["opportunities"], "what could be saved")
    page.goto(PAGES[name].format(lead=lead))
    wait_until_drawn(page)
    apart: dict[str, float] = {}
    for theme in THEMES:
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", theme)
        page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        found = see(browser, page.screenshot(animations="disabled"))
        (tmp_path / f"{name}-{theme}.png").write_bytes(found.small)
        apart[theme] = far_share(browser, PICTURES / f"{name}-{theme}.png", found)
    assert max(apart.values()) <= MOST_FAR, (
        f"{apart} of the fields differ. If it shall be so: cp {tmp_path}/*.png {PICTURES}"
    )
