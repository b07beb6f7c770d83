"""Reminders that a rule, clock or definition is to be looked at again, 30 and 7 days before its day, once each.

Source: RULES, `review_by`; protocol notes, "Who is who": `rules_admin` is told of "review dates".
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from alertd.core.addressed import members_of
from alertd.core.calendar import local
from alertd.core.on_call import RULES_ADMIN
from alertd.model.case import Obligation
from alertd.model.ids import RoleId
from alertd.model.rulebook import Header, RuleBook, RuleStatus
from alertd.model.values import Channel, Severity
from alertd.service.ports import Writing
from alertd.service.system_lines import trouble_line

STAGES = (7, 30)
"""Days before the day of review, nearest first."""
NOTE = "reviews_told"
"""Stored fact: what was reminded of, as `BLOCK ID DAY STAGE`."""
_AT_WORK = (RuleStatus.LIVE, RuleStatus.SHADOW)


@dataclass(frozen=True, slots=True)
class Review:
    """A block to be looked at again, and the stage of its reminder that has come."""

    block: str
    header: Header
    stage: int

    @property
    def mark(self) -> str:
        """What is stored once it was told: another day is another review."""
        return f"{self.block} {self.header.review_by} {self.stage}"


def due_reviews(book: RuleBook, today: date) -> Iterator[Review]:
    """Every block at work whose day is near or past, with the nearest stage alone.

    Args:
        book: Rules in force; drafts and retired rules wait for nobody.
        today: London's date.
    """
    for block, header in _blocks(book):
        left = (header.review_by - today).days
        stage = next((days for days in STAGES if left <= days), None)
        if stage is not None:
            yield Review(block, header, stage)


def _blocks(book: RuleBook) -> Iterator[tuple[str, Header]]:
    yield from ((f"rule {rule.id}", rule.header) for rule in book.rules.values() if rule.status in _AT_WORK)
    yield from ((f"clock {clock.id}", clock.header) for clock in book.clocks.values())
    yield from ((f"definition {each.id}", each.header) for each in book.definitions.values())


def remind(book: RuleBook, writing: Writing, now: datetime) -> int:
    """Put a line in the morning list of each owner for what it was not reminded of yet.

    Args:
        book: Rules in force.
        writing: A transaction.
        now: Aware UTC.

    Returns:
        How many lines were added.
    """
    told = set(json.loads(writing.note(NOTE) or "[]"))
    due = list(due_reviews(book, local(now).date()))
    fresh = [review for review in due if review.mark not in told]
    if not fresh:
        return 0
    lines = [_line(role, day, reviews, now) for (role, day), reviews in _by_owner(fresh, book).items()]
    # What is no longer due, or has another day by now, is forgotten: the note stays small.
    writing.set_note(NOTE, json.dumps(sorted(review.mark for review in due)))
    return writing.add_obligations(lines)


def _by_owner(reviews: list[Review], book: RuleBook) -> Mapping[tuple[RoleId, date], list[Review]]:
    found: dict[tuple[RoleId, date], list[Review]] = {}
    for review in reviews:
        found.setdefault((_reader(review.header.owner, book), review.header.review_by), []).append(review)
    return found


def _reader(owner: RoleId, book: RuleBook) -> RoleId:
    """The owner, or the administrators when nobody there reads mail."""
    people = (book.people[person] for person in members_of(book, owner))
    return owner if any(person.address(Channel.EMAIL) for person in people) else RULES_ADMIN


def _line(role: RoleId, day: date, reviews: list[Review], now: datetime) -> Obligation:
    names = ", ".join(review.block for review in reviews)
    text = (
        f"to be looked at again by {day.day} {day:%b %Y}: {names}. Check that each still says what the protocol needs, "
        "then set its review_by to a new day"
    )
    key = hashlib.sha256("|".join(review.mark for review in reviews).encode()).hexdigest()[:32]
    line = trouble_line("review", key, now, text, role)
    return replace(line, severity=Severity.ROUTINE, digest=True)
