"""What every request to Twilio shares: the account, one hard deadline, and what each answer proves.

Source: Twilio's REST API, version 2010-04-01, and its error dictionary.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from requests import RequestException
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.rest import Client

from alertd.model.delivery import CannotSay, InDoubt, LookUp, Outcome, Outgoing, Refused, RetryLater, Sent
from alertd.model.errors import ConfigError
from alertd.service.means import LANES
from alertd.transport.hard_deadline import Overdue, within
from alertd.transport.not_answered import not_answered
from alertd.transport.twilio_http import OneCall, pooled_session

BAD_ADDRESS_CODES = frozenset({21211, 21214, 21217, 21265, 21407, 21421, 21614, 30006})
"""Errors that are the number's own for good: malformed, no mobile, landline. An unknown handset (30005) is
not among them: a phone that is switched off can look like one."""

OPTED_OUT_CODE = 21610
"""The number's owner has asked for no more texts: the provider refuses them until it texts START."""

_BUSY_CODES = frozenset({14107, 20429, 21611, 30001})
"""Rate limits and full queues: nothing was taken, and later there is room."""

_UNAUTHORISED = (
    "Twilio does not accept our account or its secret. Remedy: compare account_sid and auth_token with Twilio's "
    "console, and write the secret anew"
)
_SUSPENDED = "Twilio has closed or suspended our account. Remedy: look at the account in Twilio's console"
_OUR_NUMBER = (
    "Twilio does not let our account send from the number in `from`. Remedy: compare it with the numbers of the "
    "account in Twilio's console"
)
_ACCOUNT_CODES = {
    20003: _UNAUTHORISED,
    20005: _SUSPENDED,
    20006: _UNAUTHORISED,
    21606: _OUR_NUMBER,
    21608: "Our Twilio account is on trial, and texts only numbers that were verified. Remedy: upgrade the account",
    21659: _OUR_NUMBER,
    21660: _OUR_NUMBER,
    30002: _SUSPENDED,
    63038: "Our Twilio account has sent as many messages as it may in a day. Remedy: ask Twilio for a higher limit",
    90010: _SUSPENDED,
}
"""Errors that are our account's: another provider may take the same message."""

_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError)
"""What the SDK raises on an answer of 2xx that is not what it should be (a proxy's page, say)."""
_UNREAD_TOKEN = "the account's secret cannot be read"  # noqa: S105  # it says that there is none
NEWEST = 200
"""How many of the newest messages or calls to a number a look-up reads."""
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
    connections: int = LANES


class TwilioRequests:
    """Makes requests to one account, each once and within its time.

    Args:
        account: Whose.
    """

    def __init__(self, account: TwilioAccount) -> None:
        self._account = account
        self._session = pooled_session(account.base_url, account.connections)

    def create(self, outgoing: Outgoing, make: Callable[[Any], str]) -> Outcome:
        """Create a message or a call, never later than `outgoing.deadline`.

        Args:
            outgoing: For its deadline.
            make: Given the SDK's client; makes one request and returns the id of what was made.
        """
        seconds = min(self._account.limit.total_seconds(), outgoing.deadline - time.monotonic())
        if seconds <= 0:
            return RetryLater("no time was left to send it")
        call = self._call(seconds)
        try:
            sid = within(seconds, lambda: make(self._client(call)))
        except (Overdue, ConfigError, TwilioException, RequestException, *_UNREADABLE) as error:
            return _failed(error, call.retry_after)
        return Sent(sid) if sid else InDoubt("the answer names no id")

    def look(self, find: Callable[[Any], LookUp]) -> LookUp:
        """Look for something that may have been created; whatever goes wrong proves nothing.

        Args:
            find: Given the SDK's client; reads and judges.
        """
        seconds = self._account.limit.total_seconds()
        call = self._call(seconds)
        try:
            return within(seconds, lambda: find(self._client(call)))
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

    def is_of(self, created_at: datetime | None, since: datetime) -> bool:
        """Whether something was created by a request that began at `since`, 5 s given for the clocks."""
        return created_at is not None and since - _SKEW <= created_at <= since + self._account.limit + _SKEW

    def close(self) -> None:
        """Give back connections."""
        self._session.close()

    def _call(self, seconds: float) -> OneCall:
        return OneCall(self._session, self._account.base_url, seconds)

    def _client(self, call: OneCall) -> Any:  # noqa: ANN401  # the SDK's types are not published
        return Client(self._account.account_sid, self._account.auth_token(), http_client=call)


def _failed(error: Exception, retry_after: float | None) -> Outcome:
    """What a failure proves about the message."""
    match error:
        case TwilioRestException() | TwilioServiceException():
            return _answered(int(error.status), int(error.code or 0), retry_after)
        case RequestException():
            return not_answered(error)
        case ConfigError():
            return RetryLater(_UNREAD_TOKEN)
        case Overdue():
            return InDoubt("no answer in time")
        case _:
            return InDoubt("the answer cannot be read")


def _answered(status: int, code: int, retry_after: float | None) -> Outcome:
    """What an error answer proves about the message."""
    reason = f"answered {status}, code {code}"
    if account := _ACCOUNT_CODES.get(code):
        return Refused(reason, account=account)
    if status in (429, 503) or code in _BUSY_CODES:
        return RetryLater(reason, retry_after)
    if status >= 500:
        return InDoubt(reason)  # a gateway may have passed it on before it failed
    unauthorised = _UNAUTHORISED if status in (401, 403) else ""
    at_fault, opted_out = code in BAD_ADDRESS_CODES, code == OPTED_OUT_CODE
    return Refused(reason, bad_address=at_fault, account=unauthorised, opted_out=opted_out)
