"""A long list is a list that goes in parts."""

import weakref

from longpole.model.long_list import AT_ONCE, LongList


class Thing:
    """Something whose end can be seen."""


def test_its_items_go_with_it_the_last_ones_first() -> None:
    gone: list[int] = []
    things: LongList[Thing] = LongList(Thing() for _ in range(AT_ONCE + 3))
    watches = [weakref.ref(each, lambda _, at=at: gone.append(at)) for at, each in enumerate(things)]
    del things
    assert len(gone) == len(watches)
    assert set(gone[:AT_ONCE]) == set(range(3, AT_ONCE + 3))


def test_it_is_equal_to_a_list() -> None:
    assert LongList((1, 2)) == [1, 2]
