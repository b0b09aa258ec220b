"""One pass over the attributes of a span: the facts they tell by themselves, the hints, the bodies; redacted."""

from collections.abc import Iterable
from itertools import chain
from typing import Any

from msgspec import Struct

from longpole.ingest.names import FACT, FAMILY, HINT, SOURCE, Names
from longpole.ingest.shapes import Shape
from longpole.ingest.span import Span
from longpole.wire.redact import SHORTEST, Redactor

LONGEST_KEPT = 4096
MOST_KEPT = 4096
SHORT = 64
LEAST_CARD = 10**12

_WORST = 1 << 30
_ONLY_TEXT = frozenset({str})
# Ids are what people search by, so a mail address used as one stays; in the stored attributes it is redacted.
_KEPT_IDS = ("session_id", "user_id")


class Gathered(Struct):
    """What the attributes tell.

    `facts` are columns of `Facts` under their own names, `hints` what rules ask for, `bodies` where input and output
    are kept: rank and name of the attribute, or rank and the names of a flattened list.
    """

    attributes: dict[str, Any]
    facts: dict[str, Any]
    hints: dict[str, Any]
    bodies: dict[str, tuple[int, str]]
    families: dict[str, tuple[int, list[str]]]


class CleanTexts:
    """Remembers texts in which no secret was found, so that what every span repeats is looked at once.

    Tool definitions, schemas, system prompts and ids of the session make up most of the text of real spans. Two
    generations of 4,096 texts of at most 4,096 characters each: what is still in use survives, what came once goes.
    Safe across threads: a lost addition only costs another look.
    """

    __slots__ = ("_old", "_redactor", "_young")

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._young: set[str] = set()
        self._old: set[str] = set()

    def is_suspect(self, values: Iterable[Any]) -> bool:
        """Whether any text among the values holds something that would be redacted."""
        young, old, look = self._young, self._old, self._redactor.text
        clean: list[str] = []
        short: list[str] = []
        is_suspect = False
        for text in {value for value in values if type(value) is str and value not in young}:
            size = len(text)
            if text in old:
                clean.append(text)
            elif size <= SHORT:
                short.append(text)
            elif look(text) is not text:
                is_suspect = True
            elif size <= LONGEST_KEPT:
                clean.append(text)
        if short:
            # The ids that are new in every span are short: looked at as one, they cost one look.
            joined = "\n".join(short)
            if look(joined) is joined:
                clean += short
            else:
                is_suspect = True
        if len(young) >= MOST_KEPT:
            self._old, self._young = young, set(clean)
        else:
            young.update(clean)
        return is_suspect


class Reader:
    """Reads the attributes of spans. Safe across threads."""

    def __init__(self, redactor: Redactor) -> None:
        self.names = Names(redactor)
        self._redactor = redactor
        self._clean = CleanTexts(redactor)

    def has_secret_text(self, spans: Iterable[Span]) -> bool:
        """Whether a text in the attributes of any of the spans would be redacted; lists are not looked into."""
        return self._clean.is_suspect(chain.from_iterable([span.attributes.values() for span in spans]))

    def has_other_secret(self, attributes: dict[str, Any], shape: Shape) -> bool:
        """Whether anything but a text in attributes of this shape would be redacted, or needs a closer look."""
        for name in shape.integers:
            if attributes[name] >= LEAST_CARD:
                return True
        for name in shape.lists:
            value = attributes[name]
            if not _ONLY_TEXT.issuperset(map(type, value)) or self._clean.is_suspect(value):
                return True
        return False

    def read(self, attributes: dict[str, Any], *, has_clean_texts: bool = False) -> Gathered:
        """The facts, hints and bodies of one span's attributes, without secrets.

        Args:
            attributes: as they came.
            has_clean_texts: `has_secret_text` has looked at them and found nothing.
        """
        found, is_suspect = self._read(attributes, has_clean_texts=has_clean_texts)
        if not is_suspect:
            return found
        clean = self._redactor.value(attributes)
        if clean is attributes:
            return found
        cleaned, _ = self._read(clean)
        for fact in _KEPT_IDS:
            if fact in found.facts:
                cleaned.facts[fact] = found.facts[fact]
        return cleaned

    def _read(self, attributes: dict[str, Any], *, has_clean_texts: bool = False) -> tuple[Gathered, bool]:
        facts: dict[str, Any] = {}
        hints: dict[str, Any] = {}
        bodies: dict[str, tuple[int, str]] = {}
        families: dict[str, tuple[int, list[str]]] = {}
        ranks: dict[str, int] = {}
        texts: list[str] = []
        is_suspect = False
        names = self.names
        known = names.known
        for name, value in attributes.items():
            kind = type(value)
            if kind is str:
                if not has_clean_texts and len(value) >= SHORTEST:
                    texts.append(value)
            elif kind is list and all(type(item) is str for item in value):
                texts.extend(value)
            elif kind is not bool and kind is not float and not is_suspect and (kind is not int or value >= LEAST_CARD):
                is_suspect = self._redactor.value(value, name) is not value
            entries = known.get(name)
            if entries is None:
                entries = names.entries_of(name)
            for role, fact, rank, read, is_secret in entries:
                if is_secret:
                    is_suspect = True
                if rank >= ranks.get(fact, _WORST):
                    if role == FAMILY and rank == ranks[fact]:
                        families[fact][1].append(name)
                    continue
                usable = read(value)
                if usable is None:
                    continue
                ranks[fact] = rank
                if role == FACT:
                    facts[fact] = usable
                elif role == HINT:
                    hints[fact] = usable
                elif role == SOURCE:
                    bodies[fact] = (rank, name)
                    families.pop(fact, None)
                elif role == FAMILY:
                    families[fact] = (rank, [name])
                    bodies.pop(fact, None)
        is_suspect = is_suspect or self._clean.is_suspect(texts)
        return Gathered(attributes, facts, hints, bodies, families), is_suspect
