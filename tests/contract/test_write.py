"""What a write does to stored and fresh rows, the same on every engine."""

import threading
from collections.abc import Mapping
from typing import Any

import pytest

from contract.rows import WORKSPACE, agent, finding, joined, process, score, span_id_of, trace, trace_id_of
from longpole.model.batch import Batch, SpoolPosition
from longpole.model.errors import InvalidInput, UnknownQuery
from longpole.store.engine import Engine

PAIR = (WORKSPACE, trace_id_of(1))
DEADLINE_S = 60.0


def counts(store: Engine) -> Mapping[str, Any]:
    return store.rows("store_counts")[0]


def of_trace(store: Engine, number: int = 1) -> tuple[int, int]:
    """How many executions and steps readers see of a trace."""
    given = {"workspace": WORKSPACE, "trace_ids": [trace_id_of(number)]}
    return len(store.rows("trace_executions", given)), len(store.rows("trace_steps", given))


def models(store: Engine) -> set[str]:
    rows = store.rows("trace_executions", {"workspace": WORKSPACE, "trace_ids": [trace_id_of(1)]})
    return {row["model"] for row in rows}


def test_rows_of_every_table_are_stored(store: Engine) -> None:
    batch = trace(1)
    batch.agents, batch.findings, batch.scores = [agent("a", first_ns=1, last_ns=2)], [finding(1)], [score(1)]
    batch.processes = [process("p", heard_ns=1)]
    store.write(batch)
    assert counts(store) == {
        "executions": 1, "steps": 5, "events": 1, "decisions": 1, "bodies": 6, "agents": 1, "findings": 1, "scores": 1,
        "processes": 1,
    }  # fmt: skip


def test_fresh_rows_of_every_table_are_seen_at_once(store: Engine) -> None:
    batch = trace(1)
    batch.agents, batch.findings, batch.scores = [agent("a", first_ns=1, last_ns=2)], [finding(1)], [score(1)]
    batch.processes = [process("p", heard_ns=1)]
    store.write(batch, fresh=True)
    assert counts(store) == {
        "executions": 1, "steps": 5, "events": 1, "decisions": 1, "bodies": 6, "agents": 1, "findings": 1, "scores": 1,
        "processes": 1,
    }  # fmt: skip


def test_a_fresh_write_takes_the_place_of_the_earlier_one_of_its_trace(store: Engine) -> None:
    store.write(joined([trace(1, steps=2), trace(2)]), fresh=True)
    store.write(trace(1, steps=4), fresh=True)
    assert (of_trace(store, 1), of_trace(store, 2)) == ((1, 4), (1, 5))


def test_bodies_published_earlier_stay_when_a_trace_is_published_without_them(store: Engine) -> None:
    store.write(trace(1, steps=2), fresh=True)
    again = trace(1, steps=3)
    again.bodies = again.bodies[-1:]
    store.write(again, fresh=True)
    assert counts(store)["bodies"] == 4


def test_a_durable_write_takes_the_place_of_the_fresh_rows_of_its_trace(store: Engine) -> None:
    store.write(joined([trace(1, steps=2), trace(2, steps=2)]), fresh=True)
    store.write(trace(1, steps=3))
    assert (of_trace(store, 1), of_trace(store, 2)) == ((1, 3), (1, 2))
    assert counts(store)["bodies"] == 4 + 3


def test_a_fresh_write_hides_the_stored_rows_that_it_replaces(store: Engine) -> None:
    store.write(joined([trace(1), trace(2)]))
    store.write(joined([trace(1, steps=7, version=2)], replace=[PAIR]), fresh=True)
    assert (of_trace(store, 1), of_trace(store, 2), models(store)) == ((1, 7), (1, 5), {"model 2"})
    assert counts(store)["events"] == counts(store)["decisions"] == 2


def test_a_fresh_write_that_replaces_nothing_adds_to_what_is_stored(store: Engine) -> None:
    store.write(trace(1))
    more = Batch(steps=trace(1, steps=6).steps[-1:])
    store.write(more, fresh=True)
    assert of_trace(store) == (1, 6)


