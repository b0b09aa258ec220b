"""What every test starts from: none of the developer's own settings."""

import os

import pytest


@pytest.fixture(autouse=True)
def _no_settings_of_the_developer(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("LONGPOLE_", "OTEL_", "TRACEPARENT"))]:
        monkeypatch.delenv(name)
