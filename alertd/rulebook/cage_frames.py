"""Frames on the socket between the daemon and the caged engine: a length, then that many bytes, by a deadline.

What goes into the cage is pickled, for it comes from this very program. What comes out is bytes that are checked:
the engine's C code may have overwritten the memory that they were made from.
"""

from __future__ import annotations

import socket
import struct
import time
from enum import IntEnum

_LENGTH = struct.Struct("!I")
_LEAST_WAIT_S = 0.1
_PIECE = 1 << 18


class Reply(IntEnum):
    """First byte of what comes out of the cage."""

    READY = 1
    """The rules are compiled."""
    ANSWERS = 2
    """One byte an expression follows."""
    LAST_ANSWERS = 3
    """The same, and the child has grown past its resident limit and ends."""
    FAULT = 4
    """UTF-8 text follows, and the child ends."""


class Broken(Exception):  # says what happened to the line, and never leaves the cage
    """The other side is gone, or did not speak in time."""


def send(line: socket.socket, frame: bytes, deadline: float | None = None) -> None:
    """Send one frame.

    Args:
        line: A connected stream socket.
        frame: Up to 4 GiB.
        deadline: `time.monotonic` seconds; None waits for ever.

    Raises:
        Broken: the other side is gone, or has not taken the frame by the deadline.
    """
    line.settimeout(_left(deadline))
    try:
        line.sendall(_LENGTH.pack(len(frame)) + frame)
    except OSError as error:
        raise Broken(_in_words(error)) from error


def receive(line: socket.socket, deadline: float | None = None, *, most: int = 2**32 - 1) -> bytes:
    """Wait for one whole frame.

    Args:
        line: A connected stream socket.
        deadline: `time.monotonic` seconds; a frame that is already there is taken even after it. None waits for ever.
        most: Bytes that a frame may have.

    Raises:
        Broken: the other side is gone, announced more than `most`, or the frame is not whole by the deadline.
    """
    (size,) = _LENGTH.unpack(_exactly(line, _LENGTH.size, deadline))
    if size > most:
        raise Broken("it announced an answer of impossible length")
    return _exactly(line, size, deadline)


def _exactly(line: socket.socket, size: int, deadline: float | None) -> bytes:
    got = bytearray()
    while len(got) < size:
        line.settimeout(_left(deadline))
        try:
            piece = line.recv(min(size - len(got), _PIECE))
        except OSError as error:
            raise Broken(_in_words(error)) from error
        if not piece:
            raise Broken("it ended")
        got += piece
    return bytes(got)


def _left(deadline: float | None) -> float | None:
    # Never zero, which would mean "do not wait at all" and miss a frame that is there.
    return None if deadline is None else max(deadline - time.monotonic(), _LEAST_WAIT_S)


def _in_words(error: OSError) -> str:
    return "it gave no answer in time" if isinstance(error, TimeoutError) else "it ended"
