"""Questions of `ExecutionAnalytics` about many executions: statistics, patterns, failures and bottlenecks."""

from longpole.client.asking import asked_filters, open_answers
from longpole.reports.bottlenecks import BOTTLENECKS, SLOW_OPERATIONS
from longpole.reports.failures import FAILURES
from longpole.reports.hourly import HOURLY
from longpole.reports.input_patterns import INPUT_PATTERNS
from longpole.reports.patterns import PATTERNS
from longpole.reports.question import Question, View
from longpole.reports.question_views import Hourly
from longpole.reports.statistics import STATISTICS
from longpole.reports.statistics_views import (
    Bottlenecks,
    FailureGroups,
    InputPatterns,
    Patterns,
    SlowOperations,
    Statistics,
)

WEEK_HOURS = 168.0


class StatisticsQuestions:
    """What the methods have in common: `hours` is how far to look back, a week unless another is given."""

    @classmethod
    def get_statistics(
        cls, agent_name: str | None = None, *, hours: float = WEEK_HOURS, workspace: str | None = None
    ) -> Statistics:
        """How the last hours went against as many before: counts, success, durations, credits, tokens, cost."""
        return _ask(STATISTICS, agent_name, hours, workspace)

    @classmethod
    def get_patterns(
        cls, agent_name: str | None = None, *, hours: float = WEEK_HOURS, workspace: str | None = None
    ) -> Patterns:
        """The hours, weekdays and ways of executions, and which of them are busy, failing or slow."""
        return _ask(PATTERNS, agent_name, hours, workspace)

    @classmethod
    def get_hourly(
        cls, agent_name: str | None = None, *, hours: float = WEEK_HOURS, workspace: str | None = None
    ) -> Hourly:
        """Hour by hour, how many executions started, how they went and how long they took; empty hours are left out."""
        return _ask(HOURLY, agent_name, hours, workspace)

    @classmethod
    def get_input_patterns(
        cls, agent_name: str | None = None, *, hours: float = WEEK_HOURS, workspace: str | None = None
    ) -> InputPatterns:
        """Which keys and values of inputs and attributes go with failure or with long durations."""
        return _ask(INPUT_PATTERNS, agent_name, hours, workspace)

    @classmethod
    def get_failures(
        cls, agent_name: str | None = None, *, hours: float = WEEK_HOURS, workspace: str | None = None
    ) -> FailureGroups:
        """The errors in groups of like ones, those that failed most executions first."""
        return _ask(FAILURES, agent_name, hours, workspace)

    @classmethod
    def get_bottlenecks(
        cls, agent_name: str | None = None, *, hours: float = WEEK_HOURS, workspace: str | None = None
    ) -> Bottlenecks:
        """What the critical path of executions consists of, the largest part first."""
        return _ask(BOTTLENECKS, agent_name, hours, workspace)

    @classmethod
    def get_slow_operations(
        cls, agent_name: str | None = None, *, hours: float = WEEK_HOURS, workspace: str | None = None
    ) -> SlowOperations:
        """The operations with most time of their own, those over the limits, and the longest single steps."""
        return _ask(SLOW_OPERATIONS, agent_name, hours, workspace)


def _ask(question: Question[View], agent: str | None, hours: float, workspace: str | None) -> View:
    with open_answers() as answers:
        return answers.ask(question, asked_filters(agent=agent, hours=hours, workspace=workspace))
