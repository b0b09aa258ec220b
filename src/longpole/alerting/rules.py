"""Rules: what people write down, checked, and as values that can be evaluated.

A rule watches one of four things: a statistic against a limit (`watch`), that anything runs at all (`absent_for`), that
nothing got worse (`change_of`), or what is used up of a budget (`budget`).
"""

import re
from typing import Literal

import msgspec
from msgspec import Struct

from longpole.alerting.rule_text import RuleText
from longpole.alerting.statistics import STATISTICS, Statistic
from longpole.alerting.units import Unit, read_duration, read_quantity
from longpole.model.clock import DAY_NS, HOUR_NS, MINUTE_NS
from longpole.model.errors import InvalidInput
from longpole.model.workspace import AlertRule
from longpole.reports.filter_values import not_one_of, refused

LONGEST_WINDOW_NS = 31 * DAY_NS
USUAL_WINDOW_NS = 15 * MINUTE_NS
USUAL_CLEAR_NS = 5 * MINUTE_NS
USUAL_LEAST = 10
CHANGE_WINDOW_NS = 14 * DAY_NS
LEAST_CHANGE = 0.05
_LONGEST_TEXT = 500
SUBJECTS = ("agent", "version", "environment", "user", "step")
METRICS = ("any", "p50", "p95", "errors", "tokens", "cost", "calls")
PERIODS = ("hour", "day", "week", "month")
BUDGET_UNITS = ("money", "tokens", "credits")

Watched = Literal["threshold", "absence", "change", "budget"]
Per = Literal["hour", "day", "week", "month"]


class Reach(Struct, frozen=True, kw_only=True):
    """Which executions, or steps, a rule looks at, and by what it tells them apart."""

    workspace: str
    agent: str | None = None
    version: str | None = None
    environment: str | None = None
    user: str | None = None
    step: str | None = None
    by: str | None = None

    @property
    def is_of_steps(self) -> bool:
        """Whether steps are watched instead of executions."""
        return self.step is not None or self.by == "step"

    @property
    def is_of_people(self) -> bool:
        """Whether users matter, who are known at the root of a tree only."""
        return self.user is not None or self.by == "user"


class Rule(Struct, frozen=True, kw_only=True):
    """A checked rule. All numbers are in the inner measure of `unit`, times in nanoseconds.

    Attributes:
        limit: what the value is held against; a budget's whole amount.
        is_below: whether it fires below the limit instead of above.
        window_ns: of how much time before now the value is; a budget's is its period.
        warn_share: of a budget, from which share on it warns.
        least: so many executions or steps must be in the window for the value to be known.
        hold_ns: how long it must hold until it fires.
        clears_at: the value at which it is over, at the limit or on its safe side.
        clears_ns: how long it must be over.
    """

    rule_id: str
    title: str
    kind: Watched
    reach: Reach
    unit: Unit
    limit: float
    window_ns: int
    statistic: Statistic | None = None
    is_below: bool = False
    metric: str = "any"
    per: Per = "day"
    warn_share: float = 0.8
    acts: bool = False
    least: int = 0
    hold_ns: int = 0
    clears_at: float
    clears_ns: int
    notify: tuple[str, ...] = ()
    is_enabled: bool = True
    made_ns: int = 0


def check_text(name: str, text: str) -> None:
    """Refuse a text that no store keeps as it is, or that nobody would read.

    Raises:
        InvalidInput: it has a control character, or is over 500 characters long.
    """
    if len(text) > _LONGEST_TEXT or not text.isprintable():
        raise refused(name, text, f"at most {_LONGEST_TEXT} printable characters", "Shorten it, or write it anew.")


def rule_id_of(name: str) -> str:
    """The id of a rule by its name: lower-case words joined by hyphens.

    >>> rule_id_of("Triage fails (production)")
    'triage-fails-production'
    """
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:80]


def read_rule(text: RuleText, *, made_ns: int = 0) -> Rule:
    """The rule that a text describes.

    Raises:
        InvalidInput: a part is missing, does not go with the others, or has another unit than it must.
    """
    name = text.name.strip()
    rule_id = rule_id_of(name)
    if not rule_id:
        raise refused("name", text.name, "a name with letters or digits", "Give the rule a short name.")
    try:
        for field in text.__struct_fields__:
            if isinstance(value := getattr(text, field), str):
                check_text(field, value)
        return _READERS[_kind_of(text)](text, rule_id, made_ns)
    except InvalidInput as error:
        raise InvalidInput(f"The rule {name[:60]!r}: {error}") from None


def stored_rule(row: AlertRule) -> Rule:
    """The rule that a row of `alert_rules` holds.

    Raises:
        InvalidInput: this version cannot read it.
    """
    return read_rule(text_of(row), made_ns=row.changed_ns)


