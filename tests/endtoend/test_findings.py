"""What is found in the research team, whose faults are planted and written down."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from longpole.settings import child_environment
from running_server import RunningServer, wait_until

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "research_team.py"
PLANTED = json.loads((ROOT / "examples" / "research_team.truth.json").read_text())["planted"]
RULES = {
    "independent_in_sequence": "sequence.independent_steps",
    "repeated_call": "repeats.same_call",
    "blocking_in_async": "waits.blocked_loop",
    "retry_after_rate_limit": "waits.rate_limit",
    "skipped_agent": "agents.skipped",
    "never_called_agent": "agents.never_called",
    "failed_agent": "agents.failed",
}
SURE = ("high", "certain")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[dict[str, Any]]]]:
    """The findings about one run of the team, which `longpole run` watches, and its steps."""
    server = RunningServer(tmp_path_factory.mktemp("team") / "longpole").start()
    try:
        command = [str(Path(sys.executable).with_name("longpole")), "run", "--url", server.url, "--"]
        command += [sys.executable, str(EXAMPLE), "--endpoint", server.url]
        done = subprocess.run(
            command, env=child_environment({}), capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        execution = done.stdout.split()[-1]
        wait_until(
            lambda: server.get(f"/api/executions/{execution}").json().get("execution", {}).get("is_settled"),
            "the run to settle",
        )
        findings = server.get(f"/api/executions/{execution}/findings").json()["findings"]
        yield {"findings": findings, "steps": server.get(f"/api/executions/{execution}").json()["steps"]}
    finally:
        server.stop()
        server.close()


@pytest.fixture(scope="module")
def found(told: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    return told["findings"]


def taken_ns(planted: dict[str, Any], steps: list[dict[str, Any]]) -> int:
    """What the planted steps took in this run, the shortest of them: on a busy machine more than was planned."""
    return min(max(one["duration_ns"] for one in steps if one["name"] == name) for name in planted["steps"])


def about(planted: dict[str, Any]) -> str:
    """A word that the title of a fault's finding has to have."""
    if planted["kind"] == "blocking_in_async":
        return planted["agent"]
    return planted["steps"][0] if "steps" in planted else planted["agent"]


def finding_of(planted: dict[str, Any], found: list[dict[str, Any]]) -> dict[str, Any]:
    (finding,) = [one for one in found if one["rule"] == RULES[planted["kind"]] and about(planted) in one["title"]]
    return finding


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted["kind"])
def test_a_planted_fault_is_found_and_its_saving_is_right(
    planted: dict[str, Any], told: dict[str, list[dict[str, Any]]]
) -> None:
    finding = finding_of(planted, told["findings"])
    truth_ns = planted.get("saving_ns") or planted.get("waited_ns")
    if truth_ns is None:
        assert finding["saving_ns"] is None
    else:
        most_ns = max(truth_ns * 1.15, taken_ns(planted, told["steps"]))
        assert truth_ns * 0.85 <= finding["saving_ns"] <= most_ns
    assert finding["advice"]
    assert finding["code_file"].endswith("research_team.py")


def test_what_saves_most_comes_first(found: list[dict[str, Any]]) -> None:
    savings = [one["saving_ns"] or 0 for one in found]
    assert savings == sorted(savings, reverse=True)
    kinds = [one["rule"] for one in found if one["saving_ns"]]
    assert kinds == ["sequence.independent_steps", "waits.rate_limit", "repeats.same_call"]


def test_nothing_that_was_not_planted_is_told_for_sure(found: list[dict[str, Any]]) -> None:
    planted = [finding_of(one, found) for one in PLANTED]
    assert [one["title"] for one in found if one not in planted and one["confidence"] in SURE] == []
