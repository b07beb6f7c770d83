"""The child process in which the engine lives: reads records, writes answers, and may die at any moment.

Started as `python -m alertd.rulebook.cage_child FD ADDRESS_SPACE RESIDENT` by `alertd.rulebook.cage`; one
thread, no files. It ends when its parent does, because then the socket closes; should the engine hang just then, the
alarm ends it.
"""

from __future__ import annotations

import math
import os
import pickle
import resource
import signal
import socket
import sys
import traceback
from pathlib import Path
from types import TracebackType

from alertd.model.errors import ConfigError, MatcherError
from alertd.model.values import Kind
from alertd.model.view import View
from alertd.rulebook.cage_frames import Broken, Reply, receive, send
from alertd.rulebook.engine_plan import plan
from alertd.rulebook.engine_sets import EngineBook

_STATM = Path("/proc/self/statm")


def main(arguments: list[str]) -> None:
    """Serve the engine on an inherited socket until the other side closes it."""
    descriptor, address_space, resident = map(int, arguments)
    _confine(address_space)
    with socket.socket(fileno=descriptor) as line:
        try:
            _serve(line, resident)
        except Broken:
            return
        except (MatcherError, ConfigError) as fault:
            send(line, bytes([Reply.FAULT]) + str(fault).encode())


def _confine(address_space: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))
    # A core file would hold what records say about children.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # The daemon drains first and then closes the socket; a signal to the whole group must not come before that.
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)
    sys.excepthook = _print_without_values


def _print_without_values(kind: type[BaseException], _error: BaseException, place: TracebackType | None) -> None:
    """Print where a fault came up, but not its text: that may quote a record."""
    sys.stderr.write("".join(traceback.format_tb(place)) + kind.__name__ + "\n")


def _serve(line: socket.socket, resident: int) -> None:
    expressions, definitions = pickle.loads(receive(line))  # noqa: S301  # our own parent wrote it
    book = EngineBook(plan(expressions, definitions))
    send(line, bytes([Reply.READY]))
    full = False
    while not full:
        seconds, records = pickle.loads(receive(line))  # noqa: S301
        # The kernel's default for an alarm ends the process even inside the engine's C code.
        signal.alarm(math.ceil(seconds) + 1)
        answers = b"".join(book.answers(View(Kind(kind), *rest)) for kind, *rest in records)
        full = _resident() > resident
        send(line, bytes([Reply.LAST_ANSWERS if full else Reply.ANSWERS]) + answers)
        signal.alarm(0)


def _resident() -> int:
    return int(_STATM.read_text("ascii").split()[1]) * os.sysconf("SC_PAGESIZE")


if __name__ == "__main__":
    main(sys.argv[1:])
