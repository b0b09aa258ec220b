"""Pydantic AI: it makes OpenTelemetry spans by itself and only has to be told where to; no instrumentor is needed."""

from longpole.record.instrument.opentelemetry_spans import tracer_provider


def install() -> None:
    """Turns Pydantic AI's own spans on, for all agents that the program does not set up otherwise.

    Raises:
        ImportError: the package pydantic-ai-slim is not installed.
    """
    from pydantic_ai import Agent  # noqa: PLC0415 - optional package
    from pydantic_ai.models.instrumented import InstrumentationSettings  # noqa: PLC0415

    Agent.instrument_all(InstrumentationSettings(tracer_provider=tracer_provider(), include_content=True))


def remove() -> None:
    """Turns them off."""
    from pydantic_ai import Agent  # noqa: PLC0415 - optional package

    Agent.instrument_all(False)
