"""Which programs with Longpole's SDK in them gave a sign of life, and what recording costs them."""

from longpole.reports.filters import ProcessFilters
from longpole.reports.rows import process_item
from longpole.reports.views import ProcessPage
from longpole.store.engine import Engine


def list_processes(store: Engine, filters: ProcessFilters) -> ProcessPage:
    """The processes, the one heard last first, at most `filters.limit`."""
    rows = store.rows("process_list", {"workspace": filters.workspace, "limit": filters.limit})
    return ProcessPage(items=[process_item(row) for row in rows])
