"""Which scores there are: judgements about executions, made elsewhere and kept beside them."""

from longpole.reports.filters import ScoreFilters
from longpole.reports.rows import score_item
from longpole.reports.views import ScorePage
from longpole.store.engine import Engine


def list_scores(store: Engine, filters: ScoreFilters) -> ScorePage:
    """The newest scores of executions that started in the time range, at most `filters.limit`."""
    scope = filters.scope
    rows = store.rows(
        "score_list",
        {
            "workspace": scope.workspace,
            "agent": scope.agent,
            "environment": scope.environment,
            "version": scope.version,
            "from_ns": scope.from_ns,
            "to_ns": scope.to_ns,
            "name": filters.name,
            "label": filters.label,
            "limit": filters.limit,
        },
    )
    return ScorePage(items=[score_item(row) for row in rows])
