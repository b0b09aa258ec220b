"""The filters of the list of executions in SQL, the same for the list and for what pictures show of it.

Both are texts for every database. What databases spell differently in them is a fragment again.
"""

_CARRYING = """
bodies_with_text AS (
    SELECT workspace, trace_id, span_id
    FROM bodies
    WHERE
        $text IS NOT NULL
        AND received_ns >= $from_ns - 86400000000000
        AND (@contains(input, $text) OR @contains(output, $text))
),
bodies_with_attribute AS (
    SELECT workspace, trace_id, span_id
    FROM bodies
    WHERE
        $attribute_key IS NOT NULL
        AND received_ns >= $from_ns - 86400000000000
        AND (
            @json_field(attributes, $attribute_key) = $attribute_value
            OR @json_field(resource, $attribute_key) = $attribute_value
        )
),
carrying_text AS (
    @executions_of(bodies_with_text, $from_ns - 86400000000000)
),
carrying_attribute AS (
    @executions_of(bodies_with_attribute, $from_ns - 86400000000000)
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


def carrying() -> str:
    """The common table expressions that `matching` refers to: who carries the text and the attribute looked for.

    Steps and bodies of an execution come after its start, but for clocks that differ: by a day at most, so that older
    days need not be searched.
    """
    return _CARRYING.strip()


def matching() -> str:
    """The condition on a row of `executions`: every filter of the list that is given holds."""
    return f"({_MATCHING.strip()})"


def chosen() -> str:
    """The condition on a row of `executions`: it is one of those chosen of what the filters let through."""
    return f"({_CHOSEN.strip()})"
