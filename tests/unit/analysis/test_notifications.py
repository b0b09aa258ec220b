"""Many small messages from one step are told; a few, or of other names, are not."""

import pytest

from execution_trees import tree_of
from longpole.analysis.advice import make_scene
from longpole.analysis.advice_calls import CHATTY, find_call_opportunities
from longpole.analysis.notifications import find_chatter, is_notification
from longpole.analysis.span import Span


def span(name: str, category: str = "processing") -> Span:
    return Span(name, category, "agent", "e")


@pytest.mark.parametrize("name", ["notify_user", "emit", "send_update", "broadcast state", "PublishEvent", "ws send"])
def test_names_that_tell_somebody_something(name: str) -> None:
    assert is_notification(span(name))


@pytest.mark.parametrize(("name", "category"), [("sender", "tool"), ("notify", "llm"), ("load messages", "tool")])
def test_names_and_categories_that_do_not(name: str, category: str) -> None:
    assert not is_notification(span(name, category))


@pytest.mark.parametrize(("count", "is_told"), [(10, True), (9, False)])
def test_one_message_for_each_change_is_told_with_what_one_for_all_would_save(count: int, is_told: bool) -> None:
    each_ns = 10_000_000
    tree = tree_of((None, 0, count * each_ns), *((0, at * each_ns, (at + 1) * each_ns) for at in range(count)))
    spans = [span("top", "agent"), *(span("notify_user") for _ in range(count))]
    assert bool(find_chatter(tree, 0, spans)) is is_told
    found = [one for one in find_call_opportunities(make_scene(tree, 0, spans)) if one.rule == CHATTY]
    assert bool(found) is is_told
    if found:
        assert found[0].evidence["messages"] == count
        assert sum(len(change.nodes) for change in found[0].changes) == count - 1
