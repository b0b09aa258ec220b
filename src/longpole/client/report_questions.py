"""Questions of `ExecutionAnalytics` whose answer is a report to read."""

from longpole.client.asking import asked_filters, open_answers
from longpole.reports.export.weekly_page import render_weekly_page
from longpole.reports.weekly import REPORT, USUAL_PERIOD
from longpole.reports.weekly_views import WeeklyReport


class ReportQuestions:
    """What they have in common: `period` is 24h, 7d, 4w or the like, compared with the one before; `to` its end."""

    @classmethod
    def report(
        cls,
        period: str = USUAL_PERIOD,
        *,
        agent_name: str | None = None,
        to: str | None = None,
        workspace: str | None = None,
    ) -> WeeklyReport:
        """The five best opportunities of a period, what changed, failures, cost and capacity.

        Args:
            period: how long it is.
            agent_name: only this agent.
            to: when it ends, RFC 3339; now by default.
            workspace: whose data.
        """
        asked = [*asked_filters(agent=agent_name, workspace=workspace), ("period", period)]
        with open_answers() as answers:
            return answers.ask(REPORT, [*asked, *([] if to is None else [("to", to)])])

    @classmethod
    def report_page(
        cls,
        period: str = USUAL_PERIOD,
        *,
        agent_name: str | None = None,
        to: str | None = None,
        workspace: str | None = None,
    ) -> str:
        """The same as one HTML page, which needs no network to be read."""
        return render_weekly_page(cls.report(period, agent_name=agent_name, to=to, workspace=workspace))
