"""What a score meets when the server cannot keep it now."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import httpx
import pytest

from longpole.ingest.spool import Incoming
from longpole.model.batch import SpoolPosition
from longpole.model.errors import SpoolFull, SpoolUnwritable
from longpole.server.http import api_app
from longpole.server.score_intake import Append, score_route
from longpole.store.engine import Engine
from longpole.store.store import open_store
from triage_example import EXECUTION_ID, triage_batch

SCORE = {"execution_id": EXECUTION_ID, "name": "helpful", "value": 1}


@pytest.fixture
def store() -> Iterator[Engine]:
    opened = open_store(":memory:")
    opened.write(triage_batch())
    yield opened
    opened.close()


def post(store: Engine, append: Append) -> httpx.Response:
    app: Any = api_app(store, more_routes=(score_route(append),))

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.post("/api/scores", json=SCORE)

    return asyncio.run(ask())


@pytest.mark.parametrize("is_at_once", [True, False])
@pytest.mark.parametrize(("kind", "status"), [(SpoolFull, 429), (SpoolUnwritable, 503)])
def test_a_spool_that_takes_nothing_is_told_as_not_now(
    store: Engine, kind: type[SpoolFull], status: int, *, is_at_once: bool
):
    full = kind("the spool holds 8 bytes; its limit is 8 bytes; wait until the server has stored what it holds")

    def append(_incoming: Incoming) -> "Future[SpoolPosition]":
        if is_at_once:
            raise full
        future: Future[SpoolPosition] = Future()
        future.set_exception(full)
        return future

    answer = post(store, append)
    assert (answer.status_code, answer.headers["retry-after"]) == (status, "2")
    assert "wait until the server has stored" in answer.json()["detail"]


def test_a_score_goes_to_the_workspace_of_its_execution(store: Engine):
    kept: list[Incoming] = []

    def append(incoming: Incoming) -> "Future[SpoolPosition]":
        kept.append(incoming)
        future: Future[SpoolPosition] = Future()
        future.set_result(SpoolPosition(segment=1, offset=1))
        return future

    assert post(store, append).status_code == 202
    assert [incoming.workspace for incoming in kept] == ["default"]
