"""What only DuckDB must hold: the fragments' meaning on its own values, and what a kill leaves."""

from pathlib import Path
from shutil import copyfile

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from contract.rows import WORKSPACE, joined, trace, trace_id_of
from longpole.model.batch import Batch, SpoolPosition
from longpole.model.errors import StoreError
from longpole.store.dialects.duckdb import DUCKDB
from longpole.store.engines.duckdb import DuckDBEngine


def answer(expression: str, /, **parameters: object) -> object:
    with duckdb.connect(":memory:") as database:
        [[value]] = database.execute(f"SELECT {expression}", parameters).fetchall()
    return value


@settings(deadline=None)  # opening a database takes as long as the machine is busy
@given(
    values=st.lists(st.integers(0, 10**15), max_size=30),
    share=st.sampled_from(["0.5", "0.95", "0.99", "0.25"]),
)
def test_a_quantile_is_interpolated_and_rounded_down(values: list[int], share: str) -> None:
    found = answer(f"(SELECT {DUCKDB['quantile']('x', share)} FROM (SELECT unnest($v::BIGINT[]) AS x))", v=values)
    if not values:
        assert found is None
        return
    ordered = sorted(values)
    rank = float(share) * (len(ordered) - 1)
    below = int(rank)
    above = min(below + 1, len(ordered) - 1)
    exact = ordered[below] + (rank - below) * (ordered[above] - ordered[below])
    assert isinstance(found, int)
    assert abs(found - exact) <= 1 + exact * 1e-12


@settings(deadline=None)
@given(value=st.integers(0, 2**63 - 1), exponent=st.integers(0, 62))
def test_a_remainder_is_that_of_a_division(value: int, exponent: int) -> None:
    found = answer(DUCKDB["remainder"]("$value::BIGINT", "$power::BIGINT"), value=value, power=2**exponent)
    assert found == value % 2**exponent


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("gen_ai.request.model", "m"),
        ("number", "3"),
        ('a "quoted" name', "q"),
        ("back\\slash", "b"),
        ("absent", None),
        ("null", None),
        ("$.number", None),
    ],
)
def test_a_field_of_a_json_object_is_found_by_its_very_name(key: str, value: str | None) -> None:
    json = r'{"gen_ai.request.model": "m", "number": 3, "a \"quoted\" name": "q", "back\\slash": "b", "null": null}'
    assert answer(DUCKDB["json_field"]("$json", "$key"), json=json, key=key) == value


def test_text_is_found_whatever_its_case() -> None:
    assert answer(DUCKDB["contains"]("$text", "$part"), text="Straße nach ROM", part="nach rom") is True
    assert answer(DUCKDB["contains"]("$text", "$part"), text="100 %", part="100 _") is False


def test_the_ends_of_an_id_are_compared_letter_by_letter() -> None:
    for text, part, has in (("abc_d", "c_d", True), ("abcxd", "c_d", False), ("d", "cd", False), ("a%", "%", True)):
        assert answer(DUCKDB["id_has_part"]("$text", "$part"), text=text, part=part) is has
        assert answer(DUCKDB["id_has_part"]("$text", "$part"), text=text[::-1], part=part[::-1]) is has


def test_nothing_is_in_an_empty_list() -> None:
    assert answer(DUCKDB["in_list"]("'a'", "$list"), list=[]) is False
    assert answer(DUCKDB["in_list"]("'a'", "$list"), list=["b", "a"]) is True


def test_a_full_group_of_rows_goes_past_the_log_and_survives_a_kill(tmp_path: Path) -> None:
    engine = DuckDBEngine(str(tmp_path / "rows.duckdb"), quiet_s=3600)
    engine.migrate()
    rows = [replace(row, step_id=f"{place:016x}") for place, row in enumerate(trace(1, steps=10).steps * 2100)]
    engine.write(Batch(steps=rows, position=SpoolPosition(segment=1, offset=2)))
    assert (tmp_path / "rows.duckdb.wal").stat().st_size < 10 * len(rows)  # 600 bytes a row and more in the log
    killed = tmp_path / "killed"
    killed.mkdir()
    for name in ("rows.duckdb", "rows.duckdb.wal"):
        copyfile(tmp_path / name, killed / name)
    engine.close()
    after = DuckDBEngine(str(killed / "rows.duckdb"))
    try:
        assert after.rows("store_counts")[0]["steps"] == len(rows)
        assert after.rows("spool_position", {"server": ""})[0]["offset"] == 2
    finally:
        after.close()


def test_a_question_that_needs_more_memory_than_there_is_says_so_and_what_to_do(tmp_path: Path) -> None:
    path = str(tmp_path / "longpole.duckdb")
    store = DuckDBEngine(path)
    store.migrate()
    store.write(joined([trace(number) for number in range(3000)]))
    store.close()
    small = DuckDBEngine(path, memory_bytes=6 * 1024 * 1024)
    every = {"workspace": WORKSPACE, "trace_ids": [trace_id_of(number) for number in range(3000)]}
    with pytest.raises(StoreError, match=r"trace_bodies needs more memory .* 6 MiB .* set store_memory_bytes higher"):
        small.rows("trace_bodies", every)
    assert small.rows("store_counts")[0]["executions"] == 3000
    small.close()
