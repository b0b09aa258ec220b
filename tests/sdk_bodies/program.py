"""A program that tells everything that the SDK can tell; `scripts/record_sdk_bodies.py` keeps what it sends.

    python tests/sdk_bodies/program.py ENDPOINT tell|child|vanish

What it does is written down in `truth.json` of each version beside it. Only what a later SDK can tell in addition is
added here: the bodies of earlier versions stay as they are.
"""

import asyncio
import os
import subprocess
import sys
import time

import longpole

OPEN_S = 0.8
"""Long enough for open steps to be sent: the SDK looks every 20 ms."""


@longpole.agent("researcher")
async def researcher(question: str) -> str:
    """Calls models and tools, waits, fails once and tries again."""
    longpole.track_stage("pre_process", "reads the question")
    async with longpole.time_step("ask", category="llm"):
        await asyncio.sleep(0.01)
        longpole.first_token()
        longpole.set_usage(
            model="gpt-4o-mini", provider="openai", input_tokens=100, output_tokens=20, cache_read_tokens=40,
            reasoning_tokens=5,
        )  # fmt: skip
    longpole.complete_stage()
    async with longpole.time_step("ask again", category="llm"):
        longpole.set_usage(model="of-our-own", input_tokens=7, output_tokens=3)
    async with longpole.time_step("ask in vain", category="llm"):
        longpole.set_usage(model="gpt-4o-mini", provider="openai")
    try:
        with longpole.time_step("look up", category="tool"):
            raise LookupError("the shelf is empty")
    except LookupError as error:
        longpole.log_event(f"going on without: {error}", level="warning", shelf=3)
    with longpole.time_step("wait for the next attempt", category="retry"):
        await asyncio.sleep(0.01)
    with longpole.time_step("read", category="database"), longpole.time_step("parse", category="serialization"):
        longpole.set_attributes(rows=12, table="notes", key_of_nobody="sk-not-a-key")
    return f"an answer to {question}"


@longpole.agent("translator")
def translator(text: str) -> str | None:
    """Finds that nobody needs it."""
    if not longpole.track_should_respond(False, 0.2, "it is English already", threshold=0.5):
        return None
    return text


@longpole.agent("critic")
def critic(text: str) -> str:
    """Fails."""
    raise ValueError(f"too short: {text}")


@longpole.agent("poet")
def poet() -> str:
    """Is known, and never called."""
    return "a verse"


@longpole.agent("desk")
async def desk(question: str) -> str:
    """Chooses, calls the others, one of them in another process, and gets a mark."""
    longpole.track_decision("researcher", score=0.9, threshold=0.5, outcome="chosen", reason="knows libraries")
    longpole.track_decision("poet", score=0.1, threshold=0.5, outcome="rejected", reason="no verse is wanted")
    longpole.set_attributes(session_id="session-1", user_id="user-1")
    text = await researcher(question)
    translator(text)
    try:
        critic(text)
    except ValueError:
        longpole.log_event("the critic is beyond help", level="error")
    with longpole.time_step("in another process"):
        ask_child()
    longpole.score("helpfulness", 0.75, label="good", comment="by hand")
    await asyncio.sleep(OPEN_S)
    return text


def ask_child() -> None:
    """Run this file again as a part of the same trace."""
    command = [sys.executable, __file__, sys.argv[1], "child"]
    subprocess.run(command, env=os.environ | longpole.trace_environment(), check=True)


@longpole.agent("archivist")
def archivist() -> int:
    """Works in a process of its own."""
    with longpole.time_step("open the archive", category="http"):
        return 1


@longpole.agent("lost")
def lost() -> None:
    """Is in the middle of something when its process vanishes."""
    with longpole.time_step("never ends"):
        time.sleep(OPEN_S)
        os._exit(9)


def main() -> None:
    """Do what the second argument says."""
    endpoint, deed = sys.argv[1:3]
    longpole.configure(endpoint=endpoint, service=f"recorded-{deed}", version="7", environment="test", content="full")
    if deed == "child":
        archivist()
    elif deed == "vanish":
        with longpole.time_step("warm up"):
            pass
        longpole.flush()
        lost()
    else:
        asyncio.run(desk("What is a long pole?"))
    longpole.shutdown()


if __name__ == "__main__":
    main()
