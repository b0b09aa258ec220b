"""Questions in other words, with a real embedding model that comes in a wheel and needs no network."""

import asyncio
import logging
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import longpole
from longpole import settings
from longpole.remedies import SemanticCache
from unit.record.conftest import Recorded

ANSWERS = {
    "How do I reset my password?": "by mail",
    "How can I reset my password": "by mail",
    "What is the capital of Portugal?": "Lisbon",
    "What is the capital of Spain?": "Madrid",
    "Where is my invoice?": "in your account",
}


@pytest.fixture(scope="module")
def embed() -> Callable[[str], Any]:
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    wordllama: Any = import_module("wordllama")
    root.setLevel(level)  # it turns the log of the whole program on
    root.handlers[:] = handlers
    # Weights and tokenizer lie beside the package; its own search looks for the second in a folder of another name.
    folder = Path(wordllama.__file__).parent
    model = wordllama.WordLlama.load(cache_dir=folder, disable_download=True)
    return lambda text: model.embed([text])[0]


def ask_with(cache: SemanticCache) -> tuple[Callable[..., str], list[str]]:
    calls = list[str]()

    @cache.remember("question")
    def ask(question: str, language: str = "en") -> str:
        calls.append(question)
        return ANSWERS[question]

    return ask, calls


def test_the_same_question_in_other_words_is_answered_and_another_one_is_not(embed: Callable[[str], Any]):
    ask, calls = ask_with(SemanticCache(embed, threshold=0.9))
    assert [ask(question) for question in ANSWERS] == list(ANSWERS.values())
    assert "How can I reset my password" not in calls
    assert len(calls) == 4


def test_everything_else_about_the_call_must_be_equal(embed: Callable[[str], Any]):
    ask, calls = ask_with(SemanticCache(embed, threshold=0.9))
    ask("How do I reset my password?")
    ask("How do I reset my password?", "pt")
    settings.put_in_force(settings.load(workspace="south"))
    try:
        ask("How do I reset my password?")
    finally:
        settings.put_in_force(settings.load())
    assert len(calls) == 3


def test_in_shadow_it_only_says_what_would_have_been_right_and_what_wrong(
    embed: Callable[[str], Any], recorded: Recorded
):
    cache = SemanticCache(embed, threshold=0.5, is_shadow=True)
    ask, calls = ask_with(cache)

    @longpole.agent
    def lead() -> list[str]:
        return [ask(question) for question in ANSWERS]

    assert lead() == list(ANSWERS.values())
    assert len(calls) == len(ANSWERS)
    # At 0.5 the capital of Spain is taken for that of Portugal.
    assert (cache.figures.would_be_right, cache.figures.would_be_wrong, cache.figures.wrong_rate) == (1, 1, 0.5)
    steps = [span.attributes for span in recorded.spans if span.name == "semantic cache ask"]
    outcomes = [step["longpole.remedy.outcome"] for step in steps]
    assert outcomes == ["miss", "would_be_right", "miss", "would_be_wrong", "miss"]
    assert 0.9 < steps[1]["longpole.cache.similarity"] < 1.0
    assert 0.5 < steps[3]["longpole.cache.similarity"] < 0.9
    assert "longpole.cache.similarity" not in steps[0]


def test_answers_grow_old_and_the_oldest_question_makes_room():
    clock = [0]
    cache = SemanticCache(
        lambda text: [float(text == "a"), float(text == "b"), float(text == "c")],
        threshold=0.99, ttl_s=10, size=2, clock=lambda: clock[0],
    )  # fmt: skip
    calls = list[str]()

    @cache.remember("question")
    async def ask(question: str) -> list[str]:
        calls.append(question)
        return [question]

    async def program() -> None:
        (await ask("a")).append("changed by its caller")
        assert await ask("a") == ["a"]
        clock[0] += 10 * 10**9
        await ask("a")
        await ask("b")
        await ask("c")
        await ask("a")

    asyncio.run(program())
    assert calls == ["a", "a", "b", "c", "a"]


def test_without_an_embedder_that_works_the_function_is_called():
    def broken(text: str) -> list[float]:
        raise ConnectionError("no embedder")

    async def slow(text: str) -> list[float]:
        return [1.0]

    for embedder in (broken, slow):  # a plain function cannot wait for a coroutine
        cache = SemanticCache(embedder, threshold=0.9)
        ask, calls = ask_with(cache)
        assert [ask("Where is my invoice?") for _ in range(2)] == ["in your account"] * 2
        assert (len(calls), cache.figures.bypassed) == (2, 2)


def test_an_async_function_may_have_an_async_embedder():
    async def embedder(text: str) -> list[float]:
        await asyncio.sleep(0)
        return [len(text), 1.0]

    cache = SemanticCache(embedder, threshold=0.999)

    @cache.remember("question")
    async def ask(question: str) -> str:
        return question

    async def program() -> list[str]:
        return [await ask("one"), await ask("two")]

    assert asyncio.run(program()) == ["one", "one"]
    assert cache.figures.hits == 1
