"""The screen of `longpole watch`: what runs, the tree of the chosen execution, what happens. It only draws and asks.

It is calm: one look at most every 300 ms, a second between two when nothing happens, and only what changed is drawn
again. The colours are the terminal's own, so that it suits a light and a dark one.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from time import monotonic
from typing import ClassVar, TypeVar

from rich.console import Group, RenderableType
from rich.text import Text
from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from longpole.cli.draw import Harmless, muted
from longpole.cli.draw_watch import draw_chosen, draw_events, draw_executions, first_line, room_for, so_far_ns
from longpole.cli.outline import outline
from longpole.client.live_feed import FeedState, Frame, LiveFeed
from longpole.client.over_http import HttpDoor
from longpole.client.watching import STATUS_CHOICES, Look, Watcher
from longpole.model.errors import LongpoleError
from longpole.reports.live_views import LiveEvent
from longpole.reports.numbers import counted

QUIET_S = 1.0
"""A look is made so often when nothing happens, for what is told by no event."""

GAP_S = 0.3
MOST_EVENTS = 500
WIDE = 140
"""Columns from which the tree stands beside the executions and not below them."""

_EXECUTIONS = {"running": "running execution", "failed": "failed execution", "all": "execution"}
_FEED_WORDS = {
    "live": ("● live", "green"),
    "connecting": ("… connecting", "yellow"),
    "lost": ("✗ events lost, trying again", "red"),
    "refused": ("○ every second", "yellow"),
}

HELP = """\
j k ↓ ↑   the next, the one before
enter     the tree on the whole screen, and back
a         only one agent: the next of them, then all again
s         what runs, what failed, all
?         this page, and back
q         leave

! marks what takes longer than 95 of 100 executions of its agent did in the last week (usual: p50, p95). ◷ waits, → \
has called. Steps: how many have ended, of how many that are known. Tokens are those of all that it called; – is none, \
and what a client did not tell is unknown."""


class Seen(Message):
    """A look has been made."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look


class NotSeen(Message):
    """Nobody answered."""

    def __init__(self, why: str) -> None:
        super().__init__()
        self.why = why


class Heard(Message):
    """Events have come."""

    def __init__(self, frame: Frame) -> None:
        super().__init__()
        self.frame = frame


class Connection(Message):
    """The live door is heard, or is not."""

    def __init__(self, state: FeedState, why: str) -> None:
        super().__init__()
        self.state: FeedState = state
        self.why = why


class Drawing(Widget):
    """A place for a drawing that is made for its size."""

    def __init__(self, draw: Callable[[int, int], RenderableType], name: str) -> None:
        """Draws nothing yet.

        Args:
            draw: gives the drawing for so many columns and lines.
            name: its id.
        """
        super().__init__(id=name)
        self._draw = draw

    def render(self) -> RenderableType:
        """The drawing as it is now."""
        return Harmless(self._draw(self.content_size.width, self.content_size.height))


