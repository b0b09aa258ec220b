"""The pytest plugin as its users meet it: pytest in a process of its own, also with workers."""

import json
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

from house.checkout import ROOT

TESTS = """
import pytest
import agents

@pytest.mark.longpole_budget(model_calls=2, tokens=400, exact=True)
def test_within():
    agents.answer()

@pytest.mark.longpole_budget(model_calls=1)
def test_beyond():
    agents.answer()

def test_blocks(longpole_budget):
    for _ in range(2):
        with longpole_budget(tool_calls=1) as block:
            agents.answer()
    assert block.spent.model_calls == agents.CALLS

@pytest.mark.longpole_budget(calls=1)
def test_wrong():
    pass

def test_not_measured():
    pass
"""
AGENTS = """
import longpole

CALLS = 2

@longpole.timing_step(category="llm")
def ask():
    longpole.set_usage(model="gpt-4o", provider="openai", input_tokens=100, output_tokens=20)

@longpole.timing_step(category="tool")
def search():
    pass

@longpole.agent
def answer():
    for _ in range(CALLS):
        ask()
    search()
"""


class Project:
    """A folder with an agent and its tests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "test_agents.py").write_text(TESTS)
        (folder / "agents.py").write_text(AGENTS)

    def pytest(self, *options: str) -> subprocess.CompletedProcess[str]:
        """A run of pytest with no other plugin than this one; without colours."""
        command = [sys.executable, "-m", "pytest", "-p", "longpole_pytest", "-p", "no:cacheprovider", "-q"]
        environment = {
            "PATH": "/usr/bin:/bin",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTHONPATH": str(self.folder),
            # Python takes a module that was changed within the same second, and is as long as before, for the old one.
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        return subprocess.run(
            [*command, *options], cwd=self.folder, capture_output=True, text=True, env=environment, timeout=120
        )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """One for all tests, which change nothing in it but what they write."""
    return Project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def first(project: Project) -> subprocess.CompletedProcess[str]:
    """A run of everything that writes a baseline and a page."""
    return project.pytest("--longpole-save-baseline", "base.json", "--longpole-html", "page.html")


def line_of(output: str, start: str) -> list[str]:
    """The words of the one line that starts like this."""
    (line,) = [line for line in output.splitlines() if line.startswith(start)]
    return line.split()


def test_the_entry_point_names_a_module_outside_of_the_package():
    entry_points = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]
    assert entry_points["pytest11"] == {"longpole": "longpole_pytest"}


def test_nothing_is_loaded_but_the_door_until_a_test_or_an_option_uses_it(tmp_path: Path):
    (tmp_path / "test_other.py").write_text("def test_other():\n    pass\n")
    program = (
        "import sys, pytest; code = pytest.main(sys.argv[1:]); print(code, *sorted(set(sys.modules) - {'__main__'}))"
    )

    def loaded(*options: str) -> set[str]:
        command = [sys.executable, "-c", program, "-q", "-p", "no:cacheprovider", *options, "test_other.py"]
        environment = {"PATH": "/usr/bin:/bin", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment, timeout=120)
        code, *names = done.stdout.splitlines()[-1].split()
        assert "1 passed" in done.stdout
        assert code in ("0", "ExitCode.OK")
        return set(names)

    assert loaded("-p", "longpole_pytest") - loaded() == {"longpole_pytest"}
    assert "longpole.testing.measured_session" in loaded("-p", "longpole_pytest", "--longpole-runs", "2")


def test_a_program_that_loads_longpole_before_pytest_gets_no_warning_about_it():
    for name in ("longpole", "longpole_pytest"):
        assert "PYTEST_DONT_REWRITE" in (import_module(name).__doc__ or "")


def test_a_test_beyond_its_budget_fails_and_says_what_it_spent_on_what(first: subprocess.CompletedProcess[str]):
    assert first.returncode == 1
    assert "2 failed, 3 passed" in first.stdout
    assert "The longpole budget is not kept: 2 model calls, expected at most 1 model call." in first.stdout
    assert "2 ×  ask (llm): 200 input and 40 output tokens" in first.stdout
    assert "longpole_budget(calls=1) cannot be used" in first.stdout


def test_the_table_at_the_end_has_a_line_for_each_measured_test(first: subprocess.CompletedProcess[str]):
    assert line_of(first.stdout, "test_agents.py::test_within")[-4:-1] == ["2", "1", "240"]
    assert line_of(first.stdout, "test_agents.py::test_blocks")[1] == "2"
    assert line_of(first.stdout, "test_agents.py::test_beyond")[1] == "(failed)"
    assert "test_not_measured" not in first.stdout


def test_the_baseline_holds_the_runs_of_what_passed(first: subprocess.CompletedProcess[str], project: Project):
    saved = json.loads((project.folder / "base.json").read_text())
    blocks, within = saved["operations"]
    assert (within["name"], within["exact"]) == ("test_agents.py::test_within", True)
    assert within["spent"]["model_calls"] == [2]
    assert within["spent"]["cost_usd_nanos"] == [900_000]
    assert len(blocks["durations_ns"]) == 2


def test_the_page_is_one_file_that_asks_nobody_for_anything(first: subprocess.CompletedProcess[str], project: Project):
    page = (project.folder / "page.html").read_text()
    assert page.startswith("<!doctype html>")
    assert "Content-Security-Policy" in page
    assert "prefers-color-scheme:dark" in page
    assert "test_agents.py::test_within" in page
    assert not [word for word in ("http://", "https://", "<script", "src=", "url(") if word in page]


def test_workers_report_to_the_process_that_judges_and_what_got_costlier_fails_the_run_although_all_tests_passed(
    first: subprocess.CompletedProcess[str], project: Project
):
    (project.folder / "agents.py").write_text(AGENTS.replace("input_tokens=100", "input_tokens=101"))
    try:
        workers = ("-p", "xdist", "-n", "2")
        done = project.pytest(
            *workers, "-k", "blocks or within", "--longpole-baseline", "base.json", "--longpole-runs=3"
        )
    finally:
        (project.folder / "agents.py").write_text(AGENTS)
    assert "2 passed" in done.stdout
    assert done.returncode == 1
    assert line_of(done.stdout, "test_agents.py::test_within")[1] == "3"
    assert line_of(done.stdout, "test_agents.py::test_blocks")[1] == "6"
    assert "Against the baseline: 1 of 2 tests got worse." in done.stdout
    assert "test_agents.py::test_within: input tokens 200 → 202 (more)" in done.stdout
    assert "test_agents.py::test_blocks: input tokens" not in done.stdout  # it does not say that it is exact
    assert "Counters are judged where all runs of a side agree" in done.stdout


def test_a_baseline_that_cannot_be_read_ends_the_run_before_it_begins(project: Project):
    done = project.pytest("--longpole-baseline", "nowhere.json")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "nowhere.json cannot be read as a baseline" in done.stderr


def test_the_example_keeps_its_budgets(project: Project):
    done = project.pytest(str(ROOT / "examples" / "budgeted_agent.py"), "-c", "/dev/null")
    assert "2 passed" in done.stdout, done.stdout
