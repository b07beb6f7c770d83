"""Checks that people can be reached: each by the numbers that a role needs, and somebody at every minute to come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from alertd.core.addressed import Use, lacking, members_of, passed_over, uses_of
from alertd.core.calendar import RestHours
from alertd.core.coverage import AHEAD, Gap, gaps
from alertd.core.outgoing import Desk
from alertd.core.wording import span
from alertd.model.ids import PersonId, RoleId
from alertd.model.rulebook import RuleBook
from alertd.model.values import Channel
from alertd.rulebook.problems import Report
from alertd.rulebook.references import Index


@dataclass(frozen=True, slots=True)
class Cover:
    """From when on (aware UTC) and over which channels people must be reachable."""

    now: datetime
    usable: frozenset[Channel]


def check_members(report: Report, book: RuleBook, index: Index) -> None:
    """Refuse people without the number that their role needs (E037); warn of what passes them over (W114)."""
    for person, roles in _roles_of(book).items():
        place = index["person"][person]
        for role, uses in roles.items():
            if needed := lacking(book.people[person], uses):
                message = f"'{person}' answers for '{role}' and has no {' and no '.join(needed)}"
                report.error("E037", place, message, f"add '{needed[0]}:', or take them out of the rota")
            elif passed := passed_over(book.people[person], uses):
                ways = ", ".join(dict.fromkeys(" or ".join(use.by) for use in passed))
                message = f"'{person}' is passed over when '{role}' is told by {ways} alone"
                report.warn("W114", place, message, f"add '{passed[0].by[0]}:' if they can be told so")


def _roles_of(book: RuleBook) -> Mapping[PersonId, dict[RoleId, Sequence[Use]]]:
    found: dict[PersonId, dict[RoleId, Sequence[Use]]] = {}
    for role, uses in uses_of(book).items():
        for person in members_of(book, role):
            found.setdefault(person, {})[role] = uses
    return found


def check_cover(report: Report, book: RuleBook, index: Index, cover: Cover) -> None:
    """Tell of every role for which nobody can be reached at some minute of the next 8 weeks (E034)."""
    desk = Desk(book, RestHours(), cover.usable, {})
    for role, found in _by_role(gaps(desk, cover.now, cover.now + AHEAD)):
        first, more = found[0], len(found) - 1
        others = f", and at {more} other time{'s' * (more > 1)}: 'alertd oncall gaps' lists them" if more else ""
        message = (
            f"nobody can be reached for '{role}' from {span(first.from_, first.to)} ({'; '.join(first.why)}){others}"
        )
        report.error("E034", index["role"][role], message, "fill the rota, or give the role a 'backup'")


def _by_role(found: Sequence[Gap]) -> Iterator[tuple[RoleId, list[Gap]]]:
    for role in dict.fromkeys(gap.role for gap in found):
        yield role, [gap for gap in found if gap.role == role]
