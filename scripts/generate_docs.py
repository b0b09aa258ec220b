"""Write the pages of `docs/reference` that are made from the code, those of `PAGES`.

`make docs` runs it; the house tests fail while a page differs from what it would write.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from generated_pages import (
    cli_page,
    errors_page,
    events_page,
    mapping_page,
    metrics_page,
    python_page,
    rest_page,
    rules_page,
    spec_page,
    sql_schema_page,
)

REFERENCE = Path(__file__).resolve().parent.parent / "docs" / "reference"
PAGES: dict[str, Callable[[], str]] = {
    "cli.md": cli_page.render,
    "errors.md": errors_page.render,
    "events.md": events_page.render,
    "mapping.md": mapping_page.render,
    "metrics.md": metrics_page.render,
    "python.md": python_page.render,
    "rest.md": rest_page.render,
    "rules.md": rules_page.render,
    "spec.md": spec_page.render,
    "sql-schema.md": sql_schema_page.render,
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
