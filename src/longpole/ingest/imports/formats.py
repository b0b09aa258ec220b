"""Which format a file has, by what is in it, and what reads it."""

from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path

from longpole.ingest.imports import chrome_trace, langfuse, otlp_files
from longpole.ingest.imports.langfuse import Langfuse
from longpole.ingest.imports.parts import Counting, Found, Unread
from longpole.model.errors import InvalidInput

HEAD_BYTES = 1024 * 1024
"""Of so much of the beginning a format is known."""


class Format(StrEnum):
    """What can be imported."""

    LANGFUSE = "langfuse"
    OTLP = "otlp"
    CHROME = "chrome"


_SIGNS = ((Format.OTLP, otlp_files.SIGNS), (Format.CHROME, chrome_trace.SIGNS), (Format.LANGFUSE, langfuse.SIGNS))


def format_of(head: bytes) -> Format:
    """The format of a file that begins so: of the words that tell one, the first that stands there decides.

    Raises:
        InvalidInput: there is none of them.
    """
    places = [(head.find(sign), kind) for kind, signs in _SIGNS for sign in signs if sign in head]
    if not places:
        raise InvalidInput(
            f"Its format is not known from its first {min(len(head), HEAD_BYTES)} bytes. Expected a Langfuse export, "
            "OTLP in JSON, or a Chrome trace in JSON. Name the format with --format if it is one of them."
        )
    return min(places)[1]


class Reader:
    """Reads the files of one import, one after another."""

    def __init__(self, chosen: Format | None = None) -> None:
        self._chosen = chosen
        self._langfuse = Langfuse()

    def read(self, path: Path, tell: Callable[[int], None]) -> Iterator[Found]:
        """What a file gives. Nothing of it raises: what cannot be read is among it.

        Args:
            path: the file.
            tell: called with how many of its bytes were read, now and then.
        """
        try:
            file = Counting(path)
        except OSError as error:
            yield Unread("the file", f"It cannot be opened: {error.strerror or error}.")
            return
        try:
            for found in self._parts(file, path):
                tell(file.done_bytes)
                yield found
        except InvalidInput as error:
            yield Unread("the file", str(error))
        finally:
            file.close()

    def rest(self) -> Iterator[Found]:
        """What had to wait for other files."""
        yield from self._langfuse.rest()

    def _parts(self, file: Counting, path: Path) -> Iterator[Found]:
        chosen = self._chosen or format_of(file.head(HEAD_BYTES))
        if chosen is Format.OTLP:
            return otlp_files.read_otlp(file)
        if chosen is Format.CHROME:
            name = path.name.partition(".")[0] or path.name
            return chrome_trace.read_chrome(file, name, path.stat().st_mtime_ns)
        return self._langfuse.read(file, path.name)