def test_a_durable_write_replaces_stored_rows_and_ends_the_hiding(store: Engine) -> None:
    store.write(joined([trace(1), trace(2)]))
    replacement = joined([trace(1, steps=7, version=2)], replace=[PAIR])
    store.write(replacement, fresh=True)
    store.write(replacement)
    assert (of_trace(store, 1), of_trace(store, 2), models(store)) == ((1, 7), (1, 5), {"model 2"})


def test_a_replaced_trace_may_come_back_empty_where_no_other_server_has_rows_of_it(store: Engine) -> None:
    store.write(trace(1))
    store.write(Batch(replace=[PAIR]))
    assert of_trace(store) == ((1, 5) if store.is_shared else (0, 0))


def test_replacing_touches_no_other_workspace(store: Engine) -> None:
    store.write(joined([trace(1), trace(1, workspace="other")]))
    store.write(Batch(replace=[PAIR]))
    rows = store.rows("trace_executions", {"workspace": "other", "trace_ids": [trace_id_of(1)]})
    assert [row["workspace"] for row in rows] == ["other"]


def test_the_body_with_the_highest_version_wins_in_whatever_order_they_come(store: Engine) -> None:
    store.write(trace(1, version=2))
    store.write(trace(1, version=1), fresh=True)
    given = {"workspace": WORKSPACE, "trace_id": trace_id_of(1), "span_id": span_id_of(1, 0)}
    assert store.rows("bodies_of_span", given)[0]["output"] == "answer 2"


def test_an_agent_is_one_row_however_often_it_is_seen(store: Engine) -> None:
    store.write(Batch(agents=[agent("a", first_ns=5, last_ns=9, version="2"), agent("a", first_ns=7, last_ns=8)]))
    store.write(Batch(agents=[agent("a", first_ns=3, last_ns=4, version="1", is_registered=True)]))
    store.write(Batch(agents=[agent("a", first_ns=10, last_ns=11)]), fresh=True)
    [seen] = store.rows("agents_known", {"workspace": WORKSPACE})
    assert (seen["version"], seen["is_registered"], seen["first_seen_ns"], seen["last_seen_ns"]) == ("2", True, 3, 11)


def test_a_process_is_one_row_by_when_it_was_last_heard(store: Engine) -> None:
    store.write(Batch(processes=[process("p", heard_ns=5, recorded=10, open_count=3, started_ns=2)]))
    store.write(Batch(processes=[process("p", heard_ns=9, recorded=30, open_count=0, service="shop", ended_ns=9)]))
    store.write(Batch(processes=[process("p", heard_ns=7, recorded=20, open_count=2)]), fresh=True)
    [seen] = store.rows("process_list", {"workspace": WORKSPACE, "limit": 9})
    assert (seen["last_heard_ns"], seen["recorded"], seen["open_count"]) == (9, 30, 0)
    assert (seen["started_ns"], seen["ended_ns"], seen["service"]) == (2, 9, "shop")
    assert counts(store)["processes"] == 1


def test_a_finding_takes_the_place_of_the_one_with_its_id(store: Engine) -> None:
    again = finding(1)
    store.write(Batch(findings=[again, finding(2)]))
    store.write(Batch(findings=[again]))
    store.write(Batch(findings=[again]), fresh=True)
    assert counts(store)["findings"] == 2


def test_scores_are_replaced_with_their_trace(store: Engine) -> None:
    first = trace(1)
    first.scores = [score(1)]
    store.write(first)
    again = joined([trace(1, version=2)], replace=[PAIR])
    again.scores = [score(1)]
    store.write(again, fresh=True)
    assert counts(store)["scores"] == 1
    store.write(again)
    assert counts(store)["scores"] == 1


def test_nothing_stays_of_a_trace_that_is_forgotten(store: Engine) -> None:
    stored = trace(1)
    stored.scores = [score(1)]
    store.write(joined([stored, trace(2)]))
    store.write(joined([trace(1, version=2), trace(3)], replace=[PAIR]), fresh=True)
    store.write(Batch(replace=[PAIR], forget=[PAIR, (WORKSPACE, trace_id_of(3))]))
    assert (of_trace(store, 1), of_trace(store, 2), of_trace(store, 3)) == ((0, 0), (1, 5), (0, 0))
    assert (counts(store)["bodies"], counts(store)["scores"], counts(store)["events"]) == (6, 0, 1)


