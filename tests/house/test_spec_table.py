"""Every line of the specification documents has a place, and what is called done is shown by a test."""

from typing import Any

from generated_pages import spec_page
from house.checkout import ROOT, functions

ISSUES = range(2, 11)
ROWS: list[tuple[int, dict[str, Any]]] = [
    (document["number"], row) for document in spec_page.documents() for row in document["rows"]
]


def test_no_item_of_the_documents_is_missing_or_invented():
    listed = [tuple(line.split("\t")) for line in spec_page.ITEMS.read_text().splitlines()]
    assert [(str(number), str(row["line"]), row["item"]) for number, row in ROWS] == listed


def test_every_row_has_a_home():
    assert [(number, row["line"]) for number, row in ROWS if not row["home"].strip()] == []


def test_every_row_is_either_done_or_planned_or_says_why_not():
    unclear = [(number, row["line"]) for number, row in ROWS if len({"done", "planned", "reason"} & set(row)) != 1]
    assert unclear == []
    assert [row for _, row in ROWS if "planned" in row and row["planned"] not in ISSUES] == []
    assert [row for _, row in ROWS if "reason" in row and not row["reason"].strip()] == []


def test_what_is_done_is_shown_by_a_test_that_exists():
    for test in sorted({row["done"] for _, row in ROWS if "done" in row}):
        path, _, name = test.partition("::")
        assert (ROOT / path).is_file(), test
        if path.endswith(".py"):
            assert name in {function.name for function in functions(ROOT / path)}, test
