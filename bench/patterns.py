"""How many planted patterns the reports find, and how many they claim that nobody planted.

Every series is a store of two weeks of two agents, made from a seed: a daily rhythm, log-normal durations, days that
are slower than others, failures that come in outages of an hour or two, and inputs with few and many different values.
Half of the series are nulls: nothing is planted. In each of the others one thing is. All series are asked all
questions; a claim is right if it names what was planted in that very series. In every series a second version comes on
the ninth day, which is slower in some of them only. Runaway loops and skipped agents are looked for in single
executions (`pattern_trees.py`), as many with as without.

    .venv/bin/python bench/patterns.py [--series 120] [--seed 1] [--json FILE]
"""

import argparse
import hashlib
import json
import math
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from rich.console import Console
from rich.progress import track
from rich.table import Table

from longpole.model.batch import Batch
from longpole.model.buckets import duration_bucket
from longpole.model.clock import to_rfc3339
from longpole.model.event import Body
from longpole.model.execution import Execution
from longpole.model.ids import execution_id_of
from longpole.reports.change_questions import REGRESSIONS
from longpole.reports.input_patterns import INPUT_PATTERNS
from longpole.reports.patterns import PATTERNS
from longpole.store.engine import Engine
from longpole.store.store import open_store
from pattern_trees import RULES, measure_trees

DAYS = 14
HOUR_NS = 3_600_000_000_000
DAY_NS = 24 * HOUR_NS
START_NS = 20_700 * DAY_NS
EACH_HOUR = 24
AGENTS = ("planner", "researcher")
REGIONS, TIERS, LANGUAGES = ("eu", "us", "asia", "africa"), ("gold", "silver", "free"), ("en", "de", "fr", "ja", "pt")
QUESTION, TENANT = "input.question (length)", "attribute.tenant"
PATHS = ("llm", "llm > tool search > llm", "tool search > llm > tool write", "llm > tool ask > llm")
PATH_SHARES = (0.5, 0.25, 0.15, 0.1)
FAILING = 0.04
NEW_VERSION = (8, 10)
"""Day and hour from which the second version runs."""

Claim = tuple[str, ...]
"""What is claimed, or planted: kind, name, effect."""


class Run(Struct):
    """One execution while it is made up."""

    started_ns: int
    agent: str
    hour: int
    day: int
    version: str
    input: dict[str, Any]
    attributes: dict[str, Any]
    path: str
    failure_rate: float
    duration_ns: float


class Plant(Struct, frozen=True):
    """Something planted: what has to be claimed, whom it affects, and how."""

    kind: str
    claim: Claim | None
    affects: Callable[[Run], bool]
    failure_rate: float = 0.0
    slower: float = 1.0


def plants(chance: random.Random) -> list[Plant]:
    """One of each kind, at a place that chance decides."""
    hour, region, tier = chance.randrange(24), chance.choice(REGIONS), chance.choice(TIERS)
    path, agent = PATHS[1 + chance.randrange(3)], chance.choice(AGENTS)
    fail, slow = chance.uniform(0.08, 0.25), chance.uniform(1.3, 2.0)

    def bad(kind: str, *claim: str, affects: Callable[[Run], bool]) -> Plant:
        return Plant(kind, (*claim, "failing"), affects, fail, 1.0)

    def slower(kind: str, *claim: str, affects: Callable[[Run], bool]) -> Plant:
        return Plant(kind, (*claim, "slow"), affects, 0.0, slow)

    def is_on_path(run: Run) -> bool:
        return run.path == path and run.agent == agent

    def is_new(run: Run) -> bool:
        return run.version == "2" and run.agent == agent

    return [
        bad("bad hour, failing", "hour", str(hour), affects=lambda run: run.hour == hour),
        slower("bad hour, slow", "hour", str(hour), affects=lambda run: run.hour == hour),
        bad("bad value, failing", "input", "input.region", region, affects=lambda run: run.input["region"] == region),
        slower("bad value, slow", "input", "input.tier", tier, affects=lambda run: run.input["tier"] == tier),
        bad("bad key, failing", "input", "input.coupon", "", affects=lambda run: "coupon" in run.input),
        bad("missing key, failing", "input", "input.email", "", affects=lambda run: "email" not in run.input),
        slower("large input, slow", "input", QUESTION, "", affects=lambda run: len(run.input["question"]) > 2400),
        bad("bad attribute, failing", "input", TENANT, "t3", affects=lambda run: run.attributes["tenant"] == "t3"),
        slower("slow path", "path", agent, path, affects=is_on_path),
        bad("failing path", "path", agent, path, affects=is_on_path),
        slower("slow version", "version", agent, "2", affects=is_new),
    ]


