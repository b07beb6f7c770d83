"""What differs between the two sides of a replay: alerts, work asked for, and messages a role."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from alertd.core.calendar import RestHours
from alertd.core.episodes import DEFAULT_LADDER
from alertd.core.on_call import PERSON
from alertd.core.schedule_alerts import REPEAT_TEXT
from alertd.daemon.replay_lines import Block, Causes
from alertd.daemon.replay_side import Outcome, Told
from alertd.model.case import Obligation
from alertd.model.differences import Change, Difference
from alertd.model.rulebook import RuleBook
from alertd.model.values import Channel
from alertd.service.sharing import IN_ONE_TEXT, SHARED_TEXT

_DIGESTS = ("digest", "digest_breach")
_REPEATS = (REPEAT_TEXT, SHARED_TEXT)
_EVERYTHING = sys.maxsize
PEOPLE = "people who acted"
"""Stands for everybody who is told as themselves and in no role: an acceptance is confirmed, an alert stood down."""

Spoken = tuple[str, str, str, str, str]
"""Case, subject, key, step and role of a line, whatever its number: what is the same on both sides."""


@dataclass(frozen=True, slots=True)
class _Line:
    at: datetime
    row: Obligation


class Sent(NamedTuple):
    """What messages of a role are counted by.

    Some tell of several cases: parts of a replay that know nothing of each other add to the same one.

    Attributes:
        role: Reached; people who are told as themselves, such as whoever accepts, are one role.
        at_night: Whether they left in rest hours.
        shared: What messages have in common that would have been one; "" for one that stays by itself.
        holds: How many of what is counted one message holds.
    """

    role: str
    at_night: bool
    shared: str = ""
    holds: int = 1

    def messages(self, counted: int) -> int:
        """How many messages it takes."""
        return -(-counted // self.holds)


@dataclass(slots=True)
class Compared:
    """What came of one part of a replay.

    Attributes:
        changes: What differs.
        before, after: Messages of each side; of shared ones, what goes into them.
        supposed: Alerts that nobody on record accepted, under the other rules.
    """

    changes: list[Change] = field(default_factory=list)
    before: Counter[Sent] = field(default_factory=Counter)
    after: Counter[Sent] = field(default_factory=Counter)
    supposed: int = 0


class Comparing:
    """Compares the sides of a replay.

    Args:
        since, until: Only what one of the sides tells in [since, until) counts.
        causes: Finds the line that makes the difference.
        book: The other rules, for those in shadow.
        rest: When it is night.
    """

    def __init__(self, since: datetime, until: datetime, causes: Causes, book: RuleBook, rest: RestHours) -> None:
        self._since = since
        self._until = until
        self._causes = causes
        self._book = book
        self._rest = rest

    def compare(self, before: Outcome, after: Outcome) -> Compared:
        """Compare what came of the two sides."""
        changes = [*self._alerts(before, after), *self._work(before, after), *self._shadow(after)]
        return Compared(changes, self._sent(before), self._sent(after), after.supposed)

    def _counts(self, at: datetime | None) -> bool:
        return at is not None and self._since <= at < self._until

    # --- messages a role

    def _sent(self, outcome: Outcome) -> Counter[Sent]:
        found: Counter[Sent] = Counter()
        for told in outcome.told:
            if self._counts(told.at):
                sent = self._counted_as(told)
                found[sent] += len(told.lines) if sent.holds > 1 else 1
        return found

    def _counted_as(self, told: Told) -> Sent:
        role = PEOPLE if told.role.startswith(PERSON) else told.role
        at_night = self._rest.contains(told.at)
        if (holds := _holds(told)) == 1:
            return Sent(role, at_night)
        name = SHARED_TEXT if told.template in _REPEATS else told.template
        return Sent(role, at_night, f"{name} {told.asked} {told.person} {told.channel} {told.at.isoformat()}", holds)

    # --- alerts and work

    def _alerts(self, before: Outcome, after: Outcome) -> Iterator[Change]:
        sides = (_spoken(_lines(before.told)), _spoken(_lines(after.told)))
        yield from _once_a_role(self._differing(sides, is_work=False))

    def _work(self, before: Outcome, after: Outcome) -> Iterator[Change]:
        sides = (_spoken(_asked(before.work)), _spoken(_asked(after.work)))
        yield from self._differing(sides, is_work=True)

    def _differing(
        self, sides: tuple[Mapping[Spoken, list[_Line]], Mapping[Spoken, list[_Line]]], *, is_work: bool
    ) -> Iterator[Change]:
        before, after = sides
        for spoken in sorted(before.keys() | after.keys()):
            old, new = before.get(spoken, []), after.get(spoken, [])
            for place in range(max(len(old), len(new))):
                was, comes = (each[place] if place < len(each) else None for each in (old, new))
                change = self._change(spoken, was, comes, is_work=is_work)
                if change is not None:
                    yield change

    def _change(self, spoken: Spoken, was: _Line | None, comes: _Line | None, *, is_work: bool) -> Change | None:
        before, after = was.at if was else None, comes.at if comes else None
        known = comes or was
        if before == after or known is None or not (self._counts(before) or self._counts(after)):
            return None
        ref, about, _, _, role = spoken
        blocks = list(_blocks(about, [line.row for line in (comes, was) if line is not None], role))
        return Change(
            difference=_difference(before, after),
            case=ref,
            rule=blocks[0][1],
            role=role,
            before=before,
            after=after,
            because=self._causes.because(blocks),
            is_work=is_work,
        )

    # --- shadow

    def _shadow(self, after: Outcome) -> Iterator[Change]:
        for ref, run in after.shadow:
            if not self._counts(run.known_at):
                continue
            rule = self._book.rules[run.rule]
            for role in dict.fromkeys(role for notify in rule.notifies for role in notify.roles):
                because = f"{rule.header.where}: in shadow, it would have told {role}"
                yield Change(Difference.SHADOW, ref, run.rule, role, None, run.known_at, because)


def _holds(told: Told) -> int:
    """How many lines one such message holds, whosever they are; 1 for a message about one case."""
    if told.template in _DIGESTS:
        return _EVERYTHING
    if told.template in _REPEATS and told.channel is not Channel.CALL:
        return IN_ONE_TEXT if told.channel is Channel.SMS else _EVERYTHING
    return 1


def _lines(told: Iterable[Told]) -> Iterator[tuple[str, _Line]]:
    """Every line of an alert, a rule or a clock when it is told first; not what takes back, repeats or answers."""
    seen: set[object] = set()
    for message in told:
        for row, ref in zip(message.lines, message.refs, strict=True):
            key = row.key
            if key.step.endswith("!") or row.repeat or key.role.startswith(PERSON) or (ref, key) in seen:
                continue
            seen.add((ref, key))
            yield ref, _Line(message.at, row)


def _asked(work: Iterable[tuple[str, Obligation]]) -> Iterator[tuple[str, _Line]]:
    return ((ref, _Line(row.made_at, row)) for ref, row in work)


def _spoken(lines: Iterable[tuple[str, _Line]]) -> dict[Spoken, list[_Line]]:
    found: dict[Spoken, list[_Line]] = {}
    for ref, line in lines:
        key = line.row.key
        found.setdefault((ref, key.about, key.key, key.step, key.role), []).append(line)
    return {spoken: sorted(each, key=lambda line: line.at) for spoken, each in found.items()}


def _difference(before: datetime | None, after: datetime | None) -> Difference:
    if before is None:
        return Difference.NEW
    if after is None:
        return Difference.LOST
    return Difference.EARLIER if after < before else Difference.LATER


def _blocks(about: str, rows: Sequence[Obligation], role: str) -> Iterator[Block]:
    """What a line is about, nearest first: a rule or clock, the reasons of an alert and its ladder, the role."""
    kind, _, name = about.partition(":")
    if kind == "clock":
        yield "clock", name
    elif kind in ("rule", "ask"):
        yield "rule", name
    for row in rows:
        yield from (("rule", reason) for reason in row.reasons if kind != "clock")
    if kind == "alert":
        yield "ladder", DEFAULT_LADDER
    yield "role", role


def _once_a_role(changes: Iterable[Change]) -> Iterator[Change]:
    """Of what a role would hear in one case for one cause, the first: a ladder is one alert, whatever its steps."""
    best: dict[object, Change] = {}
    for change in changes:
        key = (change.difference, change.case, change.rule, change.role, change.because)
        known = best.get(key)
        if known is None or _at(change) < _at(known):
            best[key] = change
    yield from best.values()


def _at(change: Change) -> datetime:
    at = change.after or change.before
    if at is None:
        raise ValueError("a change without a time")
    return at


def in_order(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Changes by the time of the first telling; of one moment by what is said, since references of cases are random."""
    return tuple(sorted(changes, key=lambda c: (_at(c), c.rule, c.role, c.difference.value, c.because, c.case)))
