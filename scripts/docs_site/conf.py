"""The settings of Sphinx for `make docs-site`: the pages of `docs/` as they are, with a navigation and a look."""

import sys
from pathlib import Path

from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).parent))
from navigation import Part, decisions, parts, toctrees

ROOT = Path(__file__).resolve().parents[2]

project = "Longpole"
extensions = ["myst_parser"]
root_doc = "index"
source_suffix = {".md": "markdown"}

# Headings get the anchors that a viewer of Markdown gives them, so that links work in both places.
myst_heading_anchors = 4

html_theme = "furo"
html_title = "Longpole"
_FONTS, _PICTURES = ROOT / "web" / "src" / "ui" / "fonts", ROOT / "docs" / "images"
html_static_path = [str(Path(__file__).parent / "look"), str(_FONTS), str(_PICTURES)]
html_css_files = ["longpole.css"]
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False
html_show_sourcelink = False
pygments_style = "tango"
pygments_dark_style = "github-dark"

_LIGHT = {
    "page": "#F6F7F9",
    "card": "#FFFFFF",
    "sunk": "#F0F2F5",
    "hover": "#F4F6F8",
    "line": "#E2E6EB",
    "ink": "#14181F",
    "muted": "#525C6B",
    "subtle": "#626C7C",
    "link": "#2457C5",
    "selected": "#EEF3FD",
}
_DARK = {
    "page": "#0D1015",
    "card": "#14181F",
    "sunk": "#1A2029",
    "hover": "#191F28",
    "line": "#262D38",
    "ink": "#E8EBF1",
    "muted": "#A3ADBC",
    "subtle": "#8C97A8",
    "link": "#8AB1FF",
    "selected": "#172136",
}


def _variables(token: dict[str, str]) -> dict[str, str]:
    """The colours of the dashboard under the names that the theme has for them."""
    return {
        "color-background-primary": token["card"],
        "color-background-secondary": token["page"],
        "color-background-hover": token["hover"],
        "color-background-border": token["line"],
        "color-background-item": token["sunk"],
        "color-foreground-primary": token["ink"],
        "color-foreground-secondary": token["muted"],
        "color-foreground-muted": token["subtle"],
        "color-foreground-border": token["line"],
        "color-brand-primary": token["ink"],
        "color-brand-content": token["link"],
        "color-brand-visited": token["link"],
        "color-link": token["link"],
        "color-link--visited": token["link"],
        "color-link--hover": token["link"],
        "color-link-underline": "transparent",
        "color-link-underline--visited": "transparent",
        "color-sidebar-background": token["page"],
        "color-sidebar-background-border": token["line"],
        "color-sidebar-item-background--current": token["selected"],
        "color-sidebar-item-background--hover": token["hover"],
        "color-sidebar-link-text": token["muted"],
        "color-sidebar-link-text--top-level": token["muted"],
        "color-sidebar-caption-text": token["subtle"],
        "color-inline-code-background": token["sunk"],
        "color-code-background": token["sunk"],
        "color-code-foreground": token["ink"],
        "color-table-header-background": token["page"],
        "color-table-border": token["line"],
        "font-stack": "Inter, system-ui, sans-serif",
        "font-stack--monospace": "'JetBrains Mono', ui-monospace, monospace",
    }


html_theme_options = {
    "light_css_variables": _variables(_LIGHT),
    "dark_css_variables": _variables(_DARK),
    "footer_icons": [],
}


def _add_navigation(_app: Sphinx, page: str, source: list[str]) -> None:
    if page == root_doc:
        source[0] += toctrees(parts())
    elif page == "decisions/README":
        source[0] += toctrees([Part(None, decisions())])


def _always_anew(*_: object) -> list[str]:
    """The pages whose navigation comes from other pages: they are outdated when those are."""
    return [root_doc, "decisions/README"]


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("env-get-outdated", _always_anew)
    app.connect("source-read", _add_navigation)
