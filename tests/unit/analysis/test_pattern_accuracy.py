"""How sure a claimed pattern is: seeded series with and without a planted one, counted together.

A small share of what `bench/patterns.py` measures; its table is in docs/reference/accuracy.md.
"""

import math
import random
from collections.abc import Callable
from typing import NamedTuple

import pytest

from longpole.analysis.clock_patterns import HourCell, hour_patterns
from longpole.analysis.significance import Cell
from longpole.analysis.trait_claims import claim_failures, claim_slowness
from longpole.analysis.traits import Sample, Trait, find_traits, leaves_of
from longpole.model.clock import DAY_NS, HOUR_NS

DAYS, EACH_HOUR, SAMPLES = 14, 30, 2400
START_NS = 20_703 * DAY_NS
SERIES = 10  # of each kind, and as many without anything planted
REGIONS = ("eu", "us", "asia")
Claim = tuple[str, ...]


class Planted(NamedTuple):
    """What is wrong in a series; nothing is with `None`."""

    hour: int | None = None
    region: str | None = None
    failure_rate: float = 0.05
    slower: float = 1.0

    @property
    def claim(self) -> Claim | None:
        """What has to be claimed of it, and nothing else."""
        effect = "slow" if self.slower > 1 else "failing"
        if self.hour is not None:
            return "hour", str(self.hour), effect
        return None if self.region is None else ("region", self.region, effect)


def planted(chance: random.Random, kind: str) -> Planted:
    """One of a kind, at a place and of a size that chance decides."""
    hour, region = chance.randrange(24), chance.choice(REGIONS)
    fails, slower = chance.uniform(0.15, 0.3), chance.uniform(1.3, 2.0)
    return {
        "failing hour": Planted(hour=hour, failure_rate=fails),
        "slow hour": Planted(hour=hour, slower=slower),
        "failing input": Planted(region=region, failure_rate=fails),
        "slow input": Planted(region=region, slower=slower),
    }.get(kind, Planted())


def claims_of_hours(chance: random.Random, plant: Planted) -> set[Claim]:
    """What is claimed of two weeks with a daily rhythm, slow days and an outage."""
    outage, cells = (chance.randrange(DAYS), chance.randrange(24)), list[HourCell]()
    for day in range(DAYS):
        of_day = chance.gauss(0, 0.12)
        for hour in range(24):
            is_bad = hour == plant.hour
            count = round(EACH_HOUR * (1 + 0.4 * math.sin(hour / 24 * 2 * math.pi)) * math.exp(chance.gauss(0, 0.2)))
            rate = 0.6 if (day, hour) == outage else plant.failure_rate if is_bad else 0.05
            failed = sum(chance.random() < rate for _ in range(count))
            level = 20 + of_day + (math.log(plant.slower) if is_bad else 0)
            logs = [chance.gauss(level, 0.8) for _ in range(count)]
            sums = Cell(count, count, count, sum(logs), sum(log * log for log in logs))
            start_ns = START_NS + day * DAY_NS + hour * HOUR_NS
            failures = Cell(count, count, count, failed, failed)
            cells.append(HourCell(start_ns, count, count, failures, sums, sum(map(math.exp, logs))))
    found = hour_patterns(cells, START_NS, START_NS + DAYS * DAY_NS)
    effects = {"failing": "is_failing", "slow": "is_slow"}
    return {("hour", str(one.place), name) for one in found for name, claim in effects.items() if getattr(one, claim)}


def claims_of_inputs(chance: random.Random, plant: Planted) -> set[Claim]:
    """What is claimed of inputs with few and many values, while one stretch of time has an outage."""
    samples: list[Sample] = []
    for number in range(SAMPLES):
        stretch = number % 20
        given = {
            "region": chance.choice(REGIONS),
            "customer": {"id": f"c{number}", "tier": chance.choice(("gold", "free"))},
            "amount": chance.lognormvariate(3, 1),
        }
        is_bad = given["region"] == plant.region
        rate = 0.6 if stretch == 7 else plant.failure_rate if is_bad else 0.05
        log = math.log(1e9 * (plant.slower if is_bad else 1)) + chance.gauss(0, 0.8)
        samples.append(Sample(stretch, chance.random() < rate, log, 1.0, leaves_of(given)))
    traits = find_traits(samples)
    claimed = (("failing", claim_failures(samples, traits)), ("slow", claim_slowness(samples, traits)))
    return {_claim(one.trait, effect) for effect, claims in claimed for one in claims}


def _claim(trait: Trait, effect: str) -> Claim:
    return trait.key, trait.value if trait.relation == "=" else trait.relation, effect


@pytest.mark.parametrize(
    ("ask", "kinds"),
    [(claims_of_hours, ("failing hour", "slow hour")), (claims_of_inputs, ("failing input", "slow input"))],
    ids=["hours", "inputs"],
)
def test_planted_patterns_are_found_and_nothing_else_is_claimed(
    ask: Callable[[random.Random, Planted], set[Claim]], kinds: tuple[str, str]
) -> None:
    right = missed = wrong = 0
    for number in range(SERIES):
        for kind in (*kinds, "nothing", "nothing too"):
            chance = random.Random(f"{kind} {number}")
            plant = planted(chance, kind)
            claims = ask(chance, plant)
            right += plant.claim in claims
            missed += plant.claim is not None and plant.claim not in claims
            wrong += len(claims - {plant.claim})
    assert right / (right + missed) > 0.95
    assert right / (right + wrong) > 0.95
