"""What every test starts from: none of the developer's own settings."""

import os

import pytest
from hypothesis import settings

# The same examples in every run, and no time limit per example: a busy machine must not fail a property.
settings.register_profile("longpole", deadline=None, derandomize=True)
settings.load_profile("longpole")


@pytest.fixture(autouse=True)
def _no_settings_of_the_developer(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("LONGPOLE_", "OTEL_", "TRACEPARENT"))]:
        monkeypatch.delenv(name)
