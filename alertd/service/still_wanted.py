"""Whether a message is still to be sent, judged at the moment of sending."""

from __future__ import annotations

from alertd.model.case import AlertState, Facts, LineState, Notification, Obligation
from alertd.service.ports import Reading
from alertd.service.sharing import cases_of


def why_not(note: Notification, reading: Reading) -> str | None:
    """Why a message is not sent after all: every line is withdrawn, or somebody has accepted meanwhile; else None."""
    rows = reading.obligations(note.lines)
    live = [row for row in rows if row.state is not LineState.WITHDRAWN]
    if not live:
        return "no_longer_true"
    facts = {case: found for case in cases_of(note, reading) if (found := reading.case(case)) is not None}
    if facts:
        (own, *_) = facts.values()  # of a case that was joined, the lines stand under another name
        if all(answered(row, facts.get(row.case or own.row.id, own)) for row in live):
            return "accepted"
    return None


def answered(row: Obligation, facts: Facts) -> bool:
    """Whether a line of an alert's climb has been answered by an acceptance or withdrawal."""
    if row.key.about != "alert" or row.key.step.endswith("!") or not row.ladder:
        return False
    alert = next((a for a in facts.alerts if a.episode == row.key.episode), None)
    return alert is not None and alert.state is not AlertState.OPEN
