"""Rules in a YAML file: a list under `rules`, and under `targets` where messages go."""

from collections.abc import Mapping
from typing import Any

import msgspec
import yaml
from msgspec import Struct

from longpole.alerting.rule_text import RuleText
from longpole.alerting.rules import read_rule, rule_id_of
from longpole.model.errors import InvalidInput

MOST_RULES = 500


class RuleFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a file of rules holds. `targets` are names with their apprise addresses, which are secret."""

    rules: list[RuleText] = []
    targets: dict[str, str] = {}


def read_rule_file(text: str, where: str) -> RuleFile:
    """The rules and targets of a YAML text, every rule checked.

    Raises:
        InvalidInput: it is no YAML, a key is unknown, a rule is wrong, or two have one name; `where` is in the message.
    """
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InvalidInput(f"{where} is no YAML: {error}. Expected rules under 'rules:'. Correct it.") from None
    try:
        file = msgspec.convert(_as_texts(content), RuleFile)
    except msgspec.ValidationError as error:
        raise InvalidInput(
            f"{where} cannot be read: {error}. Expected 'rules:' with a list of rules, and 'targets:' with names and "
            "addresses. See docs/how-to/alerts.md."
        ) from None
    if len(file.rules) > MOST_RULES:
        raise InvalidInput(f"{where} has {len(file.rules)} rules. Expected {MOST_RULES} at most. Use 'by' for groups.")
    seen: dict[tuple[str, str], str] = {}
    for rule in file.rules:
        read_rule(rule)
        key = (rule.workspace, rule_id_of(rule.name))
        if key in seen:
            raise InvalidInput(
                f"{where} has two rules named {rule.name!r} and {seen[key]!r}. Expected names that differ by more than "
                "signs and capital letters. Rename one."
            )
        seen[key] = rule.name
    return file


def _as_texts(content: Any) -> Any:
    """YAML reads `20` as a number: a quantity without a unit is a text all the same."""
    if not isinstance(content, dict):
        return content
    rules = content.get("rules")
    if isinstance(rules, list):
        return {**content, "rules": [_rule_as_texts(rule) for rule in rules]}
    return content


def _rule_as_texts(rule: Any) -> Any:
    if not isinstance(rule, Mapping):
        return rule
    return {
        key: str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
        for key, value in rule.items()
    }
