"""All questions, from which the server makes its addresses."""

from typing import Any

from longpole.reports.agent_performance import AGENT
from longpole.reports.agent_versions import VERSIONS
from longpole.reports.audit_verify import AUDIT_VERIFY
from longpole.reports.bottlenecks import BOTTLENECKS, SLOW_OPERATIONS
from longpole.reports.call_chain import CALLS
from longpole.reports.change_questions import CAPACITY, REGRESSIONS, TRENDS
from longpole.reports.comparison import COMPARE
from longpole.reports.costs import COSTS
from longpole.reports.critical_path import CRITICAL_PATH
from longpole.reports.differences import DIFFERENCES
from longpole.reports.distribution import DISTRIBUTION
from longpole.reports.execution_log import LOG
from longpole.reports.failed_executions import FAILED
from longpole.reports.failures import FAILURES
from longpole.reports.findings import FINDINGS
from longpole.reports.hourly import HOURLY
from longpole.reports.input_patterns import INPUT_PATTERNS
from longpole.reports.merged_steps import MERGED_STEPS
from longpole.reports.model_calls import MODEL_CALLS
from longpole.reports.opportunities import OPPORTUNITIES
from longpole.reports.patterns import PATTERNS
from longpole.reports.points import POINTS
from longpole.reports.pulse import PULSE
from longpole.reports.question import Question, QuestionOfOne
from longpole.reports.recording import RECORDING
from longpole.reports.repeats import REPEATS
from longpole.reports.replayable import REPLAY
from longpole.reports.running import RUNNING
from longpole.reports.sessions import SESSION, SESSIONS
from longpole.reports.set_comparison import COMPARE_SETS, STANDING
from longpole.reports.slow_executions import SLOW
from longpole.reports.statistics import STATISTICS
from longpole.reports.step_graph import GRAPH
from longpole.reports.totals import TOTALS
from longpole.reports.trend import TREND
from longpole.reports.usual import USUAL
from longpole.reports.usual_agents import USUAL_AGENTS
from longpole.reports.waiting import WAITING
from longpole.reports.weekly import REPORT
from longpole.reports.what_if import WHAT_IF
from longpole.reports.why_not import WHY_NOT

QUESTIONS: tuple[Question[Any], ...] = (
    REPORT,
    FAILED,
    SLOW,
    AGENT,
    WHY_NOT,
    TREND,
    COSTS,
    COMPARE,
    COMPARE_SETS,
    AUDIT_VERIFY,
    STATISTICS,
    PATTERNS,
    HOURLY,
    INPUT_PATTERNS,
    FAILURES,
    BOTTLENECKS,
    MERGED_STEPS,
    REPEATS,
    OPPORTUNITIES,
    SLOW_OPERATIONS,
    REGRESSIONS,
    TRENDS,
    CAPACITY,
    RUNNING,
    PULSE,
    POINTS,
    DISTRIBUTION,
    DIFFERENCES,
    USUAL_AGENTS,
    SESSIONS,
    SESSION,
    VERSIONS,
)
"""Those about many executions."""

QUESTIONS_OF_ONE: tuple[QuestionOfOne[Any], ...] = (
    LOG,
    MODEL_CALLS,
    CALLS,
    FINDINGS,
    STANDING,
    USUAL,
    GRAPH,
    TOTALS,
    CRITICAL_PATH,
    WAITING,
    WHAT_IF,
    RECORDING,
    REPLAY,
)
"""Those about one execution."""
