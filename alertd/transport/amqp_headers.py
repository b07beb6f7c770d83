"""Headers that pika cannot read must not stop the feed.

pika decodes a message's header table before it hands the message over, and raises out of its loop on a value that it
does not know or a timestamp beyond the year 9999 (a sender's milliseconds are enough). The connection then dies, the
broker delivers the message again, and everything behind it waits for ever.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from pika import data
from pika.exceptions import InvalidFieldTypeException

Table = tuple[dict[str | bytes, Any], int]

_decode_table: Callable[[bytes, int], Table] = data.decode_table


def tolerate_unreadable_headers() -> None:
    """Make pika read a header table that it cannot decode as an empty one; again changes nothing.

    alertd reads no headers of a message, so nothing is lost by it.
    """
    data.decode_table = _decode_or_skip


def _decode_or_skip(encoded: bytes, offset: int) -> Table:
    try:
        return _decode_table(encoded, offset)
    except (ValueError, OverflowError, OSError, struct.error, InvalidFieldTypeException):
        return {}, offset + 4 + int(struct.unpack_from(">I", encoded, offset)[0])