class WatchScreen(App[None]):
    """The application. `agent` and `status` are what is watched, `chosen` the execution whose tree is shown."""

    CSS = """
    Screen { layout: vertical; }
    #head, #foot { height: 1; }
    #body { height: 1fr; layout: vertical; }
    #rows { height: 2fr; }
    #tree { height: 3fr; border-top: solid ansi_bright_black; }
    #happened { height: 6; border-top: solid ansi_bright_black; }
    .wide #body { layout: horizontal; }
    .wide #rows { width: 3fr; height: 100%; }
    .wide #tree { width: 2fr; height: 100%; border-top: none; border-left: solid ansi_bright_black; padding-left: 1; }
    .wide #happened { height: 9; }
    .whole #rows, .whole #happened { display: none; }
    .whole #tree { border: none; padding: 0; width: 1fr; height: 1fr; }
    #help { display: none; height: 1fr; padding: 1 2; }
    .helping #help { display: block; }
    .helping #body, .helping #happened { display: none; }
    """
    TITLE = "longpole watch"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "move(1)", "next"),
        Binding("k,up", "move(-1)", "before"),
        Binding("enter", "whole", "tree"),
        Binding("escape", "list", "back"),
        Binding("a", "agent", "agent"),
        Binding("s", "status", "status"),
        Binding("question_mark", "help", "help"),
        Binding("q", "quit", "leave"),
    ]

    agent: reactive[str | None] = reactive(None)
    status: reactive[str] = reactive("running")
    chosen: reactive[str | None] = reactive(None)

    def __init__(self, door: HttpDoor, *, agent: str | None, workspace: str | None, status: str) -> None:
        """Asks and hears nothing before it runs.

        Args:
            door: the server.
            agent: only this agent at first.
            workspace: only this workspace.
            status: one of `STATUS_CHOICES` at first.
        """
        super().__init__()
        self._door = door
        self._workspace = workspace
        self.set_reactive(WatchScreen.agent, agent)
        self.set_reactive(WatchScreen.status, status)
        self._look: Look | None = None
        self._trouble: tuple[str, str] | None = None  # since when, why
        self._feed_state: FeedState = "connecting"
        self._happened: deque[LiveEvent] = deque(maxlen=MOST_EVENTS)
        self._top: int | None = None
        self._wanted = threading.Event()
        self._ended = threading.Event()
        self._feed: LiveFeed | None = None

    def compose(self) -> ComposeResult:
        """Head, executions and tree, events, foot."""
        yield Drawing(self._head, "head")
        with Container(id="body"):
            yield Drawing(self._rows, "rows")
            yield Drawing(self._tree, "tree")
        yield Drawing(self._events, "happened")
        yield Drawing(lambda _width, _lines: Text(HELP), "help")
        yield Drawing(self._foot, "foot")

    def on_mount(self) -> None:
        """Begin to ask and to listen."""
        self.theme = "ansi-dark"  # the terminal's own colours, whether it is dark or not
        scope = [] if self._workspace is None else [("workspace", self._workspace)]
        self._feed = LiveFeed(
            self._door,
            scope,
            heard=lambda frame: self._tell(Heard(frame)),
            changed=lambda state, why: self._tell(Connection(state, why)),
        )
        self._feed.start()
        threading.Thread(target=self._ask, name="longpole-watch", daemon=True).start()
        self.set_interval(QUIET_S, self._draw_again)

    def on_unmount(self) -> None:
        """End both threads."""
        self._ended.set()
        self._wanted.set()
        if self._feed is not None:
            self._feed.close()

    # In threads of their own

    def _tell(self, message: Message) -> None:
        if not self._ended.is_set():
            self.post_message(message)

    def _ask(self) -> None:
        watcher = Watcher(self._door)
        while not self._ended.is_set():
            self._wanted.clear()
            try:
                look = watcher.look(agent=self.agent, workspace=self._workspace, status=self.status, chosen=self.chosen)
            except LongpoleError as error:
                self._tell(NotSeen(str(error)))
            else:
                self._tell(Seen(look))
            self._ended.wait(GAP_S)
            self._wanted.wait(QUIET_S)

    # What comes

    def on_seen(self, message: Seen) -> None:
        """Show it; the chosen execution stays chosen, or what took its place in the list."""
        before, self._look, self._trouble = self._look, message.look, None
        ids = _ids(self._look)
        if self.chosen not in ids and not self._is_whole:
            old = _ids(before)
            place = old.index(self.chosen) if self.chosen in old else 0
            self.chosen = ids[min(place, len(ids) - 1)] if ids else None
        self._draw_again()

    def on_not_seen(self, message: NotSeen) -> None:
        """Keep what was seen last and say that it is old."""
        since = self._trouble[0] if self._trouble else f"{datetime.now(UTC):%H:%M:%S}"
        self._trouble = (since, message.why)
        self._draw_again()

    def on_heard(self, message: Heard) -> None:
        """Show the events and look again soon."""
        shown = [event for event in message.frame.events if self.agent in (None, event.agent)]
        self._happened.extend(shown)
        self._wanted.set()
        if shown:
            self.query_one("#happened").refresh()

    def on_connection(self, message: Connection) -> None:
        """Say whether events are heard."""
        self._feed_state = message.state
        self._draw_again()

    # Keys

    def action_move(self, by: int) -> None:
        """Choose another execution, or move the tree where it has the whole screen."""
        if self._is_whole:
            self._top = self._first_line() + by
        elif ids := _ids(self._look):
            place = ids.index(self.chosen) if self.chosen in ids else 0
            self.chosen = ids[min(max(place + by, 0), len(ids) - 1)]
            self._wanted.set()
        self._draw_again()

    def action_whole(self) -> None:
        """The tree on the whole screen, and back."""
        self._top = None
        self.screen.toggle_class("whole")

    def action_list(self) -> None:
        """Back to the list."""
        self._top = None
        self.screen.remove_class("whole", "helping")

    def action_help(self) -> None:
        """What the keys do, and back."""
        self.screen.toggle_class("helping")

    def action_agent(self) -> None:
        """The next agent, after the last one all."""
        choices: list[str | None] = [None, *(self._look.agents if self._look else ())]
        self.agent = _next(choices, self.agent)
        self._changed_filter()

    def action_status(self) -> None:
        """The next of what can be watched."""
        self.status = _next(list(STATUS_CHOICES), self.status)
        self._changed_filter()

    def on_resize(self, event: events.Resize) -> None:
        """Side by side where there is room."""
        self.screen.set_class(event.size.width >= WIDE, "wide")
        self._draw_again()

    def _changed_filter(self) -> None:
        self._look = None
        self._wanted.set()
        self._draw_again()

    # Drawings

    @property
    def _is_whole(self) -> bool:
        return self.screen.has_class("whole")

    def _draw_again(self) -> None:
        for name in ("head", "rows", "tree", "happened"):
            for widget in self.query(f"#{name}"):
                widget.refresh()

    def _head(self, _width: int, _lines: int) -> RenderableType:
        text = Text("longpole watch", style="bold", no_wrap=True, overflow="ellipsis")
        if self._trouble:
            text.append(f"  ✗ no answer since {self._trouble[0]} UTC, trying again", "bold red")
        else:
            words, style = _FEED_WORDS[self._feed_state]
            text.append(f"  {words}", f"not bold {style}")
        if self._look is not None:
            text.append(f"  {counted(len(self._look.rows), _EXECUTIONS[self.status])}", "not bold")
        if self.agent:
            text.append(f"  only {self.agent}", "not bold magenta")
        return text.append(f"  {self._door.url}", "not bold dim")

    def _rows(self, _width: int, lines: int) -> RenderableType:
        if self._trouble and (self._look is None or not self._look.rows):
            return Text(self._trouble[1], style="red")
        if self._look is None:
            return muted("Looking…")
        if not self._look.rows:
            return self._nothing()
        top = [] if self._look.bottleneck is None else [_line(self._look.bottleneck)]
        table = draw_executions(self._look, chosen=self.chosen, now_s=self._now_s(), lines=lines - len(top))
        return Group(*top, table)

    def _nothing(self) -> Text:
        what = {"running": "Nothing runs now", "failed": "Nothing has failed"}.get(self.status, "Nothing has run yet")
        whose = f" of the agent {self.agent}" if self.agent else ""
        cure = {"running": " Start an agent; or press s to see what has ended."}.get(self.status, "")
        return Text(f"{what}{whose}.{cure}")

    def _first_line(self) -> int:
        """Of the tree on the whole screen, the line that is at the top now."""
        tree = self._look.tree if self._look else None
        if tree is None:
            return 0
        rows, room = outline(tree, fold=True), room_for(tree, self.query_one("#tree").content_size.height)
        return first_line(rows, room) if self._top is None else min(max(0, self._top), max(0, len(rows) - room))

    def _so_far_ns(self) -> int | None:
        if self._look is None:
            return None
        passed_ns = round((self._now_s() - self._look.looked_s) * 1e9)
        return next(
            (so_far_ns(row, passed_ns) for row in self._look.rows if row.item.execution_id == self.chosen), None
        )

    def _now_s(self) -> float:
        """Of a server that does not answer nothing is known to go on."""
        return self._look.looked_s if self._trouble and self._look else monotonic()

    def _tree(self, _width: int, lines: int) -> RenderableType:
        tree = self._look.tree if self._look else None
        if tree is None or tree.execution.execution_id != self.chosen:
            return muted("" if self.chosen is None else "Asking for its tree…")
        return draw_chosen(tree, lines=lines, so_far_ns=self._so_far_ns(), top=self._top)

    def _events(self, _width: int, lines: int) -> RenderableType:
        if self._feed_state == "refused" and not self._happened:
            return muted("The server tells no events (its setting realtime is off). The rest is asked every second.")
        return draw_events(list(self._happened), lines=lines)

    def _foot(self, _width: int, _lines: int) -> RenderableType:
        keys = (("j k", "choose"), ("enter", "tree"), ("a", "agent"), ("s", "status"), ("?", "help"), ("q", "leave"))
        text = Text(no_wrap=True, overflow="ellipsis")
        for key, what in keys:
            text.append(f"{key} ", "bold").append(f"{what}   ", "dim")
        return text


def _line(words: str) -> Text:
    return Text(words, style="yellow", no_wrap=True, overflow="ellipsis")


def _ids(look: Look | None) -> list[str]:
    return [] if look is None else [row.item.execution_id for row in look.rows]


_Choice = TypeVar("_Choice")


def _next(every: Sequence[_Choice], now: _Choice) -> _Choice:
    return every[(every.index(now) + 1) % len(every)] if now in every else every[0]
