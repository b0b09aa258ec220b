"""The question of `ExecutionAnalytics` about what runs at this moment."""

from longpole.client.asking import asked_filters, open_answers
from longpole.reports.running import RUNNING
from longpole.reports.running_views import Running


class RunningQuestions:
    """What runs now."""

    @classmethod
    def get_running(cls, agent_name: str | None = None, *, workspace: str | None = None) -> Running:
        """How many of each agent run, what each execution has in hand, and what most of it waits for."""
        with open_answers() as answers:
            return answers.ask(RUNNING, asked_filters(agent=agent_name, workspace=workspace))
