"""A file that a door hands over."""

from msgspec import Struct


class ExportedFile(Struct, frozen=True):
    """A file by its name. `rows` counts what is in it; `has_more`: not all that match are."""

    content: bytes
    media_type: str
    name: str
    rows: int
    has_more: bool = False
