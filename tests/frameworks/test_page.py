"""The page about frameworks: its code is that of the examples, its versions are those that they are run with."""

import re

from framework_runs import EXAMPLES
from framework_table import TITLES, version
from house.checkout import ROOT

PAGE = ROOT / "docs" / "how-to" / "frameworks.md"
LISTED = re.compile(r"^`examples/frameworks/(\w+/\w+\.py)`:\n\n```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
ROW = re.compile(r"^\| ([^|]+) \| (\d[^ ]*) \|.*\| (.+) \|$", re.MULTILINE)


def test_the_code_of_the_page_is_that_of_the_examples() -> None:
    shown = dict(LISTED.findall(PAGE.read_text()))
    written = {str(path.relative_to(EXAMPLES)): path.read_text() for path in EXAMPLES.glob("*/*.py")}
    assert shown == written


def test_the_table_of_the_page_has_the_versions_that_are_pinned_and_nothing_that_differs() -> None:
    rows = ROW.findall(PAGE.read_text())
    assert {name: number for name, number, _ in rows} == {TITLES[one][0]: version(one) for one in TITLES}
    assert len(rows) == 2 * len(TITLES)
    assert {result for _, _, result in rows} == {"ok"}
