from msgspec.structs import replace

from execution_trees import agent, fact
from longpole.ingest.facts import Facts
from longpole.ingest.resend import add_event, join_body, merge_facts
from longpole.model.event import Body, Event

FINISHED = fact(1, 0, end=10, model="m")
OPEN = fact(1, 0, end=None, model="m")


def event(time_ns: int, name: str = "log") -> Event:
    return Event(
        workspace="default",
        trace_id="a" * 32,
        span_id="b" * 16,
        execution_id=None,
        event_index=0,
        time_ns=time_ns,
        name=name,
        kind="log",
        received_ns=1,
    )


def body(**parts: str | int) -> Body:
    columns = {"input": None, "output": None, "error_stack": None, "attributes": None, "resource": None, **parts}
    return Body(workspace="default", trace_id="a" * 32, span_id="b" * 16, **{"received_ns": 1, **columns})  # pyright: ignore


def merged(old: Facts, new: Facts) -> Facts:
    found = merge_facts(old, new)
    assert found is not None
    return found


def test_the_same_span_sent_again_changes_nothing():
    assert merge_facts(FINISHED, replace(FINISHED, received_ns=99)) is None


def test_an_end_replaces_an_open_span():
    assert merged(OPEN, FINISHED).ended_ns == 10
    assert merged(OPEN, FINISHED).row_version == 2


def test_an_open_span_that_comes_after_its_end_does_not_open_it_again():
    assert merge_facts(FINISHED, OPEN) is None
    richer = merged(FINISHED, replace(OPEN, session_id="S"))
    assert (richer.ended_ns, richer.status, richer.session_id) == (10, "success", "S")


def test_a_span_sent_again_with_more_tells_more_in_either_order():
    more = replace(FINISHED, input_tokens=7, category="llm")
    assert merged(FINISHED, more).category == "llm"
    assert merge_facts(more, FINISHED) is None


def test_what_was_known_once_is_not_forgotten():
    old, new = replace(FINISHED, tool="t"), replace(FINISHED, user_id="U", session_id="S")
    assert (merged(old, new).tool, merged(old, new).user_id) == ("t", "U")


def test_a_new_state_of_a_running_span_wins_over_the_older_one():
    assert merged(agent(1, end=None), agent(1, end=None, status="llm_request")).status == "llm_request"


def test_only_fields_that_a_stored_row_has_are_compared_with_it():
    assert merge_facts(FINISHED, replace(FINISHED, user_id="U"), compared=("name", "model")) is None


def test_the_first_receipt_counts():
    assert merged(replace(OPEN, received_ns=5), replace(FINISHED, received_ns=9)).received_ns == 5


def test_events_of_two_tellings_are_joined_and_each_is_kept_once():
    old, new = replace(OPEN, events=[event(1)]), replace(FINISHED, events=[event(1), event(2)])
    assert [one.time_ns for one in merged(old, new).events] == [1, 2]


def test_a_log_record_that_comes_twice_is_one_event():
    once = add_event(FINISHED, event(3))
    assert once is not None
    assert add_event(once, event(3)) is None


def test_a_body_sent_again_completes_the_first_one():
    joined = join_body(body(input="i", attributes="{}"), body(output="o", attributes='{"a":1}'), row_version=2)
    assert (joined.input, joined.output, joined.attributes, joined.row_version) == ("i", "o", '{"a":1}', 2)


def test_a_block_of_the_loop_that_was_told_while_it_lasted_and_at_its_end_is_one_with_its_whole_time():
    def stood_still(ms: int) -> Event:
        told = f'{{"duration_ms":{ms}}}'
        return replace(event(3, "longpole.loop_blocked"), kind="blocked", duration_ns=ms * 10**6, attributes=told)

    early, whole = replace(OPEN, events=[stood_still(28)]), replace(FINISHED, events=[stood_still(450)])
    assert [kept.duration_ns for kept in merged(early, whole).events] == [450 * 10**6]
    assert merge_facts(whole, early) is None
    grown = merged(replace(FINISHED, events=[stood_still(28)]), whole)
    assert [kept.duration_ns for kept in grown.events] == [450 * 10**6]
