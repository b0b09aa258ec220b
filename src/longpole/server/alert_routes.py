"""`/api/alerts`: what fires and fired, the rules, silences, and where messages go; `/api/budgets` for agents."""

from typing import TypeVar

from litestar import Response, delete, get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from msgspec import Struct
from msgspec.structs import replace

from longpole.alerting.book import HISTORY_FILTERS, PREVIEW_FILTERS, AlertBook
from longpole.alerting.rule_text import RuleText
from longpole.alerting.views import (
    Acknowledgement,
    AlertHistory,
    AlertItem,
    AlertPage,
    BudgetPage,
    DeliveryPage,
    NewSilence,
    NewTarget,
    RuleItem,
    RulePage,
    RulePreview,
    SilenceItem,
    TargetItem,
)
from longpole.ingest.limits import DEFAULT_WORKSPACE
from longpole.reports.filter_values import WORKSPACE
from longpole.server.access import own_workspace
from longpole.server.answer import REFUSALS, REFUSALS_OF_ONE, Asked, answer, documented, workspace_of

_TAGS = ["alerts"]
_ONE = documented([WORKSPACE])

Body = TypeVar("Body", bound=Struct)


def alert_routes(book: AlertBook) -> tuple[HTTPRouteHandler, ...]:
    """The routes of alerts."""
    return (*_reading(book), *_of_rules(book), *_of_silences(book), *_of_targets(book))


def _within(request: Asked, data: Body) -> Body:
    """A body in the workspace of the key; one that names none means that."""
    told: str = data.workspace  # pyright: ignore[reportAttributeAccessIssue]
    named = None if told == DEFAULT_WORKSPACE else told
    return replace(data, workspace=own_workspace(request.scope, named) or DEFAULT_WORKSPACE)


def _reading(book: AlertBook) -> tuple[HTTPRouteHandler, ...]:
    @get("/api/alerts", operation_class=_ONE, responses=REFUSALS, tags=_TAGS)
    async def get_alerts(request: Asked) -> Response[AlertPage]:
        """What fires now, what may soon, what is silenced, and which messages could not be delivered."""
        workspace = workspace_of(request)
        return await answer(request, lambda: book.firing(workspace))

    @get("/api/alerts/history", operation_class=documented(HISTORY_FILTERS), responses=REFUSALS, tags=_TAGS)
    async def get_alert_history(request: Asked) -> Response[AlertHistory]:
        """What fired and why, the latest first."""
        pairs = list(request.query_params.multi_items())
        return await answer(request, lambda: book.history(pairs))

    @get("/api/alerts/deliveries", operation_class=_ONE, responses=REFUSALS, tags=_TAGS)
    async def get_alert_deliveries(request: Asked) -> Response[DeliveryPage]:
        """The last messages, and which of them could not be delivered."""
        workspace = workspace_of(request)
        return await answer(request, lambda: book.deliveries(workspace))

    @get("/api/budgets", operation_class=_ONE, responses=REFUSALS, tags=_TAGS)
    async def get_budgets(request: Asked) -> Response[BudgetPage]:
        """The budgets that are used up and act: what programs ask that opted in."""
        workspace = workspace_of(request)
        return await answer(request, lambda: book.budgets(workspace))

    @post("/api/alerts/{alert_id:str}/acknowledge", status_code=200, responses=REFUSALS_OF_ONE, tags=_TAGS)
    async def acknowledge_alert(request: Asked, alert_id: str, data: JSONBody[Acknowledgement]) -> Response[AlertItem]:
        """Say who looks after an alert that fires."""
        given = _within(request, data)
        return await answer(request, lambda: book.acknowledge(alert_id, given))

    return get_alerts, get_alert_history, get_alert_deliveries, get_budgets, acknowledge_alert


