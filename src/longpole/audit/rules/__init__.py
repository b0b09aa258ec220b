"""The rules by code. Each has a file of its own, whose docstring is the page that `longpole audit --explain` shows."""

from longpole.audit.rule import Rule
from longpole.audit.rules import (
    awaited_monitoring,
    blocking_call,
    blocking_helper,
    client_per_call,
    copy_by_serialising,
    eager_log,
    executor_per_call,
    key_per_request,
    notification_per_item,
    persistence_per_item,
    repeated_pass,
    repeated_validation,
    sequential_await,
    size_by_serialising,
    validated_assignment,
)

_MODULES = (
    *(awaited_monitoring, blocking_call, blocking_helper, client_per_call, copy_by_serialising, eager_log),
    *(executor_per_call, key_per_request, notification_per_item, persistence_per_item, repeated_pass),
    *(repeated_validation, sequential_await, size_by_serialising, validated_assignment),
)

RULES: dict[str, Rule] = {rule.code: rule for rule in sorted((one.RULE for one in _MODULES), key=lambda one: one.code)}
"""Every rule, in the order of the codes."""
