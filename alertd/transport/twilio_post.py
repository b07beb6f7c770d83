"""What Twilio holds for us: texts to our number, and what became of texts from it.

Source: Twilio's Messages resource, version 2010-04-01: listed newest first, by To and From; messages are never
filtered by sending date here, since one that waits in its queue has none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any, TypeVar

from requests import RequestException
from twilio.base.exceptions import TwilioException
from twilio.rest import Client

from alertd.model.case import Notification
from alertd.model.errors import ConfigError
from alertd.model.values import Channel
from alertd.service.polling import Incoming, Unpolled
from alertd.service.receipts import News, Receipt
from alertd.service.replies import Reply
from alertd.transport.hard_deadline import Overdue, within
from alertd.transport.twilio_account import TwilioAccount
from alertd.transport.twilio_http import OneCall, pooled_session
from alertd.transport.twilio_sms import TwilioSms
from alertd.transport.twilio_words import report

_MOST = 1000
_PAGE = 200
_SKEW = timedelta(minutes=5)
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError)
T = TypeVar("T")


class TwilioPost:
    """Asks an account at Twilio.

    Args:
        account: Whose.
        number: Ours, E.164.
        name: Of the sender whose messages it reports on.
    """

    channel = Channel.SMS

    def __init__(self, account: TwilioAccount, number: str, name: str = TwilioSms.name) -> None:
        self.name = name
        self._account = account
        self._number = number
        self._session = pooled_session(account.base_url, 1)

    def texts(self, since: datetime, now: datetime) -> Sequence[Incoming]:
        """Texts that came at or after a moment."""
        found = self._ask(lambda client: self._listed(client, since, to=self._number))
        return [
            Incoming(Reply(str(one.from_), str(one.body or ""), str(one.sid), now), one.date_created)
            for one in found
            if one.direction == "inbound"
        ]

    def reports(self, awaited: Sequence[Notification], now: datetime) -> Sequence[Receipt]:
        """What is known of texts, by the ids that they were given."""
        keys = {note.provider_id: note.id for note in awaited}
        since = min(note.sent_at or note.created_at for note in awaited) - _SKEW
        found = self._ask(lambda client: self._listed(client, since, from_=self._number))
        receipts = [
            report(keys[str(one.sid)], str(one.sid), str(one.status), int(one.error_code or 0), now)
            for one in found
            if str(one.sid) in keys
        ]
        return [one for one in receipts if one is not None and one.news is not News.UNDER_WAY]

    def close(self) -> None:
        """Give back connections."""
        self._session.close()

    def _listed(self, client: Any, since: datetime, **which: str) -> list[Any]:  # noqa: ANN401  # no types in the SDK
        newest_first = client.messages.stream(limit=_MOST, page_size=_PAGE, **which)
        return list(takewhile(lambda one: one.date_created is not None and one.date_created >= since, newest_first))

    def _ask(self, call: Callable[[Any], T]) -> T:
        seconds = self._account.limit.total_seconds()
        wire = OneCall(self._session, self._account.base_url, seconds)
        try:
            return within(
                seconds, lambda: call(Client(self._account.account_sid, self._account.auth_token(), http_client=wire))
            )
        except TwilioException:
            raise Unpolled(f"answered {wire.status}") from None
        except (ConfigError, Overdue, RequestException, *_UNREADABLE) as error:
            raise Unpolled(type(error).__name__) from None