def test_the_position_is_that_of_the_last_durable_write(store: Engine) -> None:
    assert store.rows("spool_position", {"server": ""}) == []
    store.write(Batch(position=SpoolPosition(segment=1, offset=10)))
    store.write(Batch(position=SpoolPosition(segment=2, offset=5)))
    store.write(Batch(position=SpoolPosition(segment=9, offset=9)), fresh=True)
    assert store.rows("spool_position", {"server": ""}) == [{"segment": 2, "offset": 5}]


def test_a_write_that_fails_leaves_everything_as_it_was(store: Engine) -> None:
    store.write(trace(1), fresh=True)
    broken = trace(1, steps=7)
    broken.scores = [score(1).__class__(**{**_fields(score(1)), "name": None})]  # pyright: ignore[reportArgumentType]
    broken.position = SpoolPosition(segment=1, offset=1)
    with pytest.raises(Exception, match=r"(?i)null"):
        store.write(broken)
    assert (of_trace(store), counts(store)["scores"], store.rows("spool_position", {"server": ""})) == ((1, 5), 0, [])
    store.write(trace(1, steps=7))
    assert of_trace(store) == (1, 7)


def test_an_unknown_query_and_a_missing_parameter_are_told_apart(store: Engine) -> None:
    with pytest.raises(UnknownQuery, match="no_such_query"):
        store.rows("no_such_query")
    with pytest.raises(InvalidInput, match="trace_ids"):
        store.rows("trace_steps", {"workspace": WORKSPACE})
    with pytest.raises(InvalidInput, match="color"):
        store.rows("store_counts", {"color": "red"})


def test_a_question_that_fails_spoils_none_after_it(store: Engine) -> None:
    store.write(trace(1), fresh=True)
    given = {"workspace": WORKSPACE, "trace_id": object(), "span_id": "x"}
    with pytest.raises(Exception, match="object"):
        store.rows("bodies_of_span", given)
    assert of_trace(store) == (1, 5)


def test_readers_see_each_trace_whole_and_once_while_it_changes_hands(store: Engine) -> None:
    """The writer publishes, stores, republishes and replaces; each state has ten rows more than the one before."""
    numbers = range(4)
    store.write(joined([trace(number) for number in numbers]))
    is_done = threading.Event()
    wrong: list[object] = []
    reads = [0, 0, 0]

    def read(place: int) -> None:
        given = {"workspace": WORKSPACE, "trace_ids": [trace_id_of(number) for number in numbers]}
        while not is_done.is_set():
            rows = store.rows("trace_steps", given)
            per_trace = {number: sum(row["trace_id"] == trace_id_of(number) for row in rows) for number in numbers}
            versions = {row["row_version"] for row in rows}
            if len(versions) != 1 or set(per_trace.values()) != {5}:
                wrong.append((versions, per_trace))
            reads[place] += 1

    readers = [threading.Thread(target=read, args=(place,)) for place in range(len(reads))]
    for reader in readers:
        reader.start()
    version = 1
    try:
        while min(reads) < 40 and not wrong:
            version += 1
            batch = joined(
                [trace(number, version=version) for number in numbers],
                replace=[(WORKSPACE, trace_id_of(number)) for number in numbers],
            )
            if version % 3:
                store.write(batch, fresh=True)
            if version % 3 != 1:
                store.write(batch)
    finally:
        is_done.set()
        for reader in readers:
            reader.join(DEADLINE_S)
    assert wrong == []


def test_a_trace_published_while_it_is_being_stored_stays_as_published(store: Engine) -> None:
    """The later state wins for readers, whatever the threads do; nothing is seen twice."""
    stop = threading.Event()

    def publish() -> None:
        # Without a pause this thread holds the interpreter, and the store waits for it at each of a hundred places.
        while not stop.wait(0.0005):
            store.write(joined([trace(1, steps=7)], replace=[PAIR]), fresh=True)

    publisher = threading.Thread(target=publish)
    publisher.start()
    try:
        seen = set[tuple[int, int]]()
        for _ in range(20):
            store.write(joined([trace(1, steps=5)], replace=[PAIR]))
            seen.add(of_trace(store))
    finally:
        stop.set()
        publisher.join(DEADLINE_S)
    assert seen <= {(1, 5), (1, 7)}


def _fields(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__struct_fields__}
