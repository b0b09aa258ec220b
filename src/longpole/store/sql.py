"""Named queries: SQL in `.sql` files, found by name, bound by name.

How to write a query (for `queries/*.sql`, one file per subject, several queries in each):

    -- name: slowest_steps
    -- The slowest finished steps of one agent, slowest first.
    SELECT step_id, name, duration_ns
    FROM steps
    WHERE workspace = $workspace AND agent = $agent AND duration_ns IS NOT NULL
    ORDER BY duration_ns DESC
    LIMIT $limit;

- The name is snake_case and unique over all files; a sentence follows it; one statement; `;` at the end.
- Tables are `executions`, `steps`, `events`, `decisions`, `bodies`, `agents`, `findings`, `scores`, `processes`, and
  those of records (`store.tables.RECORD_TABLES`). Their columns are the fields of the structs in `longpole.model`; they
  hold stored and fresh rows alike. Name no schema. `bodies` may hold several rows of one span: take the one with the
  highest `row_version`.
- Parameters are `$name`. `rows(name, {...})` must give every one of them, `None` included, and no other.
- An optional filter is `($agent IS NULL OR agent = $agent)`, in parentheses: it is asked only where it is given
  (`Query.asked`). Time bounds are better given always (0 and the largest
  int64 stand for "no bound"): a plain `started_ns >= $from_ns` lets the engine skip what is out of range.
- What databases spell differently is a fragment of `store/dialects`, written `@fragment(arguments)`:
  `@quantile(duration_ns, 0.95)`, `@in_list(status, $statuses)`, `@json_field(attributes, $key)`, ...
- Stay portable otherwise: `count(*) FILTER (WHERE ...)`, `CASE`, `coalesce`, window functions and CTEs are fine,
  `QUALIFY`, `GROUP BY ALL`, lists and structs are not.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from importlib import resources
from typing import Any

from msgspec import Struct

from longpole.model.errors import InvalidInput, StoreError, UnknownQuery
from longpole.store.dialects import DIALECTS
from longpole.store.dialects.fragments import Fragments
from longpole.store.tables import FAILED_TABLES, RECORD_TABLES, TABLES

_HEADING = re.compile(r"^-- name: *(\S+) *$", re.MULTILINE)
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_PARAMETER = re.compile(r"\$([a-z_][a-z0-9_]*)")
_FRAGMENT = re.compile(r"@([a-z_]+)\(")
_LITERAL = re.compile(r"'(?:[^']|'')*'|--[^\n]*")
_OPTIONAL = re.compile(r"\(\s*\$([a-z_][a-z0-9_]*) IS NULL\s+OR\s+")


class Query(Struct, frozen=True, kw_only=True):
    """A named query in the words of one database. `tables` are those of ours that it reads."""

    name: str
    purpose: str
    text: str
    parameters: frozenset[str]
    tables: frozenset[str]

    def asked(self, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """The text for these values, and those of them that it names: without optional filters that are `None`.

        A database plans a filter that it does not need all the same: a count of a million executions (`chosen_counted`
        in `bench/queries.py`) took DuckDB 24 ms with the fifteen filters of the list, and 5 without.

        Raises:
            InvalidInput: a parameter is missing or is not one of the query's.
        """
        if frozenset(given) != self.parameters:
            raise InvalidInput(
                f"The query {self.name!r} got the parameters {sorted(given)}. "
                f"Expected exactly {sorted(self.parameters)}. Give every one of them, None where it does not matter."
            )
        text, names = _only_given(self.text, frozenset(name for name, value in given.items() if value is not None))
        return text, {name: given[name] for name in names}


@lru_cache(2000)
def _only_given(text: str, given: frozenset[str]) -> tuple[str, frozenset[str]]:
    """The text with every optional filter decided, and the parameters that are left in it."""
    while (bare := _without_literals(text)) and (filters := list(_OPTIONAL.finditer(bare))):
        one = filters[-1]  # the innermost of those that are in each other
        _, end = _arguments(bare, one.end(), where="optional filter")
        kept = f"({text[one.end() : end]}" if one[1] in given else "(TRUE)"
        text = text[: one.start()] + kept + text[end:]
    return text, frozenset(_PARAMETER.findall(bare))


class Queries:
    """The queries of one dialect, by name.

    >>> sorted(load_queries("duckdb")["trace_steps"].parameters)
    ['trace_ids', 'workspace']
    """

    def __init__(self, queries: Mapping[str, Query]) -> None:
        self._queries = dict(queries)

    def __getitem__(self, name: str) -> Query:
        """The query of this name.

        Raises:
            UnknownQuery: there is none.
        """
        query = self._queries.get(name)
        if query is None:
            raise UnknownQuery(
                f"There is no query named {name!r}. Expected one of {len(self._queries)} names in store/queries. "
                "Correct the name or add the query to a file there."
            )
        return query

    def __iter__(self) -> Iterator[Query]:
        return iter(self._queries.values())


@cache
def load_queries(dialect: str) -> Queries:
    """Every query in `store/queries` and in the dialect's own folder there, its fragments spelt for the dialect.

    What databases have no common words for, such as the room that a table takes, is a query of the same name in each of
    the folders. Read once per process and dialect.
    """
    found: dict[str, Query] = {}
    shared = resources.files("longpole.store").joinpath("queries")
    files = [file for folder in (shared, shared.joinpath(dialect)) for file in folder.iterdir()]
    for file in sorted(files, key=lambda path: path.name):
        if not file.name.endswith(".sql"):
            continue
        for query in parse_queries(file.read_text(encoding="utf-8"), DIALECTS[dialect], where=file.name):
            if query.name in found:
                raise StoreError(
                    f"The query name {query.name!r} is used twice, the second time in {file.name}. "
                    "Expected unique names over all files in store/queries. Rename one of them."
                )
            found[query.name] = query
    return Queries(found)


def parse_queries(text: str, fragments: Fragments, *, where: str) -> list[Query]:
    """The named queries of one file's text, in order.

    Raises:
        StoreError: a name or its sentence is missing or malformed, or a fragment is unknown; `where` is in the message.
    """
    pieces = _HEADING.split(text)
    if _without_comments(pieces[0]).strip():
        raise StoreError(
            f"{where} begins with SQL that has no name. Expected '-- name: x' before every query. Name it."
        )
    return [
        _parse_query(name, body, fragments, where=where) for name, body in zip(pieces[1::2], pieces[2::2], strict=True)
    ]


def _parse_query(name: str, body: str, fragments: Fragments, *, where: str) -> Query:
    lines = body.strip().splitlines()
    comments = 0
    while comments < len(lines) and lines[comments].startswith("--"):
        comments += 1
    purpose = " ".join(line.removeprefix("--").strip() for line in lines[:comments])
    statement = "\n".join(lines[comments:]).strip().removesuffix(";")
    if not (_NAME.fullmatch(name) and purpose and statement):
        raise StoreError(
            f"The query {name!r} in {where} is not complete. "
            "Expected a snake_case name, a sentence in '--' lines and one statement. Add what is missing."
        )
    spelt = spell_fragments(statement, fragments, where=f"query {name!r} in {where}")
    bare = _without_literals(spelt)
    words = set(re.findall(r"[a-z_]+", bare))
    return Query(
        name=name,
        purpose=purpose,
        text=spelt,
        parameters=frozenset(_PARAMETER.findall(bare)),
        tables=frozenset(words.intersection([*TABLES, *FAILED_TABLES, *RECORD_TABLES])),
    )


def spell_fragments(text: str, fragments: Fragments, *, where: str) -> str:
    """The text with every `@fragment(arguments)` replaced by the dialect's spelling; innermost calls first.

    Raises:
        StoreError: the dialect has no such fragment, or a parenthesis is never closed.
    """
    while calls := list(_FRAGMENT.finditer(text)):
        call = calls[-1]
        arguments, end = _arguments(text, call.end(), where=where)
        spelling = fragments.get(call[1])
        if spelling is None:
            raise StoreError(
                f"The {where} uses the unknown fragment @{call[1]}. "
                f"Expected one of {', '.join(sorted(fragments))}. Correct it or add it to store/dialects."
            )
        text = text[: call.start()] + spelling(*arguments) + text[end:]
    return text


def _arguments(text: str, start: int, *, where: str) -> tuple[list[str], int]:
    """The comma-separated arguments from `start` to the closing parenthesis, and the place behind that."""
    arguments, depth, begin = list[str](), 0, start
    for place in range(start, len(text)):
        letter = text[place]
        if letter == "," and depth == 0:
            arguments.append(text[begin:place].strip())
            begin = place + 1
        elif letter == "(":
            depth += 1
        elif letter == ")" and depth:
            depth -= 1
        elif letter == ")":
            last = text[begin:place].strip()
            return [*arguments, last] if arguments or last else [], place + 1
    raise StoreError(f"A fragment of the {where} is never closed. Expected a ')'. Add it.")


def _without_literals(text: str) -> str:
    """The text with blanks for what is quoted or a comment, each letter in its place."""
    return _LITERAL.sub(lambda found: " " * len(found[0]), text)


def _without_comments(text: str) -> str:
    return re.sub(r"--[^\n]*", "", text)
