"""Where the alerts of the command line come from: a running server, else the store that nobody holds."""

from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from urllib.parse import quote

import msgspec

from longpole.alerting.book import AlertBook
from longpole.alerting.rule_text import RuleText
from longpole.alerting.targets import policy_of
from longpole.alerting.views import (
    Acknowledgement,
    AlertHistory,
    AlertItem,
    AlertPage,
    NewSilence,
    NewTarget,
    RuleItem,
    RulePage,
    RulePreview,
    SilenceItem,
    TargetItem,
)
from longpole.client.answers import server_or_store
from longpole.client.installed import packages_of_server
from longpole.client.over_http import HttpDoor
from longpole.settings import Settings, data_folder

PREVIEW_TIMEOUT_S = 300.0
"""So long is waited for a rule to be replayed."""

Pairs = Sequence[tuple[str, str]]


class HttpAlertBook:
    """The alerts of the server behind a door."""

    def __init__(self, door: HttpDoor) -> None:
        self._door = door

    def firing(self, workspace: str | None) -> AlertPage:
        """`GET /api/alerts`."""
        return self._door.request("GET", "/api/alerts", _scope(workspace), AlertPage)

    def history(self, pairs: Pairs) -> AlertHistory:
        """`GET /api/alerts/history`."""
        return self._door.request("GET", "/api/alerts/history", pairs, AlertHistory)

    def rules(self, workspace: str | None) -> RulePage:
        """`GET /api/alerts/rules`."""
        return self._door.request("GET", "/api/alerts/rules", _scope(workspace), RulePage)

    def set_rules(self, texts: Iterable[RuleText]) -> list[RuleItem]:
        """`PUT /api/alerts/rules`."""
        body = msgspec.json.encode(list(texts))
        return self._door.request("PUT", "/api/alerts/rules", [], list[RuleItem], body=body)

    def remove_rule(self, rule_id: str, workspace: str | None) -> RuleItem:
        """`DELETE /api/alerts/rules/{id}`."""
        return self._door.request("DELETE", f"/api/alerts/rules/{_part(rule_id)}", _scope(workspace), RuleItem)

    def acknowledge(self, alert_id: str, given: Acknowledgement) -> AlertItem:
        """`POST /api/alerts/{id}/acknowledge`."""
        path, body = f"/api/alerts/{_part(alert_id)}/acknowledge", msgspec.json.encode(given)
        return self._door.request("POST", path, [], AlertItem, body=body)

    def silence(self, new: NewSilence) -> SilenceItem:
        """`POST /api/alerts/silences`."""
        return self._door.request("POST", "/api/alerts/silences", [], SilenceItem, body=msgspec.json.encode(new))

    def end_silence(self, silence_id: str, workspace: str | None) -> SilenceItem:
        """`DELETE /api/alerts/silences/{id}`."""
        path = f"/api/alerts/silences/{_part(silence_id)}"
        return self._door.request("DELETE", path, _scope(workspace), SilenceItem)

    def set_target(self, new: NewTarget) -> TargetItem:
        """`PUT /api/alerts/targets`."""
        return self._door.request("PUT", "/api/alerts/targets", [], TargetItem, body=msgspec.json.encode(new))

    def remove_target(self, target: str, workspace: str | None) -> TargetItem:
        """`DELETE /api/alerts/targets/{name}`."""
        path = f"/api/alerts/targets/{_part(target)}"
        return self._door.request("DELETE", path, _scope(workspace), TargetItem)

    def preview(self, text: RuleText, pairs: Pairs = ()) -> RulePreview:
        """`POST /api/alerts/preview`."""
        path, body = "/api/alerts/preview", msgspec.json.encode(text)
        return self._door.request("POST", path, pairs, RulePreview, timeout_s=PREVIEW_TIMEOUT_S, body=body)

    def preview_stored(self, rule_id: str, pairs: Pairs = ()) -> RulePreview:
        """`GET /api/alerts/rules/{id}/preview`."""
        path = f"/api/alerts/rules/{_part(rule_id)}/preview"
        return self._door.request("GET", path, pairs, RulePreview, timeout_s=PREVIEW_TIMEOUT_S)


@contextmanager
def open_alert_book(settings: Settings) -> Generator[AlertBook | HttpAlertBook]:
    """The alerts of the server at `settings.url`, else of the one that serves the data folder, else of the store that
    nobody holds.

    Raises:
        ServerUnreachable: no server answers and there is no store.
        StoreLocked: the store is held by a process that does not answer.
    """
    door = server_or_store(settings)
    if door is not None:
        yield HttpAlertBook(door)
        return
    with packages_of_server(data_folder(settings)):
        from longpole.ingest.offline import open_offline  # noqa: PLC0415 - needs packages of the server extra
    policy = policy_of(settings.alert_target_schemes, is_private_allowed=settings.alert_private_targets)
    with open_offline(settings, data_folder(settings)) as (store, pipeline):
        yield AlertBook(store, write=pipeline.write, policy=policy)


def _scope(workspace: str | None) -> list[tuple[str, str]]:
    return [] if workspace is None else [("workspace", workspace)]


def _part(text: str) -> str:
    return quote(text, safe="")