def text_of(row: AlertRule) -> RuleText:
    """A stored rule as it was written.

    Raises:
        InvalidInput: this version cannot read it.
    """
    try:
        text = msgspec.json.decode(row.rule, type=RuleText)
    except msgspec.MsgspecError as error:
        raise InvalidInput(
            f"The stored rule {row.title[:60]!r} cannot be read: {error}. Expected one that this version knows. "
            "Write it again with 'longpole alerts apply', or remove it."
        ) from None
    return msgspec.structs.replace(text, workspace=row.workspace, is_enabled=row.is_enabled)


def row_of(text: RuleText, now_ns: int) -> AlertRule:
    """The row that keeps a rule; the text must have been read before."""
    return AlertRule(
        workspace=text.workspace,
        rule_id=rule_id_of(text.name),
        title=text.name.strip(),
        rule=msgspec.json.encode(text).decode(),
        is_enabled=text.is_enabled,
        changed_ns=now_ns,
    )


_OWN_FIELDS: dict[Watched, tuple[str, ...]] = {
    "threshold": ("watch", "above", "below", "over", "at_least", "clears_at", "step"),
    "absence": ("absent_for",),
    "change": ("change_of", "more_than", "over"),
    "budget": ("budget", "per", "warn_at", "acts"),
}
_NAMING: dict[Watched, str] = {
    "threshold": "watch", "absence": "absent_for", "change": "change_of", "budget": "budget",
}  # fmt: skip


def _kind_of(text: RuleText) -> Watched:
    given: list[Watched] = [kind for kind, field in _NAMING.items() if getattr(text, field)]
    if len(given) != 1:
        had = " and ".join(_NAMING[kind] for kind in given) or "none"
        raise InvalidInput(
            f"It has {had} of {', '.join(_NAMING.values())}. Expected one of these: it says what is watched. "
            + ("Keep one and make rules of the others." if given else "Add one, such as 'watch: failure_rate'.")
        )
    kind = given[0]
    foreign = {field for other, fields in _OWN_FIELDS.items() if other != kind for field in fields}
    wrong = sorted(field for field in foreign - set(_OWN_FIELDS[kind]) if getattr(text, field))
    if wrong:
        raise InvalidInput(
            f"{wrong[0]!r} does not go with {_NAMING[kind]!r}. Expected only {', '.join(_OWN_FIELDS[kind])} beside "
            "what every rule has. Remove it."
        )
    return kind


def _reach_of(text: RuleText) -> Reach:
    if text.by is not None and text.by not in SUBJECTS:
        raise not_one_of("by", text.by, SUBJECTS)
    reach = Reach(
        workspace=text.workspace,
        agent=text.agent or None,
        version=text.version or None,
        environment=text.environment or None,
        user=text.user or None,
        step=text.step or None,
        by=text.by or None,
    )
    if reach.is_of_steps and reach.is_of_people:
        raise InvalidInput(
            "It is about a step and about users. Expected one of the two: steps are not known by user. Remove one."
        )
    return reach


def _threshold(text: RuleText, rule_id: str, made_ns: int) -> Rule:
    statistic, reach = STATISTICS.get(text.watch or ""), _reach_of(text)
    if statistic is None:
        raise not_one_of("watch", text.watch or "", STATISTICS)
    if reach.is_of_steps and not statistic.for_steps:
        raise refused("watch", statistic.name, "a statistic that steps have", "Remove 'step', or watch another one.")
    if not statistic.has_people and (reach.agent or reach.is_of_people or reach.by in ("agent", "version")):
        raise refused("watch", statistic.name, "no agent, user or 'by': it is known of all", "Remove these.")
    if bool(text.above) == bool(text.below):
        raise InvalidInput("It needs a limit. Expected either 'above' or 'below'. Write it like 'above: 5 %'.")
    side = "above" if text.above else "below"
    limit = read_quantity(side, text.above or text.below or "", statistic.unit, noun=statistic.noun)
    clears_at = limit
    if text.clears_at is not None:
        clears_at = read_quantity("clears_at", text.clears_at, statistic.unit, noun=statistic.noun)
        if clears_at > limit if side == "above" else clears_at < limit:
            raise refused("clears_at", text.clears_at, f"a value on the safe side of {side!r}", "Exchange the two.")
    is_noisy = statistic.kind in ("rate", "quantile", "mean")
    least = 0 if text.at_least is None else round(read_quantity("at_least", text.at_least, Unit.COUNT))
    return Rule(
        rule_id=rule_id,
        title=text.name.strip(),
        kind="threshold",
        reach=reach,
        unit=statistic.unit,
        limit=limit,
        window_ns=_window(text.over, USUAL_WINDOW_NS),
        statistic=statistic,
        is_below=side == "below",
        least=max(least, 1) if text.at_least is not None else USUAL_LEAST if is_noisy else 0,
        clears_at=clears_at,
        **_common(text, made_ns),  # pyright: ignore[reportArgumentType]
    )


