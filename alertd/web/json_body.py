"""JSON as providers post it: one object of texts, read whole and within bounds, or refused with the reason."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.requests import Request

from alertd.web.forms import Malformed, read_body

_TYPE = "application/json"
_LONGEST = 4096
"""Characters of one value: a text of ten parts has 1,530."""


async def read_object(request: Request) -> dict[str, str] | Malformed:
    """The text values of the object that a request holds; other values are left out."""
    body = await read_body(request, _TYPE)
    return body if isinstance(body, Malformed) else parse_object(body)


def parse_object(body: bytes) -> dict[str, str] | Malformed:
    """Read the text values of a JSON object."""
    if not body:
        return Malformed("empty")
    try:
        read: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        return Malformed("no JSON")
    if not isinstance(read, dict):
        return Malformed("no object")
    texts = {name: value for name, value in read.items() if isinstance(value, str)}
    return Malformed("too long", 413) if any(len(value) > _LONGEST for value in texts.values()) else texts
