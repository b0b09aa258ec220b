"""The scope of a question in SQL: a time range, and a workspace, agent, environment and version where they are given.

The same text for every database; `longpole.reports.filter_values.Scope` has the values.
"""


def in_scope(alias: str = "") -> str:
    """The condition on a row of `executions` or `steps`: it is in the scope.

    Args:
        alias: of the table in the query, where it needs one.
    """
    return _all_of(alias, "workspace", "agent", "environment", "version")


def in_scope_of_any_agent(alias: str = "") -> str:
    """The same for rows of all agents: where agents are compared, or what is below the one that is meant counts."""
    return _all_of(alias, "workspace", "environment", "version")


def _all_of(alias: str, *filters: str) -> str:
    prefix = f"{alias}." if alias else ""
    given = [f"(${name} IS NULL OR {prefix}{name} = ${name})" for name in filters]
    return " AND ".join([f"{prefix}started_ns >= $from_ns", f"{prefix}started_ns < $to_ns", *given])
