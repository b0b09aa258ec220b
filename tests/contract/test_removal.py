"""What is meant is found with its whole tree, counted, and gone, on every engine."""

import base64

import pytest
from msgspec.structs import replace

from contract.rows import START_NS, WORKSPACE, finding, joined, letter, score, trace, trace_id_of
from longpole.model.batch import Batch
from longpole.store.engine import Engine
from longpole.store.removal import Meant, count_meant, deletions, letters_about, traces_meant


@pytest.fixture
def filled(store: Engine) -> Engine:
    """Traces 1 to 4: the session of 1 and 2, the user of 2; 3 has a callee of another trace, 4."""
    batch = joined([trace(number) for number in range(1, 5)])
    one, two, three, four = batch.executions
    batch.executions = [
        replace(one, session_id="s"),
        replace(two, session_id="s", user_id="u"),
        three,
        replace(four, root_execution_id=three.root_execution_id),
    ]
    batch.findings, batch.scores = [finding(1), finding(3)], [score(1), score(3)]
    about = letter("about")
    told = base64.b64encode(bytes.fromhex(trace_id_of(1)) + b" and more").decode()
    batch.records = [replace(about, content=told), letter("another")]
    store.write(batch)
    return store


def meant(store: Engine, meant: Meant) -> set[str]:
    return {trace_id for _, trace_id in traces_meant(store, meant)}


def test_a_session_a_user_a_tree_and_an_age_are_found(filled: Engine) -> None:
    one, two, three, four = (trace_id_of(number) for number in range(1, 5))
    assert meant(filled, Meant(session="s")) == {one, two}
    assert meant(filled, Meant(session="s", user="u")) == {two}
    assert meant(filled, Meant(session="s", workspace="other")) == set()
    [root] = [
        row["root_execution_id"]
        for row in filled.rows("trace_executions", {"workspace": WORKSPACE, "trace_ids": [three]})
    ]
    assert meant(filled, Meant(root_execution_id=root)) == {three, four}
    assert meant(filled, Meant(before_ns=START_NS + 150 * 10**9)) == {one, two}


def test_nothing_stays_of_what_is_deleted(filled: Engine) -> None:
    session = Meant(session="s")
    amount = count_meant(filled, session)
    assert (amount.traces, amount.executions, amount.steps, amount.bodies, amount.scores) == (2, 2, 10, 12, 1)
    pairs = traces_meant(filled, session)
    letters = letters_about(filled, session, pairs)
    assert [found.letter_id for found in letters] == ["about"]
    for batch in deletions(filled, pairs, letters):
        filled.write(batch)
    filled.write(Batch(compact=True))
    counts = filled.rows("store_counts")[0]
    left = {"executions": 2, "steps": 10, "events": 2, "decisions": 2, "bodies": 12, "scores": 1, "findings": 1}
    assert {name: counts[name] for name in left} == left
    assert [row["letter_id"] for row in filled.rows("every_dead_letters")] == ["another"]
    assert count_meant(filled, session).executions == 0


def test_fresh_rows_of_what_is_deleted_go_too(store: Engine) -> None:
    batch = trace(1)
    batch.executions = [replace(row, session_id="s") for row in batch.executions]
    store.write(batch, fresh=True)
    for removal in deletions(store, traces_meant(store, Meant(session="s")), []):
        store.write(removal)
    assert store.rows("store_counts")[0]["steps"] == 0
