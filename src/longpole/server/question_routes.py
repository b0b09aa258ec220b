"""The REST routes of all questions, made from their table: read the address, ask the report, nothing else."""

from typing import Any

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from longpole.reports.question import Question, QuestionOfOne
from longpole.reports.questions import QUESTIONS, QUESTIONS_OF_ONE
from longpole.server.answer import REFUSALS_OF_ONE, Asked, answer, answer_of_one, documented
from longpole.server.routes import ExecutionName, Store


def _about_many(question: Question[Any]) -> HTTPRouteHandler:
    async def ask(request: Asked, store: Store) -> Response[Any]:
        pairs = request.query_params.multi_items()
        return await answer(request, lambda: question.ask(store, pairs))

    ask.__annotations__["return"] = Response[question.view]
    return get(
        question.path,
        operation_class=documented(question.filters),
        description=question.meaning,
        responses=REFUSALS_OF_ONE,
        tags=["analysis"],
    )(ask)


def _about_one(question: QuestionOfOne[Any]) -> HTTPRouteHandler:
    async def ask(request: Asked, store: Store, execution_id: ExecutionName) -> Response[Any]:
        pairs = request.query_params.multi_items()
        return await answer_of_one(request, lambda: question.ask(store, execution_id, pairs))

    ask.__annotations__["return"] = Response[question.view]
    return get(
        f"/api/executions/{{execution_id:str}}/{question.name}",
        operation_class=documented(question.filters),
        description=question.meaning,
        responses=REFUSALS_OF_ONE,
        tags=["executions"],
    )(ask)


QUESTION_ROUTES = (*map(_about_one, QUESTIONS_OF_ONE), *map(_about_many, QUESTIONS))
"""All of them."""
