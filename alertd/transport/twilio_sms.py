"""Texts by Twilio: sent once, with every answer told apart by what it proves.

Source: Twilio's Messages resource, version 2010-04-01, and its error dictionary.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from requests import RequestException
from requests.exceptions import ConnectTimeout, InvalidSchema, InvalidURL, ProxyError, SSLError
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.rest import Client
from urllib3.exceptions import MaxRetryError, NewConnectionError

from alertd.model.delivery import (
    CannotSay,
    Found,
    InDoubt,
    LookUp,
    NotFound,
    Outcome,
    Outgoing,
    Refused,
    RetryLater,
    Sent,
)
from alertd.model.errors import ConfigError
from alertd.transport.hard_deadline import Overdue, within
from alertd.transport.twilio_http import OneCall, pooled_session

BAD_ADDRESS_CODES = frozenset({21211, 21214, 21217, 21265, 21407, 21421, 21610, 21614, 30006})
"""Errors that are the number's own for good: malformed, no mobile, landline, opted out. An unknown handset (30005) is
not among them: a phone that is switched off can look like one."""

_BUSY_CODES = frozenset({14107, 20429, 21611, 30001})
"""Rate limits and full queues: nothing was taken, and later there is room."""

_NEVER_LEFT = (ConnectTimeout, ProxyError, InvalidSchema, InvalidURL)
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError)
"""What the SDK raises on an answer of 2xx that is not what it should be (a proxy's page, say)."""
_UNREAD_TOKEN = "the account's secret cannot be read"  # noqa: S105  # it says that there is none
_NEWEST = 200
_SKEW = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """An account and how to reach it.

    Attributes:
        account_sid: `AC…`.
        auth_token: Asked at every request, so that a changed secret needs no restart; raises ConfigError when it
            cannot be read.
        base_url: `https://api.twilio.com`, or what stands in for it.
        limit: Longest time of one request; an outgoing message's own deadline may be sooner.
        connections: Connections kept open: as many as there are sending threads.
    """

    account_sid: str
    auth_token: Callable[[], str] = field(repr=False)
    base_url: str = "https://api.twilio.com"
    limit: timedelta = timedelta(seconds=15)
    connections: int = 8


class TwilioSms:
    """Sends texts, and finds them again.

    Args:
        account: Whose.
        from_: Our number, E.164.
        status_callback: URL to which Twilio reports what becomes of a message; None asks for no reports. The key is
            added to it as `ref`, so that a report settles even a message whose answer was lost.
    """

    name = "twilio"

    def __init__(self, account: TwilioAccount, from_: str, status_callback: str | None = None) -> None:
        self._account = account
        self._from = from_
        self._status_callback = status_callback
        self._session = pooled_session(account.connections)

    def send(self, outgoing: Outgoing) -> Outcome:
        """Send once; never later than `outgoing.deadline`."""
        seconds = self._seconds_left(outgoing)
        if seconds <= 0:
            return RetryLater("no time was left to send it")
        call = self._call(seconds)
        try:
            sid = within(seconds, lambda: self._create(call, outgoing))
        except (Overdue, ConfigError, TwilioException, RequestException, *_UNREADABLE) as error:
            return _failed(error, call.retry_after)
        return Sent(sid) if sid else InDoubt("the answer names no message")

    def look_up(self, outgoing: Outgoing, since: datetime) -> LookUp:
        """Look for it among the newest messages to its number.

        It is one created between `since` and the end of the longest request after it (5 s given for the clocks) that
        holds the code, or without a code the same text. Twilio's filter by sending date is not used: a message that
        waits in its queue has none yet.
        """
        seconds = self._account.limit.total_seconds()
        call = self._call(seconds)
        try:
            return within(seconds, lambda: self._find(call, outgoing, since))
        except ConfigError:
            return CannotSay(_UNREAD_TOKEN)
        except Overdue:
            return CannotSay("no answer in time")
        except TwilioException:  # the SDK wraps an answer without a page in its bare base class
            return CannotSay(f"answered {call.status}")
        except RequestException as error:
            return CannotSay(type(error).__name__)
        except _UNREADABLE:
            return CannotSay("the answer cannot be read")

    def close(self) -> None:
        """Give back connections."""
        self._session.close()

    def _seconds_left(self, outgoing: Outgoing) -> float:
        return min(self._account.limit.total_seconds(), outgoing.deadline - time.monotonic())

    def _call(self, seconds: float) -> OneCall:
        return OneCall(self._session, self._account.base_url, seconds)

    def _client(self, call: OneCall) -> Any:  # noqa: ANN401  # the SDK's types are not published
        return Client(self._account.account_sid, self._account.auth_token(), http_client=call)

    def _create(self, call: OneCall, outgoing: Outgoing) -> str:
        fields: dict[str, str] = {"to": outgoing.address, "from_": self._from, "body": outgoing.body}
        if self._status_callback is not None:
            fields["status_callback"] = f"{self._status_callback}?ref={quote(outgoing.key, safe='')}"
        return str(self._client(call).messages.create(**fields).sid or "")

    def _find(self, call: OneCall, outgoing: Outgoing, since: datetime) -> LookUp:
        latest = since + self._account.limit + _SKEW
        newest = self._client(call).messages.list(to=outgoing.address, limit=_NEWEST)
        for message in newest:
            in_time = message.date_created is not None and since - _SKEW <= message.date_created <= latest
            if in_time and _same(outgoing, str(message.body or "")):
                return Found(str(message.sid))
        return CannotSay(f"more than {_NEWEST} messages to look through") if len(newest) == _NEWEST else NotFound()


def _same(outgoing: Outgoing, body: str) -> bool:
    return outgoing.code in body if outgoing.code else body.strip() == outgoing.body.strip()


def _failed(error: Exception, retry_after: float | None) -> Outcome:
    """What a failure proves about the message."""
    match error:
        case TwilioRestException() | TwilioServiceException():
            return _answered(int(error.status), int(error.code or 0), retry_after)
        case RequestException():
            return _not_answered(error)
        case ConfigError():
            return RetryLater(_UNREAD_TOKEN)
        case Overdue():
            return InDoubt("no answer in time")
        case _:
            return InDoubt("the answer cannot be read")


def _answered(status: int, code: int, retry_after: float | None) -> Outcome:
    """What an error answer proves about the message."""
    reason = f"answered {status}, code {code}"
    if status in (429, 503) or code in _BUSY_CODES:
        return RetryLater(reason, retry_after)
    if status >= 500:
        return InDoubt(reason)  # a gateway may have passed it on before it failed
    return Refused(reason, bad_address=code in BAD_ADDRESS_CODES)


def _not_answered(error: RequestException) -> Outcome:
    """Whether the request may have left: only what is known to happen before that proves that it did not."""
    reason = type(error).__name__
    wrapped = error.args[0] if error.args else None
    cause = wrapped.reason if isinstance(wrapped, MaxRetryError) else wrapped
    certificate = isinstance(error, SSLError) and "certificate verify failed" in str(cause).lower()
    if certificate or isinstance(error, _NEVER_LEFT) or isinstance(cause, NewConnectionError):
        return RetryLater(reason)
    return InDoubt(reason)
