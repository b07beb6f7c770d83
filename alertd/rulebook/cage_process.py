"""One child process with the engine in it, seen from the parent: started, told the rules, asked, killed."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time

from alertd.model.errors import MatcherError
from alertd.rulebook.cage_frames import Broken, Reply, receive, send

_LONGEST_FAULT = 4096


class CageProcess:
    """A fresh interpreter with the engine, at the other end of a socket.

    Not `multiprocessing`: its children import the parent's main module again, with all that the daemon needs, and its
    pipe has no deadline for a frame that was begun.

    Args:
        address_space: Bytes it may map.
        resident: Bytes of memory past which it answers once more and ends.

    Raises:
        OSError: the system has no process or no memory to spare.
    """

    def __init__(self, address_space: int, resident: int) -> None:
        self._line, inherited = socket.socketpair()
        with inherited:
            limits = (str(inherited.fileno()), str(address_space), str(resident))
            try:
                self._process = subprocess.Popen(  # noqa: S603  # our own module, by our own interpreter
                    [sys.executable, "-P", "-m", "alertd.rulebook.cage_child", *limits],
                    env={**os.environ, "PYTHONPATH": os.pathsep.join(path or os.curdir for path in sys.path)},
                    stdin=subprocess.DEVNULL,
                    pass_fds=(inherited.fileno(),),
                )
            except OSError:
                self._line.close()
                raise
        self._ready = False
        self.full = False
        """Set by an answer after which the child ends, having grown past its limit."""

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def compile(self, rules: bytes, seconds: float) -> None:
        """Wait until it has compiled these rules; at once when it has.

        Raises:
            Broken: it ended, or took longer than `seconds`.
            MatcherError: the engine refused the rules.
        """
        if self._ready:
            return
        deadline = time.monotonic() + seconds
        send(self._line, rules, deadline)
        kind, _ = self._reply(deadline, _LONGEST_FAULT)
        if kind is not Reply.READY:
            raise Broken("it spoke out of turn")
        self._ready = True

    def ask(self, frame: bytes, deadline: float) -> None:
        """Send a batch.

        Raises:
            Broken: it ended, or has not taken the batch by the deadline.
        """
        send(self._line, frame, deadline)

    def answers(self, size: int, deadline: float) -> bytes:
        """Wait for the answers to the batch: `size` bytes, each 0, 1 or 2.

        Raises:
            Broken: it ended, was late, or answered nonsense.
            MatcherError: the engine reported a fault.
        """
        kind, given = self._reply(deadline, max(size, _LONGEST_FAULT))
        if kind is Reply.READY or len(given) != size or max(given, default=0) > 2:
            raise Broken("it answered nonsense")
        self.full = kind is Reply.LAST_ANSWERS
        return given

    def kill(self) -> None:
        """End it, however it is stuck, and wait until it is gone."""
        self._line.close()
        self._process.kill()
        self._process.wait()

    def _reply(self, deadline: float, most: int) -> tuple[Reply, bytes]:
        frame = receive(self._line, deadline, most=1 + most)
        if not frame or frame[0] not in set(Reply):
            raise Broken("it answered nonsense")
        kind, rest = Reply(frame[0]), frame[1:]
        if kind is Reply.FAULT:
            raise MatcherError(rest.decode(errors="replace"))
        return kind, rest
