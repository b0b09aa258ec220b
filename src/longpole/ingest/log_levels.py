"""The level of a log record in one word, whatever the sender wrote."""

_WORDS = {
    "trace": "trace",
    "debug": "debug",
    "info": "info",
    "information": "info",
    "informational": "info",
    "notice": "info",
    "warn": "warning",
    "warning": "warning",
    "error": "error",
    "err": "error",
    "fatal": "fatal",
    "critical": "fatal",
    "emergency": "fatal",
    "panic": "fatal",
}
# Four numbers to a level, from 1 on: OpenTelemetry logs data model, "Field: SeverityNumber".
_LEVELS = ("trace", "debug", "info", "warning", "error", "fatal")


def level_of(number: int, text: str) -> str | None:
    """The level: `trace`, `debug`, `info`, `warning`, `error` or `fatal`; `None` where the sender named none.

    The number decides, as the specification asks; a text that is none of the usual words counts for nothing.
    """
    if 1 <= number <= 24:
        return _LEVELS[(number - 1) // 4]
    return _WORDS.get(text.lower()[:16])
