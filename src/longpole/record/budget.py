"""Budgets that are used up, as the server told last, and what this program wants to be done about them.

Only a program that opted in by `configure(on_budget=...)` is told, and only where an execution of an agent begins. The
check reads an attribute: nobody is asked, and nothing waits. Whom an execution is for is looked for only where a budget
of some user is used up.
"""

from collections.abc import Callable
from time import time_ns
from typing import Literal

from longpole.model.errors import BudgetExceeded
from longpole.record.current import MORE, PARENT, Record, current
from longpole.record.more import ATTRIBUTES

USER = "user.id"
OnBudget = Callable[[BudgetExceeded], object] | Literal["raise"] | None


class UsedUp:
    """A budget that is used up until `until_ns`; what is `None` holds for all."""

    __slots__ = ("agent", "environment", "said", "title", "until_ns", "user", "version")

    def __init__(
        self,
        title: str,
        said: str,
        until_ns: int,
        *,
        agent: str | None = None,
        version: str | None = None,
        environment: str | None = None,
        user: str | None = None,
    ) -> None:
        self.title = title
        self.said = said
        self.until_ns = until_ns
        self.agent = agent
        self.version = version
        self.environment = environment
        self.user = user


class Budgets:
    """What is known of budgets in this process. `used_up`, by agent and user, is empty unless the program opted in."""

    __slots__ = ("_act", "_environment", "_version", "used_up")

    def __init__(self) -> None:
        self.used_up: dict[str | None, dict[str | None, list[UsedUp]]] = {}
        self._act: OnBudget = None
        self._version: str | None = None
        self._environment: str | None = None

    def choose(self, act: OnBudget, version: str | None, environment: str | None) -> None:
        """What is done from now on; nothing is known yet."""
        self._act, self._version, self._environment = act, version, environment
        self.used_up = {}

    def take(self, used_up: tuple[UsedUp, ...]) -> None:
        """What the server says now; called in the background."""
        found: dict[str | None, dict[str | None, list[UsedUp]]] = {}
        for budget in used_up if self._act is not None else ():
            found.setdefault(budget.agent, {}).setdefault(budget.user, []).append(budget)
        self.used_up = found

    def check(self, agent: str | None, user: str | None = None, record: Record | None = None) -> None:
        """Act if a budget that an agent, or a user, falls under is used up. Call it where `used_up` is not empty.

        Without `user` it is whom the execution of `record` is for, or one above it.

        Raises:
            BudgetExceeded: if that was chosen. What a chosen callable raises goes through.
        """
        used_up = self.used_up
        if agent not in used_up and None not in used_up:
            return
        for whose in (None,) if agent is None else (None, agent):
            of_users = used_up.get(whose)
            if of_users is None:
                continue
            if user is None and record is not None and len(of_users) > (None in of_users):
                user, record = _user_of(record), None
            for who in (None,) if user is None else (None, user):
                for budget in of_users.get(who, ()):
                    if self._is_meant(budget) and time_ns() < budget.until_ns:
                        self._do(budget)
                        return

    def _is_meant(self, budget: UsedUp) -> bool:
        return budget.version in (None, self._version) and budget.environment in (None, self._environment)

    def _do(self, budget: UsedUp) -> None:
        error = BudgetExceeded(
            f"The budget {budget.title!r} is used up. {budget.said} Expected some of it to be left. Wait until it "
            "begins anew, raise it, or leave on_budget out of longpole.configure().",
            title=budget.title,
            until_ns=budget.until_ns,
        )
        if self._act == "raise":
            raise error
        if self._act is not None:
            self._act(error)


def _user_of(record: Record | None) -> str | None:
    """Whom an execution is for, as it or the nearest one above it was told."""
    while record is not None:
        if (more := record[MORE]) and (attributes := more.get(ATTRIBUTES)) and (user := attributes.get(USER)):
            return str(user)
        record = record[PARENT]
    return None


budgets = Budgets()


def check_budget(agent: str | None = None, user: str | None = None) -> None:
    """Acts as `configure(on_budget=...)` says if a budget of the agent or the user is used up; else does nothing.

    Where an execution begins this is called for its agent and its user. Call it yourself in the middle of a long
    execution, or for a user whom that does not know; without `user` it is the user of the execution that runs here. It
    asks nobody and waits for nothing: what it knows is ten seconds old at most.

    Raises:
        BudgetExceeded: with `on_budget="raise"`, if one is used up.
    """
    if budgets.used_up:
        budgets.check(agent, user, current.get())
