"""A story: what happens on a pretend clock, and what must come of it.

Source: the rule language, "Tests of rules".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class Expected:
    """A message that a story looks for; what is empty is not compared.

    Attributes:
        to: Role reached, after hours and routing.
        asked: Role that the rule named.
        person: Person reached.
        by: Channel.
        template: Template name; a merged message matches by any of its own.
        about: Clock or rule id.
        text: Words that the text holds.
        reads: The whole text, line by line, subject first; `…` stands for anything within a line.
        where: `file:line`.
    """

    to: str = ""
    asked: str = ""
    person: str = ""
    by: str = ""
    template: str = ""
    about: str = ""
    text: str = ""
    reads: str = ""
    where: str = ""


class Act(StrEnum):
    """What a step puts in; NONE only lets time run."""

    NONE = "none"
    INCIDENT = "incident"
    STATUS = "status"
    ACCEPT = "accept"
    RELEASE = "release"
    UNDELIVERED = "undelivered"
    HANDOVER = "handover"


class ClockState(StrEnum):
    """What a story says of a clock; NONE: the case has no such clock."""

    RUNNING = "running"
    WARNED = "warned"
    MET = "met"
    MET_LATE = "met_late"
    BREACHED = "breached"
    WITHDRAWN = "withdrawn"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: time runs to just before `at`, then the input, then what is due at `at`; then it compares.

    Attributes:
        at: Aware UTC.
        act: Kind of input.
        data: Of an incident or status: plain JSON data. Of `accept` and `release`: `{by: ROLE}`. Of `undelivered`:
            `{to: ROLE, by: CHANNEL}`. Of `handover`: `{confirm: ROLE}`, who confirms the newest list.
        id: CloudEvents id; "" takes a unique one.
        source: CloudEvents source; "" takes the default.
        expect: Everything sent since the last step; None says nothing, an empty tuple is `nothing`.
        includes: At least these were sent.
        never: None of these was.
        matches, asks: Rules that matched, or came out unknown.
        clocks: Clock id → state.
        due: Clock id → due time, aware UTC.
        labels, referrals: Held by the case.
        requests: Request → how many.
        cases: Number of cases, or None.
        case: Person's ref that says which case is meant, or "".
        where: `file:line`.
    """

    at: datetime
    act: Act = Act.NONE
    data: dict[str, Any] = field(default_factory=dict)
    id: str = ""
    source: str = ""
    expect: tuple[Expected, ...] | None = None
    includes: tuple[Expected, ...] = ()
    never: tuple[Expected, ...] = ()
    matches: tuple[str, ...] | None = None
    asks: tuple[str, ...] | None = None
    clocks: dict[str, ClockState] = field(default_factory=dict)
    due: dict[str, datetime] = field(default_factory=dict)
    labels: tuple[str, ...] | None = None
    referrals: tuple[str, ...] | None = None
    requests: dict[str, int] = field(default_factory=dict)
    cases: int | None = None
    case: str = ""
    note: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """One test: its name, its steps in order of time, and where it stands (`file:line`)."""

    name: str
    steps: tuple[Step, ...]
    where: str
    note: str = ""
