"""Links and pictures in the pages lead somewhere."""

import re
from collections.abc import Iterator
from pathlib import Path

from house.checkout import short, tracked_files

LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)\s#]+)(?:#[^)\s]*)?\)|(?:src|srcset)=\"(?!https?:|data:)([^\"]+)\"")


def dead_links(page: Path) -> Iterator[str]:
    """Targets of a page that are not in the checkout; examples in code are not links."""
    text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(), flags=re.DOTALL)
    for found in LINK.finditer(text):
        target = found.group(1) or found.group(2)
        if not (page.parent / target).exists():
            yield f"{short(page)}: {target}"


def test_every_link_to_a_file_leads_somewhere():
    pages = [path for path in tracked_files() if path.suffix == ".md" and not short(path).startswith("web/")]
    assert [line for page in pages for line in dead_links(page)] == []
