"""How one execution stands, in words for the terminal: what it is doing now or was at its end, and its stages."""

from collections.abc import Sequence

from rich.text import Text

from longpole.cli.draw import GONE, muted
from longpole.model.category import Category
from longpole.model.status import OPEN_STATUSES, ExecutionStatus
from longpole.reports.node_views import ExecutionNode, StepNode
from longpole.reports.numbers import count_text, duration_text
from longpole.reports.views import ExecutionItem, ExecutionTree, StageNode

_MOST = 5
_WAITS = (Category.QUEUE, Category.RETRY, Category.RATE_LIMIT, Category.BARRIER_WAIT)


def is_vanished(item: ExecutionItem) -> bool:
    """Whether nobody ended the execution: its process fell silent."""
    return item.status == ExecutionStatus.CRASHED and item.error_type == GONE


def is_under_way(item: ExecutionItem) -> bool:
    """Whether it is running, or was when its process vanished: its steps are counted as progress."""
    return item.status in OPEN_STATUSES or is_vanished(item)


def in_hand(tree: ExecutionTree) -> Sequence[Text]:
    """One line with what runs now, or what ran when the process was last heard; none for an execution that ended."""
    item = tree.execution
    doing = _doing(tree)
    if is_vanished(item) and item.ended_at is not None:
        text = Text(f"its process was last heard at {item.ended_at[11:19]} UTC", style="red")
        return [text.append(f" while {doing}") if doing else text]
    if item.status in OPEN_STATUSES and doing:
        return [muted("now ").append(doing, style="not dim")]
    return []


def stage_line(tree: ExecutionTree) -> Text:
    """The stages of the top execution in order, with how long each lasted and how it ended where not well."""
    text = muted("stages  ")
    own = [stage for stage in tree.stages if stage.execution_id == tree.execution.execution_id]
    for number, stage in enumerate(own):
        text.append(" · " if number else "").append_text(_stage(stage))
    return text


def _stage(stage: StageNode) -> Text:
    text = Text(stage.stage, style="not dim")
    if stage.duration_ns is None:
        return text.append("…", "blue")
    if stage.duration_ns:
        text.append(f" {duration_text(stage.duration_ns)}")
    if stage.status == "left_open":
        text.append(" left open", "yellow")
    elif stage.status == "failed":
        text.append(" failed", "red")
    return text


def _doing(tree: ExecutionTree) -> str:
    """The innermost steps that were open last, in words."""
    nodes: dict[str, StepNode | ExecutionNode] = {step.step_id: step for step in tree.steps}
    nodes.update((node.span_id, node) for node in tree.executions)
    found = [nodes[span_id] for span_id in tree.doing if span_id in nodes]
    words = [_words(node) for node in found[:_MOST] if isinstance(node, StepNode)]
    more = len(found) - _MOST
    return ", ".join(words) + (f" and {count_text(more)} more" if more > 0 else "")


def _words(step: StepNode) -> str:
    if step.category == "llm" and step.first_token_ns is None:
        return f"waiting for {step.model or 'a model'} ({step.name})"
    if step.category == "llm":
        return f"reading the answer of {step.model or 'a model'} ({step.name})"
    if step.category in _WAITS:
        return _waiting(step.name)
    return f"running {step.name}"


def _waiting(name: str) -> str:
    """ "wait for a thread" as "waiting for a thread"; a pause of another name by its name."""
    if name.startswith("waiting "):
        return name
    return name.replace("wait", "waiting", 1) if name.startswith("wait ") else f"waiting: {name}"
