"""Receipts: what a provider says, afterwards, became of a message that it took.

They come late, twice and out of order. What is settled stays settled; a failure finds another way at once.

Source: ARCHITECTURE, "Deliver": "receipts settle further"; protocol scenario 20.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from alertd.model.case import Notification, NotificationState
from alertd.service.addresses import Addresses
from alertd.service.awaiting import taken
from alertd.service.other_ways import OtherWays
from alertd.service.ports import Rank, Store, Writing


class News(StrEnum):
    """What a provider's word for a state comes to."""

    UNDER_WAY = "under_way"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Receipt:
    """One report about one message.

    Attributes:
        key: The message's own id, which went along as its reference.
        provider_id: The provider's identity of the request that it reports on.
        news: What it says.
        reason: Word for a failure, without an address.
        bad_address: The address itself is at fault for good.
        opted_out: Its owner has asked the provider for no more messages.
        at: When it came, aware UTC.
    """

    key: str
    provider_id: str
    news: News
    at: datetime
    reason: str = ""
    bad_address: bool = False
    opted_out: bool = False


class Result(StrEnum):
    """What a receipt changed, for the figures."""

    TAKEN = "taken"
    DELIVERED = "delivered"
    FAILED = "failed"
    NOTHING_NEW = "nothing_new"
    UNKNOWN = "unknown"


_S = NotificationState
_FROM: Mapping[News, frozenset[NotificationState]] = {
    # A request whose answer was lost is proven by any report about it; one whose answer is under way settles itself.
    News.UNDER_WAY: frozenset({_S.IN_DOUBT, _S.PENDING}),
    News.DELIVERED: frozenset({_S.SENT, _S.SENDING, _S.IN_DOUBT, _S.PENDING}),
    # While it waits to go again, the failure of an earlier request is no news.
    News.FAILED: frozenset({_S.SENT, _S.SENDING, _S.IN_DOUBT}),
}
"""States that each news moves on; every other state is further already."""


class Receipts:
    """Settles messages by what providers report.

    Args:
        store: Where they are.
        ways: Finds another way for what was not delivered.
        addresses: Marks numbers that are at fault for good, and those that were reached after all.
    """

    def __init__(self, store: Store, ways: OtherWays, addresses: Addresses) -> None:
        self._store = store
        self._ways = ways
        self._addresses = addresses

    def take(self, receipt: Receipt) -> Result:
        """Settle a message by one report; the same report again changes nothing.

        Raises:
            StoreUnavailable: nothing was changed; the provider may report again.
        """
        with self._store.write(Rank.DELIVER) as writing:
            note = writing.notification(receipt.key)
            if note is None:
                return Result.UNKNOWN
            if note.state not in _FROM[receipt.news] or _is_of_another_request(receipt, note):
                return Result.NOTHING_NEW
            return self._settle(note, receipt, writing)

    def _settle(self, note: Notification, receipt: Receipt, writing: Writing) -> Result:
        if receipt.news is News.FAILED:
            self._failed(note, receipt, writing)
            return Result.FAILED
        begun = note.sent_at or _begun(note, writing) or receipt.at
        settled = taken(note, receipt.provider_id, begun, confirms=True)
        if receipt.news is News.DELIVERED:
            settled = replace(settled, state=NotificationState.DELIVERED, receipt_at=receipt.at)
        if not writing.set_notification(settled, note.state):
            return Result.NOTHING_NEW
        if receipt.news is News.UNDER_WAY:
            return Result.TAKEN
        self._addresses.reached([settled], writing)
        return Result.DELIVERED

    def _failed(self, note: Notification, receipt: Receipt, writing: Writing) -> None:
        if receipt.bad_address or receipt.opted_out:
            self._addresses.refused(note, writing, receipt.at, opted_out=receipt.opted_out)
        known = replace(note, provider_id=receipt.provider_id, receipt_at=receipt.at)
        self._ways.give_up(known, NotificationState.REFUSED, receipt.reason, writing, receipt.at)


def _begun(note: Notification, writing: Writing) -> datetime | None:
    """When the request that is reported on left, as far as that was written."""
    attempts = writing.attempts(note.id)
    return attempts[-1].begun_at if attempts else None


def _is_of_another_request(receipt: Receipt, note: Notification) -> bool:
    """Whether a failure is that of an earlier request for a message that was sent again since."""
    return receipt.news is News.FAILED and bool(note.provider_id) and note.provider_id != receipt.provider_id
