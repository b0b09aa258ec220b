"""The state of a server in sentences, the worst first."""

from longpole.reports.health_views import HealthPoint, HealthWord, ProgramHealth, ServerParts, TroubleItem
from longpole.reports.numbers import bytes_text, counted, duration_text

LONG_LAG_NS = 50_000_000
"""A loop that is late by more than this keeps every sender waiting."""

_FULL_SHARE = 0.5
_RECENT_POINTS = 30  # five minutes
_OFTEN_POINTS = 3  # one long delay is a start, or a machine that had to do something else
_VERY_LONG_LAG_NS = 500_000_000
_REASONS = {
    "400": "could not be read",
    "408": "came too slowly",
    "413": "were too large",
    "415": "were of another format",
    "429": "came while there was too much; senders try again",
    "503": "could not be written to disk; senders try again",
    "disconnected": "were broken off by the sender",
}
_ORDER = ("bad", "warn", "good")


def health_words(programs: list[ProgramHealth], server: ServerParts | None) -> list[HealthWord]:
    """What there is to say; one good sentence if there is nothing to complain of."""
    words = [*_of_programs(programs), *([] if server is None else _of_server(server))]
    if not words:
        words = [HealthWord(level="good", text=_all_is_well(programs, server))]
    return sorted(words, key=lambda word: _ORDER.index(word.level))


def refusal_text(reason: str) -> str:
    """Why requests were refused, as the end of a sentence about them."""
    return _REASONS.get(reason, f"were answered {reason}")


def _of_programs(programs: list[ProgramHealth]) -> list[HealthWord]:
    words: list[HealthWord] = []
    losing = [program for program in programs if program.missing]
    if losing:
        count, who = sum(program.missing or 0 for program in losing), _names(losing)
        verb = "has" if count == 1 else "have"
        words.append(
            _word(
                "bad",
                f"{counted(count, 'span or log record', 'spans and log records')} of {who} {verb} not arrived although "
                "later ones did. They may wait in the program's spool, or be lost.",
            )
        )
    dropping = [program for program in programs if program.dropped]
    if dropping:
        count = sum(program.dropped or 0 for program in dropping)
        words.append(_word("warn", f"{_names(dropping)} could not keep {counted(count, 'step')}, and says so."))
    refused = [program for program in programs if program.rejected]
    if refused:
        count = sum(sum(program.rejected.values()) for program in refused)
        rules = sorted({rule.replace("_", " ") for program in refused for rule in program.rejected})
        words.append(
            _word("warn", f"{counted(count, 'span')} of {_names(refused)} could not be taken: {', '.join(rules)}.")
        )
    return words


def _of_server(server: ServerParts) -> list[HealthWord]:
    words = [
        *_trouble("The store takes no writes or answers no questions", server.store_trouble),
        *_trouble("The spool cannot be written", server.spool_trouble),
    ]
    if server.live_trouble is not None:
        since = server.live_trouble.since[:19].replace("T", " ")
        reason = server.live_trouble.reason
        words.append(
            _word(
                "warn", f"What happens at other servers is not shown live since {since} UTC: {reason}. Nothing is lost."
            )
        )
    if server.unread_bytes > server.backlog_limit_bytes * _FULL_SHARE:
        limit = bytes_text(server.backlog_limit_bytes)
        words.append(
            _word("warn", f"{bytes_text(server.unread_bytes)} wait to be read. Above {limit} senders are told to wait.")
        )
    for reason, count in sorted(server.refused.items(), key=lambda item: -item[1]):
        words.append(_word("warn", f"{counted(count, 'request')} {refusal_text(reason)}."))
    if server.dead_letters:
        letters = counted(server.dead_letters, "dead letter")
        verb = "waits" if server.dead_letters == 1 else "wait"
        words.append(_word("warn", f"{letters} {verb} for you: longpole deadletter list."))
    words += _of_loop(server.points[-_RECENT_POINTS:])
    failing = [] if server.jobs is None else [job for job in server.jobs.jobs if job.error]
    words += [_word("warn", f"The job {job.name} failed: {job.error}.") for job in failing]
    return words


def _of_loop(points: list[HealthPoint]) -> list[HealthWord]:
    late = [point for point in points if (point.loop_lag_ns or 0) > LONG_LAG_NS]
    longest_ns = max((point.loop_lag_ns or 0 for point in late), default=0)
    if len(late) < _OFTEN_POINTS and longest_ns <= _VERY_LONG_LAG_NS:
        return []
    blocked_ns = max(point.loop_blocked_ns or 0 for point in late)
    if blocked_ns > LONG_LAG_NS:
        why = f"Its own work made up to {duration_text(blocked_ns)} of that: please report it"
    else:
        why = "It waited for the processor: this server, or something else on the machine, has too much to do"
    return [
        _word("warn", f"The event loop was up to {duration_text(longest_ns)} late in the last five minutes. {why}.")
    ]


def _trouble(what: str, trouble: TroubleItem | None) -> list[HealthWord]:
    if trouble is None:
        return []
    since = trouble.since[:19].replace("T", " ")
    return [_word("bad", f"{what} since {since} UTC: {trouble.reason}. What comes waits in the spool.")]


def _all_is_well(programs: list[ProgramHealth], server: ServerParts | None) -> str:
    if server is None:
        return f"Nothing is missing of {counted(len(programs), 'program')}." if programs else "No program has sent yet."
    taken = sum(server.accepted.values())
    if not taken:
        return "The server is well and waits for the first body."
    waiting = "nothing waits" if not server.unread_bytes else f"{bytes_text(server.unread_bytes)} wait to be read"
    missing = "missing" if all(program.missing is not None for program in programs) else "known to be missing"
    return (
        f"All is well: {counted(taken, 'span or record', 'spans and records')} taken, nothing is {missing}, {waiting}."
    )


def _names(programs: list[ProgramHealth]) -> str:
    names = sorted({program.service or program.process or "a program without a name" for program in programs})
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def _word(level: str, text: str) -> HealthWord:
    return HealthWord(level=level, text=text)
