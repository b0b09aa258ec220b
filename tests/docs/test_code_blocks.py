"""Every fenced block of the pages does what it says: Python runs, commands are read or run, settings are loaded."""

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any
from urllib.parse import urlsplit

import msgspec
import psycopg
import pytest
import yaml
from typer.testing import CliRunner

from changing_agents import changing_agents
from database_servers import postgres_server
from docs.command_lines import CommandLine, UsageError, command_lines, parse_with_longpole
from docs.given_to_pages import AFTER, BETWEEN, GIVEN
from docs.page_blocks import Block, all_blocks, to_run
from generated_pages import rest_page
from house.checkout import ROOT, python_files, short
from longpole.alerting.rule_file import read_rule_file
from longpole.audit.selection import load_selection
from longpole.cli.commands import app
from longpole.ingest.noise_rules import read_noise_rules
from longpole.model.clock import now_ns
from longpole.server.live_connection import Asked
from longpole.settings import Settings, load
from longpole.store.store import open_store
from longpole.testing.targets import read_targets
from running_server import RunningServer
from triage_example import STARTED_NS, triage_batch

SHELL = ("sh", "console")
SHOWN = ("text",)
LANGUAGES = ("python", "sql", "yaml", "toml", "json", *SHELL, *SHOWN)
FRAGMENTS = ("docs/reference/rules.md",)
"""Pages whose Python shows lines of functions; they are compiled, and the audit's own tests run them."""

NOT_RUN_AT_MOST = 12
"""How many blocks may give a reason not to run. Raise it only with a reason that this machine cannot cure."""

RUN = {
    "alerts apply", "alerts check", "alerts history", "alerts list", "alerts rules", "alerts silence", "alerts test",
    "bottlenecks", "capacity", "cost", "deadletter list",
    "failures", "health", "list", "noise check", "overview", "patterns", "prices list", "processes",
    "regressions", "repeats", "report", "running", "sessions", "slow", "sql", "statistics", "store stats",
    "totals", "trends", "webhooks list",
}  # fmt: skip
"""Commands that are run, against the server of this file. The others are only read: they name executions of the reader,
make files and keys, or serve."""

OF_THE_READER = frozenset({"agent.js", "agent.py", "app.py"})
OTHER_PROGRAMS = frozenset({"createdb", "node", "npx", "docker", "systemctl"})


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with two executions of a minute ago and two months of agents that change."""
    folder = tmp_path_factory.mktemp("docs") / "data"
    folder.mkdir()
    store = open_store(folder / "longpole.duckdb")
    store.write(triage_batch(after_ns=now_ns() - STARTED_NS - 60 * 10**9))
    store.write(changing_agents(4))
    store.close()
    running = RunningServer(folder).start()
    yield running
    running.close()


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """A PostgreSQL with the tables and views of Longpole in it."""
    with postgres_server() as postgres:
        open_store(postgres.address()).close()
        yield postgres.address()


@pytest.fixture
def at_server(server: RunningServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunningServer:
    """The server, named as a reader's own is: by the data folder."""
    monkeypatch.setenv("LONGPOLE_DATA_FOLDER", str(server.folder))
    monkeypatch.chdir(tmp_path)
    return server


def pages_of(blocks: list[Block]) -> list[Any]:
    """The pages that have these blocks, each a case of a test by its name."""
    return [pytest.param(page, id=short(page)) for page in sorted({block.page for block in blocks})]


EXAMPLES = [path.read_text() for path in python_files("examples")]


def is_run_elsewhere(block: Block) -> bool:
    """Whether these are lines of an example, word for word: they are run where it is."""
    return short(block.page) in FRAGMENTS or any(block.text in example for example in EXAMPLES)


PROGRAMS = [block for block in to_run("python") if not is_run_elsewhere(block)]


