"""Chance, as the program's own code asks for it: the functions of `random`, and `uuid.uuid4`.

While recorded, each step draws from a generator of its own, made of one seed and the step's place, so that what runs at
once does not mix, and the seed is all that has to be kept. A program that seeds `random` itself keeps its own numbers.
Not covered: `random.Random()` of the program's own, `secrets`, `os.urandom`, numpy.
"""

import random
import uuid
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from longpole.record.current import MORE, Record
from longpole.record.more import put
from longpole.replay.clock import asks_for_program
from longpole.replay.places import agents_above, name_of_place, own_step

_GENERATOR = "replay_chance"  # key of a record's MORE
_CHANGES = frozenset({"seed", "setstate", "getstate"})
_names = sorted(
    name
    for name, value in vars(random).items()
    if getattr(value, "__self__", None) is random._inst and name not in _CHANGES  # type: ignore[attr-defined]
)


class Chance:
    """Generators by place, all of one seed. `note` is told of each step that draws for the first time."""

    def __init__(self, seed: str, note: Callable[[Record | None], None]) -> None:
        self._seed = seed
        self._note = note
        self._lock = Lock()
        self._drawn: Counter[str] = Counter()
        self._outside = self._generator("")
        self.is_programs = False

    def here(self) -> random.Random:
        """The generator of the step that runs here."""
        record = own_step()
        if record is None:
            self._note(None)
            return self._outside
        found = (record[MORE] or {}).get(_GENERATOR)
        if found is None:
            place = name_of_place(agents_above(record), record[1].name)
            put(record, _GENERATOR, self._generator(place))
            found = (record[MORE] or {})[_GENERATOR]
            self._note(record)
        return found

    def _generator(self, place: str) -> random.Random:
        with self._lock:
            number = self._drawn[place]
            self._drawn[place] += 1
        return random.Random(f"{self._seed}\n{place}\n{number}")


@contextmanager
def drawn_from(chance: Chance) -> Generator[None]:
    """While inside, what the program draws from `random` and `uuid4` is of this chance."""
    before = {name: getattr(random, name) for name in (*_names, "seed")}
    real_uuid4 = uuid.uuid4

    def draw(name: str) -> Callable[..., Any]:
        real = before[name]

        def longpole_draw(*args: Any, **kwargs: Any) -> Any:
            if chance.is_programs or not asks_for_program():
                return real(*args, **kwargs)
            return getattr(chance.here(), name)(*args, **kwargs)

        return longpole_draw

    def seed(*args: Any, **kwargs: Any) -> None:
        chance.is_programs = chance.is_programs or asks_for_program()
        before["seed"](*args, **kwargs)

    def uuid4() -> uuid.UUID:
        return uuid.UUID(int=chance.here().getrandbits(128), version=4) if asks_for_program() else real_uuid4()

    for name in _names:
        setattr(random, name, draw(name))
    random.seed, uuid.uuid4 = seed, uuid4
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(random, name, value)
        uuid.uuid4 = real_uuid4
