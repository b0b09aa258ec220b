"""The navigation of the documentation: every page can be reached, and nothing in it leads nowhere.

`make docs-site` builds the site and checks every link; that takes too long for every run.
"""

from docs_site import navigation
from house.checkout import ROOT

DOCS = ROOT / "docs"


def test_every_page_is_in_the_navigation_once():
    listed = [entry.page for part in navigation.parts() for entry in part.entries]
    listed += [entry.page for entry in navigation.decisions()]
    pages = {str(page.relative_to(DOCS).with_suffix("")) for page in DOCS.rglob("*.md")} - {"index"}
    assert sorted(listed) == sorted(pages), "name a how-to page in a table of docs/start.md"


def test_the_list_of_decisions_names_every_decision():
    listing = (DOCS / "decisions" / "README.md").read_text()
    pages = [entry.page.removeprefix("decisions/") for entry in navigation.decisions()]
    assert [page for page in pages if f"({page}.md)" not in listing] == []
