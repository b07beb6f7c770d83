"""What a field may hold, and the three answers a condition may give."""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum, StrEnum

Value = str | int | bool | datetime | tuple[str, ...]
"""A typed field value. An absent field is *unknown*; there is no other spelling of unknown in the core."""


class Answer(IntEnum):
    """Kleene's three answers, ordered so that `all` is min, `any` is max and `none` is `2 - max`."""

    NO = 0
    UNKNOWN = 1
    YES = 2


class FieldType(StrEnum):
    """Type of a message field, which decides the operators that fit it and how text becomes a value."""

    WORD = "word"
    WORDS = "words"
    TEXT = "text"
    REFS = "refs"
    NUMBER = "number"
    TRUTH = "truth"
    TIME = "time"
    DATE = "date"


class Severity(StrEnum):
    """Severity of a rule; ordered by `rank`."""

    URGENT = "urgent"
    HIGH = "high"
    ROUTINE = "routine"

    @property
    def rank(self) -> int:
        """2 for urgent, 1 for high, 0 for routine."""
        return {"urgent": 2, "high": 1, "routine": 0}[self.value]


class Kind(StrEnum):
    """What a rule judges: the two message types, and alertd's own records."""

    INCIDENT = "incident"
    STATUS = "status"
    CASE = "case"
    CLOCK = "clock"


class Channel(StrEnum):
    """A way of reaching a person."""

    SMS = "sms"
    EMAIL = "email"
    CALL = "call"


class Rest(StrEnum):
    """Whether a line may disturb in rest hours (`wake`) or waits for the digest (`hold`)."""

    WAKE = "wake"
    HOLD = "hold"
