"""Settings that are unknown, cannot be, or say two things that do not go together."""

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from longpole.client.one_check import Check, failure, fine
from longpole.model.errors import SettingsError
from longpole.settings import Settings, content_mode

_FILES = ("certificate_authorities", "tls_certificate", "tls_key", "noise_rules")


def settings_checks(settings: Settings, errors: Sequence[SettingsError]) -> Iterator[Check]:
    """What is wrong with single settings, and what contradicts another; one good word if nothing is."""
    found = [failure("settings", "settings", error) for error in errors]
    found += [
        Check(part="settings", name=name, level="warning", text=text, cure=cure)
        for name, text, cure in (*_contradictions(settings), *_missing(settings))
    ]
    yield from found
    if not found:
        yield fine("settings", "settings", "known, in range, and not against each other")


def _contradictions(chosen: Settings) -> Iterator[tuple[str, str, str]]:
    """Name, text and cure of each pair of settings that does not go together."""
    if (chosen.tls_certificate is None) != (chosen.tls_key is None):
        given = "tls_certificate" if chosen.tls_key is None else "tls_key"
        yield given, f"Only `{given}` is given, so that the server refuses to start.", "Give both, or neither."
    if chosen.recording and content_mode(chosen) != "full":
        text = f"`recording` is on and `content` is {content_mode(chosen)}: nothing can be replayed."
        yield "recording", text, "Set content to full, or recording to false."
    if chosen.critical_operation_ms < chosen.slow_operation_ms:
        text = (
            f"An operation is critical from {chosen.critical_operation_ms} ms and slow from "
            f"{chosen.slow_operation_ms} ms on."
        )
        yield "critical_operation_ms", text, "Make critical_operation_ms the larger one."
    if chosen.retention_bodies_days > chosen.retention_days:
        text = (
            f"Bodies would be kept {chosen.retention_bodies_days} days and their steps {chosen.retention_days}: they "
            "go with their steps."
        )
        yield "retention_bodies_days", text, "Make retention_bodies_days at most retention_days."
    if chosen.url and chosen.endpoint and chosen.url.rstrip("/") != chosen.endpoint.rstrip("/"):
        text = f"The SDK sends to {chosen.endpoint} and the command line asks {chosen.url}."
        yield "url", text, "If that is not meant, remove one of url and endpoint."
    if not chosen.enabled:
        yield "enabled", "Nothing is recorded, because `enabled` is false.", "Set enabled to true."
    if chosen.sampling_rate == 0:
        yield "sampling_rate", "No execution is recorded, because `sampling_rate` is 0.", "Set sampling_rate above 0."
    if not chosen.persistence_enabled and chosen.spool:
        text = "`spool` names a folder and `persistence_enabled` is false: nothing is spooled."
        yield "spool", text, "Set persistence_enabled to true, or remove spool."
    if chosen.cluster and not (chosen.store or "").startswith("clickhouse"):
        yield "cluster", f"`cluster` is {chosen.cluster!r} and the store is no ClickHouse.", "Remove cluster."


def _missing(chosen: Settings) -> Iterator[tuple[str, str, str]]:
    """Files and packages that settings need and that are not there."""
    for name in _FILES:
        path = getattr(chosen, name)
        if path is not None and not Path(path).is_file():
            yield name, f"`{name}` is {path}, and there is no such file.", f"Correct {name}."
    store = chosen.store or ""
    needed = (
        ("store", "psycopg", store.startswith("postgres"), "longpole[postgres]"),
        ("store", "clickhouse_connect", store.startswith("clickhouse"), "longpole[clickhouse]"),
        ("redis", "redis", chosen.redis is not None, "longpole[redis]"),
        ("profile_memory", "psutil", chosen.profile_memory, "longpole[memory]"),
    )
    for name, module, is_needed, extra in needed:
        if is_needed and find_spec(module) is None:
            yield name, f"`{name}` needs the package {module}, which is not installed.", f"pip install '{extra}'"
