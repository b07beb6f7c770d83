"""The one outgoing stage: may this line go now, to whom, or does it wait for the digest?

Source: protocol notes, "Who is woken".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from alertd.core.calendar import RestHours, closed_day, local, next_opening
from alertd.core.on_call import OnCall, backup_of, hours_of, on_call
from alertd.model.case import LineState, Obligation
from alertd.model.ids import PersonId, RoleId
from alertd.model.rulebook import Override, Person, RuleBook
from alertd.model.values import Channel, Rest, Severity

_DIGEST_DAYS = 30


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody to tell, and how.

    Attributes:
        role: The role reached after hours and routing.
        channels: Those that the line names and the person has.
        why: How the role led to this person, by ids, for the record.
    """

    role: RoleId
    person: Person
    channels: tuple[Channel, ...]
    why: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class SendNow:
    """Tell these people now."""

    recipients: tuple[Recipient, ...]


@dataclass(frozen=True, slots=True)
class Hold:
    """Wait for the digest at `until`; the reason is a word for the record."""

    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class InDigest:
    """Its digest is due: one line of the role's mail."""

    recipients: tuple[Recipient, ...]


@dataclass(frozen=True, slots=True)
class NobodyThere:
    """No contact and no backup can be reached: the ladder moves on at once."""


Verdict = SendNow | Hold | InDigest | NobodyThere


@dataclass(frozen=True, slots=True)
class Desk:
    """What judging a line needs to know.

    Attributes:
        usable: Channels that have a provider.
        swaps: Stored overrides by role.
        silent: People who have asked that this number be sent no texts.
        bad: People with the channel of a number that a provider refuses for good.
        slow_texts: Texts take long to arrive: what is urgent goes by another channel too.
    """

    book: RuleBook
    rest: RestHours
    usable: frozenset[Channel]
    swaps: dict[RoleId, tuple[Override, ...]]
    silent: frozenset[PersonId] = frozenset()
    bad: frozenset[tuple[PersonId, Channel]] = frozenset()
    slow_texts: bool = False

    def can_tell(self, person: Person, channel: Channel) -> bool:
        """Whether a person can be told over a channel."""
        if channel is Channel.SMS and person.id in self.silent:
            return False
        if (person.id, channel) in self.bad:
            return False
        return channel in self.usable and bool(person.address(channel))


def judge_line(row: Obligation, now: datetime, desk: Desk) -> Verdict:
    """Judge a line at the moment of sending.

    Args:
        row: PENDING, or HELD with its time come.
        now: Aware UTC.
        desk: Rules, rest hours, providers.
    """
    role = RoleId(row.key.role)
    if row.state is LineState.HELD:
        return _digest(role, now, desk)
    if row.digest:
        return Hold(digest_at(role, now, desk), "digest")
    if row.rest is Rest.HOLD and desk.rest.contains(now):
        return Hold(digest_at(role, now, desk), "rest_hours")
    if row.rest is Rest.HOLD and _is_closed(role, now, desk):
        return Hold(digest_at(role, now, desk), "closed")
    recipients = reachable(role, channels(row, desk), now, desk)
    return SendNow(recipients) if recipients else NobodyThere()


def channels(row: Obligation, desk: Desk) -> tuple[Channel, ...]:
    """The channels of a line; while texts are slow, an urgent text also goes by mail, or by call where it does that.

    A call asks for an acceptance, so only the ladder of an alert calls.
    """
    if not desk.slow_texts or row.severity is not Severity.URGENT or Channel.SMS not in row.by:
        return row.by
    if Channel.EMAIL not in row.by:
        return (*row.by, Channel.EMAIL)
    return (*row.by, Channel.CALL) if row.ladder and Channel.CALL not in row.by else row.by


def reachable(role: RoleId, by: tuple[Channel, ...], at: datetime, desk: Desk) -> tuple[Recipient, ...]:
    """Who answers for a role and can be told over at least one of the channels; the backup when nobody here can."""
    return _recipients(on_call(desk.book, role, at, desk.swaps), by, desk) or behind(role, by, at, desk)


def behind(role: RoleId, by: tuple[Channel, ...], at: datetime, desk: Desk) -> tuple[Recipient, ...]:
    """Who stands behind a role as its backup and can be told over at least one of the channels."""
    backup = backup_of(desk.book, role, at, desk.swaps)
    return _recipients(backup, by, desk) if backup is not None else ()


def _recipients(answer: OnCall, by: tuple[Channel, ...], desk: Desk) -> tuple[Recipient, ...]:
    found: list[Recipient] = []
    for person in answer.people:
        channels = tuple(c for c in by if desk.can_tell(person, c))
        if channels:
            found.append(Recipient(answer.role, person, channels, "; ".join(answer.why)))
    return tuple(found)


def _digest(role: RoleId, now: datetime, desk: Desk) -> InDigest | NobodyThere:
    """A digest goes to who stands in the rota that day, also before the office opens."""
    at = now
    hours = hours_of(desk.book, role)
    if hours is not None:
        at = next_opening(desk.book.hours[hours], now) or now
    recipients = reachable(role, (Channel.EMAIL,), at, desk)
    return InDigest(recipients) if recipients else NobodyThere()


def _is_closed(role: RoleId, now: datetime, desk: Desk) -> bool:
    hours = hours_of(desk.book, role)
    return hours is not None and not on_call(desk.book, role, now, desk.swaps).people


def digest_at(role: RoleId, now: datetime, desk: Desk) -> datetime:
    """The next digest of a role: 07:30, for roles with hours on their next working day."""
    at = desk.rest.end_after(now)
    hours = hours_of(desk.book, role)
    if hours is None:
        return at
    for _ in range(_DIGEST_DAYS):
        if not closed_day(desk.book.hours[hours], local(at).date()):
            return at
        at = desk.rest.end_after(at)
    return at
