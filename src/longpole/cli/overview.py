"""`longpole overview`: agents and categories as tables."""

from rich.console import Group
from rich.text import Text

from longpole.cli.draw import category_text, cell, console, muted, print_json
from longpole.cli.fitted_table import FittedTable
from longpole.cli.options import (
    Agent,
    AsJson,
    Data,
    Environment,
    From,
    Since,
    To,
    Url,
    Version,
    Workspace,
    as_pairs,
    open_answers,
    since_to_from,
)
from longpole.model.category import Category
from longpole.reports.numbers import (
    NONE,
    UNKNOWN,
    cost_text,
    count_text,
    counted,
    duration_text,
    share_text,
    short_count_text,
)
from longpole.reports.views import AgentSummary, CategorySummary, Overview, Totals


def overview_command(
    workspace: Workspace = None,
    agent: Agent = None,
    environment: Environment = None,
    version: Version = None,
    from_: From = None,
    to: To = None,
    since: Since = None,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show what ran, how it went and where the time went."""
    filters = as_pairs(
        workspace=workspace,
        agent=agent,
        environment=environment,
        version=version,
        from_=since_to_from(since, from_),
        to=to,
    )
    with open_answers(url, data) as answers:
        overview = answers.overview(filters)
    if as_json:
        print_json(overview)
    else:
        console().print(draw_overview(overview))


def draw_overview(overview: Overview) -> Group:
    """A sentence with the totals, the agents, the categories."""
    sentence = _sentence(overview.totals)
    if (gone := overview.rolled_up) is not None:
        sentence.append(f" · {count_text(gone.executions)} of the executions are only left as sums, by days", "dim")
    return Group(sentence, Text(), _agents(overview.agents), Text(), _categories(overview.categories))


def _sentence(totals: Totals) -> Text:
    parts = [counted(totals.executions, "execution"), counted(totals.steps, "step")]
    if totals.executions_weight != totals.executions:
        parts[0] += f" that stand for {count_text(round(totals.executions_weight))}"
    if totals.success_rate is not None:
        parts.append(f"{share_text(totals.success_rate)} succeeded")
    parts += [
        f"{count_text(count)} {word}"
        for count, word in (
            (totals.running, "running"),
            (totals.failed, "failed"),
            (totals.timed_out, "timed out"),
            (totals.crashed, "crashed"),
            (totals.skipped, "skipped"),
        )
        if count
    ]
    if totals.model_calls:
        parts += _usage(totals)
    return Text(" · ".join(parts))


def _usage(totals: Totals) -> list[str]:
    is_unknown = totals.input_tokens is None and totals.output_tokens is None
    tokens = f"{count_text(totals.input_tokens)} tokens in, {count_text(totals.output_tokens)} out"
    parts = [f"tokens {UNKNOWN}" if is_unknown else tokens, f"cost {cost_text(totals.cost_usd)}"]
    for count, what in ((totals.model_calls_without_usage, "tokens"), (totals.model_calls_without_cost, "cost")):
        if 0 < count < totals.model_calls:
            parts.append(f"{what} of {counted(count, 'call')} {UNKNOWN}")
    return parts


def _agents(agents: list[AgentSummary]) -> FittedTable | Text:
    if not agents:
        return Text("No agent has run yet.")
    return FittedTable(
        ("agent", "runs", "success", "failed", "skipped", "p50", "p95", "tokens", "cost"),
        [_agent(agent) for agent in agents],
        texts=("agent",),
        shortened=("agent",),
        left_out=("cost", "tokens", "skipped"),
    )


def _agent(agent: AgentSummary) -> tuple[Text, ...]:
    return (
        Text(agent.agent),
        cell(count_text(agent.executions)) if agent.executions else muted("never ran"),
        cell(NONE if agent.success_rate is None else share_text(agent.success_rate)),
        _count(agent.failed, style="red"),
        _count(agent.skipped),
        cell(_duration(agent.p50_ns)),
        cell(_duration(agent.p95_ns)),
        cell(_tokens(agent, has_calls=agent.model_calls > 0)),
        cell(cost_text(agent.cost_usd) if agent.model_calls else NONE),
    )


def _categories(categories: list[CategorySummary]) -> FittedTable | Text:
    if not categories:
        return Text()
    return FittedTable(
        ("category", "steps", "failed", "p50", "p95", "own time", "tokens", "cost"),
        [_category(category) for category in categories],
        texts=("category",),
        shortened=("category",),
        left_out=("cost", "tokens"),
    )


def _category(category: CategorySummary) -> tuple[Text, ...]:
    is_model = category.category == Category.LLM
    return (
        category_text(category.category),
        cell(count_text(category.steps)),
        _count(category.failed, style="red"),
        cell(_duration(category.p50_ns)),
        cell(_duration(category.p95_ns)),
        cell(UNKNOWN if category.self_ns is None else duration_text(category.self_ns)),
        cell(_tokens(category, has_calls=is_model)),
        cell(cost_text(category.cost_usd) if is_model else NONE),
    )


def _count(count: int, *, style: str = "") -> Text:
    return Text(count_text(count), style=style) if count else muted(NONE)


def _duration(duration_ns: int | None) -> str:
    return NONE if duration_ns is None else duration_text(duration_ns)


def _tokens(summary: AgentSummary | CategorySummary, *, has_calls: bool) -> str:
    if summary.input_tokens is None and summary.output_tokens is None:
        return UNKNOWN if has_calls else NONE
    return short_count_text((summary.input_tokens or 0) + (summary.output_tokens or 0))
