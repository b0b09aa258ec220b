"""Budgets that are used up, as the server told last, and what this program wants to be done about them.

Only a program that opted in by `configure(on_budget=...)` is told, and only where an execution of an agent begins. The
check reads an attribute: nobody is asked, and nothing waits.
"""

from collections.abc import Callable
from time import time_ns
from typing import Literal

from longpole.model.errors import BudgetExceeded

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
    """What is known of budgets in this process. `used_up`, by agent, is empty unless the program opted in."""

    __slots__ = ("_act", "_environment", "_version", "used_up")

    def __init__(self) -> None:
        self.used_up: dict[str | None, list[UsedUp]] = {}
        self._act: OnBudget = None
        self._version: str | None = None
        self._environment: str | None = None

    def choose(self, act: OnBudget, version: str | None, environment: str | None) -> None:
        """What is done from now on; nothing is known yet."""
        self._act, self._version, self._environment = act, version, environment
        self.used_up = {}

    def take(self, used_up: tuple[UsedUp, ...]) -> None:
        """What the server says now; called in the background."""
        found: dict[str | None, list[UsedUp]] = {}
        for budget in used_up if self._act is not None else ():
            found.setdefault(budget.agent, []).append(budget)
        self.used_up = found

    def check(self, agent: str | None, user: str | None = None) -> None:
        """Act if a budget that an agent, or a user, falls under is used up. Call it where `used_up` is not empty.

        Raises:
            BudgetExceeded: if that was chosen. What a chosen callable raises goes through.
        """
        used_up = self.used_up
        if agent not in used_up and None not in used_up:
            return
        for budget in (*used_up.get(None, ()), *(used_up.get(agent, ()) if agent is not None else ())):
            if self._is_meant(budget, user) and time_ns() < budget.until_ns:
                self._do(budget)
                return

    def _is_meant(self, budget: UsedUp, user: str | None) -> bool:
        return (
            budget.user in (None, user)
            and budget.version in (None, self._version)
            and budget.environment in (None, self._environment)
        )

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


budgets = Budgets()


def check_budget(agent: str | None = None, user: str | None = None) -> None:
    """Acts as `configure(on_budget=...)` says if a budget of the agent or the user is used up; else does nothing.

    Where an execution begins this is called for its agent. Call it yourself for a user, or in the middle of a long
    execution. It asks nobody and waits for nothing: what it knows is ten seconds old at most.

    Raises:
        BudgetExceeded: with `on_budget="raise"`, if one is used up.
    """
    if budgets.used_up:
        budgets.check(agent, user)
