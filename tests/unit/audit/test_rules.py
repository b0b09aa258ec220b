"""Every rule finds each line that says so in its fixture, and no other; the pages and the tables are whole."""

import re
from collections import Counter
from pathlib import Path

import pytest

from longpole.audit import Selection, audit_paths
from longpole.audit.rules import RULES

FIXTURES = Path(__file__).resolve().parents[2] / "audit_fixtures"
EXPECTED = re.compile(r"#\s*expect:\s*(LP\d+)")
FEW_REAL_SITES = (
    "LP003",
    "LP004",
    "LP005",
    "LP006",
    "LP008",
    "LP009",
    "LP010",
    "LP011",
    "LP012",
    "LP013",
    "LP014",
    "LP015",
)
LEAST = 20


def expected_lines(file: Path) -> Counter[tuple[int, str]]:
    return Counter(
        (number, code)
        for number, line in enumerate(file.read_text().splitlines(), 1)
        for code in EXPECTED.findall(line)
    )


@pytest.mark.parametrize("file", sorted(FIXTURES.glob("lp*.py")), ids=lambda file: file.stem)
def test_a_rule_finds_what_its_fixture_expects_and_nothing_else(file: Path) -> None:
    rule = file.stem.upper()
    result = audit_paths([file], selection=Selection(select=(rule,)))
    assert result.skipped == ()
    found = {(line, one.rule) for one in result.findings for line in [one.line]}
    assert found == set(expected_lines(file))


@pytest.mark.parametrize("rule", FEW_REAL_SITES)
def test_a_rule_without_real_sites_has_twenty_cases_of_each_kind(rule: str) -> None:
    file = FIXTURES / f"{rule.lower()}.py"
    true_cases = sum(expected_lines(file).values())
    near_misses = (
        len(re.findall(r"^ *(?:async )?(?:def|class) |^miss\w* =", file.read_text(), re.MULTILINE)) - true_cases
    )
    assert true_cases >= LEAST
    assert near_misses >= LEAST


@pytest.mark.parametrize("code", RULES)
def test_the_page_of_a_rule_has_all_its_parts(code: str) -> None:
    page = RULES[code].manual
    for part in ("What it finds", "Why it matters", "When not to worry", "How to mend", "```python"):
        assert part in page
