"""Rules against noise in a YAML file: which steps are not worth a row of their own."""

import re
from collections.abc import Mapping, Sequence
from fnmatch import translate
from pathlib import Path
from typing import Any, Literal

import msgspec
import yaml
from msgspec import Struct

from longpole.model.category import Category
from longpole.model.errors import InvalidInput

MOST_RULES = 200
MOST_KEPT = 10_000


class Match(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a step must be like, in everything that is given.

    Texts are globs: `*` is any text, `?` one character; small and capital letters differ. `shorter_than_ms` is in
    milliseconds. Attributes are those of the step as they were sent; a number is compared as it is written.
    """

    name: str | None = None
    category: str | None = None
    service: str | None = None
    workspace: str | None = None
    attributes: dict[str, str | int | float | bool] = {}
    shorter_than_ms: float | None = None


class NoiseRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A rule as people write it: what it matches, and either `drop` or `fold`.

    `drop: trace` is about roots: the whole trace goes if nothing in it must be kept. `fold` is how many of a run are
    stored as they are; the others become one step.
    """

    name: str
    match: Match
    drop: bool | Literal["trace"] = False
    fold: int | None = None


def load_noise_rules(path: str) -> list[NoiseRule]:
    """The rules of a file, every one checked.

    Raises:
        InvalidInput: it cannot be read, or is wrong.
    """
    try:
        text = Path(path).expanduser().read_text("utf-8")
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidInput(
            f"The file {path} of rules against noise cannot be read: {reason}. "
            "Expected a YAML file. Correct the path (setting `noise_rules`) or the file."
        ) from None
    return read_noise_rules(text, path)


def read_noise_rules(text: str, where: str) -> list[NoiseRule]:
    """The rules of a YAML text, in their order.

    Raises:
        InvalidInput: it is no YAML, a key is unknown, a rule is wrong, or two have one name; the message has `where`,
            the line and the name of the rule.
    """
    try:
        content: Any = yaml.safe_load(text)
        lines = _lines_of_rules(text)
    except (yaml.YAMLError, RecursionError) as error:
        raise InvalidInput(
            f"{where} is no YAML: {error}. Expected rules under 'rules:'. Correct it, see docs/how-to/noise.md."
        ) from None
    if not isinstance(content, dict) or set(content) != {"rules"} or not isinstance(content["rules"], list):
        raise InvalidInput(
            f"{where} holds {_shown(content)}. Expected 'rules:' with a list of rules, and nothing else. "
            "See docs/how-to/noise.md."
        )
    given: list[Any] = content["rules"]
    if len(given) > MOST_RULES:
        raise InvalidInput(f"{where} has {len(given)} rules. Expected {MOST_RULES} at most. Join some with '*'.")
    found: dict[str, NoiseRule] = {}
    for place, one in enumerate(given):
        rule = _read_rule(one, f"{where}, line {lines[place]}, rule {_name_of(one, place)}")
        if rule.name in found:
            raise InvalidInput(
                f"{where}, line {lines[place]}: a second rule is named {rule.name!r}. Expected names of their own, "
                "because what a rule did is counted by its name. Rename one."
            )
        found[rule.name] = rule
    return list(found.values())


def describe_rule(rule: NoiseRule) -> str:
    """What the rule does, as a sentence."""
    match = rule.match
    parts = [f"named {match.name}"] if match.name is not None else []
    parts += [f"of category {match.category}"] if match.category is not None else []
    parts += [f"of service {match.service}"] if match.service is not None else []
    parts += [f"in workspace {match.workspace}"] if match.workspace is not None else []
    parts += [f"with {key} = {glob_text(value)}" for key, value in match.attributes.items()]
    parts += [f"shorter than {match.shorter_than_ms:g} ms"] if match.shorter_than_ms is not None else []
    which = ", ".join(parts)
    if rule.drop == "trace":
        return f"Drops whole traces whose root is {which}."
    if rule.fold is None:
        return f"Drops steps {which}."
    if rule.fold == 0:
        return f"Folds each run of steps {which} into one."
    kept = "the first" if rule.fold == 1 else f"the first {rule.fold}"
    return f"Keeps {kept} of each run of steps {which}, and folds the others into one."


def glob_text(value: str | float | bool) -> str:
    """A value of an attribute as a glob is compared with it."""
    return value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else f"{value}"


def compiled(glob: str) -> re.Pattern[str]:
    """The glob as a pattern that `match`es whole texts."""
    return re.compile(translate(glob))


def _read_rule(one: Any, where: str) -> NoiseRule:
    try:
        rule = msgspec.convert(one, NoiseRule)
    except msgspec.ValidationError as error:
        raise InvalidInput(
            f"{where}: {error}. Expected 'name', 'match' and either 'drop: true', 'drop: trace' or 'fold: N'. "
            "Correct it, see docs/how-to/noise.md."
        ) from None
    problem = _problem_of(rule)
    if problem is not None:
        raise InvalidInput(f"{where}: {problem} Correct it, see docs/how-to/noise.md.")
    return rule


def _problem_of(rule: NoiseRule) -> str | None:
    """What is wrong with a rule and what was expected; nothing if it can be used."""
    match = rule.match
    if not rule.name.strip():
        return "it has no name. Expected one, by which what it did is counted."
    if match == Match():
        return "it matches every step. Expected at least one condition under 'match'."
    if bool(rule.drop) == (rule.fold is not None):
        return "it must do one thing. Expected either 'drop: true', 'drop: trace' or 'fold: N'."
    if rule.fold is not None and not 0 <= rule.fold <= MOST_KEPT:
        return f"fold is {rule.fold}. Expected how many of a run are kept, 0 to {MOST_KEPT}."
    if match.category is not None and match.category not in frozenset(map(str, Category)):
        return f"category is {match.category!r}. Expected one of {', '.join(map(str, Category))}."
    if match.category in (Category.LLM, Category.AGENT):
        return f"category is {match.category!r}. Expected another one: model calls and agents are always kept."
    if match.shorter_than_ms is not None and not 0 < match.shorter_than_ms < 1e9:
        return f"shorter_than_ms is {match.shorter_than_ms:g}. Expected more than 0 milliseconds."
    return None


def _lines_of_rules(text: str) -> Sequence[int]:
    """In which line of the text each rule begins, from 1."""
    root = yaml.compose(text, yaml.SafeLoader)
    if not isinstance(root, yaml.MappingNode):
        return ()
    for key, value in root.value:
        if key.value == "rules" and isinstance(value, yaml.SequenceNode):
            return [node.start_mark.line + 1 for node in value.value]
    return ()


def _name_of(one: Any, place: int) -> str:
    name = one.get("name") if isinstance(one, Mapping) else None
    return repr(name)[:100] if name else f"number {place + 1}"


def _shown(content: Any) -> str:
    if isinstance(content, dict):
        return f"the keys {', '.join(map(repr, content))}"[:200]
    return "nothing" if content is None else repr(content)[:100]
