"""What a request without an answer proves: whether it may have left."""

from __future__ import annotations

from requests import RequestException
from requests.exceptions import ConnectTimeout, InvalidSchema, InvalidURL, ProxyError, SSLError
from urllib3.exceptions import MaxRetryError, NewConnectionError

from alertd.model.delivery import InDoubt, RetryLater

_NEVER_LEFT = (ConnectTimeout, ProxyError, InvalidSchema, InvalidURL)


def not_answered(error: RequestException) -> RetryLater | InDoubt:
    """Whether the request may have left: only what is known to happen before that proves that it did not."""
    reason = type(error).__name__
    wrapped = error.args[0] if error.args else None
    cause = wrapped.reason if isinstance(wrapped, MaxRetryError) else wrapped
    certificate = isinstance(error, SSLError) and "certificate verify failed" in str(cause).lower()
    if certificate or isinstance(error, _NEVER_LEFT) or isinstance(cause, NewConnectionError):
        return RetryLater(reason)
    return InDoubt(reason)
