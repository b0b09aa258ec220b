"""Which traces the store may hold, so that it need not be asked about each new one.

Asking costs the store a scan of its trace ids, and nearly every trace is new. A Bloom filter (Bloom, "Space/Time
Trade-offs in Hash Coding with Allowable Errors", CACM 1970) with 16 bits and four probes a trace says "new" wrongly
never and "perhaps stored" wrongly for 0.24 % of the new ones; they are then asked about.
"""

from longpole.store.engine import Engine

_BITS_PER_TRACE = 16
_SMALLEST = 65_536
_PAGES = "0123456789abcdef"
_BEHIND_ALL = "g"


class SeenTraces:
    """Trace ids that were stored. Grows as needed: 2 bytes a trace. One thread adds, another may load."""

    def __init__(self) -> None:
        self._filters = [_Filter(_SMALLEST)]
        self._loaded: list[_Filter] | None = None

    def add(self, trace_id: str) -> None:
        """Note a trace that is being stored."""
        newest = self._filters[-1]
        if newest.count >= newest.capacity:
            newest = _Filter(newest.capacity * 2)
            self._filters.append(newest)
        newest.add(trace_id)

    def may_have(self, trace_id: str) -> bool:
        """Whether the trace may be stored: always, until `load` is through."""
        if self._loaded is None:
            return True
        return any(one.may_have(trace_id) for one in self._loaded) or any(
            one.may_have(trace_id) for one in self._filters
        )

    def load(self, engine: Engine) -> None:
        """Read what the store holds. Cost: a scan of its trace ids in 17 pages and about 2 us a trace."""
        loaded: list[_Filter] = []
        for first, behind in zip(_PAGES, [*_PAGES[1:], _BEHIND_ALL], strict=True):
            loaded.append(_filter_of(engine, "trace_ids", {"from_id": first, "to_id": behind}))
        loaded.append(_filter_of(engine, "other_trace_ids", {}))
        self._loaded = [one for one in loaded if one.count]


class _Filter:
    """One Bloom filter of a fixed size, a power of two."""

    def __init__(self, capacity: int) -> None:
        bits = 1 << (max(capacity, 1) * _BITS_PER_TRACE - 1).bit_length()
        self.capacity = capacity
        self.count = 0
        self._mask = bits - 1
        self._bits = bytearray(bits // 8)

    def add(self, trace_id: str) -> None:
        if self.may_have(trace_id):
            return
        self.count += 1
        bits, mask = self._bits, self._mask
        place, step = _two_hashes(trace_id)
        for _ in range(4):
            place = (place + step) & mask
            bits[place >> 3] |= 1 << (place & 7)

    def may_have(self, trace_id: str) -> bool:
        bits, mask = self._bits, self._mask
        place, step = _two_hashes(trace_id)
        for _ in range(4):
            place = (place + step) & mask
            if not bits[place >> 3] & (1 << (place & 7)):
                return False
        return True


def _two_hashes(trace_id: str) -> tuple[int, int]:
    # Python's seeded hash: a sender cannot choose ids that fill the filter.
    mixed = hash(trace_id)
    return mixed & 0xFFFFFFFF, (mixed >> 32) | 1


def _filter_of(engine: Engine, query: str, parameters: dict[str, str]) -> _Filter:
    rows = engine.rows(query, parameters)
    found = _Filter(len(rows))
    for row in rows:
        found.add(row["trace_id"])
    return found
