"""What a press has become, read from the record and not from the press: a confirmation never says what is not so."""

from __future__ import annotations

from datetime import datetime

from alertd.model.case import AlertState, Facts
from alertd.model.ids import PersonId
from alertd.model.message import Message
from alertd.model.rulebook import RuleBook
from alertd.service.messages import PERSON_SOURCE
from alertd.service.pages.acts import identities
from alertd.service.pages.case_page import recorded_line

_ALERT = {
    "alert_accepted": "Accepted at {at}.",
    "alert_handed_on": "Handed on at {at}: the next person is told now.",
    "alert_released": "Given back at {at}: the team on duty is told again now.",
}


def confirmation(form: str, by: PersonId, facts: Facts, book: RuleBook, now: datetime) -> str:
    """Say what a form has become in a case; "" when it has become nothing there.

    Args:
        form: Its random id.
        by: Who pressed.
        facts: The case as it stands.
        book: For names.
        now: Aware UTC.
    """
    mine = {m.message.id: m.message for m in facts.messages if m.message.source == f"{PERSON_SOURCE}{by}"}
    found = [mine[id_] for id_ in identities(form) if id_ in mine]
    return " ".join(_said(message, by, facts, book, now) for message in found).strip()


def _said(message: Message, by: PersonId, facts: Facts, book: RuleBook, now: datetime) -> str:
    event, line = str(message.fields.get("event")), recorded_line(message, book, now)
    if event == "alert_accepted" and not _holds(by, facts):
        return ""
    return _ALERT.get(event, f"Recorded: {line.what}, {{at}}.").replace("{at}", line.at)


def _holds(by: PersonId, facts: Facts) -> bool:
    return any(alert.state is AlertState.ACCEPTED and alert.accepted_by == by for alert in facts.alerts)
