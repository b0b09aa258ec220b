"""`longpole record`, `longpole replay`: real clients against a provider that is gone when the program runs again."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from library_programs import LONGPOLE, OPEN
from longpole.settings import child_environment
from model_provider import ModelProvider
from running_server import RunningServer, wait_until

# Everything that a replay gives back, in one program: models through three ways of one client, tools of each kind,
# tasks and threads, failures, the clock and chance. It prints what it got, so that runs can be held together.
TEAM = """
import asyncio, datetime, random, sys, time, uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
import openai
import longpole

effects, address = open(sys.argv[1], "a"), sys.argv[2] + "/v1"
given = dict(base_url=address, api_key="sk-very-secret-key-of-the-test", max_retries=0)

@dataclass
class Fact:
    city: str
    about: tuple[int, int]

def note(what):
    effects.write(what + "\\n")
    effects.flush()

@longpole.timing_step(category="tool")
def look_up(city: str) -> Fact:
    note("look_up")
    return Fact(city, (len(city), 7))

@longpole.timing_step(category="tool")
async def search(word):
    note("search")
    await asyncio.sleep(0.02)
    return {"word": word, "hits": [1, 2.5, None]}

@longpole.timing_step(category="database")
def save(text):
    note("save")
    raise LookupError("no room for", 3)

@longpole.timing_step(category="llm")
async def words(text):
    note("words")
    for word in text.split():
        yield word

def messages(text):
    return [{"role": "user", "content": text}]

def plain(text):
    return openai.OpenAI(**given).chat.completions.create(model="gpt-4o-mini", messages=messages(text))

@longpole.agent
async def lead(question):
    facts = [look_up("Rome"), look_up("Oslo"), look_up("Rome")]
    found = await asyncio.gather(search("a"), search("b"), search("a"))
    try:
        save("x")
    except LookupError as error:
        failure = (type(error).__name__, error.args)
    now = datetime.datetime.now().isoformat(), time.time()
    chance = random.random(), random.choice("abcdef"), str(uuid.uuid4())
    client = openai.AsyncOpenAI(**given)
    told = [(await client.chat.completions.create(model="gpt-4o-mini", messages=messages(f"{now} {chance}")))]
    stream = await client.chat.completions.create(model="gpt-4o-mini", messages=messages("stream"), stream=True)
    pieces = [chunk.choices[0].delta.content async for chunk in stream if chunk.choices]
    with ThreadPoolExecutor(2) as pool:
        told += list(pool.map(plain, ["one", "two", "three"]))
    try:
        await client.chat.completions.create(model="fail", messages=messages("fail"))
    except openai.InternalServerError as error:
        refused = error.status_code
    spoken = [word async for word in words("of a stream")]
    answers = [each.choices[0].message.content for each in told], [each.id for each in told]
    return facts, found, failure, now, chance, answers, pieces, refused, spoken

print(asyncio.run(lead("What is known?")))
"""

# Two tools after each other; `gather` has them at once.
TWO_TOOLS = """
import asyncio, sys, longpole

effects = open(sys.argv[1], "a")

@longpole.timing_step(category="tool")
async def articles(city: str) -> str:
    effects.write(sys._getframe().f_code.co_name + "\\n")
    await asyncio.sleep(0.3)
    return city

@longpole.timing_step(category="tool")
async def news(city: str) -> str:
    effects.write(sys._getframe().f_code.co_name + "\\n")
    await asyncio.sleep(0.3)
    return city

@longpole.agent
async def reporter():
    {body}

print(asyncio.run(reporter()))
"""
ONE_BY_ONE = 'return await articles("Rome"), await news("Rome")'
AT_ONCE = 'return await asyncio.gather(articles("Rome"), news("Rome"))'
ELSEWHERE = 'return await articles("Rome"), await news("Oslo")'

ITSELF = """
import sys, longpole

longpole.configure(endpoint=sys.argv[2], content="full")
calls = []

@longpole.timing_step(category="tool")
def count(step: int) -> list[int]:
    calls.append(step)
    return [step]

@longpole.agent
def counter():
    return count(1), longpole.current_execution().execution_id

with longpole.recording():
    first, execution_id = counter()
longpole.flush()
with longpole.replaying(execution_id, speed=0) as replay:
    second, _ = counter()
assert calls == [1]
print(first, second, replay.outcome().never_asked)
"""

FAILS = """
import sys, longpole

effects = open(sys.argv[1], "a")

@longpole.timing_step(category="tool")
def pay(sum: int) -> str:
    effects.write("pay\\n")
    return f"paid {sum}"

@longpole.timing_step(category="tool")
def ship(goods: str) -> str:
    effects.write("ship\\n")
    if sys.argv[2] == "broken":
        raise ConnectionError("the carrier does not answer")
    return f"shipped {goods}"

@longpole.agent
def order():
    return pay(12), ship("book")

