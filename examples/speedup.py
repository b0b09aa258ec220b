"""The research team, cured finding by finding: what Longpole foretold, and what it then took.

    python examples/speedup.py            # a minute and a half; needs no network and no server but its own

Each cure replaces one function of `research_team.py`. Before it, the latest execution is asked what the cure would
bring (`longpole what-if`); then the team runs with it. At the end many executions before and after are compared.
"""

import argparse
import asyncio
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from unittest.mock import patch

import longpole
import research_team as team
from local_model import LocalModel
from longpole import agent
from longpole.remedies import Cache, Pipeline

QUESTION = "What should a visitor know about Lisbon?"
DRAWS = 5000

# The cures ----------------------------------------------------------------------------------------------------------

search = Pipeline("search")
search.add(team.search_articles)
search.add(team.search_news)


@agent("researcher")
async def researcher(city: str) -> str:
    """Searches articles and news together: neither needs the other."""
    facts = team.load_facts(city)
    found = await search.run(city=city)
    facts += team.load_facts(city)
    summary = await team.ask_model("summary", f"{facts} {found['search_articles']} {found['search_news']}")
    team.remember(city, summary)
    return summary


known = Cache()
load_facts = known.remember(ttl_s=600, tags=("facts",))(team.load_facts)

checks = Pipeline("checks")


@checks.step
async def verdict(notes: str) -> str:
    return await team.ask_model("check", notes)


@checks.step(name="read the handbook")
def handbook() -> None:
    # A plain function runs in the shared threads: it holds up nobody, and not the verdict either.
    time.sleep(0.35)


@agent("fact_checker")
async def fact_checker(notes: str) -> str:
    """Reads the handbook while the model thinks. It fails as it always did."""
    done = await checks.run(notes=notes)
    raise LookupError(f"No second source. {done['verdict']}")


after_research = Pipeline("after research", on_failure="continue")
# Looked up when they are called, as the lead does: one of them was replaced above.
for name in ("fact_checker", "translator"):
    after_research.add(lambda notes, name=name: getattr(team, name)(notes), name=name)


@after_research.step
async def write_answer(question: str, notes: str) -> str:
    return await team.write_answer(f"{question}\n{notes}")


@agent("lead")
async def lead(question: str) -> tuple[str, str]:
    """Lets the answer be written while it is checked: nothing of the checks goes into it."""
    await team.ask_model("plan", question)
    notes = await team.researcher("Lisbon")
    done = await after_research.run(question=question, notes=notes)
    return done["write_answer"], longpole.current_execution().execution_id


@dataclass(frozen=True)
class Cure:
    """One function of the team that is replaced, and the what-if that foretells what it brings."""

    title: str
    replaces: str
    by: Callable
    asks: dict[str, Sequence[str]]


CURES = [
    Cure("search together", "researcher", researcher, {"parallel": ["search_articles", "search_news"]}),
    Cure("remember the facts", "load_facts", load_facts, {"cache": ["load_facts"]}),
    Cure("read while the model thinks", "fact_checker", fact_checker, {"parallel": ["ask_model", "read the handbook"]}),
    Cure("write while it is checked", "lead", lead, {"parallel": ["fact_checker", "translator", "write_answer"]}),
]


# Running the team ---------------------------------------------------------------------------------------------------


@contextmanager
def cured(cures: Sequence[Cure]) -> Iterator[None]:
    """The team with these cures."""
    with ExitStack() as stack:
        for cure in cures:
            stack.enter_context(patch.object(team, cure.replaces, cure.by))
        yield


def run(cures: Sequence[Cure], seed: int) -> tuple[float, str]:
    """One execution, with a model of this seed and nothing remembered: its seconds and its id."""
    known.outdate("facts")
    team.model = LocalModel(seed)
    team.model.start()
    try:
        with cured(cures):
            began = time.perf_counter()
            _, execution_id = asyncio.run(_lead())
            return time.perf_counter() - began, execution_id
    finally:
        team.model.stop()


async def _lead() -> tuple[str, str]:
    answer, _ = found = await team.lead(QUESTION)
    assert "Lisbon" in answer, "a cure has changed the answer"
    return found


