"""All questions, from which the server makes its addresses."""

from typing import Any

from longpole.reports.agent_performance import AGENT
from longpole.reports.call_chain import CALLS
from longpole.reports.execution_log import LOG
from longpole.reports.failed_executions import FAILED
from longpole.reports.model_calls import MODEL_CALLS
from longpole.reports.question import Question, QuestionOfOne
from longpole.reports.slow_executions import SLOW
from longpole.reports.trend import TREND
from longpole.reports.why_not import WHY_NOT

QUESTIONS: tuple[Question[Any], ...] = (FAILED, SLOW, AGENT, WHY_NOT, TREND)
"""Those about many executions."""

QUESTIONS_OF_ONE: tuple[QuestionOfOne[Any], ...] = (LOG, MODEL_CALLS, CALLS)
"""Those about one execution."""
