"""Mending keeps the meaning: the result parses, keeps every comment, and is not mended again."""

import io
import tokenize
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from longpole.audit import Selection, audit_paths
from longpole.audit.fix import fix_findings
from longpole.model.finding import Confidence

FIXTURES = Path(__file__).resolve().parents[2] / "audit_fixtures"
GUESSES = Selection(min_confidence=Confidence.LOW)


def mended(folder: Path, text: str, selection: Selection = GUESSES) -> str:
    (folder / "a.py").write_bytes(text.encode())
    result = audit_paths([folder / "a.py"], selection=selection)
    fixed = fix_findings(folder, result.findings)
    return fixed[0].after if fixed else text


def comments(text: str) -> list[str]:
    return [one.string for one in tokenize.generate_tokens(io.StringIO(text).readline) if one.type == tokenize.COMMENT]


@pytest.mark.parametrize("fixture", sorted(FIXTURES.glob("*.py")), ids=lambda file: file.stem)
def test_a_mended_fixture_parses_keeps_its_comments_and_has_nothing_left_to_mend(fixture: Path, tmp_path: Path) -> None:
    before = fixture.read_text()
    after = mended(tmp_path, before)
    compile(after, fixture.name, "exec")
    assert comments(after) == comments(before)
    assert mended(tmp_path, after) == after


def test_a_sleep_becomes_one_that_lets_others_run(tmp_path: Path) -> None:
    text = '"""A module."""\n\nimport time\n\n\nasync def work():\n    time.sleep(2)  # a while\n'
    assert mended(tmp_path, text) == snapshot(
        '''\
"""A module."""

import asyncio
import time


async def work():
    await asyncio.sleep(2)  # a while
'''
    )


@pytest.mark.parametrize(
    "text",
    [
        "import time\n\n\nasync def work(lock):\n    with lock:\n        time.sleep(1)\n",
        "import time\n\n\nasync def work():\n    return time.sleep(1)\n",
        "import time\n\n\nasync def work(asyncio):\n    time.sleep(1)\n",
        "import logging\n\nlog = logging.getLogger()\n\n\ndef f(a):\n    log.debug(f'{a:>10}')\n",
        "import logging\n\nlog = logging.getLogger()\n\n\ndef f(a):\n    log.debug(f'{a=}')\n",
        "from loguru import logger\n\n\ndef f(a):\n    logger.debug(f'{a}')\n",
        "import httpx\n\n\nasync def f(u):\n    async with httpx.AsyncClient() as c:\n        await c.get(u)\n",
        "from openai import OpenAI\n\n\ndef f(key):\n    client = OpenAI(api_key=key)\n    client.models.list()\n",
        "from openai import OpenAI\n\n\ndef f():\n    c = OpenAI()\n    c.models.list()\n    c.close()\n",
    ],
)
def test_what_could_change_the_meaning_is_left_alone(tmp_path: Path, text: str) -> None:
    assert mended(tmp_path, text) == text


def test_a_log_call_asks_first_or_waits_with_its_text(tmp_path: Path) -> None:
    text = """\
import json
import logging

log = logging.getLogger(__name__)


def work(state, name):
    # the whole of it
    log.debug(
        "state %s",
        json.dumps(state),  # all
    )
    log.info(f"100% of {name!r} and {state}")
"""
    assert mended(tmp_path, text) == snapshot(
        """\
import json
import logging

log = logging.getLogger(__name__)


def work(state, name):
    # the whole of it
    if log.isEnabledFor(logging.DEBUG):
        log.debug(
            "state %s",
            json.dumps(state),  # all
        )
    log.info("100%% of %r and %s", name, state)
"""
    )


def test_a_client_of_constants_is_made_once(tmp_path: Path) -> None:
    text = """\
from openai import OpenAI


def ask(question):
    client = OpenAI(timeout=3)
    return client.responses.create(model="m", input=question)
"""
    assert mended(tmp_path, text) == snapshot(
        """\
import functools
from openai import OpenAI


@functools.cache
def _shared_openai():
    return OpenAI(timeout=3)


def ask(question):
    client = _shared_openai()
    return client.responses.create(model="m", input=question)
"""
    )


def test_line_ends_of_windows_stay(tmp_path: Path) -> None:
    text = "import asyncio\r\nimport time\r\n\r\n\r\nasync def work():\r\n    time.sleep(2)\r\n"
    assert mended(tmp_path, text) == text.replace("    time.sleep", "    await asyncio.sleep")


def test_the_diff_is_one_that_patch_takes(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import asyncio\nimport time\n\n\nasync def work():\n    time.sleep(2)")
    (one,) = fix_findings(tmp_path, audit_paths([tmp_path / "a.py"]).findings)
    assert one.diff() == snapshot(
        """\
--- a/a.py
+++ b/a.py
@@ -3,4 +3,4 @@
 \n\
 \n\
 async def work():
-    time.sleep(2)
\\ No newline at end of file
+    await asyncio.sleep(2)
\\ No newline at end of file
"""
    )
