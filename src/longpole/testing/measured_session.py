"""The measured tests of one run of pytest: gathered from all its processes, judged and told at the end."""

from collections.abc import Generator
from pathlib import Path

import msgspec
import pytest

from longpole.model.clock import now_ns
from longpole.model.errors import InvalidInput
from longpole.testing.baseline import Baseline, baseline_of, load_baselines, measured_of, save_baseline
from longpole.testing.baseline_change import BaselineChange, compare_baselines
from longpole.testing.budget import read_budget
from longpole.testing.measured_test import Blocks, MeasuredTest, measure_test
from longpole.testing.session_page import page_of
from longpole.testing.session_text import summary_lines
from longpole.testing.spent import Spent

MARKER, PROPERTY = "longpole_budget", "longpole"
_BLOCKS = pytest.StashKey[Blocks]()


class MeasuredSession:
    """Measures tests in whichever process they run; in the one that reports, gathers and judges them."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._started_ns = now_ns()
        self._tests: dict[str, MeasuredTest] = {}
        self._base: list[Baseline] = []
        self._written: list[Path] = []
        self._change: BaselineChange | None = None
        self._trouble: list[str] = []

    def check_options(self) -> None:
        """Reads the baseline that was given.

        Raises:
            UsageError: an option cannot be used.
        """
        if self._runs < 1:
            raise pytest.UsageError(
                f"--longpole-runs is {self._runs}. Expected at least 1: how often each measured test runs. Change it."
            )
        if (file := self._file("--longpole-baseline")) is not None:
            try:
                self._base = load_baselines(file)
            except InvalidInput as error:
                raise pytest.UsageError(str(error)) from None

    def blocks_of(self, item: pytest.Item) -> Blocks:
        """The blocks of a test."""
        return item.stash.setdefault(_BLOCKS, Blocks())

    def run_test(self, item: pytest.Item) -> Generator[None, None, None]:
        """Runs and measures a test, and puts what it used into its report."""
        marker = item.get_closest_marker(MARKER)
        try:
            if marker is not None and marker.args:
                raise InvalidInput(
                    f"longpole_budget{marker.args!r} has values without names. Expected limits by name. Write, for "
                    "example, longpole_budget(model_calls=3)."
                )
            budget = read_budget({} if marker is None else marker.kwargs)
        except InvalidInput as error:
            pytest.fail(str(error), pytrace=False)

        blocks = self.blocks_of(item)

        def keep(runs: list[Spent]) -> None:
            told = MeasuredTest(name=item.nodeid, exact=budget.exact or blocks.is_exact, runs=runs)
            item.user_properties.append((PROPERTY, msgspec.json.encode(told).decode()))

        return (yield from measure_test(item, blocks, budget, self._runs, keep))

    def take(self, report: pytest.TestReport) -> None:
        """Takes what a report tells of a test; of a repeated one the last report counts."""
        text = [value for name, value in report.user_properties if name == PROPERTY][-1]
        told = msgspec.json.decode(str(text), type=MeasuredTest)
        self._tests[told.name] = msgspec.structs.replace(told, outcome=report.outcome)

    def finish(self, session: pytest.Session) -> None:
        """Compares with the baseline, writes the files, and fails the run where something got worse."""
        if hasattr(self._config, "workerinput"):
            return  # what this process has measured is with the one that started it
        here = self._measured()
        if self._base:
            self._change = compare_baselines(self._base, [here])
            if self._change.has_regressed and session.exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED
        try:
            if (file := self._file("--longpole-save-baseline")) is not None:
                option = "--longpole-save-baseline"
                self._written.append(save_baseline(file, here, started_at=here.started_at, option=option))
            if (file := self._file("--longpole-html")) is not None:
                _write_page(file, page_of(list(self._tests.values()), self._change))
                self._written.append(file)
        except InvalidInput as error:
            self._trouble.append(str(error))
            session.exitstatus = pytest.ExitCode.USAGE_ERROR

    def print_summary(self, terminal: pytest.TerminalReporter) -> None:
        """The table of what was measured, and what it is against the baseline."""
        if not self._tests and not self._is_asked():
            return
        terminal.section("longpole")
        for line, look in summary_lines(list(self._tests.values()), self._change):
            terminal.write_line(line, **look)
        for file in self._written:
            terminal.write_line(f"Written to {file}.")
        for line in self._trouble:
            terminal.write_line(line, red=True)

    def _measured(self) -> Baseline:
        """What passed: how long a failed test took says nothing."""
        passed = [test for test in self._tests.values() if test.outcome == "passed" and test.runs]
        operations = [measured_of(test.name, test.runs, exact=test.exact) for test in passed]
        return baseline_of(sorted(operations, key=lambda one: one.name), started_ns=self._started_ns)

    @property
    def _runs(self) -> int:
        return int(self._config.getoption("--longpole-runs") or 0)

    def _is_asked(self) -> bool:
        options = ("--longpole-baseline", "--longpole-save-baseline", "--longpole-html")
        return any(self._file(option) is not None for option in options)

    def _file(self, option: str) -> Path | None:
        """The file of an option, from the folder in which pytest was called."""
        given = self._config.getoption(option)
        return None if given is None else self._config.invocation_params.dir / str(given)


def _write_page(file: Path, page: str) -> None:
    try:
        file.write_text(page, encoding="utf-8")
    except OSError as error:
        raise InvalidInput(
            f"The page cannot be written to {file}: {error.strerror}. Expected: a file in a folder that can be "
            "written. Give another path to --longpole-html."
        ) from None
