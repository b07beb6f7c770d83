"""The wire under GOV.UK Notify's client: one call, to the configured host, with a limit on its time, and no log.

Source: GOV.UK Notify, "REST API documentation": authorisation header, error codes.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

from notifications_python_client.errors import APIError
from notifications_python_client.notifications import NotificationsAPIClient
from requests import RequestException, Response, Session

from alertd.model.errors import ConfigError
from alertd.transport.hard_deadline import Overdue, within
from alertd.transport.twilio_http import CONNECT_SECONDS

logging.getLogger("notifications_python_client").setLevel(logging.CRITICAL + 1)  # it logs addresses and error texts

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_KEY = re.compile(rf".*{_UUID}-{_UUID}", re.IGNORECASE)
_READ_ERRORS = (ValueError, KeyError, TypeError, AttributeError)
T = TypeVar("T")
Client = Any
"""Notify's own client; its annotations are not complete."""


@dataclass(frozen=True, slots=True)
class NotifyAccount:
    """A service at Notify and how to reach it.

    Attributes:
        api_key: Asked at every request, so that a changed key needs no restart; raises ConfigError when it cannot be
            read.
        template_id: A template whose whole text is `((body))`; for email its subject is `((subject))`.
        base_url: `https://api.notifications.service.gov.uk`, or what stands in for it.
        limit: Longest time of one request.
    """

    api_key: Callable[[], str] = field(repr=False)
    template_id: str
    base_url: str = "https://api.notifications.service.gov.uk"
    limit: timedelta = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Answered:
    """Notify answered with an error.

    Attributes:
        status: HTTP status.
        error, message: As it names and explains the first error; "" when the answer is not Notify's own.
        retry_after: Seconds, when it named them.
    """

    status: int
    error: str = ""
    message: str = ""
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An answer came that is none of Notify's."""


NoAnswer = RequestException | Overdue | ConfigError
Failure = Answered | Unreadable | NoAnswer


class Malformed(ConfigError):
    """The key is no key of Notify's."""


class OneCall:
    """Carries one request of the client, as its `request_session`; a redirection is not followed.

    The client itself is not thread-safe, so there is a new one for every call; the connections under it are shared.
    """

    def __init__(self, session: Session, base_url: str) -> None:
        self._session = session
        self._path = urlsplit(base_url).path.rstrip("/")

    def request(self, method: str, url: str, **options: Any) -> Response:  # noqa: ANN401  # as the client passes them
        """Make the request that the client has put together.

        Raises:
            requests.RequestException: it could not be made, or was answered by a redirection.
        """
        seconds = float(options.pop("timeout"))
        parts = urlsplit(url)
        moved = urlunsplit((parts.scheme, parts.netloc, self._path + parts.path, parts.query, ""))
        timeout = (min(CONNECT_SECONDS, seconds), seconds)
        answer = self._session.request(method, moved, timeout=timeout, allow_redirects=False, **options)
        if 300 <= answer.status_code < 400:
            raise RequestException(response=answer)
        return answer


def ask(account: NotifyAccount, session: Session, seconds: float, call: Callable[[Client], T]) -> T | Failure:
    """Make one call of the client, in at most so many seconds; every failure is an answer of its own."""
    try:
        return within(seconds, lambda: call(_client(account, session, seconds)))
    except APIError as error:
        return _failure(error)
    except (Overdue, ConfigError) as error:
        return error
    except _READ_ERRORS:
        return Unreadable()


def _client(account: NotifyAccount, session: Session, seconds: float) -> Client:
    key = account.api_key().strip()
    if not _KEY.fullmatch(key):
        raise Malformed("it is no API key of GOV.UK Notify")
    client: Client = NotificationsAPIClient(key, base_url=account.base_url, timeout=seconds)  # type: ignore[no-untyped-call]
    client.request_session.close()
    client.request_session = OneCall(session, account.base_url)
    return client


def _failure(error: APIError) -> Failure:
    """What the client wraps: an answer, or a fault of the connection under a status of its own invention."""
    if error.response is None:
        cause = error.__cause__
        return cause if isinstance(cause, RequestException) else Unreadable()
    if error.response.status_code < 300:
        return Unreadable()
    return answered(error.response)


def answered(response: Response) -> Answered:
    """Read an error answer; of one that is not Notify's own, only the status."""
    after = response.headers.get("Retry-After", "")
    seconds = float(after) if after.isascii() and after.isdigit() else None
    try:
        first = response.json()["errors"][0]
        return Answered(response.status_code, str(first["error"]), str(first["message"]), seconds)
    except (*_READ_ERRORS, IndexError):
        return Answered(response.status_code, retry_after=seconds)
