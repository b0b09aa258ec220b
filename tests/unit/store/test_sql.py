"""The loader of named queries."""

import re

import pytest

from longpole.model.errors import InvalidInput, StoreError, UnknownQuery
from longpole.store.dialects import DIALECTS
from longpole.store.dialects.duckdb import DUCKDB
from longpole.store.dialects.fragments import Fragments
from longpole.store.sql import Query, load_queries, parse_queries, spell_fragments
from longpole.store.tables import FAILED_TABLES, RECORD_TABLES, TABLES

FRAGMENTS: Fragments = {"twice": "(2 * {})".format, "pair": "[{}|{}]".format, "nothing": "0".format}


def parse_one(text: str) -> Query:
    [query] = parse_queries(text, DUCKDB, where="test.sql")
    return query


def test_a_query_knows_its_name_sentence_parameters_and_tables() -> None:
    query = parse_one(
        "-- name: slow\n-- The slow ones,\n-- slowest first.\nSELECT * FROM steps WHERE a = $a AND b = $b_c;"
    )
    assert (query.name, query.purpose) == ("slow", "The slow ones, slowest first.")
    assert query.parameters == {"a", "b_c"}
    assert query.tables == {"steps"}
    assert query.text.endswith("$b_c")


def test_what_stands_in_texts_and_comments_is_not_a_parameter_or_table() -> None:
    query = parse_one("-- name: q\n-- A sentence.\nSELECT '$no events ''x' -- from bodies $neither\nFROM agents")
    assert (query.parameters, query.tables) == (frozenset(), {"agents"})


def test_several_queries_of_a_file_keep_their_order() -> None:
    text = "-- About steps.\n\n-- name: b\n-- One.\nSELECT 1;\n\n-- name: a\n-- Two.\nSELECT 2;\n"
    assert [query.name for query in parse_queries(text, DUCKDB, where="x")] == ["b", "a"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("-- name: q\nSELECT 1;", "'q'"),
        ("-- name: q\n-- A sentence.\n", "'q'"),
        ("-- name: Q-1\n-- A sentence.\nSELECT 1", "Q-1"),
        ("SELECT 1;\n-- name: q\n-- A sentence.\nSELECT 1", "no name"),
        ("-- name: q\n-- A sentence.\nSELECT @median(x)", "@median"),
        ("-- name: q\n-- A sentence.\nSELECT @contains(x", "never closed"),
    ],
)
def test_a_malformed_query_is_named_with_its_file(text: str, complaint: str) -> None:
    with pytest.raises(StoreError, match=complaint) as raised:
        parse_queries(text, DUCKDB, where="test.sql")
    assert "test.sql" in str(raised.value)


@pytest.mark.parametrize(
    ("text", "spelt"),
    [
        ("@twice(x)", "(2 * x)"),
        ("@twice(@twice(x)) + @twice(y)", "(2 * (2 * x)) + (2 * y)"),
        ("@pair(f(a, b), c)", "[f(a, b)|c]"),
        ("@nothing()", "0"),
        ("a@b", "a@b"),
    ],
)
def test_fragments_are_spelt_innermost_first(text: str, spelt: str) -> None:
    assert spell_fragments(text, FRAGMENTS, where="test") == spelt


def test_an_unknown_name_is_told() -> None:
    with pytest.raises(UnknownQuery, match="slowest_planets"):
        load_queries("duckdb")["slowest_planets"]


SIZES = ("database_size", "table_sizes")


def test_what_is_spelt_for_each_database_apart_has_the_same_names() -> None:
    names = {dialect: [query.name for query in load_queries(dialect)] for dialect in DIALECTS}
    assert all(set(found) == set(names["duckdb"]) for found in names.values())


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_every_query_has_a_sentence_and_reads_a_table(dialect: str) -> None:
    for query in load_queries(dialect):
        assert query.purpose.endswith((".", "!")), query.name
        assert query.tables or query.name in SIZES, query.name
        assert query.tables <= {*TABLES, *RECORD_TABLES, *(FAILED_TABLES if dialect == "duckdb" else ())}


def test_a_filter_is_asked_only_where_it_is_given() -> None:
    query = parse_one(
        "-- name: q\n-- A sentence.\nSELECT ':( $b IS NULL OR' FROM steps WHERE a > $a AND ($b IS NULL OR f(b, $b))\n"
        "AND (\n  $c IS NULL -- (or not\n  OR ($d IS NULL OR c IN (d, $d)) OR c = $c\n)"
    )
    assert query.asked({"a": 1, "b": None, "c": None, "d": 2}) == (
        "SELECT ':( $b IS NULL OR' FROM steps WHERE a > $a AND (TRUE)\nAND (TRUE)",
        {"a": 1},
    )
    text, given = query.asked({"a": None, "b": 2, "c": "x", "d": None})
    assert text.endswith("WHERE a > $a AND (f(b, $b))\nAND ((TRUE) OR c = $c\n)")
    assert given == {"a": None, "b": 2, "c": "x"}


def test_a_parameter_that_is_missing_or_unknown_is_told() -> None:
    query = parse_one("-- name: q\n-- A sentence.\nSELECT a FROM steps WHERE a > $a")
    with pytest.raises(InvalidInput, match=r"'q' got the parameters \['b'\].*exactly \['a'\]"):
        query.asked({"b": None})


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_no_query_asks_for_an_optional_filter_in_another_way(dialect: str) -> None:
    for query in load_queries(dialect):
        text, _ = query.asked(dict.fromkeys(query.parameters))
        assert not re.search(r"\$[a-z_]+ IS NULL\s+OR", text), query.name


def test_every_dialect_has_the_same_fragments() -> None:
    assert {frozenset(fragments) for fragments in DIALECTS.values()} == {frozenset(DUCKDB)}
