"""Alerts in the terminal: what fires, what a rule would have done, and the empty states."""

from io import StringIO
from typing import Any

import pytest
from inline_snapshot import snapshot
from rich.console import Console

from longpole.alerting.rule_text import RuleText
from longpole.alerting.views import (
    AlertHistory,
    AlertItem,
    AlertPage,
    DeliveryItem,
    EpisodeItem,
    PreviewLine,
    RuleItem,
    RulePage,
    RulePreview,
    SilenceItem,
    TargetItem,
)
from longpole.cli.draw_alerts import draw_firing, draw_history, draw_preview, draw_rules


def printed(drawn: Any, width: int = 100) -> str:
    out = StringIO()
    Console(file=out, width=width, highlight=False, markup=False).print(drawn)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def alert(**told: Any) -> AlertItem:
    usual = {
        "workspace": "default", "alert_id": "a1", "rule_id": "triage-fails", "title": "Triage fails", "subject": "",
        "level": "critical", "state": "firing", "said": "Failure rate of agent triage: 12 %, above 5 % over 15 min.",
        "unit": "share", "value": 0.12, "worst": 0.12, "limit": 0.05, "value_text": "12 %", "limit_text": "5 %",
        "since": "2026-11-21T14:00:00Z", "fired_at": "2026-11-21T14:00:00Z", "cleared_at": None,
        "acknowledged_by": None, "acknowledged_at": None, "is_silenced": False, "evidence": "{}", "link": "/executions",
    }  # fmt: skip
    return AlertItem(**{**usual, **told})  # pyright: ignore[reportArgumentType]


SILENCE = SilenceItem(
    workspace="default", silence_id="s", rule_id=None, subject=None, until="2026-11-21T15:00:00Z", silenced_by="eva",
    reason="deploying",
)  # fmt: skip
FAILED = DeliveryItem(
    workspace="default", delivery_id="d", rule_id="r", target="team", subject_line="Alert", state="waiting",
    created_at="2026-11-21T14:00:00Z", attempts=2, next_at="2026-11-21T14:02:00Z", delivered_at=None, error="503",
)  # fmt: skip


def page(*items: AlertItem, rules: int = 3, **told: Any) -> AlertPage:
    parts: dict[str, Any] = {"pending": [], "silences": [], "undelivered": [], **told}
    return AlertPage(items=[*items], rules=rules, **parts)


def test_what_fires_is_told_with_who_looks_after_it_and_what_was_not_delivered() -> None:
    budget = alert(title="Money", level="warning", alert_id="a2", acknowledged_by="eva", said="Used $8 of $10.")
    drawn = draw_firing(page(alert(is_silenced=True), budget, silences=[SILENCE], undelivered=[FAILED]))
    assert printed(drawn) == snapshot("""\
2 alerts now, of 3 rules.

● Triage fails  a1
  Failure rate of agent triage: 12 %, above 5 % over 15 min.
  since 2026-11-21 14:00 UTC, silenced
▲ Money  a2
  Used $8 of $10.
  since 2026-11-21 14:00 UTC, eva looks after it
Silent until 2026-11-21 15:00 UTC: every rule, by eva: deploying
Not delivered to team (2 tries, waiting): 503\
""")


def test_nothing_is_told_in_words() -> None:
    assert printed(draw_firing(page())) == "Nothing fires. 3 rules watched."
    assert "There is no alert rule." in printed(draw_firing(page(rules=0)))
    assert printed(draw_history(AlertHistory(items=[], next_before=None))) == "Nothing has fired."
    assert "There is no alert rule." in printed(draw_rules(RulePage(items=[], targets=[])))


@pytest.mark.parametrize("width", [80, 140])
def test_the_history_fits_the_terminal(width: int) -> None:
    items = [alert(), alert(cleared_at="2026-11-21T15:30:00Z", title="A rule with a long name that goes on and on")]
    lines = printed(draw_history(AlertHistory(items=items, next_before=None)), width).splitlines()
    assert lines[0] == "2 alerts, the latest first."
    assert max(map(len, lines)) <= width
    assert "still fires" in lines[3]


def test_rules_are_told_in_words_with_their_trouble_and_targets() -> None:
    rule = RuleItem(
        rule_id="r", workspace="default", title="Triage fails", words="Fires when it fails.",
        text=RuleText(name="Triage fails"), firing=2, is_enabled=True, trouble="no such table",
    )  # fmt: skip
    target = TargetItem(workspace="default", target="team", address="mailtos://example.com")
    assert printed(draw_rules(RulePage(items=[rule], targets=[target]))) == snapshot("""\
Triage fails  2 alerts now
  Fires when it fails.
  It cannot be looked at: no such table

Targets: team (mailtos://example.com)\
""")


def test_what_a_rule_would_have_done_is_a_picture_and_a_table() -> None:
    values = [None] * 10 + [0.01, 0.02] * 20 + [0.2, 0.3, 0.2] + [0.01] * 7
    episode = EpisodeItem(
        subject="", level="critical", fired_at="2026-11-15T20:00:00Z", cleared_at="2026-11-16T01:00:00Z",
        duration_ns=5 * 3600 * 10**9, worst=0.3, worst_text="30.0 %", said="Failure rate of agent triage: 20.0 %.",
    )  # fmt: skip
    preview = RulePreview(
        words="Fires when it fails.", unit="share", limit=0.05, limit_text="5 %", clears_at=0.05, is_below=False,
        from_time="2026-10-22T00:00:00Z", to_time="2026-11-21T00:00:00Z", offsets_ns=[*range(60)],
        lines=[PreviewLine(subject="", values=values)], episodes=[episode], fired=1, subjects=1,
    )  # fmt: skip
    assert printed(draw_preview("Triage fails", preview)) == snapshot("""\
Triage fails would have fired once in the last 30 days.
Fires when it fails.

                                                   ▅         30.0\u202f%
                                                   █
                                                  ▄█▄
                                                  ███
                                                  ███
╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌███╌╌╌╌╌╌╌ 5 %
··········▂▄▂▄▂▄▂▄▂▄▂▄▂▄▂▄▂▄▂▄▂▄▂▄▂▄▂▄▂▄▂▄▂▄▂▄▂▄▂▄███▂▂▂▂▂▂▂
2026-10-22                                        2026-11-21

fired (UTC)       cleared (UTC)     lasted   worst  why
2026-11-15 20:00  2026-11-16 01:00     5\u202fh  30.0 %  Failure rate of agent triage: 20.0 %.\
""")


def test_where_the_past_is_not_known_a_rule_is_not_said_to_have_been_silent() -> None:
    preview = RulePreview(
        words="Fires when steps are dropped.", unit="count", limit=0, limit_text="0", clears_at=0, is_below=False,
        from_time="2026-10-22T00:00:00Z", to_time="2026-11-21T00:00:00Z", offsets_ns=[0], lines=[], episodes=[],
        fired=0, subjects=1, unknown_past="The past cannot be replayed.",
    )  # fmt: skip
    shown = printed(draw_preview("Steps are dropped", preview))
    assert "Steps are dropped does not fire now. The past cannot be replayed." in shown
    assert "never" not in shown
