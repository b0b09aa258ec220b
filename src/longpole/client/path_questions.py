"""Questions of `ExecutionAnalytics` about the time of one execution: totals, critical path, waits, what-ifs."""

from collections.abc import Iterable, Mapping, Sequence

from longpole.client.asking import chosen_workspace, open_answers
from longpole.reports.critical_path import CRITICAL_PATH
from longpole.reports.path_views import CriticalPath, ExecutionTotals, Waiting, WhatIf
from longpole.reports.totals import TOTALS
from longpole.reports.waiting import WAITING
from longpole.reports.what_if import WHAT_IF


class PathQuestions:
    """What the methods have in common: an execution is named by its id, a unique part of it, or a trace id."""

    @classmethod
    def get_totals(cls, execution_id: object, *, workspace: str | None = None) -> ExecutionTotals:
        """Where the time of an execution went: its wall time as one bar, and by category, agent, step and model."""
        with open_answers() as answers:
            return answers.ask_about(str(execution_id), TOTALS, workspace=chosen_workspace(workspace))

    @classmethod
    def get_critical_path(cls, execution_id: object, *, workspace: str | None = None) -> CriticalPath:
        """Which steps decide how long an execution takes, and how much the others could spare."""
        with open_answers() as answers:
            return answers.ask_about(str(execution_id), CRITICAL_PATH, workspace=chosen_workspace(workspace))

    @classmethod
    def get_waiting(cls, execution_id: object, *, workspace: str | None = None) -> Waiting:
        """What an execution waited for: first tokens, limits, queues, blocked loops, and stragglers at its joins."""
        with open_answers() as answers:
            return answers.ask_about(str(execution_id), WAITING, workspace=chosen_workspace(workspace))

    @classmethod
    def what_if(
        cls,
        execution_id: object,
        *,
        faster: Mapping[str, float] | None = None,
        remove: Iterable[str] = (),
        cache: Iterable[str] = (),
        parallel: Sequence[str] = (),
        workspace: str | None = None,
    ) -> WhatIf:
        """How long an execution would have taken with all of these changes; without any, what could be tried.

        Args:
            execution_id: which one.
            faster: by step, how many times as fast.
            remove: steps that are left out.
            cache: steps that are called once only with the same arguments.
            parallel: steps that run at once; a single name is all steps of this name.
            workspace: whose data.
        """
        asked = [("faster", f"{step}={factor:g}x") for step, factor in (faster or {}).items()]
        asked += [("remove", step) for step in remove] + [("cache", step) for step in cache]
        if parallel:
            asked.append(("parallel", ",".join(parallel)))
        with open_answers() as answers:
            return answers.ask_about(str(execution_id), WHAT_IF, asked, workspace=chosen_workspace(workspace))
