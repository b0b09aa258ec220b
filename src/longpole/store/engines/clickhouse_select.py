"""What a person's statement names, read from the tree that ClickHouse's own parser makes of it, and whether it may.

Whatever is not known here to be harmless is refused: kinds of nodes, tables, functions in the place of a table, and
functions. A function may be used if ClickHouse's catalogue sorts it among those that only compute; see
`functions_known` in `clickhouse.sql`.

Names of tables are not resolved here, for that takes ClickHouse's rules of scope. So a name is refused wherever it
stands if the database has a table of that name which is not open: as a column, behind IN, or as the name of a WITH.
"""

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any

from msgspec import Struct

from longpole.model.errors import InvalidInput

OPEN_TABLES = (
    "executions", "steps", "events", "decisions", "scores", "bodies", "agents", "processes", "findings",
)  # fmt: skip

_SERIES = frozenset(
    {"numbers", "numbers_mt", "zeros", "zeros_mt", "generate_series", "generateseries", "values", "sqlstandardvalues"}
)
"""Functions in the place of a table that read nothing, in lower case."""

_SYNTAX = frozenset({"exists", "grouping", "lambda", "untuple"})
"""What the tree has as a function although the catalogue does not."""

_SUFFIXES = (
    "simplestate", "state", "merge", "foreach", "distinct", "ordefault", "ornull", "resample", "argmin", "argmax",
    "array", "map", "tuple", "if",
)  # fmt: skip
"""What makes another function of one that aggregates, as in `sumIf`."""

_MOST_SUFFIXES = 4

_NODES = frozenset(
    {
        "ArrayJoin", "Asterisk", "ColumnsApplyTransformer", "ColumnsExceptTransformer", "ColumnsListMatcher",
        "ColumnsRegexpMatcher", "ColumnsReplaceTransformer", "ColumnsReplaceTransformerReplacement",
        "ColumnsTransformerList", "ExpressionList", "Function", "Identifier", "InterpolateElement", "Literal",
        "OrderByElement", "QualifiedAsterisk", "QualifiedColumnsListMatcher", "QualifiedColumnsRegexpMatcher",
        "SampleRatio", "SelectQuery", "SelectWithUnionQuery", "Subquery", "TableExpression", "TableIdentifier",
        "TableJoin", "TablesInSelectQuery", "TablesInSelectQueryElement", "WindowDefinition", "WindowListElement",
        "WithElement",
    }
)  # fmt: skip
_OF_A_SELECT = frozenset(
    {
        "type", "union_mode", "list_of_modes", "list_of_selects",
        "is_outfile_append", "is_outfile_truncate", "is_into_outfile_with_stdout",
    }
)  # fmt: skip
"""Without the file that an answer goes into, and the format and the settings behind it."""


class Places(Struct, frozen=True, kw_only=True):
    """What there is to be named: this database, the tables in it, and all databases."""

    database: str
    tables: Set[str]
    databases: Set[str]


class Named(Struct, frozen=True):
    """What a SELECT names. Tables and columns are by their parts, as in `("longpole", "steps")`."""

    tables: set[tuple[str, ...]]
    columns: set[tuple[str, ...]]
    withs: set[str]
    functions: set[str]


def names_of(tree: Mapping[str, Any]) -> Named:
    """What a statement names, by the tree that `parseQueryToJSON` gave.

    Raises:
        InvalidInput: it is not one SELECT, or has a part that none may have here.
    """
    if tree.get("type") != "SelectWithUnionQuery":
        raise not_one_select(str(tree.get("type")))
    found = Named(set(), set(), set(), set())
    for node in _nodes(tree):
        kind = node["type"]
        if kind == "Identifier":
            found.columns.add(_parts(node))
        elif kind == "TableIdentifier":
            found.tables.add(_parts(node))
        elif kind == "WithElement":
            found.withs.add(str(node.get("name")))
        elif kind == "Function":
            found.functions.add(str(node.get("name")))
        elif kind == "ColumnsApplyTransformer" and "func_name" in node:
            found.functions.add(str(node["func_name"]))
    return found