def _of_rules(book: AlertBook) -> tuple[HTTPRouteHandler, ...]:
    @get("/api/alerts/rules", operation_class=_ONE, responses=REFUSALS, tags=_TAGS)
    async def get_alert_rules(request: Asked) -> Response[RulePage]:
        """All rules with what they do in words, and the targets that they can tell."""
        workspace = workspace_of(request)
        return await answer(request, lambda: book.rules(workspace))

    @put("/api/alerts/rules", responses=REFUSALS, tags=_TAGS)
    async def put_alert_rules(request: Asked, data: JSONBody[list[RuleText]]) -> Response[list[RuleItem]]:
        """Keep rules, all or none. A rule takes the place of the one with its name."""
        texts = [_within(request, text) for text in data]
        return await answer(request, lambda: book.set_rules(texts))

    @delete(
        "/api/alerts/rules/{rule_id:str}",
        status_code=200,
        operation_class=_ONE,
        responses=REFUSALS_OF_ONE,
        tags=_TAGS,
    )
    async def delete_alert_rule(request: Asked, rule_id: str) -> Response[RuleItem]:
        """Remove a rule. What it fired is over with the next look, and stays in the history."""
        workspace = workspace_of(request)
        return await answer(request, lambda: book.remove_rule(rule_id, workspace))

    @get(
        "/api/alerts/rules/{rule_id:str}/preview",
        operation_class=documented(PREVIEW_FILTERS),
        responses=REFUSALS_OF_ONE,
        tags=_TAGS,
    )
    async def get_alert_rule_preview(request: Asked, rule_id: str) -> Response[RulePreview]:
        """What a rule would have done over past days."""
        pairs = list(request.query_params.multi_items())
        return await answer(request, lambda: book.preview_stored(rule_id, pairs))

    @post(
        "/api/alerts/preview",
        status_code=200,
        operation_class=documented(PREVIEW_FILTERS[1:]),
        responses=REFUSALS,
        tags=_TAGS,
    )
    async def preview_alert_rule(request: Asked, data: JSONBody[RuleText]) -> Response[RulePreview]:
        """What a rule that is not kept would have done over past days."""
        pairs = list(request.query_params.multi_items())
        text = _within(request, data)
        return await answer(request, lambda: book.preview(text, pairs))

    return get_alert_rules, put_alert_rules, delete_alert_rule, get_alert_rule_preview, preview_alert_rule


def _of_silences(book: AlertBook) -> tuple[HTTPRouteHandler, ...]:
    @post("/api/alerts/silences", status_code=200, responses=REFUSALS_OF_ONE, tags=_TAGS)
    async def post_alert_silence(request: Asked, data: JSONBody[NewSilence]) -> Response[SilenceItem]:
        """Tell nobody of a rule, or of any, until a time. Alerts still fire, and are seen."""
        new = _within(request, data)
        return await answer(request, lambda: book.silence(new))

    @delete(
        "/api/alerts/silences/{silence_id:str}",
        status_code=200,
        operation_class=_ONE,
        responses=REFUSALS_OF_ONE,
        tags=_TAGS,
    )
    async def delete_alert_silence(request: Asked, silence_id: str) -> Response[SilenceItem]:
        """End a silence."""
        workspace = workspace_of(request)
        return await answer(request, lambda: book.end_silence(silence_id, workspace))

    return post_alert_silence, delete_alert_silence


def _of_targets(book: AlertBook) -> tuple[HTTPRouteHandler, ...]:
    @put("/api/alerts/targets", responses=REFUSALS, tags=_TAGS)
    async def put_alert_target(request: Asked, data: JSONBody[NewTarget]) -> Response[TargetItem]:
        """Keep where messages can go. The address is never shown again."""
        new = _within(request, data)
        return await answer(request, lambda: book.set_target(new))

    @delete(
        "/api/alerts/targets/{target:str}",
        status_code=200,
        operation_class=_ONE,
        responses=REFUSALS_OF_ONE,
        tags=_TAGS,
    )
    async def delete_alert_target(request: Asked, target: str) -> Response[TargetItem]:
        """Remove a target. Messages to it that wait are given up."""
        workspace = workspace_of(request)
        return await answer(request, lambda: book.remove_target(target, workspace))

    return put_alert_target, delete_alert_target
