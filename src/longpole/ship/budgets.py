"""Asks the server which budgets are used up, in the thread that delivers, every ten seconds."""

from collections.abc import Callable
from time import monotonic
from urllib.parse import urlencode

import msgspec

from longpole.ship.http import Connection

ASK_EVERY_S = 10.0


class UsedUpBudget(msgspec.Struct, frozen=True, kw_only=True):
    """A budget that is used up, as the server tells it; `until` is RFC 3339."""

    title: str
    said: str
    until: str
    agent: str | None = None
    version: str | None = None
    environment: str | None = None
    user: str | None = None


class _Page(msgspec.Struct):
    items: list[UsedUpBudget]


class BudgetAsker:
    """Gives `take` what the server says, when it is time to ask.

    While nobody answers, what was said last holds: what is used up stays so until its period is over.
    """

    def __init__(self, workspace: str, take: Callable[[list[UsedUpBudget]], None]) -> None:
        self._path = f"/api/budgets?{urlencode({'workspace': workspace})}"
        self._take = take
        self._due_s = 0.0

    def ask(self, connection: Connection) -> None:
        """Ask if ten seconds have passed. Never raises for what the server says."""
        now_s = monotonic()
        if now_s < self._due_s:
            return
        self._due_s = now_s + ASK_EVERY_S
        answer = connection.get(self._path)
        if answer.status != 200 or not answer.is_longpole:
            return
        try:
            self._take(msgspec.json.decode(answer.body, type=_Page).items)
        except msgspec.MsgspecError:  # another version: it has no say
            return