def show_cures() -> None:
    """Predicts and measures one cure after the other."""
    took, execution_id = run([], seed=7)
    print(f"{'':30}{'foretold':>10}{'measured':>10}\n{'as it is':30}{'':10}{took:9.2f}s")
    for number, cure in enumerate(CURES, 1):
        foretold = foretell(execution_id, cure)
        took, execution_id = run(CURES[:number], seed=7)
        print(f"{number}. {cure.title:27}{foretold:9.2f}s{took:9.2f}s", flush=True)


def foretell(execution_id: str, cure: Cure) -> float:
    """Seconds that the execution would have taken with the cure."""
    longpole.flush()
    for _ in range(100):  # until the server shows all of it
        try:
            if longpole.ExecutionAnalytics.get_execution(execution_id).status == "success":
                break
        except LookupError:
            pass
        time.sleep(0.05)
    return longpole.ExecutionAnalytics.what_if(execution_id, **cure.asks).after_ns / 1e9


# Many executions ----------------------------------------------------------------------------------------------------


def measure(seeds: Sequence[int]) -> list[tuple[float, float]]:
    """Seconds before and after all cures, in turns, by seed."""
    return [(run([], seed)[0], run(CURES, seed)[0]) for seed in seeds]


def measure_in_processes(address: str, executions: int, processes: int) -> list[tuple[float, float]]:
    """The same, several at a time: an execution mostly waits."""
    shares = [range(first, executions, processes) for first in range(processes)]
    command = [sys.executable, __file__, "--endpoint", address, "--seeds"]
    running = [
        subprocess.Popen([*command, *(str(100 + seed) for seed in share)], stdout=subprocess.PIPE, text=True)
        for share in shares
    ]
    return [tuple(pair) for process in running for pair in json.loads(process.communicate()[0])]


def p95(values: Sequence[float]) -> float:
    """The value that one in twenty is above."""
    return quantiles(values, n=20, method="inclusive")[-1]


def show_p95(pairs: Sequence[tuple[float, float]]) -> float:
    """Prints p95 before and after, with the bounds that a bootstrap over the pairs gives; gives by how much it fell."""

    def fall(chosen: Sequence[tuple[float, float]]) -> float:
        before, after = zip(*chosen, strict=True)
        return 1 - p95(after) / p95(before)

    chance = random.Random(7)
    falls = sorted(fall(chance.choices(pairs, k=len(pairs))) for _ in range(DRAWS))
    low, high = falls[round(DRAWS * 0.025)], falls[round(DRAWS * 0.975) - 1]
    before, after = zip(*pairs, strict=True)
    print(f"\np95 of {len(pairs)} executions: {p95(before):.2f} s before, {p95(after):.2f} s after")
    print(f"p95 is {fall(pairs):.1%} lower (95 % confidence interval {low:.1%} to {high:.1%})")
    return low


# The program --------------------------------------------------------------------------------------------------------


@contextmanager
def own_server() -> Iterator[str]:
    """A Longpole of this program alone, in a folder that goes with it; gives its address."""
    with TemporaryDirectory(prefix="longpole-speedup-") as folder:
        command = [str(Path(sys.executable).with_name("longpole")), "serve", "--data", folder, "--port", "0"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
            try:
                told = Path(folder) / "server.json"
                while not told.exists() and server.poll() is None:
                    time.sleep(0.05)
                yield json.loads(told.read_text())["url"]
            finally:
                server.terminate()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--executions", type=int, default=30, help="how many are measured before and after")
    parser.add_argument("--processes", type=int, default=6, help="how many of them run at a time")
    parser.add_argument("--seeds", type=int, nargs="+", help="measure these here, and print them as JSON")
    parser.add_argument("--endpoint", help="where these are recorded")
    options = parser.parse_args()
    team.prepare_database()
    if options.seeds:
        longpole.configure(endpoint=options.endpoint, service="research-team", content="full")
        print(json.dumps(measure(options.seeds)))
        return 0
    with own_server() as address:
        longpole.configure(endpoint=address, service="research-team", content="full")
        show_cures()
        low = show_p95(measure_in_processes(address, options.executions, options.processes))
        longpole.shutdown()
    print("target: 20 % lower: " + ("met, at the lower bound too" if low >= 0.2 else "missed at the lower bound"))
    return 0 if low >= 0.2 else 1


if __name__ == "__main__":
    sys.exit(main())
