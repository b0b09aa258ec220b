"""A research team: an orchestrator and four agents, slow on purpose in seven ways.

Run `longpole serve` in one terminal and `python examples/research_team.py` in another, then open the dashboard.
Everything is real but small: tools, an SQLite database, a streaming model on loopback. The seven faults are marked
(1) to (7) below and listed in `research_team.truth.json`, so that every finding can be held against what is true.
"""

import argparse
import asyncio
import http.client
import json
import sqlite3
import tempfile
import time
from pathlib import Path

import longpole
from model_server import ModelServer

MODEL = "gpt-4o-mini"


class RateLimitError(Exception):
    """The model answered 429; `wait_s` is what it asked for."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"429 Too Many Requests, retry after {wait_s} s")
        self.wait_s = wait_s


class Model:
    """The team's model: one streamed request per call."""

    def __init__(self, port: int) -> None:
        self.port = port

    async def ask(self, prompt: str, *, words: int = 8, busy: bool = False) -> str:
        """The model's answer; waits and asks again when it is refused."""
        for attempt in (1, 2):
            try:
                async with longpole.time_step(f"chat {MODEL}", category="llm"):
                    longpole.set_usage(model=MODEL, provider="openai", attempt=attempt)
                    return await asyncio.to_thread(self._request, prompt, words, busy)
            except RateLimitError as refusal:  # (4) a retry after a 429
                async with longpole.time_step("wait for rate limit", category="rate_limit"):
                    await asyncio.sleep(refusal.wait_s)
        raise RuntimeError("the model refused twice")

    def _request(self, prompt: str, words: int, busy: bool) -> str:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("POST", "/generate", json.dumps({"prompt": prompt, "words": words, "busy": busy}))
        response = connection.getresponse()
        if response.status == 429:
            raise RateLimitError(float(response.headers["retry-after"]))
        answer: list[str] = []
        for line in response:
            part = json.loads(line)
            if "usage" in part:
                longpole.set_usage(**part["usage"])
            elif not answer:
                longpole.first_token()
                answer.append(part["word"])
            else:
                answer.append(part["word"])
        return " ".join(answer)


class Library:
    """What the team knows, in a real SQLite database."""

    def __init__(self, path: str) -> None:
        self.connection = sqlite3.connect(path)
        self.connection.execute("create table company (name text, field text, employees integer)")
        self.connection.executemany(
            "insert into company values (?, ?, ?)", [(f"company {n}", "tents", n % 500) for n in range(20_000)]
        )

    @longpole.timing_step("get_profile", category="database")
    def get_profile(self, name: str) -> dict[str, object]:
        row = self.connection.execute(
            "select name, field, (select avg(employees) from company) from company where name = ?", (name,)
        ).fetchone()
        return dict(zip(("name", "field", "average"), row, strict=True))


@longpole.timing_step("search_web", category="tool")
async def search_web(question: str) -> list[str]:
    await asyncio.sleep(0.6)
    return [f"page about {question}"]


@longpole.timing_step("search_papers", category="tool")
async def search_papers(question: str) -> list[str]:
    await asyncio.sleep(0.5)
    return [f"paper about {question}"]


@longpole.timing_step("format_citations", category="processing")
async def format_citations(sources: list[str]) -> str:
    time.sleep(0.35)  # (3) a blocking sleep in async code: the draft below stands still meanwhile
    return "; ".join(sources)


@longpole.agent("researcher")
async def researcher(model: Model, library: Library, question: str) -> dict[str, object]:
    profile = library.get_profile("company 42")
    pages = await search_web(question)
    papers = await search_papers(question)  # (1) needs nothing from search_web, and waits for it
    again = library.get_profile("company 42")  # (2) the same call as above
    summary = await model.ask(f"Summarise {pages} and {papers} for {profile['field']}", busy=True)
    return {"summary": summary, "sources": pages + papers, "profile": again}


@longpole.agent("legal_reviewer")
async def legal_reviewer(model: Model, question: str) -> str | None:
    longpole.track_should_respond(False, 0.31, "the question is about tents, not contracts", threshold=0.5)
    return None  # (5) skipped by its relevance check


@longpole.agent("translator")
async def translator(model: Model, text: str) -> str:
    """(6) Registered, and never called by anyone."""
    return await model.ask(f"Translate: {text}")


@longpole.agent("publisher")
async def publisher(draft: str) -> None:
    async with longpole.time_step("POST /articles", category="http"):
        await asyncio.sleep(0.12)
        raise ConnectionError("the press is closed on Saturdays")  # (7) fails


@longpole.agent("orchestrator")
async def orchestrator(model: Model, library: Library, question: str) -> tuple[str, str]:
    await model.ask(f"Plan how to answer: {question}", words=12)
    notes = await researcher(model, library, question)
    await legal_reviewer(model, question)
    draft, _ = await asyncio.gather(
        model.ask(f"Write about {question}: {notes['summary']}", words=16), format_citations(list(notes["sources"]))
    )
    try:
        await publisher(draft)
    except ConnectionError as error:
        longpole.log_event("Not published", level="warning", reason=str(error))
    return draft, longpole.current_execution().execution_id


async def answer(question: str) -> tuple[str, str, dict[str, int]]:
    """The team's answer, the id of the execution that made it, and what the model server says it served."""
    with ModelServer() as server, tempfile.TemporaryDirectory() as folder:
        library = Library(str(Path(folder) / "library.db"))
        draft, execution_id = await orchestrator(Model(server.port), library, question)
        return draft, execution_id, server.served


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("question", nargs="?", default="How do tents stand?")
    options.add_argument("--endpoint", help="a Longpole server; found by itself when left out")
    options.add_argument("--served", help="write what the model server counted to this file")
    chosen = options.parse_args()
    longpole.configure(endpoint=chosen.endpoint, service="research-team", version="1.0.0", content="full")
    print(f"Asking the team: {chosen.question}")
    draft, execution_id, served = asyncio.run(answer(chosen.question))
    print(f"{draft}\n{served['calls']} model calls, {served['input_tokens']} tokens in, {served['output_tokens']} out")
    if chosen.served:
        Path(chosen.served).write_text(json.dumps(served))
    longpole.flush(timeout=5)
    print(f"execution {execution_id}")


if __name__ == "__main__":
    main()
