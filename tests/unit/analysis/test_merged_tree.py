"""Many executions merged into one tree of names."""

from longpole.analysis.merged_tree import Call, merge_calls


def call(key: str, parent: str | None, name: str, self_ns: int = 1, *, weight: float = 1.0) -> Call:
    return Call(
        key=key, parent=parent, name=name, category="tool", total_ns=self_ns, self_ns=self_ns, critical_ns=self_ns,
        weight=weight,
    )  # fmt: skip


def test_the_same_name_below_different_parents_stays_apart_and_all_own_time_is_kept():
    calls = [
        call("1", None, "agent", 5),
        call("2", "1", "plan", 7),
        call("3", "2", "search", 11),
        call("4", "1", "search", 13),
        call("5", None, "agent", 17, weight=2.0),
        call("6", "5", "plan", 19, weight=2.0),
    ]
    nodes = merge_calls(calls)
    paths = {(node.name, nodes[node.parent].name if node.parent >= 0 else None): node for node in nodes}
    assert set(paths) == {("agent", None), ("plan", "agent"), ("search", "plan"), ("search", "agent")}
    assert (paths["agent", None].count, paths["agent", None].self_ns) == (3.0, 5 + 2 * 17)
    assert sum(node.self_ns for node in nodes) == sum(one.self_ns * one.weight for one in calls)


def test_calls_whose_parent_is_missing_or_that_are_their_own_parents_are_left_out():
    assert merge_calls([call("1", "9", "lost"), call("2", "3", "ring"), call("3", "2", "ring")]) == []


def test_the_order_of_arrival_of_steps_changes_no_number():
    calls = [call("1", None, "agent"), call("2", "1", "a", 3), call("3", "2", "b", 4), call("4", "1", "a", 5)]
    told = sorted((node.name, node.count, node.self_ns) for node in merge_calls(calls))
    assert sorted((node.name, node.count, node.self_ns) for node in merge_calls(calls[::-1])) == told