print(order())
"""


CHANCE = {"queue", "blocked_loop"}  # whether there was a wait for a thread or a block of the loop


class Kept:
    """An execution as a replay takes it."""

    def __init__(self, found: dict[str, Any]) -> None:
        self.id: str = found["execution_id"]
        self.status: str = found["status"]
        self.steps: list[dict[str, Any]] = [each for each in found["steps"] if each["category"] not in CHANCE]
        self._by_id = {each["step_id"]: each for each in found["steps"]}

    def path(self, step: dict[str, Any]) -> str:
        above = self._by_id.get(step["parent_step_id"] or "")
        return f"{self.path(above)} > {step['name']}" if above else step["name"]

    def paths(self) -> list[str]:
        return sorted(map(self.path, self.steps))

    def tree(self) -> list[str]:
        """Every step with its place, its end and what went in and out."""
        return sorted(
            json.dumps([self.path(each), each["status"], each["error_type"], each["input"], each["output"]])
            for each in self.steps
        )

    def one(self, name: str) -> dict[str, Any]:
        (found,) = (each for each in self.steps if each["name"] == name)
        return found

    def has_overlap(self, one: str, other: str) -> bool:
        a, b = self.one(one), self.one(other)
        return a["offset_ns"] < b["offset_ns"] + b["duration_ns"] and b["offset_ns"] < a["offset_ns"] + a["duration_ns"]


class Runs:
    """A program in a folder, recorded by and replayed against one server."""

    def __init__(self, server: RunningServer, folder: Path) -> None:
        self.server, self.folder = server, folder
        self.code = 0

    @property
    def effects(self) -> list[str]:
        """What the program's tools have done, in order."""
        return (self.folder / "effects").read_text().splitlines()

    def run(self, source: str, command: list[str], *arguments: str) -> str:
        """What `longpole` and the program print; the program's first argument is a file for its effects."""
        program = self.folder / "program.py"
        program.write_text(source)
        python = [sys.executable, str(program), str(self.folder / "effects"), *arguments]
        done = subprocess.run(
            [str(LONGPOLE), *command, "--url", self.server.url, "--", *python],
            cwd=self.folder,
            env=child_environment({"LONGPOLE_DATA_FOLDER": str(self.folder / "data"), "COLUMNS": "200"}),
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        self.code = done.returncode
        return done.stdout + done.stderr

    def item(self, kept: Kept) -> dict[str, Any]:
        """What a list of executions says of one."""
        return self.server.get(f"/api/executions/{kept.id}").json()["execution"]

    def newest(self, agent: str, *others: Kept) -> Kept:
        """The newest execution of an agent that is none of the others, once it has ended."""

        def look() -> Kept | None:
            items = self.server.get("/api/executions", params={"agent": agent}).json()["items"]
            if not items or items[0]["status"] in OPEN or not items[0]["is_settled"]:
                return None
            if items[0]["execution_id"] in {other.id for other in others}:
                return None
            return Kept(self.server.get(f"/api/executions/{items[0]['execution_id']}/recording").json())

        return wait_until(look, f"an execution of {agent}")


@pytest.fixture
def runs(shared_server: RunningServer, tmp_path: Path) -> Runs:
    return Runs(shared_server, tmp_path)


def test_a_program_gets_everything_back_when_its_provider_is_gone(runs: Runs) -> None:
    with ModelProvider() as provider:
        first = runs.run(TEAM, ["record"], provider.url)
    assert runs.code == 0, first
    recorded, effects = runs.newest("lead"), runs.effects
    replayed: list[Kept] = []
    for _ in range(2):
        said = runs.run(TEAM, ["replay", recorded.id, "--speed", "0"], provider.url)
        assert runs.code == 0, said
        assert said.splitlines()[0] == first.splitlines()[0]
        assert "14 calls given back." in said
        replayed.append(runs.newest("lead", recorded, *replayed))
    assert replayed[0].tree() == replayed[1].tree()
    assert replayed[0].paths() == recorded.paths()
    assert replayed[0].one("lead")["attributes"]["longpole.replay.of"] == recorded.id
    paid, unpaid = (runs.item(kept) for kept in (recorded, replayed[0]))
    assert unpaid["input_tokens"] == paid["input_tokens"] > 0
    assert paid["cost_usd"] > 0
    assert (unpaid["cost_usd"], unpaid["environment"]) == (0, "replay")
    button = runs.server.get(f"/api/executions/{recorded.id}/replay").json()
    assert (button["is_exact"], button["calls"], button["message"]) == (True, 14, "14 calls can be given back.")
    assert runs.server.get(f"/api/executions/{replayed[0].id}/replay").json()["replay_of"] == recorded.id
    assert runs.effects == effects  # no tool has run again
    assert "sk-very-secret" not in json.dumps([each for kept in (recorded, *replayed) for each in kept.steps])


@pytest.fixture(scope="module")
def reported(shared_server: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> tuple[Runs, Kept]:
    """The program with the two tools, recorded; its effects begin anew with every test."""
    runs = Runs(shared_server, tmp_path_factory.mktemp("reporter"))
    said = runs.run(TWO_TOOLS.format(body=ONE_BY_ONE), ["record"])
    assert runs.code == 0, said
    assert runs.effects == ["articles", "news"]
    return runs, runs.newest("reporter")


@pytest.fixture
def again(reported: tuple[Runs, Kept]) -> tuple[Runs, Kept]:
    (reported[0].folder / "effects").write_text("")
    return reported


def test_changed_code_is_timed_with_recorded_latencies_beside_its_prediction(again: tuple[Runs, Kept]) -> None:
    runs, recorded = again
    said = runs.run(TWO_TOOLS.format(body=AT_ONCE), ["replay", recorded.id])
    assert runs.code == 0, said
    replayed = runs.newest("reporter", recorded)
    assert not recorded.has_overlap("articles", "news")
    assert replayed.has_overlap("articles", "news")
    assert replayed.one("articles")["duration_ns"] >= recorded.one("articles")["duration_ns"]
    assert runs.effects == []
    assert "2 calls given back.\nFinish: " in said
    assert "Predicted for articles and news at once: " in said
    assert f"longpole compare {recorded.id} {replayed.id}" in said


def test_the_first_divergence_is_shown_as_a_difference_and_fails(again: tuple[Runs, Kept]) -> None:
    runs, recorded = again
    said = runs.run(TWO_TOOLS.format(body=ELSEWHERE), ["replay", recorded.id])
    assert runs.code == 1
    assert "The call 'news' in reporter is not in the recording. The nearest one of this name:" in said
    assert '-  "city": "Rome"' in said
    assert '+  "city": "Oslo"' in said
    assert "ReplayDiverged" in said
    assert runs.effects == []


@pytest.mark.parametrize(("missing", "printed", "effects"), [("pass", "Oslo", ["news"]), ("stub", "Rome", [])])
def test_a_missing_call_is_made_or_gets_the_nearest_result(
    again: tuple[Runs, Kept], missing: str, printed: str, effects: list[str]
) -> None:
    runs, recorded = again
    command = ["replay", recorded.id, "--speed", "0", "--missing", missing]
    said = runs.run(TWO_TOOLS.format(body=ELSEWHERE), command)
    assert runs.code == 0, said
    assert f"('Rome', '{printed}')" in said
    assert "First divergence" in said
    assert runs.effects == effects


def test_a_replay_that_resumes_makes_only_what_follows(again: tuple[Runs, Kept]) -> None:
    runs, recorded = again
    said = runs.run(TWO_TOOLS.format(body=ONE_BY_ONE), ["replay", recorded.id, "--resume-from", "news"])
    assert runs.code == 0, said
    assert "From 'news': 1 call given back, 1 made." in said
    assert runs.effects == ["news"]


def test_for_programs_what_came_of_it_is_json_and_the_program_prints_elsewhere(again: tuple[Runs, Kept]) -> None:
    runs, recorded = again
    said = runs.run(TWO_TOOLS.format(body=ONE_BY_ONE), ["replay", recorded.id, "--speed", "0", "--json"])
    report, end = json.JSONDecoder().raw_decode(said)
    assert (report["exit_code"], report["outcome"]["served"], runs.code) == (0, 2, 0)
    assert report["pair"]["comparison"]["a"]["execution_id"] == recorded.id
    assert "('Rome', 'Rome')" in said[end:]


def test_what_cannot_be_done_is_said_before_the_program_runs(again: tuple[Runs, Kept]) -> None:
    runs, recorded = again
    said = runs.run(TWO_TOOLS.format(body=ONE_BY_ONE), ["replay", recorded.id, "--resume-from", "nothing"])
    assert "has no step 'nothing'" in said
    assert runs.code == 2
    assert runs.effects == []


def test_a_program_can_record_and_replay_itself(runs: Runs) -> None:
    said = runs.run(ITSELF, ["run"], runs.server.url)
    assert runs.code == 0, said
    assert said.splitlines()[-1] == "[1] [1] []"


def test_recovery_makes_the_failed_call_anew_and_no_other(runs: Runs) -> None:
    assert "the carrier does not answer" in runs.run(FAILS, ["record"], "broken")
    failed = runs.newest("order")
    assert failed.status == "failed"
    said = runs.run(FAILS, ["replay", failed.id, "--recover"], "mended")
    assert runs.code == 0, said
    assert "('paid 12', 'shipped book')" in said
    assert "From 'ship': 1 call given back, 1 made." in said
    assert runs.effects == ["pay", "ship", "ship"]
    recovered = runs.newest("order", failed)
    assert recovered.status == "success"
    # What was recovered is a recording too.
    assert "('paid 12', 'shipped book')" in runs.run(FAILS, ["replay", recovered.id], "broken")
    assert runs.effects == ["pay", "ship", "ship"]


def test_an_execution_without_contents_says_how_to_record_it(runs: Runs) -> None:
    runs.run(FAILS, ["run"], "mended")
    found = runs.newest("order")
    said = runs.run(FAILS, ["replay", found.id], "mended")
    assert runs.code == 1
    assert runs.server.get(f"/api/executions/{found.id}/replay").json()["can_be_replayed"] is False
    assert "Record it anew: longpole record -- python app.py" in said
