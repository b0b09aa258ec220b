"""pytest's door to Longpole: the module that the entry point `pytest11` names.

pytest imports it in every run of every program beside which Longpole is installed. Therefore it stands outside of the
package, whose import loads the recorder, and imports nothing but pytest until a test has `longpole_budget` or an option
asks for something. `docs/how-to/pytest.md` is its manual.

PYTEST_DONT_REWRITE: there is no assertion in here.
"""

from collections.abc import Generator
from importlib import import_module
from typing import TYPE_CHECKING, cast

import pytest

if TYPE_CHECKING:
    from longpole.testing.measured_session import MeasuredSession
    from longpole.testing.measured_test import Blocks

BUDGET = "longpole_budget"
PROPERTY = "longpole"
_SESSION = "longpole.testing.measured_session"
_MARKER = (
    f"{BUDGET}(*, latency_s, model_calls, tool_calls, input_tokens, output_tokens, tokens, cost_usd, exact): "
    "measures the test and fails it if it uses more; all are optional."
)
_OPTIONS = {
    "--longpole-runs": "Run each test that is measured so many times (default 1).",
    "--longpole-save-baseline": "Write what measured tests took and used to this file, or to a file in this folder.",
    "--longpole-baseline": "Fail if measured tests got slower or costlier for certain than in this file or folder.",
    "--longpole-html": "Write what measured tests took and used to this file as one HTML page.",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options, all off."""
    group = parser.getgroup("longpole", "what agents take and use")
    for name, meaning in _OPTIONS.items():
        if name == "--longpole-runs":
            group.addoption(name, type=int, default=1, metavar="N", help=meaning)
        else:
            group.addoption(name, default=None, metavar="FILE", help=meaning)


def pytest_configure(config: pytest.Config) -> None:
    """Names the marker, and reads the baseline if there is one: a wrong file ends the run before it begins."""
    config.addinivalue_line("markers", _MARKER)
    door = _Door(config)
    config.pluginmanager.register(door, "longpole-door")
    if any(config.getoption(name) not in (None, 1) for name in _OPTIONS):
        door.session.check_options()


@pytest.fixture
def longpole_budget(request: pytest.FixtureRequest) -> "Blocks":
    """Measures blocks of a test: `with longpole_budget(model_calls=3) as block: ...`, then `block.spent`."""
    door: _Door = request.config.pluginmanager.get_plugin("longpole-door")  # pyright: ignore[reportAssignmentType]
    return door.session.blocks_of(cast("pytest.Item", request.node))


class _Door:
    """Passes on what concerns measured tests; what they are measured by is loaded at the first of them."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._session: MeasuredSession | None = None

    @property
    def session(self) -> "MeasuredSession":
        """What measures the tests of this run."""
        if self._session is None:
            self._session = import_module(_SESSION).MeasuredSession(self._config)
        return cast("MeasuredSession", self._session)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, None, None]:
        """Measures the tests that have the marker or the fixture."""
        fixtures: list[str] = getattr(item, "fixturenames", [])
        if item.get_closest_marker(BUDGET) is None and BUDGET not in fixtures:
            return (yield)
        return (yield from self.session.run_test(item))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Takes what a test used; from the workers of pytest-xdist it comes with their reports."""
        if report.when == "call" and any(name == PROPERTY for name, _ in report.user_properties):
            self.session.take(report)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Judges against the baseline, and writes the files."""
        if self._session is not None:
            self._session.finish(session)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """The table at the end."""
        if self._session is not None:
            self._session.print_summary(terminalreporter)
