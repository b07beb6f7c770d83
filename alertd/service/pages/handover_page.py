"""A hand-over list on a phone: its cases, the first contact each waits for, and whether somebody has confirmed it.

Source: DOMAIN, "Who is woken", "Hand-over"; CONTRACT, HTTP: by its code it shows what its mail showed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from alertd.core.on_call import by_role, on_call
from alertd.core.wording import moment, team_word
from alertd.model.case import Facts
from alertd.model.handover import Handover
from alertd.model.ids import PersonId
from alertd.model.rulebook import RuleBook
from alertd.model.visitor import Visitor
from alertd.service.handover_texts import list_lines
from alertd.service.pages.words import clock_time, person_words
from alertd.service.ports import Reading
from alertd.service.teams import role_now, word_of


@dataclass(frozen=True, slots=True)
class HandoverPage:
    """A list.

    Attributes:
        number: Of the hand-over.
        team, at: To whom it went, and when the duty passed.
        lines: Its cases as they stand now, the fields of the mail; the most pressing first.
        waits: Nobody has confirmed it.
        is_mine: Whoever looks answers for the team now.
        confirmed: By whom and when; "" while nobody has.
    """

    number: int
    team: str
    at: str
    lines: tuple[Mapping[str, object], ...]
    waits: bool
    is_mine: bool
    confirmed: str


def handover_page(
    made: Handover, visitor: Visitor, book: RuleBook, cohort_words: dict[str, str], now: datetime, reading: Reading
) -> HandoverPage:
    """A list as somebody sees it: who typed its code is told of a colleague by team, never by name."""
    facts: dict[str, Facts] = {each.case: case for each in made.cases if (case := reading.case(each.case)) is not None}
    team = on_call(book, made.shift.team, now, by_role(reading.swaps(now))).people
    return HandoverPage(
        number=made.number,
        team=team_word(book, made.shift.team),
        at=moment(made.shift.at),
        lines=tuple(list_lines(made, facts, book, cohort_words, now)),
        waits=made.waits,
        is_mine=visitor.person in {person.id for person in team},
        confirmed=_confirmed(made, visitor, book, now, reading),
    )


def list_for(visitor: Visitor, reading: Reading) -> Handover | None:
    """The list that a visitor may see: that of their code, as long as they stay in; else the latest hand-over's."""
    found = reading.last_handover() if visitor.is_signed_in else reading.handover_by_code(visitor.code)
    return found if found is not None and found.cases else None


def _confirmed(made: Handover, visitor: Visitor, book: RuleBook, now: datetime, reading: Reading) -> str:
    if made.confirmed_at is None:
        return ""
    by = PersonId(made.confirmed_by)
    if by == visitor.person:
        who = "you"
    else:
        who = person_words(book, by) if visitor.is_signed_in else word_of(role_now(reading, book, by, now), book)
    return f"Confirmed by {who}, {clock_time(made.confirmed_at, now)}."
