"""What GOV.UK Notify holds for us: received texts, and what became of messages.

Source: GOV.UK Notify, "REST API documentation": get the status of multiple messages, get received text messages; both
are listed newest first, at most 250 at a time, for seven days.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from alertd.model.case import Notification
from alertd.model.values import Channel
from alertd.service.polling import Incoming, Unpolled
from alertd.service.receipts import News, Receipt
from alertd.service.replies import Reply
from alertd.transport.notify import TYPES, NotifySender
from alertd.transport.notify_answers import said
from alertd.transport.notify_http import Client, Failure, NotifyAccount, ask
from alertd.transport.notify_words import e164, receipt_of
from alertd.transport.twilio_http import pooled_session

_PAGES = 8
_SKEW = timedelta(minutes=5)
Rows = list[dict[str, Any]]


class NotifyPost:
    """Asks a service at Notify.

    Args:
        account: Whose.
        channel: Texts or mails.
        name: Of the sender whose messages it reports on.
    """

    def __init__(self, account: NotifyAccount, channel: Channel, name: str = NotifySender.name) -> None:
        self.name = name
        self.channel = channel
        self._account = account
        self._session = pooled_session(account.base_url, 1)

    def texts(self, since: datetime, now: datetime) -> Sequence[Incoming]:
        """Texts that came at or after a moment."""
        rows = self._rows(since, lambda client, last: client.get_received_texts(last)["received_text_messages"])
        return [
            Incoming(Reply(e164(row["user_number"]), row["content"], row["id"], now), moment(row["created_at"]))
            for row in rows
        ]

    def reports(self, awaited: Sequence[Notification], now: datetime) -> Sequence[Receipt]:
        """What is known of messages, by their references."""
        wanted = {note.id for note in awaited}
        since = min(note.created_at for note in awaited) - _SKEW
        kind = TYPES[self.channel]

        def page(client: Client, last: str | None) -> Rows:
            found: Rows = client.get_all_notifications(template_type=kind, older_than=last)["notifications"]
            return found

        rows = [row for row in self._rows(since, page) if row["reference"] in wanted]
        receipts = (receipt_of(row["reference"], row["id"], row["status"], now) for row in rows)
        return [one for one in receipts if one is not None and one.news is not News.UNDER_WAY]

    def close(self) -> None:
        """Give back connections."""
        self._session.close()

    def _rows(self, since: datetime, page: Callable[[Client, str | None], Rows]) -> Rows:
        """Rows of a list from the newest back to a moment."""
        rows: Rows = []
        for _ in range(_PAGES):
            last = rows[-1]["id"] if rows else None
            more = self._ask(lambda client, last=last: page(client, last))  # type: ignore[misc]
            rows += more
            if not more or moment(more[-1]["created_at"]) < since:
                break
        return [row for row in rows if moment(row["created_at"]) >= since]

    def _ask(self, call: Callable[[Client], Rows]) -> Rows:
        answer: Rows | Failure = ask(self._account, self._session, self._account.limit.total_seconds(), call)
        if not isinstance(answer, list):
            raise Unpolled(said(answer))
        return answer


def moment(text: str) -> datetime:
    """A moment as Notify writes it: UTC, whether it says so or not."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
