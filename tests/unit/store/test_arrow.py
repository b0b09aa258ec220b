"""Rows as Arrow: every row and every column, in their order, however many there are."""

from contract.rows import joined, trace
from longpole.model.step import Step
from longpole.store.engines.arrow import arrow_table


def test_a_table_holds_all_rows_in_their_order_with_a_column_for_each_field():
    steps = joined([trace(number, steps=3, version=number) for number in range(100)]).steps
    table = arrow_table(Step, steps)
    assert table.column_names == list(Step.__struct_fields__)
    for name in Step.__struct_fields__:
        assert table.column(name).to_pylist() == [getattr(step, name) for step in steps], name


def test_a_table_without_rows_has_its_columns():
    table = arrow_table(Step, [])
    assert table.num_rows == 0
    assert table.column_names == list(Step.__struct_fields__)
