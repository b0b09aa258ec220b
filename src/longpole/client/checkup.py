"""What `longpole doctor` tells: each thing that was looked at, whether it is well, and the cure where it is not."""

from collections.abc import Iterable, Sequence
from typing import Literal

from msgspec import Struct

from longpole.client.checks_of_data import data_checks
from longpole.client.checks_of_installation import installation_checks
from longpole.client.checks_of_server import server_checks
from longpole.client.checks_of_settings import settings_checks
from longpole.client.one_check import Check, Level
from longpole.model.errors import SettingsError
from longpole.settings import Settings

_ORDER: tuple[Level, ...] = ("ok", "warning", "failed")


class Checkup(Struct, frozen=True, kw_only=True):
    """Everything that was looked at, in the order of `part`. `level` is the worst of all."""

    level: Literal["ok", "warning", "failed"]
    checks: list[Check]


def check_up(settings: Settings, errors: Sequence[SettingsError]) -> Checkup:
    """Looks at this Python, the settings, the data folder, the spool and the server. Changes nothing.

    Args:
        settings: those that can be used.
        errors: what is wrong with the others.
    """
    checks = [
        *installation_checks(),
        *settings_checks(settings, errors),
        *server_checks(settings),
        *data_checks(settings),
    ]
    return Checkup(level=worst(check.level for check in checks), checks=checks)


def worst(levels: Iterable[Level]) -> Level:
    """The worst of some levels; ok without any.

    >>> worst(["ok", "failed", "warning"]), worst([])
    ('failed', 'ok')
    """
    return _ORDER[max((_ORDER.index(level) for level in levels), default=0)]
