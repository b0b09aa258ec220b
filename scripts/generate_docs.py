"""Write the pages of `docs/reference` that are made from the code: `cli.md`, `errors.md`, `metrics.md` and `spec.md`.

`make docs` runs it; the house tests fail while a page differs from what it would write.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from generated_pages import cli_page, errors_page, mapping_page, metrics_page, rules_page, spec_page

REFERENCE = Path(__file__).resolve().parent.parent / "docs" / "reference"
PAGES: dict[str, Callable[[], str]] = {
    "mapping.md": mapping_page.render,
    "cli.md": cli_page.render,
    "errors.md": errors_page.render,
    "metrics.md": metrics_page.render,
    "rules.md": rules_page.render,
    "spec.md": spec_page.render,
}


def main() -> int:
    """Write every page and say which of them changed."""
    for name, render in PAGES.items():
        page = REFERENCE / name
        text = render()
        is_same = page.exists() and page.read_text() == text
        if not is_same:
            page.write_text(text)
        print(f"docs: {page.relative_to(REFERENCE.parent.parent)} {'is up to date' if is_same else 'written'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
