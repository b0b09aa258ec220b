"""The page about the mapping says what the tables say."""

from generated_pages.mapping_page import PAGE, render
from longpole.ingest.facts import Facts
from longpole.wire import attribute_names as names


def test_the_page_shows_the_tables_as_they_are() -> None:
    assert render() == PAGE.read_text("utf-8"), "run: make docs"


def test_every_fact_of_the_table_is_a_column() -> None:
    facts = {*names.TEXTS, *names.COUNTS, *names.NUMBERS, "first_token_ns"}
    assert facts <= set(Facts.__struct_fields__)


def test_no_name_stands_twice_for_one_fact() -> None:
    for group in (names.TEXTS, names.COUNTS, names.NUMBERS, names.HINTS, names.OBJECTS, names.FLAGS):
        for sources in group.values():
            assert len(set(sources)) == len(sources)
    assert len(set(names.INPUTS)) == len(names.INPUTS)
    assert len(set(names.OUTPUTS)) == len(names.OUTPUTS)
