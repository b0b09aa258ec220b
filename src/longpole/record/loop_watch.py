"""`watch_loop`: finds what makes an event loop stand still, and charges it to the step that did.

A thread looks at the loop a few times per threshold. As long as the loop turns, a look is a few clock readings; only
where it stands does the thread look at the stack. Nothing is put into the loop itself but two clock readings a turn.
"""

import asyncio
import functools
import gc
import os
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from typing import Any

from longpole.model.clock import steady_ns
from longpole.record.loop_allowance import FIRST_NS, SAVED_NS, SHARE, Allowance, share_of
from longpole.record.loop_block import Block, Reading, was_held
from longpole.record.loop_sample import take_sample
from longpole.record.loop_turns import Turns, watch_turns
from longpole.record.recorder import recorder
from longpole.record.switch_interval import switch_interval
from longpole.record.trouble import complain

LOOKS_PER_THRESHOLD = 1.7  # a look costs 45 us, two thirds of it for waking up
LOOKS_PER_READING = 8  # of an idle loop; reading the clocks costs 30 us
# When a callback that runs is looked at again: after the threshold, and then it is told at once. Below 30 ms earlier: a
# thread that computes keeps the watcher away for 5 ms, and the block would be over.
SURE_SHARE, SURE_FROM_NS = 0.7, 30_000_000
# A callback is charged if it was seen to run for a quarter of the threshold: a single look may meet any of many.
SEEN_SHARE = 4
SOON_NS = 200_000
KEPT_AWAY_NS = 6_000_000  # more than the 5 ms for which a thread that computes keeps the interpreter
SMALLEST_MS, DEFAULT_MS, LARGEST_MS = 2.0, 50.0, 3_600_000.0
QUIET_LOOKS = 64  # of an idle loop; then the thread sleeps until the loop turns
OPEN_AFTER_NS = 1_000_000_000
OFF_PAUSE_S = 0.5
SHORTEST_GC_NS = 1_000_000


class LoopWatch:
    """What `watch_loop` gives: counts, and `stop()`.

    Attributes:
        blocks: how often the loop stood because of the program.
        not_scheduled: how often it stood because the machine gave this process no time; no step is charged.
        crowded: turns that took long though no callback in them did.
        unsampled: blocks that nobody could look at, because the interpreter was held all the time, or because looking
            at others had taken `cpu_share`.
        cpu_share: how much of one core the watching thread may take.
        left_out: steps that waited and are not marked, because more than 500 waited at once.
        cpu_ns: CPU of the watching thread, for all watched loops.
    """

    def __init__(self, threshold_ms: float) -> None:
        # In this order, so that what is no number at all gives the smallest.
        self.threshold_ns = round(min(max(SMALLEST_MS, threshold_ms), LARGEST_MS) * 1e6)
        self.pause_ns = round(self.threshold_ns / LOOKS_PER_THRESHOLD)
        self.cpu_share = share_of(self.threshold_ns, round(DEFAULT_MS * 1e6))
        self.blocks = self.not_scheduled = self.crowded = self.unsampled = self.left_out = 0
        self.is_on = True

    @property
    def cpu_ns(self) -> int:
        """CPU of the watching thread so far."""
        return _watcher.cpu_ns

    def stop(self) -> None:
        """Ends the watching. From any thread, any number of times."""
        self.is_on = False
        _watcher.remove(self)


