"""Which frameworks are run, by which Python, and the table of what was shown of them."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from framework_table import Row, drawn
from running_server import RunningServer

# Their packages are in the environment of the tests.
IN_DEVELOPMENT = ("openai", "openai_agents", "pydantic_ai")
ROWS = pytest.StashKey[list[Row]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--framework",
        action="append",
        metavar="NAME=PYTHON",
        help="run the example of this framework by this Python (again for more); default: those of the environment",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[ROWS] = []


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "framework" in metafunc.fixturenames:
        metafunc.parametrize("framework", pythons(metafunc.config))


def pythons(config: pytest.Config) -> dict[str, Path]:
    """The Python of each framework that is run. Without the option the environment is that of the tests."""
    given: list[str] | None = config.getoption("--framework", None)
    if given is None:
        return dict.fromkeys(IN_DEVELOPMENT, Path(sys.executable))
    return {name: Path(python) for name, _, python in (one.partition("=") for one in given)}


@pytest.fixture
def python(framework: str, pytestconfig: pytest.Config) -> Path:
    """The Python that has the framework."""
    return pythons(pytestconfig)[framework]


@pytest.fixture
def rows(pytestconfig: pytest.Config) -> list[Row]:
    """The rows of the table that is printed in the end."""
    return pytestconfig.stash[ROWS]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that all frameworks share."""
    running = RunningServer(tmp_path_factory.mktemp("frameworks") / "longpole")
    running.folder.mkdir()
    try:
        yield running.start()
    finally:
        running.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.getoption("--framework", None) is not None:
        terminalreporter.write_line("")
        terminalreporter.write_line(drawn(config.stash[ROWS]))
