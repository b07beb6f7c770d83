"""The present moment: the only place beside the commands where the system's clock is read."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime

Now = Callable[[], datetime]
"""The present moment, aware UTC."""


def utc_now() -> datetime:
    """The present moment, aware UTC."""
    return datetime.now(UTC)


def random_id() -> str:
    """A name that nobody can guess and nobody else has: 28 hexadecimal digits.

    It begins with the hour in which it was made, so that new rows stand together in the store's indexes.
    """
    return f"{int(utc_now().timestamp()) // 3600:06x}{secrets.token_hex(11)}"
