"""By which role somebody has an alert or a list: for saying who has it without a name."""

from __future__ import annotations

from datetime import datetime

from alertd.core.on_call import PERSON, by_role, on_call
from alertd.core.wording import team_word
from alertd.model.ids import CaseId, PersonId, RoleId
from alertd.model.rulebook import RuleBook
from alertd.service.ports import Reading


def role_of(reading: Reading, book: RuleBook, case: CaseId, person: PersonId, at: datetime) -> RoleId | None:
    """The role by which somebody was told of a case, else one in which they are on call."""
    told = [n.role for n in reading.notifications(case) if n.person == person and not n.asked.startswith(PERSON)]
    return told[-1] if told else role_now(reading, book, person, at)


def role_now(reading: Reading, book: RuleBook, person: PersonId, at: datetime) -> RoleId | None:
    """A role in which somebody is on call, by the rota or by a swap on record."""
    swaps = by_role(reading.swaps(at))
    return next((r for r in book.roles if person in {p.id for p in on_call(book, r, at, swaps).people}), None)


def team_of(reading: Reading, book: RuleBook, case: CaseId, person: PersonId, at: datetime) -> str:
    """The short word for the role by which somebody has a case."""
    return word_of(role_of(reading, book, case, person, at), book)


def word_of(role: RoleId | None, book: RuleBook) -> str:
    """The short word for a role; `a colleague` when there is none."""
    return team_word(book, role) if role is not None else "a colleague"
