"""Build the documentation into `site/html` (`make docs-site`), and refuse what a reader would stumble over.

A warning of Sphinx is an error: a link that leads nowhere, a heading that is linked and not there, a page that no
navigation names. So is anything that a page would load from another host: fonts, scripts and search are in the folder.
"""

import re
import sys
import time
from pathlib import Path

from sphinx.cmd.build import build_main

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "site"
LOADED = re.compile(r"<(?:script|img|source|iframe|link)\b[^>]*?(?:src|href)=\"(?:https?:)?//[^\"]+")
IMPORTED = re.compile(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//[^\"')]+")


def main() -> int:
    """Build, look for other hosts, and say where the first page is; 0 when all is well."""
    started = time.monotonic()
    html = SITE / "html"
    options = ["--quiet", "--fail-on-warning", "--keep-going", "--conf-dir", str(Path(__file__).parent)]
    code = build_main([*options, "--doctree-dir", str(SITE / "doctrees"), str(ROOT / "docs"), str(html)])
    strangers = list(_loaded_from_elsewhere(html))
    for line in strangers:
        print(f"docs-site: {line}")
    if code or strangers:
        print("docs-site: stopped; what is wrong is above")
        return 1
    pages = sum(1 for _ in html.rglob("*.html"))
    print(f"docs-site: {pages} pages in {time.monotonic() - started:.0f} s; open site/html/index.html")
    return 0


def _loaded_from_elsewhere(html: Path) -> list[str]:
    """What pages and style sheets would ask another host for."""
    found: list[str] = []
    for file in [*html.rglob("*.html"), *html.rglob("*.css")]:
        pattern = LOADED if file.suffix == ".html" else IMPORTED
        found += [f"{file.relative_to(html)} loads {match}" for match in pattern.findall(file.read_text())]
    return found


if __name__ == "__main__":
    sys.exit(main())
