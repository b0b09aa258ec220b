"""The versions of an agent side by side."""

import pytest

from longpole.model.errors import InvalidInput
from longpole.reports.agent_versions import versions_of
from longpole.store.store import open_store
from stored_executions import MONDAY_NS, SECOND, Made


def test_versions_are_told_apart_the_latest_first_without_counting_skipped_ones() -> None:
    made = Made()
    for number, (version, took_s, status) in enumerate(
        [("1", 2, "success"), ("1", 2, "failed"), ("2", 8, "success"), ("2", 1, "skipped"), (None, 4, "success")]
    ):
        made.execution(
            MONDAY_NS + number * SECOND, version=version, duration_ns=took_s * SECOND, status=status,
            cost_usd_nanos=10**7 if version == "1" else None,
        )  # fmt: skip
    made.execution(MONDAY_NS, agent="another", version="9")
    store = open_store(":memory:")
    store.write(made.batch)

    unknown, second, first = versions_of(store, [("agent", "shop")]).versions

    assert (unknown.version, second.version, first.version) == (None, "2", "1")
    assert (first.executions, first.success_rate, first.mean_cost_usd) == (2, 0.5, pytest.approx(0.01))
    assert (second.executions, second.skipped, second.success_rate, second.mean_cost_usd) == (2, 1, 1.0, None)
    assert second.p50_ns == pytest.approx(8 * SECOND, rel=0.01)
    store.close()


def test_an_agent_must_be_named() -> None:
    store = open_store(":memory:")
    with pytest.raises(InvalidInput, match="'agent' is missing"):
        versions_of(store, [])
    store.close()
