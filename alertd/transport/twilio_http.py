"""The wire under Twilio's SDK: one call, to the configured host, with a limit on its time."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from requests import Request, Session
from requests.adapters import HTTPAdapter
from twilio.http.response import Response

CONNECT_SECONDS = 3.0
"""A provider that is away costs an urgent text no more than this before another one is tried."""
_PARTS = ("params", "data", "headers", "auth")


def pooled_session(base_url: str, connections: int) -> Session:
    """A session that keeps connections and repeats nothing: a repeat is the caller's decision, and on record.

    Proxies and certificate bundles that the environment names are read once, here: to look for them at every request
    takes a fifth of what a request takes.

    Args:
        base_url: The only host that it is used for.
        connections: Most that are kept open.
    """
    session = Session()
    settled = session.merge_environment_settings(base_url, {}, None, None, None)
    session.trust_env = False
    session.proxies.update(settled["proxies"])
    session.verify = settled["verify"]
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=connections, max_retries=0))
    return session


class OneCall:
    """Carries one call of the SDK, as its `http_client`.

    One object a call: the SDK's own client keeps its last response in an attribute, where two threads that share it
    read each other's; and it logs numbers and texts. The SDK's region and edge cannot name another host, so scheme and
    host are replaced here.

    Args:
        session: Shared by all calls.
        base_url: Scheme, host and path prefix that stand in for `https://api.twilio.com`.
        seconds: Limit on each silence of the peer.

    Attributes:
        status: Status of the answer; 0 before there is one.
        retry_after: Seconds, when the provider named them (RFC 9110, section 10.2.3; its date form is not read).
    """

    is_async = False

    def __init__(self, session: Session, base_url: str, seconds: float) -> None:
        self._session = session
        self._base = urlsplit(base_url)
        self._seconds = seconds
        self.status = 0
        self.retry_after: float | None = None

    def request(self, method: str, url: str, **options: Any) -> Response:  # noqa: ANN401  # as the SDK passes them
        """Make the request that the SDK has put together; a redirection is not followed.

        Raises:
            requests.RequestException: It could not be made or answered.
        """
        made = Request(method, self._moved(url), **{name: options.get(name) for name in _PARTS}).prepare()
        # By the adapter: the session's merging, cookies and redirections are not wanted, and cost a third of the time.
        answer = self._session.get_adapter(str(made.url)).send(
            made,
            timeout=(min(CONNECT_SECONDS, self._seconds), self._seconds),
            verify=True if self._session.verify is None else self._session.verify,
            proxies=self._session.proxies,
        )
        text = answer.text  # read to its end, which gives the connection back
        self.status = answer.status_code
        self.retry_after = _seconds(answer.headers.get("Retry-After"))
        return Response(answer.status_code, text, answer.headers)

    def _moved(self, url: str) -> str:
        parts = urlsplit(url)
        path = self._base.path.rstrip("/") + parts.path
        return urlunsplit((self._base.scheme, self._base.netloc, path, parts.query, ""))


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.isascii() and text.isdigit() else None