def watch_loop(threshold_ms: float = DEFAULT_MS, loop: asyncio.AbstractEventLoop | None = None) -> LoopWatch:
    """Watches event loops: what makes one stand for longer than the threshold becomes a step of its own.

    The step has the category `blocked_loop`, the name of the place such as `time.sleep in load_profile (app.py:42)`,
    and stands below the step that caused it. The open steps of other tasks of the loop get the event
    `longpole.loop_blocked` and the sum of these times as attribute `longpole.loop_blocked_ns`.

    Costs less than 1 % of a CPU at the default threshold: the watching thread ends at 0.9 %, and counts the blocks that
    it could not look at for that (`unsampled`). At once it may take 4 ms after a quiet time, 20 ms at the beginning.
    At half the threshold it may take twice as much. Usual is 0.2 to 0.4 % while nothing blocks
    (docs/reference/performance.md).
    Each turn of the loop costs 0.3 us. Works with asyncio's loops and with uvloop. With a threshold below 20 ms the
    interpreter's switch interval (`sys.setswitchinterval`) is a quarter of it for as long as the watch runs.

    Args:
        threshold_ms: from how many milliseconds a standstill is told; at least 2.
        loop: the loop to watch. Without it the one that runs here; where none does, every loop that starts from now on.
    """
    watch = LoopWatch(threshold_ms)
    running = asyncio._get_running_loop()  # pyright: ignore[reportPrivateUsage] - get_running_loop raises without one
    if loop is None and running is None:
        _watcher.add_for_all(watch)
    elif loop is None or loop is running:
        _watcher.attach(running, watch)
    else:
        try:
            loop.call_soon_threadsafe(_watcher.attach, loop, watch)
        except RuntimeError as error:  # it is closed
            complain("loop_watch", error)
    return watch


