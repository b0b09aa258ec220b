"""Agent programs that can be changed for real: each does the same work as recorded, or as someone who tuned it would.

A program awaits seeded latencies in the shapes that agents have: sequences, fan-outs, agents in agents, retries, loops,
streams, branches, pools. With `changed` it really runs two steps in parallel, caches a call, leaves a sleep out, or
makes a step faster, and `asks` says the same to the what-if.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import nullcontext

from msgspec import Struct

import longpole

Asks = tuple[tuple[str, str], ...]


class World:
    """Latencies by name, in seconds, from a seed; `quicker` divides those of some names."""

    def __init__(self, seed: int, quicker: dict[str, float] | None = None) -> None:
        self._seed = seed
        self._quicker = quicker or {}
        self.left: list[asyncio.Task[None]] = []  # what nobody waits for must be held by somebody

    def seconds(self, name: str, low_ms: float = 25, high_ms: float = 110) -> float:
        """How long the step of this name takes, the same each time."""
        wait = random.Random(f"{self._seed} {name}").uniform(low_ms, high_ms) / 1000
        return wait / self._quicker.get(name.split("#")[0], 1)

    async def work(self, name: str, category: str = "tool") -> str:
        """A step that takes its time; `name#3` is a step `name` with a latency of its own."""
        with longpole.time_step(name.split("#")[0], category=category):
            await asyncio.sleep(self.seconds(name))
        return name

    async def notify(self, name: str, milliseconds: float) -> None:
        """A step of a length that is given."""
        with longpole.time_step(name, category="http"):
            await asyncio.sleep(milliseconds / 1000)

    async def own(self, name: str) -> None:
        """Time that no step explains: short, as parsing and templates are."""
        await asyncio.sleep(self.seconds(f"own {name}", 2, 8))


Program = Callable[[World, bool], Awaitable[object]]


class Case(Struct, frozen=True):
    """A program, what is asked of its recording, and how its world is quicker when it is really changed."""

    name: str
    deed: str
    program: Program
    asks: Asks
    quicker: dict[str, float] = {}


async def sequence(world: World, changed: bool) -> None:
    """Five steps after each other; changed, the two look-ups run in parallel."""
    await world.work("plan", "llm")
    await world.own("parse")
    if changed:
        await asyncio.gather(world.work("profile"), world.work("orders"))
    else:
        await world.work("profile")
        await world.work("orders")
    await world.own("template")
    await world.work("answer", "llm")
    await world.work("check", "validation")


async def plain_sequence(world: World, _: bool) -> None:
    """The same, never changed in its order."""
    await sequence(world, False)


async def sequence_without_check(world: World, changed: bool) -> None:
    """The last but one step is left out."""
    await world.work("plan", "llm")
    await world.work("profile")
    if not changed:
        await world.work("guess", "llm")
    await world.own("template")
    await world.work("answer", "llm")


async def fan_out(world: World, changed: bool) -> None:
    """Four searches at once, then a summary; changed, the slowest is left out."""
    await world.work("plan", "llm")
    names = [f"search {letter}" for letter in "abcd"]
    if changed:
        names.remove(max(names, key=world.seconds))
    await asyncio.gather(*(world.work(name) for name in names))
    await world.own("merge")
    await world.work("summarise", "llm")


async def plain_fan_out(world: World, _: bool) -> None:
    """The same with all four."""
    await fan_out(world, False)


async def map_reduce(world: World, _: bool) -> None:
    """Eight equal steps at once, twice, as supersteps of a graph."""
    await asyncio.gather(*(world.work(f"read#{number}") for number in range(8)))
    await world.own("state")
    await asyncio.gather(*(world.work(f"judge#{number}", "llm") for number in range(5)))
    await world.work("merge", "processing")


@longpole.agent("researcher")
async def researcher(world: World, number: int) -> None:
    """A child agent: search, then summarise."""
    await world.work(f"search#{number}")
    await world.own(f"parse {number}")
    await world.work(f"summarise#{number}", "llm")


@longpole.agent("critic")
async def critic(world: World) -> None:
    """Another one."""
    await world.work("read", "retrieval")
    await world.work("judge", "llm")


async def two_agents(world: World, changed: bool) -> None:
    """Two agents after each other; changed, in parallel."""
    await world.work("plan", "llm")
    if changed:
        await asyncio.gather(researcher(world, 1), critic(world))
    else:
        await researcher(world, 1)
        await critic(world)
    await world.work("answer", "llm")


async def three_researchers(world: World, changed: bool) -> None:
    """The same agent three times; changed, at once."""
    if changed:
        await asyncio.gather(*(researcher(world, number) for number in range(3)))
    else:
        for number in range(3):
            await researcher(world, number)
    await world.work("answer", "llm")


async def nested_agents(world: World, _: bool) -> None:
    """Agents at once whose steps have equal names."""
    await asyncio.gather(*(researcher(world, number) for number in range(4)))
    await world.work("answer", "llm")


async def retries(world: World, changed: bool) -> None:
    """A call that fails twice, with a wait before each new attempt; changed, without these waits."""
    await world.work("plan", "llm")
    with longpole.time_step("call with retries", category="processing"):
        for attempt in range(3):
            if attempt and not changed:
                await world.work(f"backoff#{attempt}", "retry")
            await world.work(f"call#{attempt}", "http")
    await world.work("answer", "llm")


async def repeats(world: World, changed: bool) -> None:
    """The same profile is asked for in each turn; changed, once."""
    cached = False
    for turn in range(4):
        if not (changed and cached):
            await world.work("get profile", "database")
            cached = True
        await world.work(f"answer#{turn}", "llm")
    await world.own("end")


async def repeats_in_branches(world: World, changed: bool) -> None:
    """The same after a fan-out, in each branch."""
    cached = False

    async def branch(number: int) -> None:
        await world.work(f"search#{number}")
        if not (changed and cached):
            await world.work("get rates", "database")
        await world.work(f"price#{number}", "llm")

    await world.work("get rates", "database")
    cached = True
    await asyncio.gather(*(branch(number) for number in range(3)))
    await world.work("answer", "llm")


async def sleeps(world: World, changed: bool) -> None:
    """A job is asked for until it is done, with a pause each time; changed, without pauses."""
    await world.work("start job", "http")
    for number in range(3):
        if not changed:
            await world.work(f"pause#{number}", "queue")
        await world.work(f"ask#{number}", "http")
    await world.work("answer", "llm")


async def branches(world: World, _: bool) -> None:
    """Three branches of two steps each, flat below the agent."""

    async def branch(letter: str) -> None:
        await world.work(f"fetch {letter}")
        await world.work(f"condense {letter}", "llm")

    await asyncio.gather(*(branch(letter) for letter in "abc"))
    await world.work("answer", "llm")


async def branches_of_equals(world: World, _: bool) -> None:
    """The same, where the steps of all branches have equal names."""

    async def branch(number: int) -> None:
        await world.work(f"fetch#{number}")
        await world.own(f"parse {number}")
        await world.work(f"condense#{number}", "llm")

    await asyncio.gather(*(branch(number) for number in range(4)))
    await world.work("answer", "llm")


async def background(world: World, _: bool) -> None:
    """A notification that nobody waits for outlives the agent."""
    await world.work("plan", "llm")
    notice = asyncio.create_task(world.notify("notify", 400))
    await world.work("profile")
    await world.work("answer", "llm")
    world.left.append(notice)


async def short_background(world: World, _: bool) -> None:
    """The same, but it is over before the agent is, which looks like a step that was waited for."""
    await world.work("plan", "llm")
    notice = asyncio.create_task(world.notify("notify", 60))
    await world.work("profile")
    await world.work("answer", "llm")
    world.left.append(notice)


async def early_start(world: World, _: bool) -> None:
    """A long search is begun first and awaited last; between the two the agent does other things."""
    search = asyncio.create_task(world.work("long search"))
    await world.work("plan", "llm")
    await asyncio.gather(world.work("profile"), world.work("orders"))
    await world.work("draft", "llm")
    await search
    await world.work("answer", "llm")


async def pool(world: World, _: bool) -> None:
    """Twelve documents, three at a time."""
    limit = asyncio.Semaphore(3)

    async def one(number: int) -> None:
        async with limit:
            await world.work(f"embed#{number}", "llm")

    await asyncio.gather(*(one(number) for number in range(12)))
    await world.work("store", "database")


async def workers(world: World, _: bool) -> None:
    """Two workers take jobs of two steps from a queue."""
    jobs: asyncio.Queue[int] = asyncio.Queue()
    for number in range(6):
        jobs.put_nowait(number)

    async def worker(name: int) -> None:
        with longpole.time_step(f"worker {name}"):
            while not jobs.empty():
                number = jobs.get_nowait()
                await world.work(f"load#{number}", "database")
                await world.work(f"judge#{number}", "llm")

    await asyncio.gather(worker(1), worker(2))


async def chunks(world: World) -> AsyncGenerator[int]:
    """What a model sends piece by piece."""
    for number in range(6):
        await asyncio.sleep(world.seconds(f"model#{number}", 10, 30))
        longpole.first_token()
        yield number


async def stream(world: World, changed: bool) -> None:
    """An answer that is streamed, and handled piece by piece as it comes; changed, without the handling."""
    await world.work("plan", "llm")
    with longpole.time_step("model", category="llm"):
        async for number in chunks(world):
            with nullcontext() if changed else longpole.time_step("handle", category="processing"):
                if not changed:
                    await asyncio.sleep(world.seconds(f"handle#{number}", 5, 15))
    await world.work("check", "validation")


@longpole.timing_step(name="model", category="llm")
async def streamed(world: World) -> AsyncGenerator[int]:
    """The same as a step by itself."""
    async for number in chunks(world):
        yield number


async def stream_beside(world: World, _: bool) -> None:
    """The pieces are handled beside the step that makes them."""
    await world.work("plan", "llm")
    async for number in streamed(world):
        await world.work(f"handle#{number}", "processing")
    await world.work("check", "validation")


async def turns(world: World, changed: bool) -> None:
    """A loop of a model and the tools it wants; changed, both tools of a turn at once."""
    for turn in range(3):
        await world.work(f"think#{turn}", "llm")
        tools = [world.work(f"find#{turn}"), world.work(f"weigh#{turn}")]
        if changed:
            await asyncio.gather(*tools)
        else:
            for tool in tools:
                await tool
    await world.work("answer", "llm")


async def parts(world: World, changed: bool) -> None:
    """Steps made of steps; changed, the two parts run in parallel."""

    async def part(letter: str) -> None:
        with longpole.time_step(f"part {letter}"):
            await world.work(f"load {letter}", "database")
            await world.own(letter)
            await asyncio.gather(world.work(f"left {letter}"), world.work(f"right {letter}"))

    if changed:
        await asyncio.gather(part("a"), part("b"))
    else:
        await part("a")
        await part("b")
    await world.work("answer", "llm")


async def parts_with_a_pause(world: World, changed: bool) -> None:
    """Two parts at once, one of which sleeps; changed, it does not."""

    async def part(letter: str) -> None:
        with longpole.time_step(f"part {letter}"):
            await world.work(f"load {letter}", "database")
            if letter == "a" and not changed:
                await world.work("settle", "queue")
            await world.work(f"judge {letter}", "llm")

    await asyncio.gather(part("a"), part("b"))
    await world.work("answer", "llm")


CASES: tuple[Case, ...] = (
    Case("sequence", "parallel", sequence, (("parallel", "profile,orders"),)),
    Case("sequence", "faster", plain_sequence, (("faster", "answer=2x"),), {"answer": 2}),
    Case(
        "sequence", "faster", plain_sequence, (("faster", "plan=4x"), ("faster", "orders=3x")), {"plan": 4, "orders": 3}
    ),
    Case("sequence", "remove", sequence_without_check, (("remove", "guess"),)),
    Case("fan-out", "remove", fan_out, (("remove", "{slowest search}"),)),
    Case("fan-out", "faster", plain_fan_out, (("faster", "summarise=2x"),), {"summarise": 2}),
    Case("fan-out", "faster", plain_fan_out, (("faster", "search a=3x"),), {"search a": 3}),
    Case("fan-out", "faster", plain_fan_out, (("faster", "{slowest search}=3x"),), {"{slowest search}": 3}),
    Case("supersteps", "faster", map_reduce, (("faster", "read=2x"),), {"read": 2}),
    Case(
        "supersteps", "faster", map_reduce, (("faster", "judge=3x"), ("faster", "merge=2x")), {"judge": 3, "merge": 2}
    ),
    Case("two agents", "parallel", two_agents, (("parallel", "researcher,critic"),)),
    Case("three agents", "parallel", three_researchers, (("parallel", "researcher"),)),
    Case("agents at once", "faster", nested_agents, (("faster", "summarise=3x"),), {"summarise": 3}),
    Case("agents at once", "faster", nested_agents, (("faster", "search=2x"),), {"search": 2}),
    Case("retries", "remove", retries, (("remove", "backoff"),)),
    Case("retries", "faster", retries, (("faster", "call=2x"),), {"call": 2}),
    Case("repeats", "cache", repeats, (("cache", "get profile"),)),
    Case("repeats", "faster", repeats, (("faster", "get profile=5x"),), {"get profile": 5}),
    Case("repeats in branches", "cache", repeats_in_branches, (("cache", "get rates"),)),
    Case("pauses", "remove", sleeps, (("remove", "pause"),)),
    Case("pauses", "faster", sleeps, (("faster", "pause=2x"), ("faster", "ask=2x")), {"pause": 2, "ask": 2}),
    Case("branches", "faster", branches, (("faster", "fetch a=3x"),), {"fetch a": 3}),
    Case("branches", "faster", branches, (("faster", "condense b=3x"),), {"condense b": 3}),
    Case("branches", "faster", branches_of_equals, (("faster", "fetch=3x"),), {"fetch": 3}),
    Case("branches", "faster", branches_of_equals, (("faster", "condense=2x"),), {"condense": 2}),
    Case("background", "faster", background, (("faster", "profile=3x"),), {"profile": 3}),
    Case("early start", "faster", early_start, (("faster", "long search=10x"),), {"long search": 10}),
    Case("early start", "faster", early_start, (("faster", "draft=3x"),), {"draft": 3}),
    Case(
        "early start",
        "faster",
        early_start,
        (("faster", "profile=3x"), ("faster", "orders=3x")),
        {"profile": 3, "orders": 3},
    ),
    Case("pool", "faster", pool, (("faster", "embed=2x"),), {"embed": 2}),
    Case("workers", "faster", workers, (("faster", "judge=2x"),), {"judge": 2}),
    Case("stream", "remove", stream, (("remove", "handle"),)),
    Case("stream", "faster", stream_beside, (("faster", "model=2x"),), {"model": 2}),
    Case("stream", "faster", stream_beside, (("faster", "handle=3x"),), {"handle": 3}),
    Case("turns", "parallel", turns, (("parallel", "find,weigh"),)),
    Case("turns", "faster", turns, (("faster", "think=2x"),), {"think": 2}),
    Case("parts", "parallel", parts, (("parallel", "part a,part b"),)),
    Case("parts", "faster", parts_with_a_pause, (("faster", "judge a=2x"),), {"judge a": 2}),
    Case("parts", "remove", parts_with_a_pause, (("remove", "settle"),)),
    Case(
        "parts", "parallel and faster", parts, (("parallel", "part a,part b"), ("faster", "answer=2x")), {"answer": 2}
    ),
)
"""Every one is run with several seeds."""

LIMITS: tuple[Case, ...] = (
    Case("short background", "faster", short_background, (("faster", "profile=3x"),), {"profile": 3}),
)
"""What cannot be seen from outside, and is predicted wrongly: shown beside the others, not counted among them."""
