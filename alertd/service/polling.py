"""Polling: replies and reports are asked for where no webhook can be reached, with the same effect.

What is asked for goes the way of what is posted, under the same identities: whatever comes by both ways, twice, or
again after a restart counts once.

Source: issue 3, item 1: "Where no public webhook is allowed, replies and receipts are polled from the provider".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from alertd.model.case import Notification, NotificationState
from alertd.model.errors import AlertdError, StoreError
from alertd.model.values import Channel
from alertd.service.ports import Rank, Store
from alertd.service.receipts import Receipt
from alertd.service.receipts import Result as Settled
from alertd.service.replies import Handled, Reply

FIRST_LOOK = timedelta(hours=1)
"""The very first time, replies older than this are not obeyed: they answer to nothing that alertd has sent."""
OLDEST = timedelta(days=1)
"""After an outage, replies older than this are not obeyed: people were rung meanwhile."""
OVERLAP = timedelta(minutes=10)
"""Each look begins so long before the newest reply that was seen: providers list late, and not always in order."""
AWAITED = timedelta(hours=72)
"""Reports are asked for so long after sending: providers try to deliver a text for 72 hours at most."""
MOST_AWAITED = 500


class Unpolled(AlertdError):
    """The provider cannot be asked now; its text is a word for the log."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A text that a provider holds for us.

    Attributes:
        reply: The text; `received_at` is when it came to us.
        sent_at: When it came to the provider, by the provider's clock.
    """

    reply: Reply
    sent_at: datetime


class Post(Protocol):
    """A provider that can be asked.

    Attributes:
        name: Of the sender whose messages it reports on.
        channel: What it sends.
    """

    name: str
    channel: Channel

    def texts(self, since: datetime, now: datetime) -> Sequence[Incoming]:
        """Texts to us that came at or after a moment of the provider's clock, in any order.

        Raises:
            Unpolled: it could not be asked.
        """
        ...

    def reports(self, awaited: Sequence[Notification], now: datetime) -> Sequence[Receipt]:
        """What is known of messages that it took.

        Raises:
            Unpolled: it could not be asked.
        """
        ...


class Result(StrEnum):
    """What came of one text or report that was asked for, beside the results of replies and receipts."""

    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Taking:
    """Who takes what was asked for.

    Attributes:
        reply: Takes a reply.
        receipt: Takes a report.
        failed: Told of a reply that could not be worked; it is asked for again.
        count: Counts results by provider.
    """

    reply: Callable[[Reply], Handled]
    receipt: Callable[[Receipt], Settled]
    failed: Callable[[AlertdError], None]
    count: Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class _Mark:
    """How far texts were taken: the newest one's moment by the provider's clock, and the ids in the overlap."""

    at: datetime
    taken: frozenset[str] = frozenset()


class Polling:
    """Asks one provider.

    Args:
        store: Keeps how far was asked.
        post: The provider.
        taking: Who takes what it has.
    """

    def __init__(self, store: Store, post: Post, taking: Taking) -> None:
        self._store = store
        self._post = post
        self._taking = taking
        self._note = f"polled.{post.channel}.{post.name}"

    def run(self, now: datetime) -> None:
        """Ask for replies, then for reports.

        Raises:
            Unpolled: the provider cannot be asked now.
            StoreUnavailable: what was not taken is asked for again.
        """
        if self._post.channel is Channel.SMS:
            self._take_texts(now)
        self._take_reports(now)

    def _take_texts(self, now: datetime) -> None:
        mark = self._mark() or _Mark(now - FIRST_LOOK)
        since = max(mark.at - OVERLAP, now - OLDEST)
        found = sorted(self._post.texts(since, now), key=lambda each: each.sent_at)
        taken, failed = set[str](), list[datetime]()
        for each in found:
            id_ = each.reply.provider_id
            if id_ in mark.taken or self._take(each.reply):
                taken.add(id_)
            else:
                failed.append(each.sent_at)
        newest = max([mark.at, *(each.sent_at for each in found)])
        at = min([newest, *failed])
        inside = {each.reply.provider_id for each in found if each.sent_at >= at - OVERLAP}
        self._keep(_Mark(at, frozenset(taken & inside)))

    def _take(self, reply: Reply) -> bool:
        try:
            handled = self._taking.reply(reply)
        except StoreError:
            raise
        except AlertdError as trouble:
            self._taking.failed(trouble)
            self._taking.count(self._post.name, Result.FAILED.value)
            return False
        self._taking.count(self._post.name, handled.result.value)
        return True

    def _take_reports(self, now: datetime) -> None:
        with self._store.read() as reading:
            sent = reading.list_notifications((NotificationState.SENT,), MOST_AWAITED)
        awaited = [note for note in sent if self._is_awaited(note, now)]
        if not awaited:
            return
        for receipt in self._post.reports(awaited, now):
            self._taking.count(self._post.name, self._taking.receipt(receipt).value)

    def _is_awaited(self, note: Notification, now: datetime) -> bool:
        ours = (note.channel, note.provider) == (self._post.channel, self._post.name)
        return ours and note.sent_at is not None and now - note.sent_at <= AWAITED

    # --- how far was asked

    def _mark(self) -> _Mark | None:
        with self._store.read() as reading:
            text = reading.note(self._note)
        if not text:
            return None
        data = json.loads(text)
        return _Mark(datetime.fromisoformat(data["at"]), frozenset(data["taken"]))

    def _keep(self, mark: _Mark) -> None:
        text = json.dumps({"at": mark.at.isoformat(), "taken": sorted(mark.taken)})
        with self._store.read() as reading:
            if reading.note(self._note) == text:
                return
        with self._store.write(Rank.PEOPLE) as writing:
            writing.set_note(self._note, text)
