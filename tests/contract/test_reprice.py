"""Stored calls that are priced again cost what they would have cost if the prices had been there when they came."""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from contract.rows import MINUTE_NS
from contract.test_rollups import run
from longpole.ingest.assemble import Recogniser
from longpole.ingest.prices import Prices
from longpole.ingest.reprice import Outcome, Wanted, reprice
from longpole.ingest.settle import build_rows
from longpole.model.batch import Batch
from longpole.model.execution import Execution
from longpole.model.price import Price
from longpole.model.step import Step
from longpole.reports.costs import COSTS
from longpole.store.engine import Engine
from longpole.store.rollups import refresh_rollups
from longpole.store.store import open_store
from span_factory import STARTED_NS, make_span

TOP = "a" * 16
OWN = [
    Price(workspace="default", provider="", model="house-7b", from_ns=0, input_usd_nanos=10**9, output_usd_nanos=10**9),
    Price(
        workspace="default", provider="", model="gpt-4o*", from_ns=0, input_usd_nanos=2 * 10**9,
        output_usd_nanos=2 * 10**9, input_audio_usd_nanos=50 * 10**9,
    ),
]  # fmt: skip
AGENT = {"gen_ai.operation.name": "invoke_agent"}


def call(model: str | None, tokens: int | None = 1000) -> dict[str, Any]:
    told: dict[str, Any] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": model,
        "gen_ai.usage.input_tokens": tokens,
    }
    told |= {"gen_ai.usage.output_tokens": tokens and tokens // 10}
    return {name: value for name, value in told.items() if value is not None}


SPANS: list[tuple[str, str | None, dict[str, Any]]] = [
    (TOP, None, {**AGENT, "gen_ai.agent.name": "top", "enduser.id": "u-1"}),
    ("b" * 16, TOP, call("gpt-4o-mini") | {"gen_ai.usage.input_audio_tokens": 100}),
    ("c" * 16, TOP, call("house-7b")),
    ("d" * 16, TOP, call("shed-3b") | {"gen_ai.usage.cost": 0.25}),
    ("e" * 16, TOP, {**AGENT, "gen_ai.agent.name": "child"}),
    ("1" * 16, "e" * 16, call("house-7b")),
    ("2" * 16, "1" * 16, call("house-7b", 500)),
    ("3" * 16, "e" * 16, call("house-7b", None)),
    ("4" * 16, "e" * 16, call("nobody-1b")),
]
ALONE = [(TOP, None, call("house-7b"))]


def rows_of(
    spans: Sequence[tuple[str, str | None, dict[str, Any]]], own: Sequence[Price], *, trace: str = "0" * 32
) -> Batch:
    """The rows that a server with these own prices makes."""
    recogniser = Recogniser(prices=Prices(own=own))
    facts = []
    for span_id, parent, attributes in spans:
        span = make_span(attributes, name=f"span {span_id[0]}", parent=parent)
        facts.append(recogniser.span(replace(span, trace_id=trace, span_id=span_id))[0])
    rows = build_rows(facts, now_ns=STARTED_NS + 10**12)
    return Batch(executions=rows.executions, steps=rows.steps, events=rows.events)


def joined(first: Batch, second: Batch) -> Batch:
    return Batch(executions=[*first.executions, *second.executions], steps=[*first.steps, *second.steps])


def stored(store: Engine) -> tuple[list[Execution], list[Step]]:
    asked = {"workspace": "default", "trace_ids": ["0" * 32, "f" * 32]}
    executions = [Execution(**row) for row in store.rows("trace_executions", asked)]
    steps = [Step(**row) for row in store.rows("trace_steps", asked)]
    return sorted(executions, key=repr), sorted(steps, key=repr)


def price_again(store: Engine, own: Sequence[Price], **wanted: Any) -> Outcome:
    prices = Prices(own=own)
    return reprice(store, prices, Wanted(**wanted), lambda make: store.write(make()), STARTED_NS + 10**12)


def test_calls_that_are_priced_again_cost_as_if_they_had_come_later(store: Engine) -> None:
    before = joined(rows_of(SPANS, []), rows_of(ALONE, [], trace="f" * 32))
    after = joined(rows_of(SPANS, OWN), rows_of(ALONE, OWN, trace="f" * 32))
    store.write(before)
    outcome = price_again(store, OWN)
    assert stored(store) == (sorted(after.executions, key=repr), sorted(after.steps, key=repr))
    assert (outcome.calls, outcome.changed, outcome.priced) == (7, 5, 4)
    again = price_again(store, OWN)
    assert (again.calls, again.changed) == (7, 0)
    price_again(store, [])
    assert stored(store) == (sorted(before.executions, key=repr), sorted(before.steps, key=repr))


def test_what_sums_up_windows_follows_the_prices(store: Engine) -> None:
    def summed_up(store: Engine, now_ns: int) -> dict[tuple[str, str, str], int | None]:
        run(refresh_rollups(store, width_ns=5 * MINUTE_NS, now_ns=now_ns))
        rows = store.rows("every_rollups")
        return {(row["kind"], row["agent"], row["name"]): row["cost_usd_nanos"] for row in rows if row["agent"]}

    store.write(rows_of(SPANS, []))
    before = summed_up(store, STARTED_NS + 2 * 10**12)
    reprice(store, Prices(own=OWN), Wanted(), lambda make: store.write(make()), STARTED_NS + 5 * 10**12)
    after = summed_up(store, STARTED_NS + 6 * 10**12)
    expected = open_store(":memory:")
    expected.write(rows_of(SPANS, OWN))
    assert after == summed_up(expected, STARTED_NS + 6 * 10**12) != before
    expected.close()


def test_only_what_is_wanted_is_priced_again_and_a_trial_changes_nothing(store: Engine) -> None:
    store.write(rows_of(SPANS, []))
    before = stored(store)
    trial = reprice(store, Prices(own=OWN), Wanted(), None, STARTED_NS + 10**12)
    assert trial.changed == 4
    assert stored(store) == before
    assert price_again(store, OWN, model="gpt-4o-mini").calls == 1
    assert price_again(store, OWN, to_ns=STARTED_NS).calls == 0
    assert price_again(store, OWN, workspace="other").calls == 0


def test_a_tree_that_is_not_settled_is_left_and_counted(store: Engine) -> None:
    batch = rows_of(SPANS, [])
    batch.executions = [replace(row, settled_ns=None) if row.agent == "child" else row for row in batch.executions]
    store.write(batch)
    before = stored(store)
    outcome = price_again(store, OWN)
    assert (outcome.changed, outcome.waiting) == (0, 4)
    assert outcome.after_usd_nanos == outcome.before_usd_nanos
    assert stored(store) == before


def test_the_costs_by_every_part_add_up_and_count_what_is_unknown(store: Engine) -> None:
    store.write(joined(rows_of(SPANS, OWN), rows_of(ALONE, OWN, trace="f" * 32)))
    parts = ("agent", "model", "provider", "day", "version", "environment", "workspace", "tier", "user", "session")
    for by in parts:
        costs = COSTS.ask(store, [("by", by)])
        assert sum(part.calls for part in costs.parts) == costs.total.calls == 7
        assert round(sum(part.cost_usd or 0 for part in costs.parts), 9) == costs.total.cost_usd
        assert (costs.total.calls_without_usage, costs.total.calls_without_cost) == (1, 2)
        assert costs.unpriced_without_usage == 1
        assert costs.total.input_audio_tokens == 100
    models = {part.name: part for part in COSTS.ask(store, [("by", "model")]).parts}
    assert models["gpt-4o-mini"].cost_usd == (900 * 2 + 100 * 50 + 100 * 2) / 1e6
    assert models["nobody-1b"].cost_usd is None
    users = {part.name: part.cost_usd for part in COSTS.ask(store, [("by", "user")]).parts}
    assert users == {"u-1": 0.25 + 0.007 + 0.0011 + 0.00055, None: 0.0011}
    of_top = COSTS.ask(store, [("by", "user"), ("agent", "top")])
    assert (of_top.total.calls, of_top.total.cost_usd) == (6, users["u-1"])
    assert (of_top.price_lists, of_top.unpriced_without_usage) == ([], 1)
    shown = COSTS.ask(store, [("by", "user"), ("limit", "1")])
    assert (len(shown.parts), shown.parts_left_out, shown.total.calls) == (1, 1, 7)
    lists = {one.price_version: one.calls for one in COSTS.ask(store, []).price_lists}
    assert lists["client"] == 1
    assert sum(lists.values()) == 7
