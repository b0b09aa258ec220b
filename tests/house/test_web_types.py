"""The dashboard's types are those of the Python views."""

import importlib.util
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "scripts" / "generate_web_types.py"


def test_the_types_of_the_dashboard_match_the_python_views() -> None:
    spec = importlib.util.spec_from_file_location("generate_web_types", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)

    written = generator.TARGET.read_text(encoding="utf-8")

    assert written == generator.render(), "the views changed: run python scripts/generate_web_types.py"