@pytest.mark.parametrize("page", pages_of(PROGRAMS))
def test_the_python_of_a_page_runs(
    page: Path, server: RunningServer, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    settings = {"LONGPOLE_DATA_FOLDER": str(server.folder), "LONGPOLE_ENDPOINT": server.url}
    settings["LONGPOLE_LANGSMITH_ENDPOINT"] = "http://127.0.0.1:9"
    first, *more = [block.text for block in PROGRAMS if block.page == page]
    parts = ["import longpole", dedent(GIVEN.get(page.name, "")), first]
    parts += [dedent(BETWEEN.get(page.name, "")), *more[:-1], dedent(AFTER.get(page.name, "")), *more[-1:]]
    if page.name == "postgresql.md":
        settings["DATABASE"] = request.getfixturevalue("database")
    (tmp_path / "src").mkdir()
    program = tmp_path / "page.py"
    program.write_text("\n".join(parts))
    done = subprocess.run(
        [sys.executable, program],
        env=os.environ | settings, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr


def test_python_that_is_not_run_is_python_at_least():
    for block in all_blocks():
        if block.language == "python" and block not in PROGRAMS:
            compile(block.text, block.place, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


@pytest.mark.parametrize("page", pages_of(to_run(*SHELL)))
def test_the_commands_of_a_page_are_taken(page: Path, at_server: RunningServer) -> None:
    files = {f"# {name}": name for name in ("rules.yaml", "noise.yaml")}
    for head, name in files.items():
        Path(name).write_text("".join(block.text for block in to_run("yaml") if block.text.startswith(head)))
    Path("audit-known.json").touch()
    Path("src").mkdir()
    for block in to_run(*SHELL):
        for line in command_lines(block.text) if block.page == page else ():
            check_command(line, block, at_server)


def check_command(line: CommandLine, block: Block, server: RunningServer) -> None:
    """Fail unless this command is one that a reader can type."""
    unknown = {name for name in line.environment if name.startswith("LONGPOLE_")} - SETTING_NAMES
    assert not unknown, f"{block.place}: no setting is named {unknown}"
    match line.program:
        case "longpole":
            check_longpole(line.words, block)
        case "curl":
            check_request(line.words, block, server)
        case "pip" | "uv":
            named = [extra for word in line.words for extra in re.findall(r"longpole\[([\w,]+)\]", word)]
            assert {extra for extras in named for extra in extras.split(",")} <= EXTRAS, f"{block.place}: {line}"
        case "make":
            assert set(line.words[:1]) <= TARGETS, f"{block.place}: no target {line.words}"
        case "python" | "pytest" | ".venv/bin/python":
            for word in line.words:
                assert not word.endswith(".py") or word in OF_THE_READER or (ROOT / word).is_file(), (block.place, word)
        case ".venv/bin/longpole":
            check_longpole(line.words, block)
        case other:
            assert not other or other in OTHER_PROGRAMS, f"{block.place}: {other} is a program that no test knows"


SETTING_NAMES = {f"LONGPOLE_{name.upper()}" for name in Settings.__struct_fields__}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
EXTRAS = set(PROJECT["project"]["optional-dependencies"])
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def check_longpole(words: list[str], block: Block) -> None:
    """Let the command line read the words; what only reads is run as well, unless it names an execution of the page."""
    try:
        name = parse_with_longpole(words)
    except UsageError as error:
        pytest.fail(f"{block.place}: longpole {' '.join(words)}: {error.format_message()}")
    if name.removeprefix("longpole ") in RUN:
        done = CliRunner().invoke(app, words)
        assert (done.exit_code, bool(done.output)) == (0, True), f"{block.place}: {words}: {done.output}"


def check_request(words: list[str], block: Block, server: RunningServer) -> None:
    """Send what curl would send; only an id that the page invented may be missing."""
    address = next(word for word in words if word.startswith("http"))
    method = words[words.index("-X") + 1] if "-X" in words else "POST" if "-d" in words else "GET"
    body = words[words.index("-d") + 1] if "-d" in words else None
    headers = dict(words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H")
    parts = urlsplit(address)
    target = server.url + parts.path + (f"?{parts.query}" if parts.query else "")
    with server.client.stream(method, target, content=body, headers=headers) as answer:
        told = "" if "-N" in words else answer.read().decode(errors="replace")[:500]
        is_missing = answer.status_code == 404 and "No route" not in told
        assert answer.status_code < 400 or is_missing, f"{block.place}: {method} {target}: {answer.status_code} {told}"


def test_the_sql_of_the_pages_runs(database: str) -> None:
    with psycopg.connect(database, autocommit=True, options="-c search_path=analytics") as connection:
        connection.execute("CREATE ROLE longpole")
        for block in to_run("sql"):
            for statement in block.text.split(";\n"):
                if statement.strip():
                    connection.execute(statement)


def test_the_files_of_the_pages_are_read_by_what_reads_them(tmp_path: Path) -> None:
    for block in to_run("yaml"):
        content = yaml.safe_load(block.text)
        if block.page.name == "alerts.md":
            assert read_rule_file(block.text, block.place)
        elif block.page.name == "noise.md":
            assert read_noise_rules(block.text, block.place)
        elif block.page.name == "profile.md":
            assert read_targets(block.text, block.place)
        elif block.page.name == "settings.md":
            (tmp_path / "longpole.yaml").write_text(block.text)
            assert load(config_file=str(tmp_path / "longpole.yaml"), environ={}).workspace == content["workspace"]
        else:
            assert isinstance(content, dict), block.place
    for block in to_run("toml"):
        (tmp_path / "pyproject.toml").write_text(block.text)
        assert load_selection(tmp_path) != load_selection(tmp_path.parent), block.place
    for block in to_run("json"):
        content = json.loads(block.text)
        if block.page.name == "live.md":
            assert msgspec.convert(content, Asked).agent
        for started in content.get("mcpServers", {}).values():
            assert parse_with_longpole(started["args"])


def test_the_page_of_rest_has_every_address_of_a_server(server: RunningServer) -> None:
    served = server.get("/schema/openapi.json").json()
    page = (ROOT / "docs/reference/rest.md").read_text()
    missing = [path for path, method, _ in rest_page.operations(served) if f"### {method} {path}\n" not in page]
    assert missing == []


def test_every_block_has_a_language_that_a_test_knows():
    assert [block.place for block in all_blocks() if block.language not in LANGUAGES] == []


def test_few_blocks_give_a_reason_not_to_run():
    reasons = Counter(block.not_run for block in all_blocks() if block.not_run)
    assert sum(reasons.values()) <= NOT_RUN_AT_MOST, reasons
    assert [reason for reason in reasons if len(reason) < 12] == []


def test_every_how_to_page_is_named_where_a_newcomer_starts():
    start = (ROOT / "docs/start.md").read_text()
    pages = sorted((ROOT / "docs/how-to").glob("*.md"))
    assert [page.name for page in pages if f"(how-to/{page.name})" not in start] == []
