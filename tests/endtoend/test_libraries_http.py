"""`instrument("httpx")` with the real client and a loopback server."""

from pathlib import Path

from library_programs import run_program, shown
from model_provider import ModelProvider
from running_server import RunningServer

PROGRAM = """
import asyncio, sys
import httpx
import longpole
longpole.instrument("httpx")
longpole.configure()

@longpole.agent
async def fetcher():
    body = {"model": "small", "input": "x"}
    with longpole.time_step("first"):
        httpx.post(sys.argv[1] + "/v1/embeddings?api_key=sk-abcdefghijklmnopqrstuvwx", json=body, trust_env=False)
    async with httpx.AsyncClient(trust_env=False) as client:
        await client.post(sys.argv[1] + "/v1/embeddings", json={**body, "model": "fail"})
        try:
            await client.get("http://127.0.0.1:9/nothing")
        except httpx.ConnectError:
            pass
    print(longpole.traceparent())
    longpole.uninstrument("httpx")
    httpx.post(sys.argv[1] + "/v1/embeddings", json={**body, "model": "unseen"}, trust_env=False)

asyncio.run(fetcher())
"""


def test_requests_are_http_steps_that_carry_their_place_to_the_other_side(
    shared_server: RunningServer, tmp_path: Path
) -> None:
    with ModelProvider() as provider:
        printed = run_program(PROGRAM, tmp_path, provider.url, server=shared_server.url)
        sent = [one.headers.get("traceparent") for one in provider.served]
    tree = shown(shared_server, "fetcher", 5)
    assert tree.paths() == [
        "fetcher",
        "fetcher > GET",
        "fetcher > POST",
        "fetcher > first",
        "fetcher > first > POST",
    ]
    good, refused, unreachable = [*tree.all("POST"), tree.one("GET")]
    assert [good["category"], good["status"]] == ["http", "success"]
    assert [refused["status"], refused["error_type"]] == ["failed", "500"]
    assert [unreachable["status"], unreachable["error_type"]] == ["failed", "ConnectError"]
    trace_id = printed.split("-")[1]
    assert sent == [f"00-{trace_id}-{post['step_id']}-01" for post in (good, refused)] + [None]
    attributes = tree.detail(good)["attributes"]
    assert attributes["http.response.status_code"] == 200
    assert "abcdefghijklmnop" not in str(attributes)
    assert tree.execution["trace_id"] == trace_id
