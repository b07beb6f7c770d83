"""Lines of an examination: what was looked at, how it stands, what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """How one thing stands."""

    GOOD = "good"
    WORTH_A_LOOK = "worth a look"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of an examination.

    Attributes:
        what: What was looked at.
        health: How it stands.
        found: What was found, in plain words; nothing personal, no secret.
        remedy: What to do; "" when there is nothing to do.
    """

    what: str
    health: Health
    found: str
    remedy: str = ""


def good(what: str, found: str) -> Finding:
    """Nothing to do."""
    return Finding(what, Health.GOOD, found)


def bad(what: str, found: str, remedy: str) -> Finding:
    """Must be mended."""
    return Finding(what, Health.BAD, found, remedy)


def look(what: str, found: str, remedy: str) -> Finding:
    """Works, but not as it should."""
    return Finding(what, Health.WORTH_A_LOOK, found, remedy)
