"""Settle: what providers answered goes on record, many answers in one commit, and no answer is lost.

Source: ARCHITECTURE, invariants 2, 5 and 6.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Lock

from alertd.model.case import Notification, NotificationState
from alertd.model.delivery import InDoubt, Outcome, Refused, RetryLater, Sent
from alertd.model.errors import StaleWrite, StoreUnavailable
from alertd.service.addresses import Addresses
from alertd.service.awaiting import taken
from alertd.service.choice import Choice
from alertd.service.means import LEASE, Means
from alertd.service.other_ways import OtherWays
from alertd.service.ports import AttemptEnd, Rank, Store, Writing

_BACKOFF = (2.0, 5.0, 15.0, 30.0, 60.0)

Answer = tuple[Notification, Outcome]


class Settling:
    """Puts answers on record, from whichever thread has time.

    Args:
        store: Where messages are.
        means: What delivering works with.
        choice: Knows how each provider fares.
        ways: Finds another way for what did not get through.
        addresses: Remembers numbers that do not work.
    """

    def __init__(self, store: Store, means: Means, choice: Choice, ways: OtherWays, addresses: Addresses) -> None:
        self._store = store
        self._means = means
        self._choice = choice
        self._ways = ways
        self._addresses = addresses
        self._answers: deque[Answer] = deque()
        self._lock = Lock()

    def answered(self, note: Notification, outcome: Outcome) -> None:
        """Keep an answer until it is settled."""
        self._answers.append((note, outcome))

    def settle(self, now: datetime) -> None:
        """Settle what providers have answered.

        Raises:
            StoreUnavailable: the answer is kept, and settled when the store is back: it must not become a doubt.
        """
        while self._answers and self._lock.acquire(blocking=False):  # else who settles now takes it along
            try:
                self._together(now)
            finally:
                self._lock.release()

    def _together(self, now: datetime) -> None:
        """Settle everything that was answered since the last commit in one: a crowd of answers waits for one disk."""
        answers = [self._answers.popleft() for _ in range(len(self._answers))]
        try:
            with self._store.write(Rank.DELIVER) as writing:
                self._record(answers, writing, now)
        except StoreUnavailable:
            self._answers.extendleft(reversed(answers))
            raise
        except Exception:  # noqa: BLE001  # whatever one of them meets: found alone, it costs no other
            self._alone(answers, now)
            return
        for note, outcome in answers:
            self._means.on_settled(note, outcome)

    def _alone(self, answers: Sequence[Answer], now: datetime) -> None:
        """Settle one after another what could not be settled together: one case that moved holds back no other."""
        for place, (note, outcome) in enumerate(answers):
            try:
                with self._store.write(Rank.DELIVER) as writing:
                    self._record([(note, outcome)], writing, now)
            except (StoreUnavailable, StaleWrite):
                self._answers.extend(answers[place:])
                raise
            except Exception:
                self._answers.extend(answers[place + 1 :])  # this one ends as a doubt, when its lease has run out
                raise
            self._means.on_settled(note, outcome)

    def _record(self, answers: Sequence[Answer], writing: Writing, now: datetime) -> None:
        writing.settle_attempts([AttemptEnd(note.id, note.attempts, *_recorded(each), now) for note, each in answers])
        if troubles := [line for note, each in answers for line in self._choice.troubles(note, each, now)]:
            writing.add_obligations(troubles)
        self._taken([(note, each.provider_id) for note, each in answers if isinstance(each, Sent)], writing, now)
        for note, outcome in answers:
            if not isinstance(outcome, Sent):
                self._not_taken(note, outcome, writing, now)

    def _taken(self, answers: Sequence[tuple[Notification, str]], writing: Writing, now: datetime) -> None:
        """Record messages that their providers have; where no receipt will follow, that is proof enough."""
        confirms = self._means.confirms
        sent = [taken(note, id_, now, confirms=(note.channel, note.provider) in confirms) for note, id_ in answers]
        stored = writing.set_notifications([(note, NotificationState.SENDING) for note in sent])
        arrived = [note for note in sent if note.id in stored and note.receipt_due_at is None]
        self._addresses.reached(arrived, writing)

    def _not_taken(self, note: Notification, outcome: Outcome, writing: Writing, now: datetime) -> None:
        if (again := self._choice.elsewhere(note, outcome, now)) is not None:
            writing.set_notification(again, NotificationState.SENDING)
            return
        match outcome:
            case RetryLater(reason=reason, after=after):
                self._retry(note, reason, after, writing, now)
            case Refused(reason=reason, bad_address=bad, opted_out=opted_out):
                if bad or opted_out:
                    self._addresses.refused(note, writing, now, opted_out=opted_out)
                self._ways.give_up(note, NotificationState.REFUSED, reason, writing, now)
            case InDoubt(reason=reason):
                doubt = replace(note, state=NotificationState.IN_DOUBT, reason=reason, next_at=now + LEASE)
                writing.set_notification(doubt, NotificationState.SENDING)

    def _retry(self, note: Notification, reason: str, after: float | None, writing: Writing, now: datetime) -> None:
        wait = _BACKOFF[min(note.attempts, len(_BACKOFF)) - 1] if after is None else after
        again = now + timedelta(seconds=wait)
        if again >= note.deadline_at:
            self._ways.give_up(note, NotificationState.EXPIRED, reason, writing, now)
            return
        later = replace(note, state=NotificationState.PENDING, reason=reason, next_at=again)
        writing.set_notification(later, NotificationState.SENDING)


def _recorded(outcome: Outcome) -> tuple[str, str]:
    match outcome:
        case Sent():
            return "sent", ""
        case RetryLater(reason=reason):
            return "retry_later", reason
        case Refused(reason=reason):
            return "refused", reason
        case InDoubt(reason=reason):
            return "in_doubt", reason
