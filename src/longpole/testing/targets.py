"""Targets files: which operations are to be measured, how often, and how long they may take.

    operations:
      simple query:
        run: agents/coach.py:simple_query
        target_s: 0.5

`docs/how-to/profile.md` describes every field. A mistake is an `InvalidInput` that names the file and the line.
"""

import re
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from longpole.model.errors import InvalidInput

Seconds = Annotated[float, Meta(gt=0)]
Count = Annotated[int, Meta(ge=1)]
Percentile = Literal["p50", "p95", "p99", "mean", "max"]
Place = tuple[Any, ...]


class Limit(Struct, frozen=True, kw_only=True):
    """How long something may take: `target_s` or `target_ms` of its `percentile`, and `tolerance` (a share) more."""

    target_s: Seconds | None = None
    target_ms: Seconds | None = None
    percentile: Percentile = "p50"
    tolerance: Annotated[float, Meta(ge=0)] = 0.0

    @property
    def target_ns(self) -> int | None:
        """The target in nanoseconds, `None` where there is none."""
        if self.target_s is not None:
            return round(self.target_s * 1e9)
        return None if self.target_ms is None else round(self.target_ms * 1e6)

    def is_kept_by(self, measured_ns: float) -> bool:
        """Whether a duration is within target and tolerance; everything is where there is no target."""
        return self.target_ns is None or measured_ns <= self.target_ns * (1 + self.tolerance)


class Target(Limit, frozen=True, kw_only=True):
    """One operation of a targets file.

    `inside` are limits for profiled operations that it calls, by their names.
    """

    name: str
    run: Annotated[str, Meta(pattern=r"^[^:]+:[\w.]+$")]
    args: dict[str, Any] | list[Any] = msgspec.field(default_factory=dict[str, Any])
    rounds: Count = 10
    warmup: Annotated[int, Meta(ge=0)] = 1
    concurrency: Count = 1
    inside: dict[str, Limit] = msgspec.field(default_factory=dict[str, Limit])


_LIMIT_NAMES = Limit.__struct_fields__
_TARGET_NAMES = tuple(name for name in Target.__struct_fields__ if name != "name")
_DEFAULT_NAMES = ("percentile", "tolerance", "rounds", "warmup", "concurrency")
_INHERITED = ("percentile", "tolerance")  # by the limits inside
_EXPECTED = {
    "run": "`module:function` or `file.py:function`, the file relative to the targets file",
    "percentile": "p50, p95, p99, mean or max",
    "args": "named arguments as `name: value`, or a list of positional ones",
}


def load_targets(file: Path) -> list[Target]:
    """The operations of a targets file in its order.

    Raises:
        InvalidInput: the file cannot be read, or a line of it is not as it should be.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(
            f"{file} cannot be read: {error}. Expected: a targets file in YAML. Give the path of one, such as "
            "examples/targets.yaml."
        ) from None
    return read_targets(text, str(file))


def read_targets(text: str, source: str = "targets") -> list[Target]:
    """The operations of the text of a targets file; `source` stands in the errors.

    Raises:
        InvalidInput: a line is not as it should be.
    """
    return _Reader(source).targets(text)


class _Reader:
    """Reads one file, and knows on which line each of its values stands."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._lines: dict[Place, int] = {}

    def targets(self, text: str) -> list[Target]:
        content = self._section(self._parse(text), (), ("defaults", "operations"))
        defaults = self._section(content.get("defaults") or {}, ("defaults",), _DEFAULT_NAMES)
        operations = content.get("operations")
        if not isinstance(operations, dict) or not operations:
            raise self._error(("operations",), "there are no operations", "`operations:` with at least one name below")
        return [self._target(str(name), each, defaults) for name, each in operations.items()]

    def _target(self, name: str, given: Any, defaults: dict[str, Any]) -> Target:
        place = ("operations", name)
        fields = {**defaults, **self._section(given, place, _TARGET_NAMES)}
        if "run" not in fields:
            raise self._error(place, f"`{name}` has no `run`", _EXPECTED["run"])
        if "target_s" in fields and "target_ms" in fields:
            raise self._error((*place, "target_ms"), f"`{name}` has two targets", "`target_s` or `target_ms`")
        inherited = {key: fields[key] for key in _INHERITED if key in fields}
        inside = self._section(fields.get("inside") or {}, (*place, "inside"), None)
        fields["inside"] = {
            str(inner): {**inherited, **self._section(limit, (*place, "inside", inner), _LIMIT_NAMES)}
            for inner, limit in inside.items()
        }
        try:
            return msgspec.convert({**fields, "name": name}, Target)
        except msgspec.ValidationError as error:
            raise self._wrong_value(place, fields, str(error)) from None

    def _section(self, value: Any, place: Place, names: tuple[str, ...] | None) -> dict[str, Any]:
        where = f"`{place[-1]}`" if place else "the file"
        if not isinstance(value, dict):
            raise self._error(place, f"{where} is {_shown(value)}", f"{'names' if names is None else ', '.join(names)}")
        for name in value:
            if names is not None and name not in names:
                raise self._error((*place, name), f"{where} has an unknown field `{name}`", " or ".join(names))
        return value

    def _wrong_value(self, place: Place, fields: dict[str, Any], message: str) -> InvalidInput:
        says, _, path = message.partition(" - at `$.")
        field = re.split(r"[.\[`]", path)[0]
        expected = _EXPECTED.get(field, says.removeprefix("Expected ").partition(", got")[0])
        return self._error((*place, field), f"`{field}` of `{place[-1]}` is {_shown(fields.get(field))}", expected)

    def _error(self, place: Place, happened: str, expected: str) -> InvalidInput:
        while place and place not in self._lines:
            place = place[:-1]
        line = self._lines.get(place, 1)
        return InvalidInput(
            f"{self._source}, line {line}: {happened}. Expected: {expected}. Correct that line; docs/how-to/profile.md "
            "has an example."
        )

    def _parse(self, text: str) -> Any:
        yaml = _yaml()
        try:
            loader = yaml.SafeLoader(text)
            node = loader.get_single_node()
            if node is None:
                return {}
            self._note_lines(node, ())
            return loader.construct_document(node)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            self._lines[()] = 1 if mark is None else mark.line + 1
            problem = getattr(error, "problem", None) or str(error)
            raise self._error((), f"this is not YAML ({problem})", "names and values as `name: value`") from None

    def _note_lines(self, node: Any, place: Place) -> None:
        self._lines.setdefault(place, node.start_mark.line + 1)
        if node.id != "mapping":
            return
        for key, value in node.value:
            inner = (*place, key.value)
            if inner in self._lines:
                self._lines[inner] = key.start_mark.line + 1
                raise self._error(inner, f"`{key.value}` stands here a second time", "each name once")
            self._lines[inner] = key.start_mark.line + 1
            self._note_lines(value, inner)


def _shown(value: Any) -> str:
    text = "empty" if value is None else repr(value)
    return text if len(text) <= 80 else text[:79] + "…"


def _yaml() -> Any:
    try:
        import yaml  # noqa: PLC0415 - not in the base install
    except ImportError:
        raise InvalidInput(
            "A targets file cannot be read: PyYAML is not installed. Expected: the package pyyaml, which comes with "
            "longpole[cli]. Run: pip install pyyaml"
        ) from None
    return yaml
