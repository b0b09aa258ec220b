"""A place of an audit and a place of a program are the same by file, line, stack or function."""

import pytest

from longpole.analysis.code_places import (
    FoundPlace,
    Places,
    RanBy,
    RecordedPlace,
    common_parts,
    is_same_function,
    stack_places,
)

RETRY = FoundPlace("shop/retry.py", 10, 14, "Retry.call")


def met(place: RecordedPlace, *found: FoundPlace) -> dict[int, RanBy]:
    return dict(Places(found or (RETRY,)).met_by(place))


@pytest.mark.parametrize("line", [10, 14])
def test_a_line_of_the_finding_is_the_place(line: int) -> None:
    assert met(RecordedPlace("/srv/shop/retry.py", line, None)) == {0: RanBy.LINE}


@pytest.mark.parametrize("line", [9, 15, None])
def test_another_line_of_the_same_function_shows_that_the_function_ran(line: int | None) -> None:
    assert met(RecordedPlace("/srv/shop/retry.py", line, "Retry.call")) == {0: RanBy.FUNCTION}
    assert met(RecordedPlace("/srv/shop/retry.py", line, "Retry.other")) == {}


def test_a_block_elsewhere_in_the_function_says_nothing_of_this_place() -> None:
    assert met(RecordedPlace("/srv/shop/retry.py", 20, "Retry.call", is_block=True)) == {}


def test_a_line_on_the_stack_is_the_place() -> None:
    stack = (("/srv/main.py", 1), ("/srv/shop/retry.py", 12))
    assert met(RecordedPlace("/srv/shop/sleep.py", 3, "nap", is_block=True, stack=stack)) == {0: RanBy.STACK}


def test_of_files_with_the_same_name_the_one_with_most_in_common_is_meant() -> None:
    found = (FoundPlace("a/shop/retry.py", 1, 9, "f"), FoundPlace("b/shop/retry.py", 1, 9, "f"))
    assert met(RecordedPlace("/srv/b/shop/retry.py", 5, "f"), *found) == {1: RanBy.LINE}
    assert met(RecordedPlace("/lib/other/retry.py", 5, "f"), *found) == {}


def test_paths_of_windows_are_read() -> None:
    assert common_parts("shop/retry.py", "C:\\srv\\shop\\retry.py") == 2


def test_a_program_may_tell_its_module_with_the_function() -> None:
    assert is_same_function("Retry.call", "shop.retry.Retry.call")
    assert not is_same_function("call", "recall")
    assert not is_same_function("<module>", "<module>")
    assert not is_same_function("call", None)


def test_a_stack_is_read_as_python_prints_it() -> None:
    text = '  File "/srv/a.py", line 3, in main\n  File "/srv/my shop/b.py", line 41, in Shop.<locals>.sell'
    assert stack_places(text) == (("/srv/a.py", 3), ("/srv/my shop/b.py", 41))
    assert stack_places(None) == ()
