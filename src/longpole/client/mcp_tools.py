"""What a model can ask of Longpole: the tools of `longpole mcp`, each one question of the reports, answered small.

A tool is a struct of its arguments, whose docstring and fields the model reads, and a function that asks.
"""

from collections.abc import Callable
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Meta, Struct

from longpole.client.answers import find_answers
from longpole.client.audit_book import open_audit_book
from longpole.client.small_answers import small
from longpole.client.sql_questions import ask_sql
from longpole.model import clock
from longpole.model.errors import InvalidInput
from longpole.reports.change_questions import REGRESSIONS
from longpole.reports.comparison import COMPARE
from longpole.reports.failures import FAILURES
from longpole.reports.filter_values import Pairs, read_duration_ns
from longpole.reports.findings import FINDINGS
from longpole.reports.opportunities import OPPORTUNITIES
from longpole.reports.running import RUNNING
from longpole.reports.set_comparison import STANDING
from longpole.reports.sql_answer import SqlBody
from longpole.reports.why_not import WHY_NOT
from longpole.settings import Settings

_IDS = frozenset(
    {"trace_id", "root_execution_id", "span_id", "finding_id", "together", "group_id", "weight", "executions_weight"}
    | {"workspace", "is_settled", "healed_weight", "method", "next_cursor", "executions_on_page", "id"}
)
"""What a model has no use for."""

_RANGES = ("1h", "24h", "7d", "30d")

Agent = Annotated[str | None, Meta(description="Only this agent, by its exact name.")]
Since = Annotated[str | None, Meta(description="How far back to look, such as 30min, 24h or 7d.")]
ExecutionId = Annotated[str, Meta(description="An execution id, a unique part of one, or a trace id.", min_length=4)]
Limit = Annotated[int, Meta(description="At most so many, 1 to 50.", ge=1, le=50)]

Arguments = TypeVar("Arguments", bound=Struct)


class Tool(Struct, Generic[Arguments], frozen=True):
    """One tool.

    Attributes:
        name: as the model calls it.
        arguments: a struct whose docstring is the tool's description.
        ask: gives the answer, small, and the page of the dashboard that shows it.
    """

    name: str
    arguments: type[Arguments]
    ask: Callable[[Settings, Arguments], "Told"]


class Told(Struct, frozen=True):
    """An answer for a model, and the address of the page that shows it whole, without the server's."""

    answer: dict[str, Any]
    page: str


class Asker(Struct, frozen=True):
    """Who asks: with which settings a question is asked, and where the dashboard is for them, if it is anywhere."""

    settings: Settings
    shown_at: str | None = None


