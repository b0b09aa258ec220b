"""The filters of the list of executions in SQL, the same for the list and for what pictures show of it.

They are texts for every database. What databases spell differently in them is a fragment again.
"""

from collections.abc import Callable

_SINCE_NS = "$from_ns - 86400000000000"

_BODY_WITH_TEXT = f"""
        $text IS NOT NULL
        AND received_ns >= {_SINCE_NS}
        AND (@contains(input, $text) OR @contains(output, $text))
"""

_BODY_WITH_ATTRIBUTE = f"""
        $attribute_key IS NOT NULL
        AND received_ns >= {_SINCE_NS}
        AND (
            @json_field(attributes, $attribute_key) = $attribute_value
            OR @json_field(resource, $attribute_key) = $attribute_value
        )
"""

_BODIES = f"""
bodies_with_text AS (
    SELECT workspace, trace_id, span_id
    FROM bodies
    WHERE {_BODY_WITH_TEXT}
),
bodies_with_attribute AS (
    SELECT workspace, trace_id, span_id
    FROM bodies
    WHERE {_BODY_WITH_ATTRIBUTE}
)
"""

_CARRYING_BY_INDEX = f"""
candidate_spans AS NOT MATERIALIZED (
    SELECT workspace, execution_id, trace_id, step_id AS span_id
    FROM steps
    WHERE
        received_ns >= {_SINCE_NS}
        AND execution_id IN (
            SELECT execution_id
            FROM executions
            WHERE
                started_ns >= $from_ns
                AND started_ns < $to_ns
                AND ($workspace IS NULL OR workspace = $workspace)
                AND ($agent IS NULL OR agent = $agent)
        )
    UNION ALL
    SELECT workspace, execution_id, trace_id, span_id
    FROM executions
    WHERE started_ns >= $from_ns AND started_ns < $to_ns
),
carrying_text AS (
    SELECT workspace, execution_id
    FROM candidate_spans
    JOIN bodies USING (workspace, trace_id, span_id)
    WHERE {_BODY_WITH_TEXT}
),
carrying_attribute AS (
    SELECT workspace, execution_id
    FROM candidate_spans
    JOIN bodies USING (workspace, trace_id, span_id)
    WHERE {_BODY_WITH_ATTRIBUTE}
)
"""

_MATCHING = """
started_ns >= $from_ns
AND started_ns < $to_ns
AND ($workspace IS NULL OR workspace = $workspace)
AND ($agent IS NULL OR agent = $agent)
AND ($statuses IS NULL OR @in_list(status, $statuses))
AND ($session IS NULL OR session_id = $session)
AND ($user IS NULL OR user_id = $user)
AND ($scope_key IS NULL OR @json_field(scopes, $scope_key) = $scope_value)
AND ($version IS NULL OR version = $version)
AND ($environment IS NULL OR environment = $environment)
AND ($min_duration_ns IS NULL OR duration_ns >= $min_duration_ns)
AND ($max_duration_ns IS NULL OR duration_ns < $max_duration_ns)
AND ($parent IS NULL OR parent_execution_id = $parent)
AND (NOT $only_roots OR parent_execution_id IS NULL)
AND (
    $model IS NULL
    OR model = $model
    OR (workspace, execution_id) IN (
        SELECT workspace, execution_id
        FROM steps
        WHERE $model IS NOT NULL AND model = $model AND started_ns >= $from_ns - 86400000000000
    )
)
AND (
    $tool IS NULL
    OR tool = $tool
    OR (workspace, execution_id) IN (
        SELECT workspace, execution_id
        FROM steps
        WHERE $tool IS NOT NULL AND tool = $tool AND started_ns >= $from_ns - 86400000000000
    )
)
AND (
    $attribute_key IS NULL
    OR (workspace, execution_id) IN (SELECT workspace, execution_id FROM carrying_attribute)
)
AND (
    $text IS NULL
    OR @contains(agent, $text)
    OR @contains(name, $text)
    OR @contains(error_type, $text)
    OR @contains(error_message, $text)
    OR (workspace, execution_id) IN (SELECT workspace, execution_id FROM carrying_text)
)
"""

_CHOSEN = """
started_ns >= $chosen_from_ns
AND started_ns < $chosen_to_ns
AND duration_ns >= $chosen_min_ns
AND duration_ns < $chosen_max_ns
AND ($chosen_ids IS NULL OR @in_list(execution_id, $chosen_ids))
"""


def carrying(executions_of: Callable[[str, str], str]) -> str:
    """The common table expressions that `matching` refers to: who carries the text and the attribute looked for.

    Steps and bodies of an execution come after its start, but for clocks that differ: by a day at most, so that older
    days need not be searched. `executions_of` gives, of a table of spans and a time, the executions that these spans
    are or are steps of, as far as they were received since that time.
    """
    text, attribute = (executions_of(f"bodies_with_{what}", _SINCE_NS) for what in ("text", "attribute"))
    return f"{_BODIES.strip()},\ncarrying_text AS ({text}),\ncarrying_attribute AS ({attribute})"


def carrying_by_index() -> str:
    """The same for a database with indexes, from the side of the executions of the period: their steps, and the bodies
    of those. Of 350,000 bodies of a day PostgreSQL looks up those of an hour in 0.3 to 1 s instead of 1.5 to 3.
    """
    return _CARRYING_BY_INDEX.strip()


def matching() -> str:
    """The condition on a row of `executions`: every filter of the list that is given holds."""
    return f"({_MATCHING.strip()})"


def chosen() -> str:
    """The condition on a row of `executions`: it is one of those chosen of what the filters let through."""
    return f"({_CHOSEN.strip()})"
