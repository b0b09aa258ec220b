"""A method of somebody else's class, replaced by ours and put back: what our own hooks are made of."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any


class Replacement:
    """Replaces one attribute of a class or module.

    Args:
        owner: where it stands.
        name: of the attribute.
        wrap: given the original, gives what stands in its place. It gets a second argument, a function that tells
            whether the replacement is still wanted: somebody may hold ours after we have taken it away.
    """

    def __init__(self, owner: Any, name: str, wrap: Callable[[Any, Callable[[], bool]], Any]) -> None:
        self._owner = owner
        self._name = name
        self._is_wanted = True
        self._is_inherited = name not in vars(owner)
        original = getattr(owner, name)
        self._put_back = vars(owner).get(name)  # of a class method not the one that is bound to this very class
        self._own = wrap(original, lambda: self._is_wanted)
        update_wrapper(getattr(self._own, "__func__", self._own), original)  # a class method holds a function
        setattr(owner, name, self._own)

    def remove(self) -> None:
        """Puts the original back; if somebody has wrapped ours meanwhile, ours stays and only passes on."""
        self._is_wanted = False
        if vars(self._owner).get(self._name) is not self._own:
            return
        if self._is_inherited:
            delattr(self._owner, self._name)
        else:
            setattr(self._owner, self._name, self._put_back)


class Replacements:
    """The replacements of one hook: none or all."""

    def __init__(self) -> None:
        self._made: list[Replacement] = []

    @property
    def is_on(self) -> bool:
        """Whether they stand."""
        return bool(self._made)

    def add(self, owner: Any, name: str, wrap: Callable[[Any, Callable[[], bool]], Any]) -> None:
        """Makes one more."""
        self._made.append(Replacement(owner, name, wrap))

    def remove(self) -> None:
        """Takes all away, the latest first."""
        while self._made:
            self._made.pop().remove()
