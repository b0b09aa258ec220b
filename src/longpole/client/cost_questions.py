"""Questions of `ExecutionAnalytics` about money, and comparisons: two executions, two sets, one among all others."""

from datetime import UTC, datetime

from longpole.client.asking import asked_filters, chosen_workspace, open_answers
from longpole.reports.compare_views import Comparison, SetComparison, Standing
from longpole.reports.comparison import COMPARE
from longpole.reports.cost_views import Costs
from longpole.reports.costs import COSTS
from longpole.reports.set_comparison import COMPARE_SETS, STANDING


class CostQuestions:
    """What they have in common: `workspace` is the configured one unless another is given."""

    @classmethod
    def get_costs(
        cls,
        by: str = "agent",
        *,
        agent_name: str | None = None,
        model: str | None = None,
        hours: float | None = None,
        limit: int | None = None,
        workspace: str | None = None,
    ) -> Costs:
        """What model calls cost, by "agent", "model", "provider", "user", "session", "day", "version" and more."""
        asked = asked_filters(agent=agent_name, hours=hours, limit=limit, workspace=workspace)
        given = [("by", by), *([] if model is None else [("model", model)])]
        with open_answers() as answers:
            return answers.ask(COSTS, [*given, *asked])

    @classmethod
    def compare_executions(
        cls, execution_id: object, with_execution_id: object, *, workspace: str | None = None
    ) -> Comparison:
        """Two executions step by step: what is slower, dearer, new or gone in the second."""
        asked = [("a", str(execution_id)), ("b", str(with_execution_id)), ("workspace", chosen_workspace(workspace))]
        with open_answers() as answers:
            return answers.ask(COMPARE, asked)

    @classmethod
    def compare_versions(
        cls, agent_name: str, version: str, with_version: str, *, workspace: str | None = None
    ) -> SetComparison:
        """An agent's executions of two versions: what changed in the second, with confidence intervals."""
        asked = [*asked_filters(agent=agent_name, version=version, workspace=workspace), ("with_version", with_version)]
        with open_answers() as answers:
            return answers.ask(COMPARE_SETS, asked)

    @classmethod
    def compare_before_and_after(
        cls, agent_name: str, at: datetime | str, *, hours: float | None = None, workspace: str | None = None
    ) -> SetComparison:
        """An agent's executions that began before a time, such as that of a fix, and those that began since.

        Args:
            agent_name: exactly.
            at: when the second set begins; without a zone a `datetime` is local time, as everywhere in Python.
            hours: how far to look back from now; without it, as far as there is data.
            workspace: whose data.

        Raises:
            InvalidInput: `at` is a text that is no time, such as "2026-11-21T08:00:00Z".
        """
        time = at if isinstance(at, str) else at.astimezone(UTC).isoformat()
        asked = asked_filters(agent=agent_name, hours=hours, workspace=workspace)
        with open_answers() as answers:
            return answers.ask(COMPARE_SETS, [*asked, ("at", time)])

    @classmethod
    def get_standing(cls, execution_id: object, *, workspace: str | None = None) -> Standing:
        """An execution among the others of its agent: which percentile it and each of its steps is."""
        with open_answers() as answers:
            return answers.ask_about(str(execution_id), STANDING, workspace=chosen_workspace(workspace))