def call(tool: Tool[Any], asker: Asker, given: dict[str, Any]) -> dict[str, Any]:
    """What a tool answers to arguments as the model gave them, with a link if there is a server to look at.

    Raises:
        InvalidInput: an argument is unknown or of the wrong kind.
        LongpoleError: what the question raises.
    """
    try:
        arguments = msgspec.convert(given, tool.arguments, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidInput(
            f"The arguments of {tool.name} cannot be read: {error}. Expected those of its schema. Correct them."
        ) from error
    told = tool.ask(asker.settings, arguments)
    return told.answer | ({"page": asker.shown_at + told.page} if asker.shown_at else {})


class FindExecutions(Struct, forbid_unknown_fields=True):
    """Find executions (runs of agents), newest first: id, agent, status, start, duration, tokens, cost, error.

    Start here when you have no execution id. Sort by duration or cost to find the slowest or dearest.
    """

    agent: Agent = None
    status: Annotated[
        str | None, Meta(description="success, failed, timeout, skipped, crashed, running; several with commas.")
    ] = None
    text: Annotated[str | None, Meta(description="Words in its inputs, outputs or errors.")] = None
    session: Annotated[str | None, Meta(description="Of this conversation.")] = None
    since: Since = None
    sort: Annotated[str, Meta(description="started, duration, cost or tokens; largest first.")] = "started"
    limit: Limit = 10


def _find_executions(settings: Settings, asked: FindExecutions) -> Told:
    filters = [*_filters(asked), ("sort", asked.sort), ("limit", str(asked.limit))]
    with find_answers(settings) as answers:
        page = answers.executions(filters)
    kept = {"execution_id", "agent", "status", "started_at", "duration_ns", "steps_total", "input_tokens"}
    kept |= {"output_tokens", "cost_usd", "model", "error_type", "error_message", "session_id", "version", "retries"}
    items = [{name: each for name, each in msgspec.to_builtins(item).items() if name in kept} for item in page.items]
    return Told(small({"executions": items, "has_more": page.next_cursor is not None}), _page("/executions", asked))


class ExplainExecution(Struct, forbid_unknown_fields=True):
    """Explain one execution: is it slow for its agent, where did the time go (shares of the wall time that sum to the
    whole), the critical path, what could be saved with evidence and code place, and what did not fire.
    """

    execution_id: ExecutionId


def _explain_execution(settings: Settings, asked: ExplainExecution) -> Told:
    with find_answers(settings) as answers:
        tree = answers.execution(asked.execution_id)
        name = tree.execution.execution_id
        standing = answers.ask_about(name, STANDING)
        findings = answers.ask_about(name, FINDINGS)
    largest = sorted(tree.critical_path, key=lambda part: -part.duration_ns)[:12]
    path = [part for part in tree.critical_path if part in largest]
    item = tree.execution
    answer = {
        "execution_id": name,
        "agent": item.agent,
        "status": item.status,
        "error": item.error_message,
        "duration_ns": tree.duration_ns,
        "standing": standing.message,
        "usual": tree.usual,
        "where_the_time_went_ns": dict(sorted(tree.shares.items(), key=lambda share: -share[1])),
        "critical_path_largest_parts_in_order": path,
        "could_save": findings.findings,
        "with_all_of_it_ns": findings.duration_ns - findings.saving_together_ns,
        "did_not_fire": [each for each in tree.decisions if each.outcome not in (None, "fired", "selected", "chosen")],
        "explained_share": tree.coverage.share,
        "tokens_in": item.input_tokens,
        "tokens_out": item.output_tokens,
        "cost_usd": item.cost_usd,
    }
    return Told(small(answer, without=_IDS), f"/executions/{quote(name, safe='')}")


class WhyNot(Struct, forbid_unknown_fields=True):
    """Say why an agent did not do its work: nobody named it, nobody took it, it declined (score below threshold), it
    failed; or that it did. With the evidence for each.
    """

    agent: Annotated[str, Meta(description="The agent that did not fire, by its exact name.")]
    session: Annotated[str | None, Meta(description="In this conversation.")] = None
    since: Since = None


def _why_not(settings: Settings, asked: WhyNot) -> Told:
    with find_answers(settings) as answers:
        return Told(small(answers.ask(WHY_NOT, _filters(asked)), without=_IDS), _page("/why-not", asked))


class Failures(Struct, forbid_unknown_fields=True):
    """List errors in groups of like ones: how often, since when, what they cost, where they began, an example."""

    agent: Agent = None
    since: Since = None


def _failures(settings: Settings, asked: Failures) -> Told:
    with find_answers(settings) as answers:
        return Told(small(answers.ask(FAILURES, _filters(asked)), without=_IDS), _page("/failures", asked))


class ListRegressions(Struct, forbid_unknown_fields=True):
    """List what became slower, dearer or less reliable: before and after, since when, and what changed then."""

    agent: Agent = None
    since: Since = None


def _regressions(settings: Settings, asked: ListRegressions) -> Told:
    with find_answers(settings) as answers:
        return Told(small(answers.ask(REGRESSIONS, _filters(asked)), without=_IDS), _page("/regressions", asked))


class Savings(Struct, forbid_unknown_fields=True):
    """List what could be done better over many executions, the largest saving on the critical path first."""

    agent: Agent = None
    since: Since = None


def _savings(settings: Settings, asked: Savings) -> Told:
    with find_answers(settings) as answers:
        return Told(small(answers.ask(OPPORTUNITIES, _filters(asked)), without=_IDS), _page("/bottlenecks", asked))


class CompareExecutions(Struct, forbid_unknown_fields=True):
    """Compare two executions step by step: which steps make `b` slower or dearer than `a`; changes are b less a."""

    a: ExecutionId
    b: ExecutionId


def _compare(settings: Settings, asked: CompareExecutions) -> Told:
    with find_answers(settings) as answers:
        found = answers.ask(COMPARE, [("a", asked.a), ("b", asked.b)])
    names = sorted(found.names, key=lambda name: -abs((name.critical_b_ns or 0) - (name.critical_a_ns or 0)))
    answer = {
        "message": found.message,
        "a": {"agent": found.a.agent, "status": found.a.status, "duration_ns": found.a.duration_ns},
        "b": {"agent": found.b.agent, "status": found.b.status, "duration_ns": found.b.duration_ns},
        "steps_by_change_on_the_critical_path": names,
    }
    return Told(small(answer, without=_IDS), _page("/compare", asked))


class ListRunning(Struct, forbid_unknown_fields=True):
    """Show what runs now: how many of each agent, what each execution has in hand, what most of it waits for."""

    agent: Agent = None


def _running(settings: Settings, asked: ListRunning) -> Told:
    with find_answers(settings) as answers:
        return Told(small(answers.ask(RUNNING, _filters(asked)), without=_IDS), "/")


class Overview(Struct, forbid_unknown_fields=True):
    """Show what ran: totals, agents with their durations, failures and cost, and where the time went."""

    since: Since = None


def _overview(settings: Settings, asked: Overview) -> Told:
    with find_answers(settings) as answers:
        return Told(small(answers.overview(_filters(asked)), without=_IDS), _page("/", asked))


class AuditFindings(Struct, forbid_unknown_fields=True):
    """List the faults that audits found in the code, joined with what they were measured to cost: place, advice, in how
    many executions it ran, what it would save alone and with all others.
    """

    program: Annotated[str | None, Meta(description="Only of this audited program.")] = None
    state: Annotated[str, Meta(description="open, accepted or fixed.")] = "open"


def _audit_findings(settings: Settings, asked: AuditFindings) -> Told:
    given = [("state", asked.state), *([("program", asked.program)] if asked.program else [])]
    with open_audit_book(settings) as book:
        report = book.report(given)
    return Told(small(report, without=_IDS | {"trend", "fingerprint", "programs", "state_by"}), _page("/audit", asked))


class Sql(Struct, forbid_unknown_fields=True):
    """Run one read-only SELECT over the store; SHOW TABLES and DESCRIBE name what there is. Times are nanoseconds."""

    query: Annotated[str, Meta(description="One SELECT statement.", max_length=20_000)]


def _sql(settings: Settings, asked: Sql) -> Told:
    return Told(small(ask_sql(settings, SqlBody(sql=asked.query))), _page("/sql", asked))


TOOLS: tuple[Tool[Any], ...] = (
    Tool("find_executions", FindExecutions, _find_executions),
    Tool("explain_execution", ExplainExecution, _explain_execution),
    Tool("why_not", WhyNot, _why_not),
    Tool("failures", Failures, _failures),
    Tool("regressions", ListRegressions, _regressions),
    Tool("savings", Savings, _savings),
    Tool("compare_executions", CompareExecutions, _compare),
    Tool("running", ListRunning, _running),
    Tool("overview", Overview, _overview),
    Tool("audit_findings", AuditFindings, _audit_findings),
    Tool("sql", Sql, _sql),
)
"""All of them; every one only reads."""


def _filters(asked: Struct) -> Pairs:
    """The arguments that are filters of the question, as names and texts."""
    pairs: Pairs = []
    for name in ("agent", "status", "text", "session", "since"):
        value = getattr(asked, name, None)
        if value is None:
            continue
        if name == "since":
            pairs.append(("from", clock.to_rfc3339(max(0, clock.now_ns() - read_duration_ns("since", value)))))
        else:
            pairs.append((name, str(value)))
    return pairs


def _page(path: str, asked: Struct) -> str:
    """The page that shows the same, with the arguments that it knows; a time range that it has a word for."""
    given = {name: value for name, value in msgspec.to_builtins(asked).items() if value is not None}
    since = given.pop("since", None)
    if since in _RANGES:
        given["range"] = since
    known = {"sql" if name == "query" else name: given[name] for name in given if name not in ("limit", "sort")}
    return f"{path}?{urlencode(known)}" if known else path