NOTHING = Plant("nothing", None, lambda _: False)


def runs_of(chance: random.Random, plant: Plant) -> Iterator[Run]:
    """The executions of one series."""
    outages = {(chance.randrange(DAYS), chance.randrange(24)) for _ in range(5)}
    slow_spells = {(chance.randrange(DAYS), chance.randrange(24)): chance.uniform(1.5, 4) for _ in range(6)}
    for day in range(DAYS):
        of_day = math.exp(chance.gauss(0, 0.12))
        for hour in range(24):
            rhythm = 1 + 0.4 * math.sin((hour - 9) / 24 * 2 * math.pi)
            for _ in range(round(EACH_HOUR * rhythm * math.exp(chance.gauss(0, 0.2)))):
                run = _run(chance, day, hour)
                run.duration_ns *= of_day * slow_spells.get((day, hour), 1.0)
                if (day, hour) in outages:
                    run.failure_rate = 0.6
                if plant.affects(run):
                    run.failure_rate += plant.failure_rate
                    run.duration_ns *= plant.slower
                yield run


def _run(chance: random.Random, day: int, hour: int) -> Run:
    agent = chance.choice(AGENTS)
    given: dict[str, Any] = {
        "region": chance.choices(REGIONS, (4, 3, 2, 1))[0],
        "tier": chance.choices(TIERS, (1, 2, 4))[0],
        "customer": {"id": f"c{chance.randrange(100_000)}"},
        "items": [{"sku": f"s{chance.randrange(300)}"} for _ in range(chance.randrange(1, 5))],
        "language": chance.choice(LANGUAGES),
        "amount": round(chance.lognormvariate(3, 1), 2),
        "question": "x" * int(chance.lognormvariate(7, 0.7) + 81),
    }
    if chance.random() < 0.15:
        given["coupon"] = chance.choice(("SPRING", "VIP", "X1"))
    if chance.random() < 0.9:
        given["email"] = f"u{chance.randrange(10**6)}@example.org"
    return Run(
        started_ns=START_NS + day * DAY_NS + hour * HOUR_NS + chance.randrange(HOUR_NS),
        agent=agent,
        hour=hour,
        day=day,
        version="2" if (day, hour) >= NEW_VERSION else "1",
        input=given,
        attributes={"tenant": f"t{chance.randrange(8)}", "shard": chance.randrange(3)},
        path=chance.choices(PATHS, PATH_SHARES)[0],
        failure_rate=FAILING if agent == "planner" else 1.5 * FAILING,
        duration_ns=1e9 * (1 if agent == "planner" else 2.5) * math.exp(chance.gauss(0, 0.8)),
    )


def store_of(seed: int, plant: Plant) -> Engine:
    """A store in memory with one series."""
    chance = random.Random(seed)
    batch = Batch()
    for number, run in enumerate(runs_of(chance, plant)):
        name = hashlib.md5(f"{seed} {number}".encode(), usedforsecurity=False).hexdigest()
        span_id, duration_ns = name[:16], int(run.duration_ns)
        has_failed = chance.random() < run.failure_rate
        if has_failed:
            duration_ns = int(duration_ns * chance.uniform(0.2, 1))
        execution_id = execution_id_of(name, span_id)
        batch.executions.append(
            Execution(
                workspace="default", execution_id=execution_id, trace_id=name, span_id=span_id, parent_span_id=None,
                link_trace_id=None, link_span_id=None, parent_execution_id=None, root_execution_id=execution_id,
                depth=0, call_reason=None, kind="agent", agent=run.agent, agent_id=None, method=None, name=run.agent,
                category="agent", operation=None, status="failed" if has_failed else "success", stage=None,
                started_ns=run.started_ns, ended_ns=run.started_ns + duration_ns, duration_ns=duration_ns,
                received_ns=run.started_ns + duration_ns, duration_bucket=duration_bucket(duration_ns), path=run.path,
                version=run.version, path_hash=hashlib.md5(run.path.encode(), usedforsecurity=False).hexdigest()[:16],
            )
        )  # fmt: skip
        given, attributes = msgspec.json.encode(run.input).decode(), msgspec.json.encode(run.attributes).decode()
        batch.bodies.append(Body("default", name, span_id, given, None, None, attributes, None, run.started_ns))
    store = open_store(":memory:")
    store.write(batch)
    return store


