"""Looking at rules over and over: what is kept, told, silenced, and handed to the next server."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from longpole.alerting.book import AlertBook
from longpole.alerting.rule_text import RuleText
from longpole.alerting.targets import TargetPolicy
from longpole.alerting.views import Acknowledgement, NewSilence, NewTarget
from longpole.alerting.watch import Watch
from longpole.model.alert import Alert
from longpole.model.batch import Batch
from longpole.model.clock import HOUR_NS, MINUTE_NS
from longpole.model.errors import InvalidInput, NotFound
from longpole.model.workspace import AlertRule
from longpole.store.engine import Engine
from longpole.store.store import open_store
from stored_executions import MONDAY_NS, SECOND, Made

START_NS = MONDAY_NS + 12 * HOUR_NS


class House:
    """A store with a book and a watch, and a clock that is put forward by hand."""

    def __init__(self, store: Engine) -> None:
        self.store = store
        self.time_ns = START_NS
        self.announced: list[Alert] = []
        self.watch = Watch(store, announce=self.announced.append, address="https://pole.example.com")
        policy = TargetPolicy({"json"}, is_private_allowed=True)
        self.book = AlertBook(
            store, write=store.write, policy=policy, broken=self.watch.broken, now=lambda: self.time_ns
        )
        self.book.set_target(NewTarget(target="team", url="json://localhost:1"))

    def rule(self, name: str = "fails", **text: Any) -> None:
        usual = {} if {"absent_for", "budget", "change_of"} & set(text) else {"watch": "failures", "above": "0"}
        self.book.set_rules([RuleText(name=name, notify=["team"], **{**usual, **text})])

    def run(self, *agents: str, status: str = "failed", **told: Any) -> None:
        made = Made()
        for place, agent in enumerate(agents):
            made.execution(self.time_ns - SECOND - place, agent=agent, status=status, duration_ns=1, **told)
            made.batch.executions[-1] = replace(
                made.batch.executions[-1],
                trace_id=f"{self.time_ns + place:032x}",
                execution_id=f"{self.time_ns}{place}",
            )
        self.store.write(made.batch)

    def look(self, after_ns: int = 0) -> str:
        self.time_ns += after_ns
        work = self.watch.look(self.time_ns)
        while True:
            try:
                next(work)
            except StopIteration as end:
                return end.value

    def firing(self) -> list[str]:
        return [item.subject for item in self.book.firing(None).items]

    def messages(self) -> list[str]:
        rows = self.store.rows("alert_deliveries_of", {"workspace": None, "limit": 50})
        return [f"{row['subject_line']}|{row['message']}" for row in reversed(rows)]


@pytest.fixture
def house() -> Iterator[House]:
    store = open_store(":memory:")
    yield House(store)
    store.close()


def test_an_alert_fires_is_told_and_clears(house: House) -> None:
    house.rule(agent="triage")
    house.run("triage")
    assert house.look() == "looked at 1 rules, 1 alerts fire"
    [item] = house.book.firing(None).items
    assert item.said == "Failures of agent triage: 1, above 0 over 15 min."
    assert (item.level, item.value_text, item.limit_text) == ("critical", "1", "0")
    assert "agent=triage&status=failed" in item.link
    assert json.loads(item.evidence)["limit"] == 0
    assert house.look(16 * MINUTE_NS) == "looked at 1 rules, 1 alerts fire"
    assert house.look(5 * MINUTE_NS) == "looked at 1 rules, 0 alerts fire"
    assert house.firing() == []
    [past] = house.book.history([]).items
    assert (past.state, past.cleared_at is not None) == ("cleared", True)
    fired, cleared = house.messages()
    assert fired.startswith("Alert: fails|Failures of agent triage: 1, above 0")
    assert "https://pole.example.com/executions?agent=triage" in fired
    assert cleared.startswith("Over: fails|Over: Failures of agent triage")
    assert [alert.state for alert in house.announced] == ["firing", "cleared"]


def test_many_agents_are_one_message_and_those_that_follow_the_next(house: House) -> None:
    house.rule(by="agent")
    house.run(*(f"agent {number}" for number in range(12)))
    house.look()
    assert len(house.firing()) == 12
    [message] = house.messages()
    assert message.startswith("Alert: fails (12)|")
    assert "And 2 more." in message
    house.run("late one")
    house.look(20 * SECOND)
    house.run("later one")
    house.look(20 * SECOND)
    assert len(house.messages()) == 1
    house.look(30 * SECOND)
    assert house.messages()[1].startswith("Alert: fails (2)|")


def test_another_server_goes_on_where_the_first_stopped(house: House) -> None:
    house.rule(hold="2 min", agent="triage")
    house.run("triage")
    house.look()
    assert (house.firing(), len(house.book.firing(None).pending)) == ([], 1)
    house.watch = Watch(house.store, announce=house.announced.append)
    house.look(2 * MINUTE_NS)
    assert house.firing() == [""]
    house.watch = Watch(house.store)
    house.look(SECOND)
    assert (house.firing(), len(house.messages())) == ([""], 1)


def test_a_condition_that_did_not_last_leaves_nothing(house: House) -> None:
    house.rule(hold="20 min", agent="triage")
    house.run("triage")
    house.look()
    house.look(16 * MINUTE_NS)
    assert house.store.rows("every_alerts") == []


def test_a_silence_keeps_messages_back_and_alerts_visible(house: House) -> None:
    house.rule(by="agent")
    found = house.book.silence(
        NewSilence(silenced_by="eva", rule_id="fails", subject="loud", lasting="1 h", reason="known")
    )
    house.run("loud", "quiet")
    house.look()
    assert {item.subject: item.is_silenced for item in house.book.firing(None).items} == {"loud": True, "quiet": False}
    [message] = house.messages()
    assert "quiet" in message
    assert "loud" not in message
    assert house.book.firing(None).silences == [found]
    house.book.end_silence(found.silence_id, None)
    assert house.book.firing(None).silences == []
    house.time_ns += HOUR_NS
    house.book.silence(NewSilence(silenced_by="eva", lasting="30 min"))
    house.time_ns += HOUR_NS
    assert house.book.firing(None).silences == []


def test_a_silence_that_makes_no_sense_is_refused(house: House) -> None:
    for wrong in ({}, {"lasting": "1 h", "until": "2030-01-01"}, {"lasting": "2"}, {"lasting": "500 d"}):
        with pytest.raises(InvalidInput):
            house.book.silence(NewSilence(silenced_by="eva", **wrong))
    with pytest.raises(InvalidInput, match="name of a person"):
        house.book.silence(NewSilence(silenced_by=" ", lasting="1 h"))
    with pytest.raises(NotFound, match="no alert rule"):
        house.book.silence(NewSilence(silenced_by="eva", lasting="1 h", rule_id="nobody"))


def test_who_looks_after_an_alert_is_kept_as_long_as_it_fires(house: House) -> None:
    house.rule(agent="triage")
    house.run("triage")
    house.look()
    [alert] = house.book.firing(None).items
    house.book.acknowledge(alert.alert_id, Acknowledgement(acknowledged_by="eva"))
    house.run("triage")
    house.look(SECOND)
    [alert] = house.book.firing(None).items
    assert (alert.acknowledged_by, alert.value) == ("eva", 2.0)
    with pytest.raises(NotFound):
        house.book.acknowledge("nothing", Acknowledgement(acknowledged_by="eva"))


def test_a_budget_warns_then_tells_that_it_is_used_up_and_programs_hear_of_it(house: House) -> None:
    house.rule("spending", budget="$ 10", per="day", by="agent", acts=True)
    house.run("triage", status="success", self_cost_usd_nanos=8 * 10**9)
    house.look()
    assert [item.level for item in house.book.firing(None).items] == ["warning"]
    assert house.book.budgets(None).items == []
    house.run("triage", status="success", self_cost_usd_nanos=3 * 10**9)
    house.look(2 * MINUTE_NS)
    [item] = house.book.budgets("default").items
    assert (item.agent, item.user, item.rule_id) == ("triage", None, "spending")
    assert item.said.startswith("Budget used up: agent triage used $11.00 of $10.00 this day (110 %)")
    assert item.until.startswith("2026-09-08T00:00")
    assert house.book.budgets("elsewhere").items == []
    assert len(house.messages()) == 2
    house.look(13 * HOUR_NS)
    assert house.book.budgets(None).items == []


def test_nothing_is_called_absent_before_agents_could_send_what_waited(house: House) -> None:
    house.run("nightly", status="success")
    house.time_ns += 2 * HOUR_NS
    house.rule("silent", absent_for="1 h", agent="nightly")
    house.look()
    house.look(MINUTE_NS)
    assert house.firing() == []
    house.look(2 * MINUTE_NS)
    [item] = house.book.firing(None).items
    assert item.said == "No execution of agent nightly for 2\u202fh 3\u202fmin (limit 1 h)."
    house.run("nightly", status="success")
    house.look(SECOND)
    assert house.firing() == []


def test_high_failure_rates_and_slow_executions_fire(house: House) -> None:
    house.rule("fails", watch="failure_rate", above="20 %", agent="triage")
    house.rule("slow", watch="p95_duration", above="5 s", agent="triage")
    made = Made()
    for place in range(40):
        status, seconds = ("failed", 9) if place % 2 else ("success", 1)
        at_ns = house.time_ns - 60 * SECOND - place
        made.execution(at_ns, agent="triage", status=status, duration_ns=seconds * SECOND)
    house.store.write(made.batch)
    house.look()
    assert sorted(item.said for item in house.book.firing(None).items) == [
        "Failure rate of agent triage: 50.0\u202f%, above 20 % over 15 min (40 executions).",
        "P95 duration of agent triage: 8.91\u202fs, above 5.00 s over 15 min (40 executions).",
    ]


def test_a_regression_fires_once_and_says_what_changed(house: House) -> None:
    made = Made()
    for hour in range(28 * 24):
        at_ns = house.time_ns - (28 * 24 - hour) * HOUR_NS
        seconds = 2 if hour >= 21 * 24 else 1
        made.execution(at_ns, agent="triage", duration_ns=seconds * SECOND + (hour * 7919) % 97 * 10**6)
    house.store.write(made.batch)
    house.rule("worse", change_of="p50")
    house.look()
    [item] = house.book.firing(None).items
    assert item.subject == "triage"
    assert item.said.startswith("agent triage got worse: p50 1.0")
    house.look(HOUR_NS)
    assert (len(house.firing()), len(house.messages())) == (1, 1)


def test_alerts_of_a_rule_that_is_gone_or_switched_off_are_over(house: House) -> None:
    house.rule(agent="triage")
    house.run("triage")
    house.look()
    house.book.remove_rule("fails", None)
    house.look(SECOND)
    assert (house.firing(), len(house.messages())) == ([], 1)
    house.rule(agent="triage")
    house.look(SECOND)
    assert house.firing() == [""]
    house.rule(agent="triage", is_enabled=False)
    house.look(SECOND)
    assert house.firing() == []


def test_one_rule_that_cannot_be_looked_at_does_not_keep_others_from_it(house: House) -> None:
    house.rule("bad")
    house.rule("good")
    row = house.store.rows("alert_rules_of", {"workspace": None})[0]
    from_later = {**row, "rule": '{"name": "bad", "invented": 1}'}
    house.store.write(Batch(records=[AlertRule(**from_later)]))
    house.run("triage")
    house.look()
    assert len(house.firing()) == 1
    bad, good = house.book.rules(None).items
    assert "invented" in (bad.trouble or "")
    assert (good.trouble, good.firing) == (None, 1)


def test_rules_see_their_own_workspace_only(house: House) -> None:
    house.rule(workspace="default")
    house.book.set_target(NewTarget(target="team", url="json://localhost:1", workspace="other"))
    house.rule("theirs", workspace="other")
    house.run("triage")
    house.look()
    assert [item.workspace for item in house.book.firing(None).items] == ["default"]
    assert house.book.firing("other").items == []
    assert [item.title for item in house.book.rules("other").items] == ["theirs"]
    with pytest.raises(NotFound):
        house.book.remove_rule("fails", "other")


def test_a_rule_tells_only_targets_that_there_are(house: House) -> None:
    with pytest.raises(InvalidInput, match="tells 'nobody', which is no target"):
        house.book.set_rules([RuleText(name="r", watch="failures", above="0", notify=["nobody"])])
    assert house.book.rules(None).items == []


def test_a_preview_says_how_often_a_rule_would_have_fired(house: House) -> None:
    house.run("triage")
    house.time_ns += HOUR_NS
    text = RuleText(name="r", watch="failures", above="0")
    found = house.book.preview(text, [("days", "2")])
    assert (found.fired, found.unit, found.limit_text) == (1, "count", "0")
    assert found.episodes[0].said == "Failures of all agents: 1, above 0 over 15 min."
    assert len(found.offsets_ns) == len(found.lines[0].values)
    with pytest.raises(InvalidInput, match="1 to 90"):
        house.book.preview(text, [("days", "91")])