class _Watched:
    """A loop, its thread, and what was seen at the last look."""

    def __init__(self, loop: Any, watch: LoopWatch, turns: Turns) -> None:
        self.loop = loop
        self.watch = watch
        self.turns = turns
        self.thread = threading.get_ident()
        self.idle_looks = 0
        self.due_ns = steady_ns()  # when the next look is
        self._seen_enough_ns = watch.threshold_ns // SEEN_SHARE
        is_long = watch.threshold_ns >= SURE_FROM_NS
        self._sure_ns = watch.threshold_ns if is_long else round(watch.threshold_ns * SURE_SHARE)
        self._schedstat = _open_schedstat()
        self._clock = None if self._schedstat is not None else _thread_clock(self.thread)
        self._since: int | None = None
        self._late_ns = 0  # by how much this look came after it was due
        self._unread = 0  # looks of an idle loop until the clocks are read again
        self._readings = [self._read(self.due_ns)]  # the last one before the turn, and those in it
        self._block: Block | None = None
        self._seen: tuple[int, int] = (0, 0)  # which callback runs, and since when it was seen to
        self._told: set[int] = set()
        self._put_off_ns = -1  # when it was last said that nothing may be looked at

    def put_off(self, now: int, until: int) -> None:
        """Look at nothing until then."""
        self._put_off_ns = now
        self.due_ns = max(self.due_ns, until)

    def look(self) -> None:
        """One look at the loop, which says when the next one is due."""
        now = steady_ns()
        self._late_ns = max(now - self.due_ns, 0)
        since = self.turns.busy_since(now)
        if since != self._since:
            self._leave_turn()
            self._since = since
        if since is not None and not self.loop.is_running():
            self.turns.rest(now)
            since = self._since = None
        if since is None:
            self._look_at_idle(now)
            return
        self.idle_looks = 0
        if now - since < self._seen_enough_ns:  # it has only just begun: who runs is enough, and costs less
            self._see(id(asyncio.current_task(self.loop) or self), now)
            self._come_again(now, since)
            self._readings.append(self._read(now))
        else:
            self._sample(now, since)

    def _look_at_idle(self, now: int) -> None:
        self.idle_looks += 1
        self.due_ns = now + self.watch.pause_ns
        self._unread -= 1
        if self._unread < 0:
            before, last = self._readings[-1], self._read(now)
            self._readings = [last]
            # On a busy machine every time: what it took from this thread has to be told from a block.
            is_held_up = 50 * (last.waiting_ns - before.waiting_ns) > now - before.time_ns
            self._unread = 0 if is_held_up else LOOKS_PER_READING - 1

    def forget(self) -> None:
        """Leaves the loop as it was. A block that lasted until the loop itself ended has ended with it."""
        self._leave_turn()
        self.turns.remove()
        if self._schedstat is not None:
            os.close(self._schedstat)
            self._schedstat = None

    def _sample(self, now: int, since: int) -> None:
        block = self._block
        knows = block.key if block is not None and now - block.looked_ns < self.watch.threshold_ns else None
        sample = take_sample(self.loop, self.thread, now, knows=knows)
        has_turned = self.turns.busy_since(now) != since
        # Not before: it lets the loop's thread go on, and a thread that computes lets nobody in for 5 ms.
        self._readings.append(self._read(now))
        self.due_ns = now + self.watch.pause_ns
        if sample is None or has_turned:
            return
        if block is not None and block.key != sample.key:
            self._close(block, (block.samples[-1].time_ns + now) // 2)
            since = (block.samples[-1].time_ns + now) // 2
            block = None
        is_held = was_held(self._late_ns, *self._readings[-2:])
        self._see(sample.key, now - self._late_ns if is_held else now)
        if block is None:
            block = self._block = Block(since, sample, self._readings[:-1], self.watch.threshold_ns)
        block.add(sample, self._readings[-1], min(max(self._late_ns - self.watch.pause_ns, 0), now - since))
        lasted = now - block.started_ns
        if not self._has_seen_enough(now):
            self._come_again(now, since)
            return
        block.meet(self.loop)
        if lasted >= self.watch.threshold_ns:
            block.tell(now)
        if lasted >= OPEN_AFTER_NS:
            block.open_step(now)
        self.due_ns = now + max(self.watch.pause_ns, lasted)
        self.turns.is_asleep = True

    def _see(self, key: int, now: int) -> None:
        if key != self._seen[0]:
            self._seen = key, now

    def _has_seen_enough(self, now: int) -> bool:
        return now - self._seen[1] >= self._seen_enough_ns - SOON_NS

    def _come_again(self, now: int, since: int) -> None:
        """As soon as the callback that was seen now will have run for long enough, if it goes on.

        Where it computes, the next look will come as late as this one.
        """
        self.due_ns = max(now + max(self._seen_enough_ns - self._late_ns, SOON_NS), since + self._sure_ns)

    def _leave_turn(self) -> None:
        """The loop has turned: the block that was seen in the turn has ended, perhaps others that nobody saw."""
        block, self._block = self._block, None
        self.turns.is_asleep = False
        while self.turns.long_turns:
            start, end = self.turns.long_turns.popleft()
            if block is not None and start <= block.started_ns <= end:
                was_told = self._close(block, end)
                if not was_told and start not in self._told:
                    # Put off meanwhile, nobody knows whether it was one callback or many.
                    self.watch.unsampled += self._put_off_ns >= start
                    self.watch.crowded += self._put_off_ns < start
                block = None
            elif start not in self._told:
                self.watch.unsampled += 1
        self._told.clear()
        if block is not None and block.is_told:
            self._close(block, steady_ns())
        self._seen = (0, 0)
        del self._readings[:-1]

    def _close(self, block: Block, ended_ns: int) -> bool:
        """Ends a block; whether it was long enough to be told, and seen for long enough to be charged."""
        if ended_ns - block.started_ns < self.watch.threshold_ns:
            return False
        would_have_seen = self._late_ns > KEPT_AWAY_NS and self.due_ns <= ended_ns
        if not would_have_seen and not self._has_seen_enough(block.samples[-1].time_ns):
            return False
        block.meet(self.loop)
        ended_ns = block.narrow(ended_ns)
        if ended_ns - block.started_ns < self.watch.threshold_ns and not block.is_told:
            return False
        self._readings.append(self._read(steady_ns()))
        cause = block.close(ended_ns, self._readings[-1], _gc_ns(self.thread, block.started_ns, ended_ns))
        if cause == "not_scheduled":
            self.watch.not_scheduled += 1
        else:
            self.watch.blocks += 1
        self.watch.left_out += block.left_out
        if self._since is not None:
            self._told.add(self._since)
        return True

    def _read(self, now: int) -> Reading:
        if self._schedstat is not None:
            cpu, waiting = map(int, os.pread(self._schedstat, 80, 0).split()[:2])
        else:
            cpu, waiting = 0 if self._clock is None else time.clock_gettime_ns(self._clock), 0
        return Reading(now, cpu, waiting, time.process_time_ns(), self._late_ns > self.watch.threshold_ns)


class _Watcher:
    """The thread, and all loops that it looks at."""

    def __init__(self) -> None:
        self.cpu_ns = 0
        self._lock = threading.RLock()
        self._watched: dict[int, _Watched] = {}
        self._share = SHARE
        self._for_all: LoopWatch | None = None
        self._bell = threading.Lock()  # locked while nothing has happened; a third cheaper to wait for than an event
        self._thread: threading.Thread | None = None

    def attach(self, loop: Any, watch: LoopWatch) -> None:
        """Begins with a loop; in the loop's own thread."""
        with self._lock:
            if not watch.is_on:
                return
            self.detach(loop)
            watched = _Watched(loop, watch, watch_turns(loop, watch.threshold_ns, self._ring))
            self._watch({**self._watched, id(loop): watched})
            if self._thread is None or not self._thread.is_alive():
                gc.callbacks.append(_on_gc)
                self._thread = threading.Thread(target=self._run, name="longpole-loop-watch", daemon=True)
                self._thread.start()
        self._ring()

    def detach(self, loop: Any) -> None:
        """Ends with a loop."""
        with self._lock:
            watched = self._watched.get(id(loop))
            if watched is not None:
                self._watch({key: each for key, each in self._watched.items() if each is not watched})
                watched.forget()
                self._ring()

    def _watch(self, watched: dict[int, _Watched]) -> None:
        self._watched = watched
        self._share = max((each.watch.cpu_share for each in watched.values()), default=SHARE)
        switch_interval.fit(min((each.watch.threshold_ns for each in watched.values()), default=None))

    def add_for_all(self, watch: LoopWatch) -> None:
        """Watches every loop that starts from now on."""
        with self._lock:
            self._for_all = watch
            _hook_starts()

    def remove(self, watch: LoopWatch) -> None:
        """Ends everything that belongs to a watch."""
        with self._lock:
            if self._for_all is watch:
                self._for_all = None
                _unhook_starts()
            for watched in list(self._watched.values()):
                if watched.watch is watch:
                    self.detach(watched.loop)
        self._ring()

    def loop_changed(self, before: Any, loop: Any) -> None:
        """A loop starts or ends in this thread."""
        watch = self._for_all
        if watch is None:
            return
        if loop is not None and id(loop) not in self._watched:
            self.attach(loop, watch)
        elif loop is None and before is not None:
            watched = self._watched.get(id(before))
            if watched is not None and watched.watch is watch:
                self.detach(before)

    def has_for_all(self) -> bool:
        """Whether loops that start are to be watched."""
        return self._for_all is not None

    def _run(self) -> None:
        before = self.cpu_ns
        allowance = Allowance(steady_ns(), before, saved_ns=SAVED_NS if before else FIRST_NS)
        while self._watched:
            if not recorder.is_on:
                self._rest(OFF_PAUSE_S)
                continue
            soon, due_ns, idle_looks, stands = steady_ns() + SOON_NS, sys.maxsize, QUIET_LOOKS, False
            for watched in self._watched.values():
                if watched.due_ns <= soon or watched.turns.long_turns:
                    self._look(watched)
                due_ns = min(due_ns, watched.due_ns)
                idle_looks = min(idle_looks, watched.idle_looks)
                stands = stands or watched.turns.is_asleep
            self.cpu_ns = recorder.watching_ns = before + time.thread_time_ns()
            if put_off_ns := allowance.pause_ns(steady_ns(), self.cpu_ns, share=self._share):
                self._put_off(put_off_ns)
            elif idle_looks >= QUIET_LOOKS and self._all_sleep():
                self._rest(-1)
            elif (pause_ns := due_ns - steady_ns()) > 0:  # else not even for nothing: it may cost 5 ms, see `_sample`
                if stands:
                    self._rest(pause_ns / 1e9)
                else:
                    time.sleep(pause_ns / 1e9)  # a third cheaper than waiting for the event
        gc.callbacks.remove(_on_gc)

    def _put_off(self, pause_ns: int) -> None:
        """Look at nothing for so long; what blocks meanwhile is counted by the loops themselves, and not explained."""
        now = steady_ns()
        for watched in self._watched.values():
            watched.put_off(now, now + pause_ns)
        time.sleep(pause_ns / 1e9)

    def _rest(self, seconds: float) -> None:
        self._bell.acquire(timeout=seconds)

    def _ring(self) -> None:
        with suppress(RuntimeError):  # it has been rung, and nobody has heard it yet
            self._bell.release()

    def _look(self, watched: _Watched) -> None:
        try:
            with self._lock:
                if self._watched.get(id(watched.loop)) is watched:
                    watched.look()
        except Exception as error:  # a look that fails must not end the thread
            watched.due_ns = steady_ns() + watched.watch.pause_ns
            complain("loop_watch", error)

    def _all_sleep(self) -> bool:
        """Whether all loops wait, and will call when they do not any more."""
        loops = list(self._watched.values())
        for each in loops:
            each.idle_looks = 0
            if each.loop.is_closed():
                self.detach(each.loop)
                return False
        if not all(each.turns.can_wake for each in loops):
            return False
        for each in loops:
            each.turns.is_asleep = True
        now = steady_ns()
        if all(each.turns.busy_since(now) is None for each in loops):
            return True
        for each in loops:
            each.turns.is_asleep = False
        return False


_MARK = "longpole_wrapper"
_watcher = _Watcher()
_gc_started: dict[int, int] = {}
_gc_pauses: deque[tuple[int, int, int]] = deque(maxlen=64)


def _on_gc(phase: str, _: dict[str, Any]) -> None:
    """Notes pauses of the garbage collector with their thread; the short ones of the young generations are dropped."""
    thread = threading.get_ident()
    if phase == "start":
        _gc_started[thread] = steady_ns()
        return
    now, started = steady_ns(), _gc_started.pop(thread, None)
    if started is not None and now - started >= SHORTEST_GC_NS:
        _gc_pauses.append((thread, started, now))


def _gc_ns(thread: int, start: int, end: int) -> int:
    return sum(max(min(to, end) - max(since, start), 0) for at, since, to in list(_gc_pauses) if at == thread)


def _thread_clock(thread: int) -> int | None:
    """The CPU clock of a thread; asked for in that thread, because a dead one's cannot be. Not on every system."""
    get_clock = getattr(time, "pthread_getcpuclockid", None)
    return None if get_clock is None else get_clock(thread)


def _open_schedstat() -> int | None:
    """Linux tells how long this thread ran, and was ready to run and did not; elsewhere the second is unknown."""
    try:
        return os.open(f"/proc/self/task/{threading.get_native_id()}/schedstat", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None


_set_running_loop = asyncio.events._set_running_loop  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue]


def _longpole_set_running_loop(loop: Any) -> None:
    """Every loop calls this when it begins and ends to run: asyncio's own, and uvloop's if imported later."""
    before = asyncio._get_running_loop()  # pyright: ignore[reportPrivateUsage]
    _set_running_loop(loop)
    try:
        _watcher.loop_changed(before, loop)
    except Exception as error:
        complain("loop_watch", error)


def _hook_starts() -> None:
    for module in (asyncio, asyncio.events):
        module._set_running_loop = _longpole_set_running_loop  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue]
    uvloop = sys.modules.get("uvloop")
    if uvloop is not None and "run_forever" not in vars(uvloop.Loop):
        # Imported before, it has the function that was there then; its loops are met where they begin to run.
        uvloop.Loop.run_forever = _run_forever_of(uvloop.Loop)


