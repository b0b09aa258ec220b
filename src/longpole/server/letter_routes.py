"""`/api/dead-letters`: what could not be read or written, tried again or dropped."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Annotated

from litestar import Response, delete, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import Parameter

from longpole.client.letter_box import LetterBox
from longpole.model.batch import Batch
from longpole.model.intake import DeadLetter
from longpole.reports.dead_letters import DeadLetterDetail, DeadLetterPage, RetriedLetter
from longpole.reports.filter_values import WORKSPACE
from longpole.reports.filters import LETTER_FILTERS
from longpole.server.answer import REFUSALS, REFUSALS_OF_ONE, Asked, answer, documented, workspace_of
from longpole.server.routes import Store

LetterName = Annotated[str, Parameter(description="The id of a dead letter.")]


def letter_routes(
    retry: Callable[[DeadLetter], "Future[DeadLetter | None]"], write: Callable[[Batch], None]
) -> tuple[HTTPRouteHandler, ...]:
    """The routes of dead letters, given how one is tried again and how a batch is stored."""

    def box(store: Store) -> LetterBox:
        return LetterBox(store, retry=retry, write=write)

    shown, tags = documented([WORKSPACE]), ["dead letters"]

    @get("/api/dead-letters", operation_class=documented(LETTER_FILTERS), responses=REFUSALS, tags=tags)
    async def get_dead_letters(request: Asked, store: Store) -> Response[DeadLetterPage]:
        """What could not be read or written, the one buried last first."""
        pairs = list(request.query_params.multi_items())
        return await answer(request, lambda: box(store).letters(pairs))

    path = "/api/dead-letters/{letter_id:str}"

    @get(path, operation_class=shown, responses=REFUSALS_OF_ONE, tags=tags)
    async def get_dead_letter(request: Asked, store: Store, letter_id: LetterName) -> Response[DeadLetterDetail]:
        """One dead letter with what it holds, and its traceback."""
        workspace = workspace_of(request)
        return await answer(request, lambda: box(store).letter(letter_id, workspace))

    @post(f"{path}/retry", status_code=200, operation_class=shown, responses=REFUSALS_OF_ONE, tags=tags)
    async def retry_dead_letter(request: Asked, store: Store, letter_id: LetterName) -> Response[RetriedLetter]:
        """Try a dead letter again; the answer says what became of it, or that it is not known after ten seconds."""
        workspace = workspace_of(request)
        return await answer(request, lambda: box(store).retry(letter_id, workspace))

    @delete(path, status_code=200, operation_class=shown, responses=REFUSALS_OF_ONE, tags=tags)
    async def drop_dead_letter(request: Asked, store: Store, letter_id: LetterName) -> Response[RetriedLetter]:
        """Drop a dead letter, and what it holds, for good."""
        workspace = workspace_of(request)
        return await answer(request, lambda: box(store).drop(letter_id, workspace))

    return get_dead_letters, get_dead_letter, retry_dead_letter, drop_dead_letter
