"""The list of the newest executions is the same, however little of the store it looks at, on every engine."""

from msgspec.structs import replace

from contract.rows import joined, trace
from longpole.model.batch import Batch
from longpole.model.clock import now_ns
from longpole.reports.execution_list import list_executions
from longpole.reports.filters import read_execution_filters
from longpole.store.engine import Engine

DAY_NS = 86_400 * 10**9


def began(number: int, started_ns: int) -> Batch:
    """An execution without steps that started at a time."""
    [execution] = trace(number, steps=0).executions
    ended_ns = started_ns + (execution.duration_ns or 0)
    return Batch(executions=[replace(execution, started_ns=started_ns, ended_ns=ended_ns, received_ns=ended_ns)])


def test_pages_of_the_newest_go_on_through_days_weeks_and_gaps(store: Engine) -> None:
    now = now_ns()
    ages_ns = [
        -3_600 * 10**9,
        10**9,
        2 * 10**9,
        3 * 10**9,
        3_599 * 10**9,
        3_601 * 10**9,
    ]  # the first is of a clock that is ahead
    ages_ns += [day * DAY_NS + 5 for day in (1, 2, 3, 6, 9, 30, 31, 200)]
    ages_ns += [200 * DAY_NS + 5]  # two at the same instant
    store.write(joined(began(number, now - age_ns) for number, age_ns in enumerate(ages_ns)))
    everybody = ("text", "agent")  # searching tries an hour first
    for limit, *more in ((2,), (5,), (50,), (2, everybody), (5, everybody)):
        seen: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            page = list_executions(store, read_execution_filters([("limit", str(limit)), ("cursor", cursor), *more]))
            seen += [item.started_at for item in page.items]
            cursor = page.next_cursor
        assert len(seen) == len(ages_ns)
        assert seen == sorted(seen, reverse=True)
