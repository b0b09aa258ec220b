"""A sign in a notebook that an answer takes long: a bar that moves by itself, from two seconds on until it comes.

It is the browser's own progress bar, which moves while Python waits. The one of rich needs ipywidgets in a notebook.
"""

from contextvars import copy_context
from importlib import import_module
from threading import Timer
from typing import Any

from longpole.settings import is_notebook

AFTER_S = 2.0
_BAR = '<div class="longpole"><progress></progress> {text}</div>'


class WaitingSign:
    """Around what may take long. Shows nothing outside of notebooks, and nothing of what is quick."""

    def __init__(self, text: str) -> None:
        """Nothing is shown yet.

        Args:
            text: what is waited for, as HTML.
        """
        self._text = text
        self._shown: Any = None
        self._timer: Timer | None = None

    def __enter__(self) -> "WaitingSign":
        if is_notebook():
            self._timer = Timer(AFTER_S, copy_context().run, (self._show,))
            self._timer.daemon = True
            self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._timer is None:
            return
        self._timer.cancel()
        self._timer.join()  # what it shows is to be taken away
        if self._shown is not None:
            self._shown.update({"text/html": ""}, raw=True)

    def _show(self) -> None:
        display: Any = import_module("IPython.display").display
        self._shown = display({"text/html": _BAR.format(text=self._text)}, raw=True, display_id=True)