def _unhook_starts() -> None:
    for module in (asyncio, asyncio.events):
        if module._set_running_loop is _longpole_set_running_loop:  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue]
            module._set_running_loop = _set_running_loop  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue]
    uvloop = sys.modules.get("uvloop")
    if uvloop is not None and hasattr(vars(uvloop.Loop).get("run_forever"), _MARK):
        del uvloop.Loop.run_forever


def _run_forever_of(cls: Any) -> Any:
    run_forever = cls.run_forever

    @functools.wraps(run_forever)
    def longpole_run_forever(self: Any) -> None:
        if _watcher.has_for_all():
            self.call_soon(_watcher.loop_changed, None, self)
        try:
            run_forever(self)
        finally:
            _watcher.loop_changed(self, None)

    setattr(longpole_run_forever, _MARK, True)
    return longpole_run_forever


def _after_fork_in_child() -> None:
    """The thread did not survive; loops that start in the child are watched anew if they were to be in the parent."""
    global _watcher
    watch = _watcher._for_all  # pyright: ignore[reportPrivateUsage]
    if _on_gc in gc.callbacks:
        gc.callbacks.remove(_on_gc)
    _watcher = _Watcher()
    if watch is not None:
        _watcher.add_for_all(watch)


os.register_at_fork(after_in_child=_after_fork_in_child)
