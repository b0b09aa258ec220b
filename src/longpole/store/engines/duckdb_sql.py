"""SQL of a person over a DuckDB file: a process of its own reads the file while its owner keeps it as it is.

DuckDB has no grants, and what a statement does cannot be seen by its text. So nothing of it runs in the server.
docs/decisions/0021-sql-of-a-person-on-duckdb.md has what else was tried and what it costs.
"""

import os
import subprocess
import sys
from pathlib import Path
from threading import BoundedSemaphore

import msgspec

from longpole.model.errors import InvalidInput, StoreError
from longpole.store.cancel import running
from longpole.store.engines.duckdb_sql_messages import Answer, Question
from longpole.store.read_only_sql import ANSWER_BYTES, SqlQuestion, SqlRows

MEMORY_BYTES = 512 * 1024 * 1024
_ADDRESS_BYTES = 3 * 1024 * 1024 * 1024
_AT_ONCE = BoundedSemaphore(2)
_CHILD = "longpole.store.engines.duckdb_sql_child"


def ask_in_child(file: Path, question: SqlQuestion) -> SqlRows:
    """The answer to a question about a database file that nobody changes meanwhile. Costs 0.3 s beside the question.

    Raises:
        InvalidInput: it is not one SELECT, or fails, or takes too long or too much.
        StoreError: the process could not be started, or ended without an answer.
    """
    asked = Question(
        sql=question.sql,
        file=str(file.absolute()),
        limit=question.limit,
        answer_bytes=ANSWER_BYTES,
        memory_bytes=MEMORY_BYTES,
        address_bytes=_ADDRESS_BYTES,
        cpu_s=max(2, round(question.timeout_s * 2)),
    )
    if not _AT_ONCE.acquire(timeout=question.timeout_s):
        raise InvalidInput(
            f"Two queries have been running for {question.timeout_s:g} seconds. Expected at most two at a time. "
            "Wait for them, and ask again."
        )
    try:
        written = _run(msgspec.json.encode(asked), question.timeout_s)
    finally:
        _AT_ONCE.release()
    answer = msgspec.json.decode(written, type=Answer)
    if answer.error is not None:
        raise _not_one_select(answer.error) if answer.is_not_one_select else _refused(answer.error)
    return SqlRows(columns=answer.columns, rows=answer.rows, has_more=answer.has_more)


def _run(asked: bytes, timeout_s: float) -> bytes:
    """What the process writes; it sees no variable of this one but where Python finds its packages."""
    command = [sys.executable, "-P", "-m", _CHILD]
    environment = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment, cwd="/") as child:
        try:
            with running(child.kill):
                written, complaint = child.communicate(asked, timeout_s)
        except subprocess.TimeoutExpired:
            raise InvalidInput(
                f"The query was not done after {timeout_s:g} seconds. Expected an answer sooner. Ask for less, such as "
                "a shorter time by started_ns, or set `sql_timeout_ms` higher."
            ) from None
        finally:
            child.kill()
    if child.returncode == 0:
        return written
    if child.returncode < 0:
        raise InvalidInput(
            f"The process of the query was ended by signal {-child.returncode}. Expected one that takes at most "
            f"{timeout_s * 2:g} seconds of CPU and {MEMORY_BYTES // 2**20} MB of memory. Ask for less at a time."
        )
    last = (complaint.decode(errors="replace").strip().splitlines() or ["nothing"])[-1]
    raise StoreError(
        f"The process of the query ended with status {child.returncode} and said: {last[:300]} "
        "Expected an answer. Look into the server's log, and check that the package fsspec is installed."
    )


def _not_one_select(found: str) -> InvalidInput:
    return InvalidInput(
        f"This is not one SELECT but: {found}. Expected one statement that only reads. "
        "Write it as a SELECT; what is stored is changed by Longpole's own commands."
    )


def _refused(reason: str) -> InvalidInput:
    if reason.startswith("Permission Error"):
        return InvalidInput(
            f"The query asks for something outside the store: {reason.splitlines()[0]}. Expected tables of Longpole. "
            "'SHOW TABLES' lists them."
        )
    if reason.startswith("Out of Memory"):
        return InvalidInput(
            f"The query takes more than {MEMORY_BYTES // 2**20} MB of memory. Expected less. "
            "Group or limit sooner, or ask about a shorter time."
        )
    return InvalidInput(f"The database refuses the query: {reason}\nExpected a SELECT that it can run. Correct it.")
