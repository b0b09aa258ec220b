"""`POST /api/example`: fills an empty dashboard with recorded runs, so that it can be judged without an agent."""

import secrets

from litestar import Response, post
from litestar.handlers import HTTPRouteHandler

from longpole.ingest.example import ENVIRONMENT, example_bodies
from longpole.model.clock import now_ns
from longpole.reports.filter_values import WORKSPACE
from longpole.reports.store_views import LoadedExample
from longpole.server.answer import REFUSALS_OF_ONE, Asked, answer, documented, workspace_of
from longpole.server.score_intake import APPEND_TIMEOUT_S, Append


def example_route(append: Append) -> HTTPRouteHandler:
    """The route that loads the example, by way of the spool as everything else that comes in."""

    @post(
        "/api/example",
        status_code=202,
        operation_class=documented([WORKSPACE]),
        responses=REFUSALS_OF_ONE,
        tags=["server"],
    )
    async def load_example(request: Asked) -> Response[LoadedExample]:
        """Load recorded runs of the example, the last of which ended just now. When this answers, they are durable."""
        workspace = workspace_of(request)

        def load() -> LoadedExample:
            bodies = example_bodies(now_ns(), workspace, lambda digits: secrets.token_hex(digits // 2))
            for waiting in [append(body) for body in bodies]:
                waiting.result(APPEND_TIMEOUT_S)
            return LoadedExample(environment=ENVIRONMENT, bodies=len(bodies))

        return await answer(request, load, status=202)

    return load_example