def _absence(text: RuleText, rule_id: str, made_ns: int) -> Rule:
    limit = read_duration("absent_for", text.absent_for or "")
    reach = _reach_of(text)
    if reach.is_of_steps:
        raise refused("by", "step", "no step: executions are missed, not steps", "Remove 'step' and 'by: step'.")
    if not MINUTE_NS <= limit <= LONGEST_WINDOW_NS:
        raise refused("absent_for", text.absent_for or "", "1 min to 31 d", "Choose a time within that.")
    common = _common(text, made_ns)
    common["clears_ns"] = 0 if text.clears_after is None else common["clears_ns"]
    return Rule(
        rule_id=rule_id,
        title=text.name.strip(),
        kind="absence",
        reach=reach,
        unit=Unit.DURATION,
        limit=float(limit),
        window_ns=limit,
        clears_at=float(limit),
        **common,  # pyright: ignore[reportArgumentType]
    )


def _change(text: RuleText, rule_id: str, made_ns: int) -> Rule:
    if text.change_of not in METRICS:
        raise not_one_of("change_of", text.change_of or "", METRICS)
    reach = _reach_of(text)
    if reach.is_of_steps or reach.is_of_people or reach.by in ("version", "environment"):
        raise refused("by", text.by or text.user or "", "'agent' or nothing", "Changes are known by agent. Remove it.")
    limit = LEAST_CHANGE if text.more_than is None else read_quantity("more_than", text.more_than, Unit.SHARE)
    return Rule(
        rule_id=rule_id,
        title=text.name.strip(),
        kind="change",
        reach=msgspec.structs.replace(reach, by="agent"),
        unit=Unit.SHARE,
        limit=limit,
        window_ns=_window(text.over, CHANGE_WINDOW_NS),
        metric=text.change_of,
        clears_at=limit,
        **_common(text, made_ns),  # pyright: ignore[reportArgumentType]
    )


def _budget(text: RuleText, rule_id: str, made_ns: int) -> Rule:
    if text.per not in PERIODS:
        raise not_one_of("per", text.per or "", PERIODS)
    reach = _reach_of(text)
    if reach.is_of_steps:
        raise refused("by", "step", "no step: a budget is of agents, users or all", "Remove it.")
    statistic, limit = _budget_amount(text.budget or "")
    if limit <= 0:
        raise refused("budget", text.budget or "", "more than 0", "Name what may be spent.")
    warn_share = 0.8 if text.warn_at is None else read_quantity("warn_at", text.warn_at, Unit.SHARE)
    if not 0 < warn_share <= 1:
        raise refused("warn_at", text.warn_at or "", "a share of the budget up to 100 %", "Write it like 80 %.")
    common = _common(text, made_ns)
    common["clears_ns"] = 0 if text.clears_after is None else common["clears_ns"]
    return Rule(
        rule_id=rule_id,
        title=text.name.strip(),
        kind="budget",
        reach=reach,
        unit=statistic.unit,
        limit=limit,
        window_ns={"hour": HOUR_NS, "day": DAY_NS, "week": 7 * DAY_NS, "month": 31 * DAY_NS}[text.per],
        statistic=statistic,
        per=text.per,  # pyright: ignore[reportArgumentType]
        warn_share=warn_share,
        acts=text.acts,
        clears_at=limit * warn_share,
        **common,  # pyright: ignore[reportArgumentType]
    )


def _budget_amount(text: str) -> tuple[Statistic, float]:
    for name, unit in (("cost", Unit.MONEY), ("tokens", Unit.COUNT), ("credits", Unit.COUNT)):
        statistic = STATISTICS[name]
        if unit == Unit.COUNT and not text.strip().endswith(name):
            continue
        try:
            return statistic, read_quantity("budget", text, unit, noun=statistic.noun)
        except InvalidInput:
            continue
    raise refused(
        "budget", text, "dollars, tokens or credits", "Write it like '$ 12.50', '2000000 tokens' or '500 credits'."
    )


def _common(text: RuleText, made_ns: int) -> dict[str, object]:
    hold_ns = 0 if text.hold is None else read_duration("hold", text.hold)
    clears_ns = USUAL_CLEAR_NS if text.clears_after is None else read_duration("clears_after", text.clears_after)
    return {
        "hold_ns": hold_ns,
        "clears_ns": clears_ns,
        "notify": tuple(text.notify),
        "is_enabled": text.is_enabled,
        "made_ns": made_ns,
    }


def _window(text: str | None, usual_ns: int) -> int:
    window_ns = usual_ns if text is None else read_duration("over", text)
    if not MINUTE_NS <= window_ns <= LONGEST_WINDOW_NS:
        raise refused("over", text or "", "1 min to 31 d", "Choose a window within that.")
    return window_ns


_READERS = {"threshold": _threshold, "absence": _absence, "change": _change, "budget": _budget}
