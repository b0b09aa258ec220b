"""Whom a program's questions go to, and the filters that they have in common."""

from msgspec.structs import replace

from longpole import settings
from longpole.client.answers import Answers, find_door
from longpole.client.waiting_sign import WaitingSign
from longpole.model import clock
from longpole.model.clock import HOUR_NS
from longpole.reports.filter_values import Pairs


class PatientAnswers(Answers):
    """Answers that say in a notebook that they are waited for, when it takes long. To be used in a `with`."""

    def __enter__(self) -> "PatientAnswers":
        self._sign = WaitingSign("Longpole is asked…")
        self._sign.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._sign.__exit__()
        self.close()


def open_answers() -> Answers:
    """Answers from where this process sends, else from this machine's server or store; close it."""
    chosen = settings.in_force()
    return PatientAnswers(find_door(replace(chosen, url=chosen.url or chosen.endpoint)))


def chosen_workspace(workspace: str | None) -> str:
    """The workspace that was given, else the configured one."""
    return settings.in_force().workspace if workspace is None else workspace


def asked_filters(
    *,
    agent: str | None = None,
    vault_id: object = None,
    hours: float | None = None,
    workspace: str | None = None,
    session: object = None,
    version: str | None = None,
    environment: str | None = None,
    limit: int | None = None,
) -> Pairs:
    """The filters of a question as names and texts; `hours` is how far to look back."""
    given = {
        "workspace": chosen_workspace(workspace),
        "agent": agent,
        "version": version,
        "environment": environment,
        "session": session,
        "scope": None if vault_id is None else f"vault_id={vault_id}",
        "from": None if hours is None else clock.to_rfc3339(max(0, clock.now_ns() - round(hours * HOUR_NS))),
        "limit": limit,
    }
    return [(name, str(value)) for name, value in given.items() if value is not None]
