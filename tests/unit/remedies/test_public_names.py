"""What `longpole.remedies` promises, what it records, and where both are explained."""

import inspect
import subprocess
import sys

from house.checkout import ROOT
from longpole import remedies
from longpole.wire import longpole_names

PAGES = "".join(page.read_text() for page in (ROOT / "docs/how-to").glob("remedy-*.md"))


def test_every_name_is_there_explained_and_on_a_page():
    values = {name: getattr(remedies, name) for name in remedies.__all__}
    assert sorted(values) == sorted(remedies._PLACES)  # pyright: ignore[reportPrivateUsage]
    assert [name for name, value in values.items() if inspect.ismodule(value) or not inspect.getdoc(value)] == []
    hidden = {"StateChange"}  # what a writer of one's own is given; said in words
    assert [name for name in values if name not in PAGES and name not in hidden] == []


def test_every_page_says_when_not_to_use_it():
    pages = sorted((ROOT / "docs/how-to").glob("remedy-*.md"))
    assert len(pages) == 9
    assert [page.name for page in pages if "## When not to use it" not in page.read_text()] == []


def test_every_attribute_is_in_the_mapping():
    mapping = (ROOT / "docs/reference/mapping.md").read_text()
    begin = ("REMEDY", "CACHE_", "PIPELINE_", "STREAM_", "STATE_", "NOTIFY_")
    names = {value for name, value in vars(longpole_names).items() if name.startswith(begin) and "." in value}
    assert len(names) == 14
    assert [name for name in sorted(names) if f"`{name}`" not in mapping] == []


def test_what_needs_no_package_loads_none():
    program = (
        "import sys, longpole.remedies as r; r.Pipeline, r.stream, r.BatchState, r.Notifier, r.lazy, r.limit; "
        "print(sorted({'cashews', 'stamina', 'redis', 'sqlalchemy', 'numpy', 'duckdb'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
