"""Plan what to send: lines whose time has come become messages to people, merged, held or escalated.

Delivering itself is in `deliver`; this decides, in one transaction, who is told over what.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from alertd.core.on_call import DUTY
from alertd.core.outgoing import (
    Desk,
    Hold,
    InDigest,
    NobodyThere,
    Recipient,
    SendNow,
    Verdict,
    digest_at,
    judge_line,
    reachable,
)
from alertd.core.schedule_clocks import waits_too_long
from alertd.model.case import LineState, Notification, NotificationState, Obligation, ObligationKey
from alertd.model.ids import PersonId, RoleId
from alertd.model.values import Channel, Rest
from alertd.service.drafting import Draft, is_stand_down
from alertd.service.ports import Rank, Reading, Store
from alertd.service.sharing import share_repeats
from alertd.service.texts import clock_of

PLAN_LIMIT = 200
BREACH_ROLE = RoleId("head_of_service")
"""Told by SMS too when its digest holds a breach."""
WAS_TOLD = "was told what is taken back"
_GONE = (NotificationState.SENT, NotificationState.DELIVERED, NotificationState.IN_DOUBT, NotificationState.SENDING)


Held = list[tuple[Obligation, tuple[Recipient, ...]]]
Digests = dict[RoleId, Held]


class Planner:
    """Turns waiting lines into messages."""

    def __init__(self, store: Store, desk: Callable[[datetime], Desk], new_id: Callable[[], str]) -> None:
        self._store = store
        self._desk = desk
        self._new_id = new_id

    def due(self, now: datetime) -> tuple[ObligationKey, ...]:
        """Lines whose time has come."""
        with self._store.read() as reading:
            return tuple(row.key for row in reading.waiting(now, PLAN_LIMIT))

    def plan(self, now: datetime, only: Collection[ObligationKey] | None = None) -> int:
        """Look at every line whose time has come; returns how many were settled one way or another.

        Planned on a reading, then written only if every line still stands as it was read: the writer's lock is held
        for no longer than the writes take.

        Args:
            now: Aware UTC.
            only: Leave out every other line; None for all.
        """
        with self._store.read() as reading:
            waiting = [row for row in reading.waiting(now, PLAN_LIMIT) if only is None or row.key in only]
            if not waiting:
                return 0
            made = self._planned(waiting, reading, now)
        with self._store.write(Rank.PLAN) as writing:
            read = [*waiting, *made.taken]
            current = {row.key: row for row in writing.obligations([row.key for row in read])}
            if any(current.get(row.key) != row for row in read):
                return len(waiting)
            writing.set_obligations(made.rows)
            writing.add_notifications(list(made.notes.values()))
            if made.wake:
                writing.enqueue_rechecks(sorted(made.wake), now)
        return len(waiting)

    def _planned(self, waiting: Sequence[Obligation], reading: Reading, now: datetime) -> Draft:
        desk, plan = self._desk(now), Draft(self._new_id, now)
        digests: Digests = {}
        for row in waiting:
            if is_stand_down(row):
                self._stand_down(row, plan, digests, reading, now)
            else:
                self._judged(row, judge_line(row, now, desk), plan, digests, now)
        for role, held in digests.items():
            self._digest(role, held, plan, desk)
        share_repeats(plan)
        if desk.rest.contains(now):
            self._take_along(plan, reading, desk)
        return plan

    def _judged(self, row: Obligation, verdict: Verdict, plan: Draft, digests: Digests, now: datetime) -> None:
        match verdict:
            case Hold(until=until, reason=reason):
                plan.rows.append(replace(row, state=LineState.HELD, not_before=until, reason=reason))
            case SendNow(recipients=recipients):
                self._tell(row, recipients, plan)
            case InDigest(recipients=recipients):
                digests.setdefault(RoleId(row.key.role), []).append((row, recipients))
            case NobodyThere():
                self._nobody(row, plan, now)

    def _nobody(self, row: Obligation, plan: Draft, now: datetime) -> None:
        """A line that reaches nobody: recorded, and the case looks at its ladder again at once."""
        plan.rows.append(replace(row, state=LineState.UNREACHABLE, reason="nobody_reachable", not_before=now))
        if row.case is not None:
            plan.wake.add(row.case)

    def _tell(self, row: Obligation, recipients: Iterable[Recipient], plan: Draft) -> None:
        plan.rows.append(replace(row, state=LineState.TOLD, reason="", not_before=None))
        for each in recipients:
            plan.tell(row, each)

    def _digest(self, role: RoleId, held: Held, plan: Draft, desk: Desk) -> None:
        """One mail for the role, each case on its own line; an SMS too when a breach stands in the head's."""
        rows = [replace(row, state=LineState.TOLD, not_before=None) for row, _ in held]
        plan.rows += rows
        for each in dict.fromkeys(recipient for _, recipients in held for recipient in recipients):
            mine = [row for row, (_, recipients) in zip(rows, held, strict=True) if each in recipients]
            first = plan.note(mine[0], each.role, each.person.id, Channel.EMAIL)
            note = replace(first, case=None, asked=role, urgent=False, received_at=None, why=each.why)
            lines = tuple(row.key for row in mine)
            plan.notes["digest", role, each.person.id] = replace(note, lines=lines, template="digest")
            breaches = [row for row in mine if row.key.step.startswith("breach") and row.template != "stand_down"]
            if role == BREACH_ROLE and breaches and Channel.SMS in desk.usable and each.person.sms:
                plan.notes["digest_breach", role, each.person.id] = replace(
                    note,
                    id=plan.new_id(),
                    channel=Channel.SMS,
                    lines=tuple(r.key for r in breaches),
                    template="digest_breach",
                )

    def _take_along(self, plan: Draft, reading: Reading, desk: Desk) -> None:
        """Held warnings that cannot wait for the morning go now to a role which is being told of something anyway.

        Source: protocol notes, "Who is woken": "when 21:00 has passed, it goes with the next permitted message to that
        role, at latest 07:30".
        """
        awake = {note.asked for note in plan.notes.values() if note.next_at <= plan.now}
        morning = max((digest_at(role, plan.now, desk) for role in awake), default=plan.now)
        settled = {row.key for row in plan.rows}
        for row in reading.waiting(morning, PLAN_LIMIT) if awake else ():
            is_held = row.state is LineState.HELD and row.key.role in awake and row.key not in settled
            recipients = reachable(RoleId(row.key.role), row.by, plan.now, desk) if is_held else ()
            if recipients and _is_pressing(row, reading, desk):
                plan.taken.append(row)
                self._tell(row, recipients, plan)

    def _stand_down(self, row: Obligation, plan: Draft, digests: Digests, reading: Reading, now: datetime) -> None:
        """Tell those who were told, and the team on duty now; people off duty read it in the morning's list.

        Source: RULES, "Corrections": "the recorded recipients and the current duty role told".
        """
        told = _who_was_told(row, reading)
        if not told:
            plan.rows.append(replace(row, state=LineState.SKIPPED, reason="nobody_was_told", not_before=None))
            return
        desk, role = self._desk(now), RoleId(row.key.role)
        if row.rest is Rest.HOLD and row.state is LineState.PENDING and desk.rest.contains(now):
            at = digest_at(role, now, desk)
            plan.rows.append(replace(row, state=LineState.HELD, not_before=at, reason="rest_hours"))
        elif row.state is LineState.HELD:
            readers = dict.fromkeys((n.role, n.person) for n in told)
            digests.setdefault(role, []).append((row, _recipients(readers, desk)))
        else:
            plan.rows.append(replace(row, state=LineState.TOLD, reason="", not_before=None))
            self._take_back(row, told, plan, desk, now)

    def _take_back(self, row: Obligation, told: Sequence[Notification], plan: Draft, desk: Desk, now: datetime) -> None:
        on_duty = reachable(DUTY, _without_calls(row.by), now, desk) if row.key.role == DUTY else ()
        for each in on_duty:
            plan.tell(row, each)
        for note in told:
            if note.person in {each.person.id for each in on_duty}:
                continue
            (channel,) = _without_calls((note.channel,))
            if desk.rest.contains(now):
                plan.add_later(row, replace(note, channel=channel, why=WAS_TOLD), desk.rest.end_after(now))
            else:
                plan.add(row, note.role, note.person, channel, WAS_TOLD)


def _is_pressing(row: Obligation, reading: Reading, desk: Desk) -> bool:
    """Whether a line is a warning that would lose more than half of its remaining time by waiting."""
    if not row.key.step.startswith("warn") or is_stand_down(row) or row.case is None:
        return False
    clock = clock_of(row, reading.case(row.case))
    return clock is not None and waits_too_long(desk.rest, row.at, clock.due_at)


def _who_was_told(row: Obligation, reading: Reading) -> list[Notification]:
    """Messages that carried the line which a stand-down takes back, as far as they may have arrived."""
    source = replace(row.key, step=row.key.step.removesuffix("!"))
    return [note for note in reading.carrying([source]) if note.state in _GONE]


def _recipients(people: Iterable[tuple[RoleId, PersonId]], desk: Desk) -> tuple[Recipient, ...]:
    found = ((role, desk.book.people.get(person)) for role, person in people)
    return tuple(Recipient(role, person, (Channel.EMAIL,)) for role, person in found if person is not None)


def _without_calls(channels: Iterable[Channel]) -> tuple[Channel, ...]:
    """Nobody is rung up to hear that there is nothing to do: a text says it."""
    return tuple(dict.fromkeys(Channel.SMS if channel is Channel.CALL else channel for channel in channels))
