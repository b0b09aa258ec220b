"""A rule as people write it: the same in YAML, in the form of the page and in REST."""

from msgspec import Struct


class RuleText(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A rule as people write it, in YAML, in the form of the page and in REST alike; quantities are texts with units.

    `watch` names a statistic and goes with `above` or `below`; `absent_for`, `change_of` and `budget` each make another
    kind of rule. `by` makes an alert for each agent, version, environment, user or step of its own. `hold` is how long
    it must hold before it fires, `clears_at` and `clears_after` when it is over.
    """

    name: str
    watch: str | None = None
    above: str | None = None
    below: str | None = None
    over: str | None = None
    absent_for: str | None = None
    change_of: str | None = None
    more_than: str | None = None
    budget: str | None = None
    per: str | None = None
    warn_at: str | None = None
    acts: bool = False
    agent: str | None = None
    version: str | None = None
    environment: str | None = None
    user: str | None = None
    step: str | None = None
    by: str | None = None
    at_least: str | None = None
    hold: str | None = None
    clears_at: str | None = None
    clears_after: str | None = None
    notify: list[str] = []
    workspace: str = "default"
    is_enabled: bool = True
