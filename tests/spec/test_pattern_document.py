"""The pattern analyzer of the analytics document: its names, its shapes, and what it must not claim."""

import asyncio
import random
from typing import Any

import pytest

from longpole import ExecutionPatternAnalyzer, settings
from longpole.client.answers import DATABASE
from longpole.model.clock import now_ns
from longpole.store.store import open_store
from stored_executions import DAY_NS, SECOND, Made

# The keys that the document selects, by part.
SHAPES = {
    "hourly_patterns": {"hour", "execution_count", "avg_duration", "success_rate"},
    "input_patterns": {"input_key", "usage_count", "success_rate"},
    "execution_paths": {"execution_path", "frequency", "avg_duration", "avg_credits"},
    "bottlenecks": {"step_name", "avg_duration", "execution_count", "duration_variance"},
}
BUSY_HOUR = 9


@pytest.fixture(scope="module")
def patterns(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the analyzer says of ten days of one agent: twice as much at nine, and slow where a claim has many pages."""
    folder = tmp_path_factory.mktemp("patterns")
    chance, made = random.Random(12), Made()
    today_ns = now_ns() // DAY_NS * DAY_NS
    for day in range(-10, 0):
        for hour in range(24):
            for _ in range(24 if hour == BUSY_HOUR else 12):
                run = made.execution(
                    today_ns + day * DAY_NS + hour * 3600 * SECOND + chance.randrange(3600 * SECOND),
                    status="failed" if chance.random() < 0.05 else "success",
                    duration_ns=4 * SECOND, path="llm > tool read", path_hash="1", credits=0.5, critical_ns=SECOND,
                    given='{"claim": "CLM", "pages": 3}',
                )  # fmt: skip
                made.step(run, "read", duration_ns=2 * SECOND, critical_ns=2 * SECOND, slack_ns=0)
    store = open_store(folder / DATABASE)
    store.write(made.batch)
    store.close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "_chosen", settings.load(data_folder=str(folder), port=1))
        return asyncio.run(ExecutionPatternAnalyzer().analyze_patterns("shop", "default"))


def test_the_answer_has_the_parts_and_columns_of_the_document(patterns: dict[str, Any]) -> None:
    assert set(patterns) == {*SHAPES, "optimization_suggestions"}
    for part, columns in SHAPES.items():
        assert patterns[part], part
        assert columns <= set(patterns[part][0]), part


def test_the_numbers_are_in_the_documents_units(patterns: dict[str, Any]) -> None:
    hours = {one["hour"]: one for one in patterns["hourly_patterns"]}
    assert sorted(hours) == list(range(24))
    assert (hours[0]["execution_count"], hours[BUSY_HOUR]["execution_count"]) == (120, 240)
    assert hours[0]["avg_duration"] == 4000
    assert 0.85 < hours[0]["success_rate"] < 1
    [path] = patterns["execution_paths"]
    assert (path["execution_path"], path["frequency"], path["avg_duration"], path["avg_credits"]) == (
        "llm > tool read", 3000, 4000, 0.5,
    )  # fmt: skip
    assert [one["input_key"] for one in patterns["input_patterns"]] == ["claim", "pages"]
    assert patterns["input_patterns"][0]["usage_count"] == 3000
    assert patterns["bottlenecks"][0]["step_name"] == "read"
    assert (patterns["bottlenecks"][0]["avg_duration"], patterns["bottlenecks"][0]["duration_variance"]) == (2000, 0)


def test_a_peak_hour_is_one_above_its_even_share_not_above_a_hundred(patterns: dict[str, Any]) -> None:
    assert all(one["execution_count"] > 100 for one in patterns["hourly_patterns"])
    assert patterns["optimization_suggestions"] == [
        "Consider scaling during peak hours: 9",
        "Optimize step 'read' - averaging 2000ms, 67% of the agent's own critical time",
    ]


def test_without_patterns_there_are_no_suggestions() -> None:
    assert ExecutionPatternAnalyzer().generate_suggestions([], []) == []
