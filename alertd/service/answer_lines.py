"""The line by which an order of a person, by text or by key, is answered; and by which it is known again."""

from __future__ import annotations

from datetime import datetime

from alertd.core.on_call import to_person
from alertd.model.case import LineState, Obligation, ObligationKey
from alertd.model.rulebook import Person
from alertd.model.values import Channel, Rest, Severity
from alertd.service.reply_orders import Answer
from alertd.service.system_lines import SYSTEM

TEMPLATE = "reply"


def answer_line(person: Person, name: str, step: str, answer: Answer, at: datetime) -> Obligation:
    """An answer, to be sent like everything else; night or not, whoever has just given an order is awake.

    Args:
        person: Whom to answer.
        name: Name of the order, the same for the same one again; no number and no text.
        step: Tells several answers to one order apart.
        answer: What to say.
        at: When the order came, aware UTC.
    """
    return Obligation(
        key=ObligationKey(SYSTEM, "reply", name, 1, step, to_person(person.id)),
        case=answer.case,
        at=at,
        made_at=at,
        state=LineState.PENDING,
        reason="",
        template=TEMPLATE,
        by=(Channel.SMS,),
        rest=Rest.WAKE,
        severity=Severity.HIGH,
        reasons=("reply",),
        note=(("source", answer.text),),
    )
