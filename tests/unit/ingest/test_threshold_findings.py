"""Operations that took longer than the settings call acceptable become a finding of their execution."""

import json

from execution_trees import TRACE, agent, fact, span_id
from longpole.ingest.facts import Facts
from longpole.ingest.settle import build_rows
from longpole.ingest.threshold_findings import Thresholds
from longpole.model.finding import Finding

SECOND = 1_000_000_000
DEFAULT = Thresholds(slow_ns=SECOND, critical_ns=5 * SECOND)


def findings(*facts: Facts, thresholds: Thresholds = DEFAULT) -> list[Finding]:
    rows = build_rows(list(facts), now_ns=99 * SECOND, thresholds=thresholds)
    return [finding for finding in rows.findings if finding.rule == "threshold.critical_operation"]


def test_the_longest_are_named_and_the_slow_ones_counted():
    (finding,) = findings(
        agent(0, end=30 * SECOND),
        fact(1, 0, start=0, end=6 * SECOND, name="search"),
        fact(2, 0, start=6 * SECOND, end=14 * SECOND, name="chat", code_file="a.py", code_line=3),
        fact(3, 0, start=14 * SECOND, end=16 * SECOND, name="rank"),
        fact(4, 0, start=16 * SECOND, end=16 * SECOND + 5, name="format"),
    )
    assert finding.title == "2 operations took 5 s or longer: chat 8.0 s, search 6.0 s"
    assert (finding.execution_id, finding.code_file, finding.code_line) == (TRACE + span_id(0), "a.py", 3)
    told = json.loads(finding.evidence)
    assert (told["critical"], told["slow"], told["critical_operation_ns"]) == (2, 1, 5 * SECOND)
    assert [each["duration_ns"] for each in told["operations"]] == [8 * SECOND, 6 * SECOND]


def test_of_nested_steps_the_innermost_is_named():
    (finding,) = findings(
        agent(0, end=20 * SECOND),
        fact(1, 0, start=0, end=9 * SECOND, name="retrieve"),
        fact(2, 1, start=1, end=8 * SECOND, name="query"),
    )
    assert finding.title == "An operation took 5 s or longer: query 8.0 s"


def test_a_child_agent_answers_for_its_own_operations():
    found = findings(
        agent(0, end=20 * SECOND),
        agent(1, 0, start=0, end=19 * SECOND),
        fact(2, 1, start=0, end=7 * SECOND, name="slow tool"),
    )
    assert [finding.execution_id for finding in found] == [TRACE + span_id(1)]


def test_quick_executions_and_settings_without_a_threshold_have_none():
    quick = (agent(0, end=20 * SECOND), fact(1, 0, start=0, end=5 * SECOND - 1, name="almost"))
    assert findings(*quick) == []
    slow = (agent(0, end=20 * SECOND), fact(1, 0, start=0, end=9 * SECOND, name="slow"))
    assert findings(*slow, thresholds=Thresholds()) == []
