"""SQL of a person over PostgreSQL: as a role that logs in by itself, owns nothing and sees one workspace, or all.

It is a connection of its own for each question: what a statement may change of its session ends with it. A cursor takes
one SELECT only, and nothing of what a cursor gives is computed beyond the rows that are wanted.
"""

import secrets

import psycopg

from longpole.model.errors import InvalidInput, StoreError
from longpole.store.cancel import running
from longpole.store.engines.postgres_connection import Connection, Database, canceller, sql
from longpole.store.engines.postgres_statements import statement
from longpole.store.plain_value import encoded_value, plain_value
from longpole.store.read_only_sql import ANSWER_BYTES, SqlQuestion, SqlRows

_ROWS_AT_ONCE = 500  # as the statement `fetch_rows` has it


def ask_as_role(database: Database, owner: Connection, question: SqlQuestion) -> SqlRows:
    """The answer to a question as the role of its workspace, which `owner` makes if it is not there.

    Raises:
        InvalidInput: it is not one SELECT, or the database refuses it, or it takes too long.
        StoreError: the database does not answer, or the role cannot be made or let in.
    """
    with database.connect_as(*_role(owner, question.workspace), timeout_s=question.timeout_s) as connection:
        connection.read_only = True
        try:
            with running(canceller(connection)), connection.transaction():
                return _fetched(connection, question)
        except psycopg.errors.QueryCanceled:
            raise InvalidInput(
                f"The query was not done after {question.timeout_s:g} seconds. Expected an answer sooner. "
                "Ask for less, such as a shorter time by received_ns, or set `sql_timeout_ms` higher."
            ) from None
        except psycopg.OperationalError as error:
            raise database.failed(error) from error
        except psycopg.Error as error:
            raise _refused(error) from None


def _role(owner: Connection, workspace: str | None) -> tuple[str, str]:
    given = {"workspace": workspace, "secret": secrets.token_urlsafe(24)}
    try:
        with owner.transaction():
            [(role, password)] = owner.execute(sql(statement("sql_role")), given).fetchall()
    except psycopg.errors.InsufficientPrivilege:
        raise StoreError(
            "The role for SQL cannot be made: Longpole's own may not. Expected a role that may make roles. "
            "Let it: ALTER ROLE longpole CREATEROLE. docs/how-to/sql.md says what for."
        ) from None
    return role, password


def _fetched(connection: Connection, question: SqlQuestion) -> SqlRows:
    # Prepared, it can hold one statement only; a cursor is for a SELECT, and for none that changes anything.
    connection.execute(b"DECLARE question NO SCROLL CURSOR FOR " + question.sql.encode(), prepare=True)
    rows: list[list[object]] = []
    columns: list[tuple[str, str]] = []
    size = 0
    while True:
        fetched = connection.execute(sql(statement("fetch_rows")))
        columns = [(column.name, column.type_display) for column in fetched.description or ()]
        found = fetched.fetchall()
        for row in found:
            plain = [plain_value(value) for value in row]
            size += len(encoded_value(plain))
            if len(rows) == question.limit or size > ANSWER_BYTES:
                return SqlRows(columns=columns, rows=rows, has_more=True)
            rows.append(plain)
        if len(found) < _ROWS_AT_ONCE:
            return SqlRows(columns=columns, rows=rows, has_more=False)


def _refused(error: psycopg.Error) -> InvalidInput:
    reason = error.diag.message_primary or str(error)
    hint = f" ({error.diag.message_hint})" if error.diag.message_hint else ""
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return InvalidInput(
            f"The query asks for something that is not open to it: {reason}. Expected the tables executions, steps, "
            "events, decisions, scores, bodies, agents, processes and findings. Ask about those."
        )
    return InvalidInput(
        f"The database refuses the query: {reason}{hint}. Expected one SELECT that it can run. Correct it."
    )
