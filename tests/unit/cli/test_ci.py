"""`longpole ci compare` as a build runs it: Markdown, JSON, exit codes."""

import json
import sys
from pathlib import Path
from random import Random

import pytest

from longpole.cli.commands import run_commands
from longpole.cli.exit_codes import ExitCode
from longpole.testing.baseline import baseline_of, measured_of, save_baseline
from longpole.testing.spent import Spent

MS = 1_000_000


def measure(folder: Path, *, mean_ms: float, calls: int) -> Path:
    """A folder of five processes that measured a test; and one test that never changes."""
    folder.mkdir()
    random = Random(f"{mean_ms} {calls}")
    for number in range(5):

        def run(mean: float, model_calls: int) -> Spent:
            duration = round(mean * MS * random.gauss(1, 0.02))
            return Spent(duration_ns=duration, model_calls=model_calls, input_tokens=1, output_tokens=1)

        tests = [
            measured_of("t.py::test_[a|b]", [run(mean_ms, calls) for _ in range(4)]),
            measured_of("t.py::test_same", [run(50, 1) for _ in range(4)]),
        ]
        save_baseline(folder / f"{number}.json", baseline_of(tests), started_at="", option="")
    return folder


def longpole(*arguments: str) -> int:
    """The exit code of `longpole` with these arguments."""
    before, sys.argv = sys.argv, ["longpole", *arguments]
    try:
        return run_commands()
    except SystemExit as end:
        return int(end.code or 0)
    finally:
        sys.argv = before


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """The folders of before and of a change that made one test slower and costlier."""
    folder = tmp_path_factory.mktemp("sides")
    return str(measure(folder / "base", mean_ms=100, calls=2)), str(measure(folder / "head", mean_ms=140, calls=3))


def test_the_verdict_comes_first_then_what_changed_with_intervals_and_runs(
    sides: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert longpole("ci", "compare", *sides) == ExitCode.FAILED
    shown = capsys.readouterr().out.replace("\u202f", " ")
    lines = shown.splitlines()
    assert lines[0] == "### 🔴 Longpole: 1 of 2 tests got worse."
    assert lines[2].startswith("| test | figure | base | head | change | 95 % interval | runs |")
    slower, more = lines[4:6]
    assert slower.startswith("| t.py::test\\_\\[a\\|b\\] | duration | 100 ms | 14")
    assert slower.endswith("| 20 in 5 processes and 20 in 5 processes | 🔴 slower |")
    assert more.startswith("| t.py::test\\_\\[a\\|b\\] | model calls | 2 | 3 | +1 (+50.0 %) | exact | 20")
    assert "<details>" in shown
    assert "test\\_same | duration" in shown.partition("<details>")[2]


def test_what_got_better_or_stayed_ends_with_zero(sides: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    base, head = sides
    assert longpole("ci", "compare", head, base) == ExitCode.DONE
    assert capsys.readouterr().out.startswith("### 🟢 Longpole: 1 of 2 tests got better, none worse.")
    assert longpole("ci", "compare", base, base) == ExitCode.DONE
    assert capsys.readouterr().out.startswith("### 🟢 Longpole: 2 tests: none got worse.")


def test_the_json_has_every_figure_of_every_test(sides: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert longpole("ci", "compare", *sides, "--json") == ExitCode.FAILED
    found = json.loads(capsys.readouterr().out)
    assert found["has_regressed"] is True
    changes = {one["measure"]: one for one in found["operations"][0]["changes"]}
    assert changes["model_calls"]["verdict"] == "worse"
    assert changes["duration_ns"]["low"] < changes["duration_ns"]["change"] < changes["duration_ns"]["high"]


def test_figures_of_bench_are_a_baseline_of_which_one_process_is_not_enough(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ci_operations.py").write_text("def quick():\n    pass\n")
    (tmp_path / "targets.yaml").write_text('operations: {quick: {run: "ci_operations.py:quick"}}\n')
    path = list(sys.path)
    try:
        for side in ("base", "head"):
            assert longpole("bench", str(tmp_path / "targets.yaml"), "--output", str(tmp_path / side)) == ExitCode.DONE
    finally:
        sys.path[:] = path
    capsys.readouterr()
    assert longpole("ci", "compare", str(tmp_path / "base"), str(tmp_path / "head")) == ExitCode.DONE
    shown = capsys.readouterr().out
    assert shown.startswith("### ⚪ Longpole: 1 test: none got worse for certain")
    assert "of 1 there are not enough runs to tell" in shown
    assert "| quick | duration |" in shown


def test_what_is_no_baseline_is_wrong_use(sides: tuple[str, str], tmp_path: Path) -> None:
    assert longpole("ci", "compare", sides[0], str(tmp_path / "none.json")) == ExitCode.WRONG_USE
