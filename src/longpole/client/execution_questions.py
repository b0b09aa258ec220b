"""The questions of `ExecutionAnalytics` for executions as they are stored: a list of them, and one with its tree."""

from longpole.client.asking import asked_filters, chosen_workspace, open_answers
from longpole.reports.views import ExecutionPage, ExecutionTree


class ExecutionQuestions:
    """Executions and their trees. A notebook shows both; `to_dataframe` makes data frames of them."""

    @classmethod
    def get_executions(
        cls,
        agent_name: str | None = None,
        *,
        hours: float | None = 24,
        status: str | None = None,
        limit: int = 100,
        workspace: str | None = None,
    ) -> ExecutionPage:
        """The newest executions.

        Args:
            agent_name: only this agent.
            hours: started within so many hours; `None` is all there is.
            status: only this one, such as "failed".
            limit: at most so many, 1 to 1,000.
            workspace: whose data.
        """
        asked = asked_filters(agent=agent_name, hours=hours, limit=limit, workspace=workspace)
        with open_answers() as answers:
            return answers.executions([*asked, *([] if status is None else [("status", status)])])

    @classmethod
    def get_execution_tree(cls, execution_id: object, *, workspace: str | None = None) -> ExecutionTree:
        """One execution with everything below it; in a notebook a tree with a bar for each step."""
        with open_answers() as answers:
            return answers.execution(str(execution_id), workspace=chosen_workspace(workspace))
