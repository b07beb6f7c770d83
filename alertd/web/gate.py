"""The gate before a provider's webhooks: what is genuine and well formed goes on, and everything is counted.

A forged or malformed request is refused. Nothing of a request is logged: it holds numbers and texts.

Source: CONTRACT, HTTP.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from alertd.model.errors import AlertdError
from alertd.transport.twilio_signature import is_signed
from alertd.web.forms import Form, Malformed, read_form

AT_ONCE = 2
"""Requests that work with the store at the same time: a flood of reports leaves the loops their connections."""
SID = re.compile(r"[A-Za-z0-9]{1,64}")
KEY = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_log = structlog.get_logger(__name__)

Count = Callable[[str, str], None]
"""Counts a request: hook, and what became of it."""


def try_again() -> Response:
    """Not taken, or not wholly: the provider is told so, and shows it to whoever runs the account."""
    return Response("try again\n", 503, media_type="text/plain")


class Gate:
    """Lets through what one of the accounts in use has signed for this address.

    Args:
        public_url: How the provider reaches us; signatures are made over it.
        tokens: Ask for the secrets of the accounts in use; each raises ConfigError when it cannot be read.
        count: Counts requests.
    """

    def __init__(self, public_url: str, tokens: Sequence[Callable[[], str]], count: Count) -> None:
        self._public_url = public_url.rstrip("/")
        self._tokens = tokens
        self._count = count
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def checked(
        self,
        hook: str,
        request: Request,
        take: Callable[[Request, Form], Response],
        trouble: Callable[[], Response] = try_again,
    ) -> Response:
        """Answer a request by `take`, on a thread of its own; by `trouble` when alertd cannot work just now."""
        form = await read_form(request)
        if isinstance(form, Malformed):
            return self.refused(hook, "malformed", form.reason, form.status)
        try:
            if not self._is_genuine(request, form):
                return self.refused(hook, "forged", "the signature is not right", 403)
            async with self._turn:
                return await run_in_threadpool(take, request, form)
        except AlertdError as fault:  # the ladder climbs on meanwhile
            _log.error("webhook_failed", hook=hook, reason=type(fault).__name__)
            self._count(hook, "failed")
            return trouble()

    def refused(self, hook: str, result: str, reason: str, status: int) -> Response:
        """Refuse a request, and count it."""
        _log.warning("webhook_refused", hook=hook, reason=reason)
        self._count(hook, result)
        return Response(f"{reason}\n", status, media_type="text/plain")

    def _is_genuine(self, request: Request, form: Form) -> bool:
        query = request.scope["query_string"].decode("latin-1")
        url = self._public_url + request.scope["path"] + (f"?{query}" if query else "")
        given = request.headers.get("x-twilio-signature", "")
        return is_signed(given, url, form.fields, [token() for token in self._tokens])
