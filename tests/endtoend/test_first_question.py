"""What a page asks for before its scripts are there is what they would ask: they take the answer."""

import pytest
from playwright.sync_api import Browser

from running_server import RunningServer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

PAGES = {
    "/": "/api/analysis/pulse",
    "/executions": "/api/executions",
    "/executions/{lead}": "/api/executions/{lead}",
}
# `early.js` puts the answer there, and who takes it puts it away.
NOTE_WHAT_WAS_ASKED = """
  let now;
  Object.defineProperty(window, "longpoleEarly", {
    get: () => now,
    set: (value) => {
      now = value;
      const noted = document.documentElement.dataset;
      if (value) noted.asked = value.path;
      else noted.isTaken = "";
    },
  });
"""


@pytest.mark.parametrize("path", PAGES)
def test_the_first_question_is_asked_once(path: str, example: RunningServer, browser: Browser) -> None:
    items = example.get("/api/executions").json()["items"]
    lead = next(item["execution_id"] for item in items if item["agent"] == "lead")
    page = browser.new_page()
    page.add_init_script(NOTE_WHAT_WAS_ASKED)
    page.goto(example.url + path.format(lead=lead))
    page.locator("html[data-is-taken]").wait_for(state="attached")
    asked = page.locator("html").get_attribute("data-asked")
    page.close()

    assert (asked or "").split("?")[0] == PAGES[path].format(lead=lead)


def test_a_page_with_filters_asks_for_itself(example: RunningServer, browser: Browser) -> None:
    page = browser.new_page()
    page.add_init_script(NOTE_WHAT_WAS_ASKED)
    page.goto(f"{example.url}/executions?agent=lead")
    page.locator("tbody tr").first.wait_for()

    assert page.locator("html").get_attribute("data-asked") is None
    page.close()
