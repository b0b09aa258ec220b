"""Everything that comes with Longpole has a licence that is allowed, and is listed."""

import re

from licences import PAGE, dashboard_parts, python_parts, refused, tools

LISTED = set(re.findall(r"^\| (\S+) \| [^|]+ \| [^|]+ \|$", PAGE.read_text(), re.MULTILINE))


def test_every_licence_is_allowed_that_of_tools_too() -> None:
    assert refused([*python_parts(), *dashboard_parts(), *tools()]) == []


def test_what_comes_with_longpole_is_on_the_page() -> None:
    assert {part.name for part in (*python_parts(), *dashboard_parts())} - LISTED == set()  # run `make licences`
    assert {"msgspec", "duckdb", "react"} <= LISTED
