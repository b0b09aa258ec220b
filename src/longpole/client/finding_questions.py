"""Questions of `ExecutionAnalytics` about what to do: findings of one execution, opportunities and repeats of many."""

from longpole.client.asking import asked_filters, chosen_workspace, open_answers
from longpole.reports.finding_views import Findings, Opportunities, Repeats
from longpole.reports.findings import FINDINGS
from longpole.reports.opportunities import OPPORTUNITIES
from longpole.reports.repeats import REPEATS

WEEK_HOURS = 168.0


class FindingQuestions:
    """What the methods have in common: `hours` is how far to look back, a week unless another is given."""

    @classmethod
    def get_findings(cls, execution_id: object, *, workspace: str | None = None) -> Findings:
        """What to do about one execution, the largest saving on its critical path first."""
        with open_answers() as answers:
            return answers.ask_about(str(execution_id), FINDINGS, workspace=chosen_workspace(workspace))

    @classmethod
    def get_opportunities(
        cls, agent_name: str | None = None, *, hours: float = WEEK_HOURS, limit: int = 5, workspace: str | None = None
    ) -> Opportunities:
        """What could be done better, added up over executions, those that would have saved most in all first."""
        filters = asked_filters(agent=agent_name, hours=hours, limit=limit, workspace=workspace)
        with open_answers() as answers:
            return answers.ask(OPPORTUNITIES, filters)

    @classmethod
    def find_repeated_calls(
        cls, agent_name: str | None = None, *, hours: float = WEEK_HOURS, limit: int = 20, workspace: str | None = None
    ) -> Repeats:
        """Operations called with the same arguments again, and what a cache would have saved by its time to live."""
        filters = asked_filters(agent=agent_name, hours=hours, limit=limit, workspace=workspace)
        with open_answers() as answers:
            return answers.ask(REPEATS, filters)
