"""How much a browser loads before it shows the first page."""

import gzip
import re

from longpole.server.dashboard import FOLDER

LARGEST_BYTES = 250_000
_IMPORT = re.compile(r"""(?:\bimport|\bfrom)\s*["']\./([^"']+\.js)["']""")


def loaded_at_once() -> set[str]:
    """The scripts that the page names, and all that these import without being asked to."""
    page = (FOLDER / "index.html").read_text()
    waiting = re.findall(r'/assets/([^"]+\.js)"', page)
    assert waiting, "index.html names no script. Build the dashboard."
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _IMPORT.findall((FOLDER / "assets" / name).read_text())
    return found


def test_the_first_page_needs_at_most_250_kb_of_javascript() -> None:
    sizes = {name: len(gzip.compress((FOLDER / "assets" / name).read_bytes())) for name in loaded_at_once()}

    assert sum(sizes.values()) <= LARGEST_BYTES, sizes
    assert not any("echarts" in name for name in sizes)