def check_tables(named: Named, places: Places) -> None:
    """Only open tables are read.

    Raises:
        InvalidInput: another one is named, or something that may turn out to be one.
    """
    closed = {name.lower() for name in places.tables if name not in OPEN_TABLES}
    databases = {name.lower() for name in places.databases}
    for parts in named.tables:
        is_ours = parts[-1] in OPEN_TABLES and parts[:-1] in ((), (places.database,))
        is_with = len(parts) == 1 and parts[0] in named.withs and parts[0].isidentifier()
        if not is_ours and (not is_with or parts[0].lower() in closed):
            raise closed_to(f"the table {'.'.join(parts)}")
    for parts in named.columns:
        first, *others = parts
        if others and first == places.database:
            is_closed = others[0].lower() in closed
        else:
            is_closed = first.lower() in closed or (bool(others) and first.lower() in databases)
        if is_closed:
            raise closed_to(f"the table {'.'.join(parts)}, or something that is called like it")


def candidates(named: Named) -> list[str]:
    """The functions to look up for those that are named, in lower case: themselves, and what they may be made of."""
    names = {name.lower() for name in named.functions}
    return sorted(names.union(*map(_stems, names)))


def check_functions(named: Named, known: Iterable[tuple[str, bool, bool]]) -> None:
    """Only functions are used that compute.

    Args:
        named: what the statement names.
        known: which of the `candidates` exist: the name, whether it aggregates, whether it may be used.

    Raises:
        InvalidInput: another one is named.
    """
    looked_up = {name: (is_aggregate, is_open) for name, is_aggregate, is_open in known}
    for name in sorted(named.functions - _SYNTAX):
        folded = name.lower()
        _, is_open = looked_up.get(folded, (False, False))
        if folded not in looked_up:
            is_open = any(looked_up.get(stem) == (True, True) for stem in _stems(folded))
        if not is_open:
            raise closed_to(f"the function {name}")


def not_one_select(found: str) -> InvalidInput:
    """What is told of a statement of another kind."""
    return InvalidInput(
        f"This is not one SELECT but: {found}. Expected one statement that only reads. "
        "Write it as a SELECT; what is stored is changed by Longpole's own commands."
    )


def closed_to(what: str) -> InvalidInput:
    """What is told of a statement that names something else than rows of Longpole."""
    return InvalidInput(
        f"The query asks for something that is not open to it: {what}. Expected the tables {', '.join(OPEN_TABLES)}, "
        "and functions that compute. Ask about those."
    )


def _nodes(tree: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every node of a tree, but for functions in the place of a table and what is a value.

    Raises:
        InvalidInput: there is one that is not known, or that may not be there.
    """
    waiting: list[Any] = [tree]  # a statement may nest deeper than Python calls
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting.extend(part)
        if not isinstance(part, dict):
            continue
        kind = part.get("type")
        if kind not in _NODES:
            raise closed_to(f"the part {kind}")
        if kind == "Literal":
            continue
        if kind == "SelectWithUnionQuery" and (others := part.keys() - _OF_A_SELECT):
            raise closed_to(f"the part {', '.join(sorted(others))}")
        if kind == "TableExpression" and (series := part.get("table_function")):
            if series.get("type") != "Function" or str(series.get("name")).lower() not in _SERIES:
                raise closed_to(f"the function {series.get('name')} in the place of a table")
            part = {**part, "table_function": series.get("arguments")}
        yield part
        waiting.extend(part.values())


def _parts(node: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(node.get("name_parts") or [str(node.get("name"))])


def _stems(name: str) -> set[str]:
    """What is left of the name of a function without one of the suffixes at its end, or without several."""
    found: set[str] = set()
    level = {name}
    for _ in range(_MOST_SUFFIXES):
        level = {stem.removesuffix(suffix) for stem in level for suffix in _SUFFIXES if stem.endswith(suffix)}
        found |= level
    return found
