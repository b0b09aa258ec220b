"""What the analysis of one execution needs to know of a span beside its place and its times, which a `Tree` has."""

from msgspec import Struct


class Span(Struct, frozen=True, gc=False):
    """One step or execution; the same position in a list of these and in the `Tree` is the same span.

    `agent` is whose it is: an execution's own name, of a step that of its execution. `first_token_ns` counts from the
    start. `input` and `output` are texts as they were recorded: JSON where the program gave values. Where the content
    mode hashes, their leaves are digests; both are `None` where nothing was recorded or nobody asked for them. `None`
    is unknown everywhere, never zero.

    Made by position where there are many: by name it costs ten times as much.
    """

    name: str
    category: str
    agent: str
    execution_id: str
    is_execution: bool = False
    is_outside: bool = False
    is_open: bool = False
    status: str = "success"
    operation: str | None = None
    provider: str | None = None
    model: str | None = None
    tool: str | None = None
    scope: str | None = None
    process: str | None = None
    first_token_ns: int | None = None
    attempt: int | None = None
    argument_hash: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd_nanos: int | None = None
    error_type: str | None = None
    error_message: str | None = None
    code_file: str | None = None
    code_line: int | None = None
    code_function: str | None = None
    input: str | None = None
    output: str | None = None

    @property
    def label(self) -> str:
        """What a person calls it: the tool, else the model of a model call, else its own name."""
        return self.tool or self.name
