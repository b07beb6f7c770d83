"""Bytes to one JSON object, within the limits, whatever the bytes are.

Source: RFC 8259; MESSAGES, Limits.
"""

from __future__ import annotations

import json
import re
from enum import Enum

from alertd.model.errors import Undecodable

MAX_BYTES = 256 * 1024
"""Longest body, in bytes; that many are still read."""

MAX_DEPTH = 32
"""Deepest nesting, the outermost object being level 1; that many levels are still read."""

_LONGEST_NUMBER = 20
_STRUCTURE = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)


class Unusable(Enum):
    """What stands in the place of a value that cannot be relied on; no field's reader takes it."""

    GIVEN_TWICE = "given twice"
    NOT_A_NUMBER = "not a number"


def parse(body: bytes) -> dict[str, object]:
    """Read a body as one JSON object; what is wrong inside it spoils only its own place.

    A name that an object gives more than once is GIVEN_TWICE: RFC 8259 lets receivers differ on which counts, so
    neither does. NaN, Infinity and numbers of over 20 digits are NOT_A_NUMBER. Bytes that are not UTF-8 and lone
    surrogates become lone surrogates in their string, which no field's reader takes. A byte order mark at the start
    is passed over.

    Raises:
        Undecodable: not JSON, not an object, over 256 KiB, or deeper than 32 levels. The text is for people and holds
            nothing of the body.
    """
    if len(body) > MAX_BYTES:
        raise Undecodable("it is longer than 256 KiB, the most that alertd takes")
    text = body.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
    if _too_deep(text):
        raise Undecodable("it is nested deeper than 32 levels, the most that alertd takes")
    try:
        document = _DECODER.decode(text)
    except ValueError:
        raise Undecodable("it is not JSON in UTF-8") from None
    if not isinstance(document, dict):
        raise Undecodable("it is JSON, but not an object with named fields")
    return document


def _too_deep(text: str) -> bool:
    """Tell before parsing, which recurses; brackets inside strings do not count."""
    if text.count("{") + text.count("[") <= MAX_DEPTH:
        return False
    depth = 0
    for found in _STRUCTURE.finditer(text):
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(found[0], 0)
        if depth > MAX_DEPTH:
            return True
    return False


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                found[name] = Unusable.GIVEN_TWICE
            seen.add(name)
    return found


def _integer(digits: str) -> int | Unusable:
    # Python refuses to read thousands of digits, with an error that names none of them
    return int(digits) if len(digits) <= _LONGEST_NUMBER else Unusable.NOT_A_NUMBER


def _constant(_name: str) -> Unusable:
    return Unusable.NOT_A_NUMBER


# strict=False: a raw line break inside a string is its sender's fault, and no reason to lose the message
_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=_integer, parse_constant=_constant, strict=False)
