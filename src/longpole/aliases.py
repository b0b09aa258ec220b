"""Second names: where one thing has two names, one is the implementation and the other stands here."""

from longpole.record.decorate import timing_step
from longpole.record.execution_context import ExecutionContext

CurrentExecution = ExecutionContext
StepTimingDecorator = timing_step