def claims_of(store: Engine) -> set[Claim]:
    """Everything that the reports claim of a series."""
    period = [("from", to_rfc3339(START_NS)), ("to", to_rfc3339(START_NS + DAYS * DAY_NS))]
    found: set[Claim] = set()
    patterns = PATTERNS.ask(store, period)
    for kind, places in (("hour", patterns.hours), ("weekday", patterns.weekdays)):
        for place in places:
            for effect, is_claimed in (("failing", place.is_failing), ("slow", place.is_slow)):
                if is_claimed:
                    found.add((kind, str(place.place), effect))
    for path in patterns.paths:
        for effect, is_claimed in (("failing", path.is_failing), ("slow", path.is_slow)):
            if is_claimed:
                found.add(("path", path.agent, str(path.path), effect))
    for change in REGRESSIONS.ask(store, period).items:
        for cause in change.changed_then:
            if cause.kind == "version":
                found.add(("version", change.agent, cause.after, "slow"))
    for pattern in INPUT_PATTERNS.ask(store, period).patterns:
        found.add(("input", pattern.key, pattern.value if pattern.relation == "=" else "", pattern.effect))
    return found


def measure(series: int, seed: int, file: Path | None) -> dict[str, dict[str, float]]:
    """By kind of plant: how many were planted and found, and how many claims were right and wrong.

    The file has what was measured so far.
    """
    rows: dict[str, dict[str, float]] = {}
    for kind in RULES:
        for number in range(max(1, series // 100)):
            told = measure_trees(kind, seed * 1000 + number)
            row = rows.setdefault(kind, dict.fromkeys(("series", "found", "right", "wrong"), 0.0))
            for name, value in {**told, "right": told["found"]}.items():
                row[name] += value
    for number in track(range(series), description="series", transient=True):
        chance = random.Random(f"{seed} {number}")
        choices = plants(chance)
        plant = NOTHING if number % 2 else choices[number // 2 % len(choices)]
        store = store_of(seed * 1_000_000 + number, plant)
        began = time.perf_counter()
        claims = claims_of(store)
        store.close()
        row = rows.setdefault(plant.kind, dict.fromkeys(("series", "found", "right", "wrong", "seconds"), 0.0))
        is_found = plant.claim in claims
        row["series"] += 1
        row["found"] += is_found
        row["right"] += is_found
        row["wrong"] += len(claims - {plant.claim})
        row["seconds"] += time.perf_counter() - began
        if claims - {plant.claim} or (plant.claim and not is_found):
            print(f"series {number}: planted {plant.claim}, claimed {sorted(claims)}")
        if file:
            file.write_text(json.dumps(rows, indent=1))
    return rows


def show(rows: dict[str, dict[str, float]]) -> None:
    """Print the table of the documentation."""
    table = Table(title="planted patterns", title_justify="left")
    for column in ("planted", "series", "found", "wrong claims"):
        table.add_column(column, justify="left" if column == "planted" else "right")
    for kind, row in sorted(rows.items(), key=lambda item: (item[0] == "nothing", item[0])):
        found = "" if kind == "nothing" else f"{row['found']:.0f}"
        table.add_row(kind, f"{row['series']:.0f}", found, f"{row['wrong']:.0f}")
    planted = sum(row["series"] for kind, row in rows.items() if kind != "nothing")
    right, wrong = sum(row["right"] for row in rows.values()), sum(row["wrong"] for row in rows.values())
    console = Console(width=100)
    console.print(table)
    console.print(f"recall {right / planted:.1%}, precision {right / max(1, right + wrong):.1%}")


def main() -> None:
    """Make the series, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, default=120)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    show(measure(chosen.series, chosen.seed, chosen.json))


if __name__ == "__main__":
    main()
