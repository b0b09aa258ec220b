"""`instrument("openai", "anthropic", "httpx")` with the real clients, a provider that counts, and a real server."""

from pathlib import Path

import pytest

from library_programs import run_program, shown
from model_provider import ANSWER, WORDS, ModelProvider
from running_server import RunningServer

KEY = "sk-abcdefghijklmnopqrstuvwx"
OPENAI = """
import asyncio, sys
import longpole
longpole.configure()
longpole.instrument("openai", "httpx")
import openai

TOOLS = [{"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}]
ASKED = [{"role": "user", "content": "my key is sk-abcdefghijklmnopqrstuvwx"}]
client = openai.OpenAI(base_url=sys.argv[1] + "/v1", api_key="sk-secretsecretsecretsecret", max_retries=0)
later = openai.AsyncOpenAI(base_url=sys.argv[1] + "/v1", api_key="x", max_retries=0)

@longpole.agent(sys.argv[2])
async def asker():
    client.chat.completions.create(model="gpt-4o-mini", messages=ASKED, tools=TOOLS)
    stream = client.chat.completions.create(
        model="gpt-streamed", messages=ASKED, stream=True, stream_options={"include_usage": True}
    )
    assert len(list(stream)) > 3
    answer = await later.responses.create(model="gpt-responded", input="hello")
    assert answer.usage.output_tokens == 17
    for _ in client.chat.completions.create(model="gpt-uncounted", messages=ASKED, stream=True):
        pass
    try:
        client.chat.completions.create(model="gpt-fail", messages=ASKED)
    except openai.InternalServerError:
        pass

asyncio.run(asker())
"""
ANTHROPIC = """
import asyncio, sys
import longpole
longpole.configure()
longpole.instrument("anthropic")
import anthropic

ASKED = {"max_tokens": 99, "messages": [{"role": "user", "content": "hello"}]}
TOOLS = [{"name": "look", "input_schema": {"type": "object", "properties": {}}}]
client = anthropic.Anthropic(base_url=sys.argv[1], api_key="x", max_retries=0)
later = anthropic.AsyncAnthropic(base_url=sys.argv[1], api_key="x", max_retries=0)

@longpole.agent
async def correspondent():
    client.messages.create(model="claude-plain", tools=TOOLS, **ASKED)
    async for _ in await later.messages.create(model="claude-streamed", stream=True, **ASKED):
        pass
    async with later.messages.stream(model="claude-read", **ASKED) as stream:
        async for _ in stream.text_stream:
            with longpole.time_step("read"):
                pass
    try:
        await later.messages.create(model="claude-fail", **ASKED)
    except anthropic.InternalServerError:
        pass

asyncio.run(correspondent())
"""


@pytest.fixture(scope="module")
def provider() -> ModelProvider:
    with ModelProvider() as running:
        yield running


def test_calls_of_openai_are_steps_with_the_tokens_that_the_provider_counted(
    shared_server: RunningServer, provider: ModelProvider, tmp_path: Path
) -> None:
    before = len(provider.served)
    run_program(OPENAI, tmp_path, provider.url, "asker", server=shared_server.url)
    tree = shown(shared_server, "asker", 11)
    models = ("gpt-4o-mini", "gpt-streamed", "gpt-responded", "gpt-uncounted", "gpt-fail")
    assert tree.paths() == sorted(
        ["asker", *(f"asker > chat {model}" for model in models), *(f"asker > chat {model} > POST" for model in models)]
    )
    served = {one.model: one for one in provider.served[before:]}
    for model in models[:3]:
        step = tree.one(f"chat {model}")
        assert (step["category"], step["model"], step["status"]) == ("llm", model, "success")
        assert (step["input_tokens"], step["output_tokens"]) == (served[model].input_tokens, 17)
    uncounted = tree.one("chat gpt-uncounted")
    assert "input_tokens" not in uncounted
    assert uncounted["first_token_ns"] > 0
    failed = tree.one("chat gpt-fail")
    assert (failed["status"], failed["error_type"]) == ("failed", "openai.InternalServerError")
    assert {post["category"] for post in tree.all("POST")} == {"http"}
    counted = [served[model].input_tokens for model in models[:3]]
    assert (tree.execution["input_tokens"], tree.execution["output_tokens"]) == (sum(counted), 51)


def test_what_was_said_is_kept_and_secrets_are_not(
    shared_server: RunningServer, provider: ModelProvider, tmp_path: Path
) -> None:
    tree = shown(shared_server, "asker", 11)
    details = [tree.detail(node) for node in tree.nodes]
    assert ANSWER in str(next(one["output"] for one in details if one["name"] == "chat gpt-streamed"))
    assert "look" in str(next(one["output"] for one in details if one["name"] == "chat gpt-4o-mini"))
    assert "my key is" in str(details)
    assert KEY not in str(details)
    assert "secretsecret" not in str(details)


@pytest.mark.parametrize("content", ["off", "hashed"])
def test_what_was_said_leaves_the_process_only_where_it_is_wanted(
    shared_server: RunningServer, provider: ModelProvider, tmp_path: Path, content: str
) -> None:
    run_program(OPENAI, tmp_path, provider.url, content, server=shared_server.url, LONGPOLE_CONTENT=content)
    tree = shown(shared_server, content, 11)
    details = str([tree.detail(node) for node in tree.nodes])
    assert "my key is" not in details
    assert ANSWER not in details
    assert tree.one("chat gpt-4o-mini")["output_tokens"] == 17


def test_calls_of_anthropic_are_steps_with_the_tokens_that_the_provider_counted(
    shared_server: RunningServer, provider: ModelProvider, tmp_path: Path
) -> None:
    before = len(provider.served)
    run_program(ANTHROPIC, tmp_path, provider.url, server=shared_server.url)
    tree = shown(shared_server, "correspondent", 5 + len(WORDS))
    served = {one.model: one for one in provider.served[before:]}
    for model in ("claude-plain", "claude-streamed", "claude-read"):
        step = tree.one(f"chat {model}")
        assert (step["category"], step["model"], step["status"]) == ("llm", model, "success")
        assert (step["input_tokens"], step["output_tokens"]) == (served[model].input_tokens, 17)
        assert tree.detail(step)["provider"] == "anthropic"
    assert tree.one("chat claude-streamed")["first_token_ns"] > 0
    failed = tree.one("chat claude-fail")
    assert (failed["status"], failed["error_type"]) == ("failed", "anthropic.InternalServerError")
    assert {tree.path(node) for node in tree.all("read")} == {"correspondent > chat claude-read > read"}
