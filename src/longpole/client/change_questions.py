"""Questions of `ExecutionAnalytics` about change: regressions, trends and capacity."""

from collections.abc import Mapping

from longpole.client.asking import asked_filters, open_answers
from longpole.reports.change_questions import CAPACITY, REGRESSIONS, TRENDS
from longpole.reports.change_views import Capacity, Regressions, Trends

_HOURS_A_DAY = 24.0


class ChangeQuestions:
    """What the methods have in common: `days` is how far to look back, 60 unless another is given."""

    @classmethod
    def get_regressions(
        cls,
        agent_name: str | None = None,
        *,
        days: float = 60,
        is_everything: bool = False,
        workspace: str | None = None,
    ) -> Regressions:
        """What became slower, dearer or less reliable, since when, and what changed then, the latest first.

        Args:
            agent_name: only this agent.
            days: how far to look back.
            is_everything: also what got better, and how much ran.
            workspace: whose data.
        """
        asked = [*asked_filters(agent=agent_name, hours=days * _HOURS_A_DAY, workspace=workspace)]
        with open_answers() as answers:
            return answers.ask(REGRESSIONS, [*asked, *([("show", "all")] if is_everything else [])])

    @classmethod
    def get_trends(cls, agent_name: str | None = None, *, days: float = 60, workspace: str | None = None) -> Trends:
        """How agents went over the last days, those with most executions first, and when their numbers changed."""
        asked = asked_filters(agent=agent_name, hours=days * _HOURS_A_DAY, workspace=workspace)
        with open_answers() as answers:
            return answers.ask(TRENDS, asked)

    @classmethod
    def get_capacity(
        cls,
        agent_name: str | None = None,
        *,
        days: float = 60,
        calls_a_minute: Mapping[str, float] | None = None,
        workspace: str | None = None,
    ) -> Capacity:
        """How much of every agent, model and tool runs at once, and when it will reach a limit.

        Args:
            agent_name: only what this agent does.
            days: how far to look back.
            calls_a_minute: limits by name of an agent, model or tool; else those seen by rate limit errors count.
            workspace: whose data.
        """
        asked = [*asked_filters(agent=agent_name, hours=days * _HOURS_A_DAY, workspace=workspace)]
        limits = [("rate_limit", f"{name}={rate:f}/min") for name, rate in (calls_a_minute or {}).items()]
        with open_answers() as answers:
            return answers.ask(CAPACITY, [*asked, *limits])
