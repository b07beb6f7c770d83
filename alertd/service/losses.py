"""Why alerts may be lost: the answer that somebody gives before rules that lose some are loaded.

Source: issue "Rules that administrators can change without fear", 5: "LOST must be answered with a reason before that
set can be loaded".
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alertd.model.errors import NotPossible
from alertd.model.ids import PersonId, Version
from alertd.service.ports import Reading, Writing

LOSSES = "losses_answered"
"""Stored fact: every answer by the version that it is about, as JSON."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer for what a rule set loses.

    Attributes:
        version: Of the rule set.
        because: The reason, in the words of whoever gave it.
        by: Who.
        at: When, aware UTC.
        lost: How many alerts and pieces of work were lost in the replay that was answered.
    """

    version: Version
    because: str
    by: PersonId
    at: datetime
    lost: int


def answered(reading: Reading, version: Version) -> str | None:
    """The reason on record why a rule set may lose alerts; None when nobody has given one."""
    return next((each.because for each in answers(reading) if each.version == version), None)


def answers(reading: Reading) -> tuple[Answer, ...]:
    """Every answer on record, the newest first."""
    rows: dict[str, dict[str, Any]] = json.loads(reading.note(LOSSES) or "{}")
    found = (
        Answer(Version(v), row["because"], PersonId(row["by"]), datetime.fromisoformat(row["at"]), row["lost"])
        for v, row in rows.items()
    )
    return tuple(sorted(found, key=lambda each: (each.at, each.version), reverse=True))


def answer(given: Answer, writing: Writing) -> None:
    """Put an answer on record; a later one about the same version takes its place.

    Raises:
        NotPossible: it gives no reason.
    """
    if not given.because.strip():
        raise NotPossible('say why these alerts may be lost: --because "…"')
    rows: dict[str, dict[str, Any]] = json.loads(writing.note(LOSSES) or "{}")
    rows[given.version] = {
        "because": " ".join(given.because.split()),
        "by": given.by,
        "at": given.at.isoformat(),
        "lost": given.lost,
    }
    writing.set_note(LOSSES, json.dumps(rows))
