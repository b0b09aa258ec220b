"""A recorder that is on, as the tests of `record` have it."""

from unit.record.conftest import own_records, own_warnings, record_with, recorded

__all__ = ["own_records", "own_warnings", "record_with", "recorded"]
