"""The examples of frameworks, with the real packages: what is shown is what was served, also where something fails."""

from pathlib import Path
from typing import NamedTuple

from framework_runs import Run, run_example
from framework_table import Row
from model_provider import ModelProvider
from running_server import RunningServer


class Truth(NamedTuple):
    """What an example does: its executions, and its tools, when all goes well and in trouble.

    In trouble the tools are asked for a city that they do not know, and what the program then ends with is its `code`;
    the first answer of the provider is a refusal, which is seen as a wait where `waits` is 1.
    """

    executions: dict[str, int]
    tools: dict[str, int]
    troubled: dict[str, int]
    broken: dict[str, int]
    waits: int = 1
    code: int = 0


WORKING = {"hotel": 1, "weather": 1}
BROKEN = {"hotel failed": 1, "weather failed": 1}
HOSTED = {"hotel": 1, "weather failed": 1}  # what a room costs is asked of another agent
TEAM = {"planner": 1, "researcher": 1, "writer": 1}
HANDOFF = {"Agent workflow": 1, "concierge": 1, "planner": 1}
TWO = {"host": 1, "planner": 1}
TRUTHS = {
    "openai": Truth({"planner": 1}, WORKING, {"planner": 1}, BROKEN),
    "openai_agents": Truth(HANDOFF, WORKING, HANDOFF, BROKEN),
    "langgraph": Truth(
        {"planner": 1, "researcher": 1}, WORKING, {"planner failed": 1, "researcher failed": 1}, BROKEN, code=1
    ),
    "pydantic_ai": Truth(TWO, WORKING, TWO, HOSTED),
    "crewai": Truth(TEAM, WORKING, TEAM, BROKEN),
    "llama_index": Truth(TWO, WORKING, TWO, HOSTED),
    "smolagents": Truth(TWO, {"final_answer": 2, **WORKING}, TWO, {"final_answer": 2, **BROKEN}),
    "google_adk": Truth(
        {"concierge": 2, "planner": 1},
        {"hotel": 1, "transfer_to_agent": 1, "weather": 1},
        {"concierge": 1, "concierge failed": 1, "planner failed": 1},
        {"hotel failed": 1, "transfer_to_agent": 1, "weather failed": 1},
        waits=0,
        code=1,
    ),
    "autogen": Truth(TEAM, WORKING, TEAM, BROKEN),
    "fastapi": Truth({"planner": 1}, {"weather": 1}, {"planner failed": 1}, {"weather failed": 1}, waits=0),
    "celery": Truth(
        {"concierge": 1, "planner": 1},
        {"weather": 1},
        {"concierge failed": 1, "planner failed": 1},
        {"weather failed": 1},
        waits=0,
        code=1,
    ),
}
# What tools are called with: ADK's and smolagents' own want more than a city.
ARGUMENTS = {"agent_name": "planner", "additional_args": {}}


def ran(framework: str, python: Path, server: RunningServer, folder: Path, city: str, *, is_troubled: bool) -> Run:
    code = TRUTHS[framework].code if is_troubled else 0
    arguments = {"city": city, **ARGUMENTS}
    refusals = 1 if is_troubled else 0
    with ModelProvider(arguments, refusals=refusals, is_parallel=is_troubled, asks_once=True) as provider:
        return run_example(framework, python, server, provider, folder, code=code)


def test_a_run_is_shown_with_its_agents_models_tools_and_tokens(
    framework: str, python: Path, server: RunningServer, tmp_path: Path, rows: list[Row]
) -> None:
    truth = TRUTHS[framework]
    run = ran(framework, python, server, tmp_path, "Lisbon", is_troubled=False)
    row = Row(framework, run.seen, run.expected(truth.executions, truth.tools, waits=0))
    rows.append(row)
    assert row.result == "ok", run.paths()


def test_tools_that_fail_side_by_side_and_a_call_that_is_refused_once_are_shown_as_such(
    framework: str, python: Path, server: RunningServer, tmp_path: Path, rows: list[Row]
) -> None:
    truth = TRUTHS[framework]
    run = ran(framework, python, server, tmp_path, "Atlantis", is_troubled=True)
    row = Row(framework, run.seen, run.expected(truth.troubled, truth.broken, waits=truth.waits))
    rows.append(row)
    assert row.result == "ok", run.paths()
