"""What a price list is asked and answers: apart from `prices`, which needs the package genai-prices of the server."""

from typing import NamedTuple, Protocol

ALIASES = {
    "gcp.gen_ai": "google",
    "az.ai.inference": "azure",
    "az.ai.openai": "azure",
    "azure.ai.inference": "azure",
    "azure.ai.openai": "azure",
    "azure_openai": "azure",
    "azure-openai": "azure",
    "x_ai": "x-ai",
    "xai": "x-ai",
    "together_ai": "together",
    "fireworks_ai": "fireworks",
}
"""Provider names of the conventions that genai-prices does not know by themselves."""


class Counts(NamedTuple):
    """What a model call used. `tier` is what its provider bills by, such as "batch".

    `input` include what was read from and written to a cache and audio, `output` reasoning and audio, as the GenAI
    conventions have it. A client that sends fewer than the cached together (Anthropic's raw numbers) counts them apart.
    """

    input: int
    output: int
    cache_read: int = 0
    cache_write: int = 0
    reasoning: int = 0
    input_audio: int = 0
    output_audio: int = 0
    cache_write_1h: int = 0
    tier: str | None = None


class Cost(NamedTuple):
    """Nano-dollars, and which price list they come from."""

    usd_nanos: int
    price_version: str


class PriceList(Protocol):
    """Whoever knows what model calls cost."""

    def cost(
        self, model: str, provider: str | None, time_ns: int, counts: Counts, *, workspace: str = ""
    ) -> Cost | None:
        """The price of one call; `None` for a model without a known price."""
        ...


class NoPrices:
    """Where genai-prices is not installed: what no client told itself is unknown."""

    def cost(
        self, model: str, provider: str | None, time_ns: int, counts: Counts, *, workspace: str = ""
    ) -> Cost | None:
        """Nothing is known."""
        return None
