"""A research team: a lead and four agents answer a question, and Longpole shows where the time went.

    longpole serve                        # in one terminal
    python examples/research_team.py      # in another

The team is slow on purpose. It makes the mistakes that agents make in real life; each is marked with `!` below and
written down in `research_team.truth.json`, so that you can see whether Longpole finds them all.
"""

import argparse
import asyncio
import json
import sqlite3
import time
from collections.abc import AsyncIterator
from pathlib import Path

import longpole
from local_model import LocalModel, RateLimitError
from longpole import agent, time_step, timing_step

model = LocalModel()
database = sqlite3.connect(":memory:")


# The agents ---------------------------------------------------------------------------------------------------------


@agent
async def lead(question: str) -> tuple[str, str]:
    """Plans, asks the others, and writes the answer; gives it back with the id under which Longpole knows this run."""
    longpole.track_stage("pre_process")
    await ask_model("plan", question)
    notes = await researcher("Lisbon")
    longpole.complete_stage()
    longpole.track_stage("post_process", "the others look at the notes")
    results = await asyncio.gather(fact_checker(notes), translator(notes), return_exceptions=True)
    for name, result in zip(["fact_checker", "translator"], results, strict=True):
        if isinstance(result, Exception):
            longpole.log_event(f"Going on without {name}: {result}", level="warning")
    answer = await write_answer(f"{question}\n{notes}")
    longpole.complete_stage()
    return answer, longpole.current_execution().execution_id


@agent
async def researcher(city: str) -> str:
    """Gathers what is known about a city."""
    facts = load_facts(city)
    # ! These two need nothing from each other and could run together.
    articles = await search_articles(city)
    news = await search_news(city)
    # ! The same question again: the answer is known already.
    facts += load_facts(city)
    summary = await ask_model("summary", f"{facts} {articles} {news}")
    remember(city, summary)
    return summary


@agent
async def fact_checker(notes: str) -> str:
    """Checks the notes, and today it cannot."""
    verdict = await ask_model("check", notes)
    with time_step("read the handbook", category="processing"):
        # ! Nothing else in this program can run meanwhile. `await asyncio.sleep(...)` would be right.
        time.sleep(0.35)
    # ! This agent fails. The lead goes on without it.
    raise LookupError(f"No second source. {verdict}")


@agent
async def translator(notes: str) -> str | None:
    """Translates for readers who need it."""
    # ! Skipped: it finds that it is not needed.
    if not longpole.track_should_respond(False, 0.12, "The reader reads English.", threshold=0.5):
        return None
    return await ask_model("translation", notes)


@agent
async def illustrator(notes: str) -> bytes:
    """Draws a picture."""
    # ! Never called. Longpole knows it all the same.
    raise NotImplementedError


# Their tools --------------------------------------------------------------------------------------------------------


@timing_step(category="database")
def load_facts(city: str) -> list[str]:
    time.sleep(0.12)  # the database is far away
    return [fact for (fact,) in database.execute("SELECT fact FROM facts WHERE city = ?", (city,))]


@timing_step(category="database")
def remember(city: str, fact: str) -> None:
    with database:
        database.execute("INSERT INTO facts VALUES (?, ?)", (city, fact))


@timing_step(category="tool")
async def search_articles(city: str) -> list[str]:
    await asyncio.sleep(0.6)
    return [f"{city}: a city of hills", f"{city}: trams and tiles"]


@timing_step(category="tool")
async def search_news(city: str) -> list[str]:
    await asyncio.sleep(0.7)
    return [f"{city} opens a new tram line"]


# Their model --------------------------------------------------------------------------------------------------------


@timing_step(category="llm")
async def ask_model(task: str, prompt: str) -> str:
    text, usage = await model.ask(task, prompt)
    longpole.set_usage(model=model.name, provider="openai", **usage)
    return text


@timing_step(category="llm")
async def stream_model(task: str, prompt: str) -> AsyncIterator[str]:
    async for line in model.stream(task, prompt):
        if "text" in line:
            yield line["text"]
        else:
            longpole.set_usage(model=model.name, provider="openai", **line["usage"])


@timing_step
async def write_answer(prompt: str) -> str:
    while True:
        try:
            return "".join([piece async for piece in stream_model("answer", prompt)])
        except RateLimitError as limit:
            # ! The model was asked too often; this wait is part of the answer's time.
            with time_step("wait for the rate limit", category="retry"):
                await asyncio.sleep(limit.retry_after)


# The program --------------------------------------------------------------------------------------------------------


def prepare_database() -> None:
    with database:
        database.execute("CREATE TABLE facts (city TEXT, fact TEXT)")
        database.execute("INSERT INTO facts VALUES ('Lisbon', 'It is the capital of Portugal.')")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--endpoint", help="address of the server; by default the one that runs on this machine")
    parser.add_argument("--served", type=Path, help="file for the tokens that the model has served, as JSON")
    options = parser.parse_args()

    # Everything is made up here, so inputs and outputs may be kept in full.
    longpole.configure(endpoint=options.endpoint, service="research-team", version="1.0", content="full")
    prepare_database()
    model.start()
    print("The team is at work; this takes about five seconds.")
    answer, execution_id = asyncio.run(lead("What should a visitor know about Lisbon?"))
    model.stop()
    longpole.flush()

    if options.served:
        options.served.write_text(json.dumps(model.served))
    print(f"\n{answer}\n\nWhere did the time go?  longpole show {execution_id}")
    print(f"execution {execution_id}")


if __name__ == "__main__":
    main()
