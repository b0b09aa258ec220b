"""A watch with a small threshold is let in often enough, and leaves the interpreter as it found it."""

import asyncio
import sys
from collections.abc import Iterator

import pytest

import longpole
from longpole.record.switch_interval import SwitchInterval


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.005)
    yield
    sys.setswitchinterval(before)


def test_a_small_threshold_shortens_it_for_as_long_as_the_watch_runs() -> None:
    async def watched() -> tuple[float, float]:
        watch = longpole.watch_loop(4)
        during = sys.getswitchinterval()
        watch.stop()
        return during, sys.getswitchinterval()

    assert asyncio.run(watched()) == pytest.approx((0.001, 0.005))


def test_the_default_threshold_leaves_it() -> None:
    SwitchInterval().fit(50_000_000)
    assert sys.getswitchinterval() == pytest.approx(0.005)


def test_the_smallest_of_several_counts_and_what_the_program_sets_itself_stays() -> None:
    interval = SwitchInterval()
    interval.fit(8_000_000)
    interval.fit(4_000_000)
    assert sys.getswitchinterval() == pytest.approx(0.001)
    interval.fit(8_000_000)
    assert sys.getswitchinterval() == pytest.approx(0.002)
    sys.setswitchinterval(0.01)
    interval.fit(None)
    assert sys.getswitchinterval() == pytest.approx(0.01)
