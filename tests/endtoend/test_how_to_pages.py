"""The Python of the how-to pages, run as it stands: what a reader copies works."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from database_servers import postgres_server
from house.checkout import ROOT
from longpole.store.store import open_store

PAGES = [*sorted((ROOT / "docs/how-to").glob("*.md")), ROOT / "docs/start.md", ROOT / "README.md"]
BLOCK = re.compile(r"^( *)```python\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)

# Two executions of an agent, a minute ago.
TRIAGED = f"""
    import sys; sys.path.insert(0, {str(ROOT / "tests")!r})
    from longpole.model.clock import now_ns
    from longpole.settings import data_folder, load
    from longpole.store.store import open_store
    from triage_example import STARTED_NS, triage_batch
    store = open_store(data_folder(load()) / "longpole.duckdb")
    store.write(triage_batch(after_ns=now_ns() - STARTED_NS - 60 * 10**9))
    store.close()
"""

# What a page takes for granted: the reader's own program.
GIVEN = {
    "ask-questions.md": TRIAGED,
    "compare.md": TRIAGED,
    "cost.md": TRIAGED,
    "patterns.md": TRIAGED,
    "weekly-report.md": f"""{TRIAGED}
    import os
    os.chdir(os.environ["LONGPOLE_DATA_FOLDER"])
    """,
    "changes.md": f"""
        import sys; sys.path.insert(0, {str(ROOT / "tests")!r})
        from changing_agents import changing_agents
        from longpole.settings import data_folder, load
        from longpole.store.store import open_store
        store = open_store(data_folder(load()) / "longpole.duckdb")
        store.write(changing_agents(4))
        store.close()
    """,
    "critical-path.md": f"""
        import sys; sys.path.insert(0, {str(ROOT / "tests")!r})
        from longpole.model.clock import now_ns
        from longpole.settings import data_folder, load
        from longpole.store.store import open_store
        from triage_example import STARTED_NS, triage_batch
        store = open_store(data_folder(load()) / "longpole.duckdb")
        store.write(triage_batch(after_ns=now_ns() - STARTED_NS - 60 * 10**9))
        store.close()
    """,
    "cross-processes.md": """
        import os, queue as queues, subprocess, sys
        class requests:
            post = staticmethod(lambda url, json, headers: headers["traceparent"])
        async def app(scope, receive, send): ...
        url, question, queue, command = "http://127.0.0.1/", "why?", queues.Queue(), [sys.executable, "-c", ""]
        def answer(question): ...
        longpole.configure()
        step = longpole.time_step("outside").__enter__()
    """,
    "logs.md": "import logging, structlog",
    "postgresql.md": """
        import os, psycopg
        connect, address = psycopg.connect, os.environ["DATABASE"]
        psycopg.connect = lambda _: connect(address, options="-c search_path=analytics")
    """,
    "track-agents.md": """
        async def app(scope, receive, send): ...
        vault_id = "northwind"
    """,
}
BETWEEN = {
    "track-agents.md": """
        other = Psychologist()
        tracker = other.create_tracker()
    """,
}
AFTER = {
    "track-agents.md": """
        import asyncio
        from types import SimpleNamespace
        class Whole(Psychologist):
            async def should_respond(self, query): return True, 0.9, "asked for"
            def messages(self, query): return [query]
            async def chat(self, messages):
                return SimpleNamespace(text="an answer", usage=SimpleNamespace(input=3, output=2))
            llm = property(lambda self: SimpleNamespace(chat=self.chat))
        assert asyncio.run(Whole().run("northwind", "why?")) == "an answer"
    """,
}


def blocks_of(page: Path) -> list[str]:
    return [dedent(code) for _, code in BLOCK.findall(page.read_text())]


@pytest.fixture
def database() -> Iterator[str]:
    """A PostgreSQL with the tables and views of Longpole in it."""
    with postgres_server() as server:
        open_store(server.address()).close()
        yield server.address()


@pytest.mark.parametrize("page", [page for page in PAGES if blocks_of(page)], ids=lambda page: page.name)
def test_the_python_of_a_page_runs(page: Path, tmp_path: Path, request: pytest.FixtureRequest):
    settings = {"LONGPOLE_DATA_FOLDER": str(tmp_path), "LONGPOLE_LANGSMITH_ENDPOINT": "http://127.0.0.1:9"}
    settings["LONGPOLE_PORT"] = "9"  # no server of the developer's
    first, *more = blocks_of(page)
    parts = ["import longpole", dedent(GIVEN.get(page.name, "")), first]
    parts += [dedent(BETWEEN.get(page.name, "")), *more[:-1], dedent(AFTER.get(page.name, "")), *more[-1:]]
    if page.name == "postgresql.md":
        settings["DATABASE"] = request.getfixturevalue("database")
    program = tmp_path / "page.py"
    program.write_text("\n".join(parts))
    done = subprocess.run(
        [sys.executable, program], env=os.environ | settings, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr


def test_the_commands_of_the_page_of_alerts_run(tmp_path: Path):
    page = (ROOT / "docs/how-to/alerts.md").read_text()
    [rules] = re.findall(r"^```yaml\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    (tmp_path / "rules.yaml").write_text(rules)
    settings = os.environ | {"LONGPOLE_DATA_FOLDER": str(tmp_path / "data"), "LONGPOLE_PORT": "9"}
    (tmp_path / "data").mkdir()
    subprocess.run([sys.executable, "-c", dedent(TRIAGED)], env=settings, check=True, timeout=60)
    commands = [line for block in re.findall(r"```bash\n(.*?)```", page, re.DOTALL) for line in block.splitlines()]
    assert len(commands) == 7
    for command in commands:
        program, *words = shlex.split(command)
        path = Path(sys.executable).with_name(program)
        done = subprocess.run(
            [path, *words], env=settings, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )
        assert (done.returncode, done.stderr) == (0, ""), command
        assert done.stdout, command


def test_every_how_to_page_is_named_where_a_newcomer_starts():
    start = (ROOT / "docs/start.md").read_text()
    assert [page.name for page in PAGES if page.parent.name == "how-to" and f"(how-to/{page.name})" not in start] == []
