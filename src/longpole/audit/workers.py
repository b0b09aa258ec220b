"""Audits files in processes of their own: programs that read tasks and write results, as MessagePack.

Not by `multiprocessing`: that imports the caller's main module again in each worker, or forks a process that may have
threads.
"""

import gc
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from queue import Queue
from typing import IO

import msgspec

from longpole.audit.one_file import FileResult, Task, audit_file, skipped

_TASKS = msgspec.msgpack.Decoder(list[Task])
_RESULT = msgspec.msgpack.Decoder(FileResult)
_LENGTH_BYTES = 4


def audit_in_processes(tasks: Sequence[Task], processes: int) -> Iterator[FileResult]:
    """The results of all tasks as they come. If a worker dies, its files are skipped with that as their reason."""
    shares = _shares(tasks, processes)
    answers: Queue[FileResult | None] = Queue()
    running = [_start(share) for share in shares]
    readers = [
        threading.Thread(target=_read, args=(worker, share, answers), daemon=True)
        for worker, share in zip(running, shares, strict=True)
    ]
    for reader in readers:
        reader.start()
    try:
        for _ in range(len(tasks)):
            answer = answers.get()
            if answer is not None:
                yield answer
    finally:
        for worker, reader in zip(running, readers, strict=True):
            worker.kill()
            worker.wait()
            reader.join()


def _shares(tasks: Sequence[Task], processes: int) -> list[list[Task]]:
    """Tasks in as many lists of about the same number of bytes, the largest files first."""
    shares: list[list[Task]] = [[] for _ in range(processes)]
    sizes = [0] * processes
    for size, _, task in sorted(
        ((_size(task), task.path, task) for task in tasks), key=lambda one: one[:2], reverse=True
    ):
        least = sizes.index(min(sizes))
        shares[least].append(task)
        sizes[least] += size
    return [share for share in shares if share]


def _size(task: Task) -> int:
    try:
        return os.path.getsize(task.file)
    except OSError:
        return 0


def _start(share: list[Task]) -> "subprocess.Popen[bytes]":
    worker = subprocess.Popen(
        [sys.executable, "-P", "-c", "from longpole.audit.workers import work; work()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert worker.stdin is not None
    with worker.stdin:
        worker.stdin.write(msgspec.msgpack.encode(share))
    return worker


def _read(worker: "subprocess.Popen[bytes]", share: list[Task], answers: "Queue[FileResult | None]") -> None:
    """Pass on what a worker writes; what it owes at its end is skipped."""
    done: set[str] = set()
    assert worker.stdout is not None
    with worker.stdout as stream:
        while (result := _next(stream)) is not None:
            done.add(result.path)
            answers.put(result)
    for task in share:
        if task.path not in done:
            answers.put(skipped(task, "the process that read it ended unexpectedly"))


def _next(stream: IO[bytes]) -> FileResult | None:
    head = stream.read(_LENGTH_BYTES)
    body = stream.read(int.from_bytes(head)) if len(head) == _LENGTH_BYTES else b""
    return _RESULT.decode(body) if body and len(body) == int.from_bytes(head) else None


def work() -> None:
    """Do the tasks on stdin, results to stdout."""
    tasks = _TASKS.decode(sys.stdin.buffer.read())
    # A tree has no rings: it goes with its last reference, and looking for rings costs a fifth of the time.
    gc.disable()
    for task in tasks:
        body = msgspec.msgpack.encode(audit_file(task))
        sys.stdout.buffer.write(len(body).to_bytes(_LENGTH_BYTES) + body)
        sys.stdout.buffer.flush()
