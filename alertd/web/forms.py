"""Forms as providers post them: read whole, within bounds, or refused with the reason."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

MOST_BYTES = 64 * 1024
MOST_FIELDS = 200
MOST_SECONDS = 10.0
_TYPE = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Form:
    """Fields of a form, as they came, empty ones included."""

    fields: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str:
        """A field's value, the last one when it came twice; "" when it is not there."""
        return dict(self.fields).get(name, "")


@dataclass(frozen=True, slots=True)
class Malformed:
    """Why a request is not read, and its HTTP status."""

    reason: str
    status: int = 400


async def read_form(request: Request) -> Form | Malformed:
    """Read the form of a request: at most 64 KiB, within 10 s; a form that was read before is given again."""
    if (before := getattr(request.state, "form", None)) is not None:
        return Form(before.fields)
    body = await read_body(request, _TYPE)
    return body if isinstance(body, Malformed) else parse_form(body)


async def read_body(request: Request, content_type: str) -> bytes | Malformed:
    """Read the body of a request of one content type: at most 64 KiB, within 10 s."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != content_type:
        return Malformed(f"not of type {content_type}", 415)
    try:
        async with asyncio.timeout(MOST_SECONDS):
            body = await _body(request)
    except TimeoutError:
        return Malformed("too slow", 408)
    except ClientDisconnect:
        return Malformed("broken off")
    return Malformed("too long", 413) if body is None else body


async def _body(request: Request) -> bytes | None:
    """The whole body; None as soon as it is too long, whatever length it announced."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            return None
    return bytes(body)


def parse_form(body: bytes) -> Form | Malformed:
    """Read the fields of an URL-encoded body, which must be ASCII, and UTF-8 once decoded."""
    if not body:
        return Malformed("empty")
    try:
        text = body.decode("ascii")
        fields = parse_qsl(
            text, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError:  # UnicodeDecodeError is one
        return Malformed("not URL-encoded")
    return Form(tuple(fields))
