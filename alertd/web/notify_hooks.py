"""What GOV.UK Notify posts: reports on our messages, and texts that were sent to our number.

Both callbacks may name the same address. A replayed request is answered 200 and changes nothing; a forged or
malformed one is refused. Nothing of a request is logged: it holds numbers and texts.

Source: CONTRACT, HTTP; GOV.UK Notify, "Callbacks": delivery receipts, received text messages; a callback that is
answered 5xx comes again, one that is answered 4xx does not.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from alertd.model.errors import AlertdError
from alertd.service.receipts import Receipt
from alertd.service.receipts import Result as Settled
from alertd.service.replies import Handled, Reply
from alertd.transport.notify_words import e164, receipt_of
from alertd.web.forms import Malformed
from alertd.web.gate import AT_ONCE, KEY, Count
from alertd.web.json_body import read_object

NOTIFY = "/hooks/notify"
_HOOK = "notify"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Notify:
    """What the hook works with.

    Attributes:
        tokens: Ask for the bearer tokens that callbacks may carry; each raises ConfigError when it cannot be read.
        reply: Takes a reply; what it says to a stranger it sends itself.
        receipt: Takes a report.
        now: The present, aware UTC.
    """

    tokens: Sequence[Callable[[], str]]
    reply: Callable[[Reply], Handled]
    receipt: Callable[[Receipt], Settled]
    now: Callable[[], datetime]


class NotifyHook:
    """The endpoint; what it does to the store runs on a thread of its own."""

    def __init__(self, notify: Notify, count: Count) -> None:
        self._notify = notify
        self._count = count
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def take(self, request: Request) -> Response:
        """Take a callback, once its bearer token is right."""
        try:
            if not self._is_genuine(request):
                return self._refused("forged", "the token is not right", 403)
            body = await read_object(request)
            if isinstance(body, Malformed):
                return self._refused("malformed", body.reason, body.status)
            async with self._turn:
                return await run_in_threadpool(self._take, body)
        except AlertdError as trouble:  # not taken, or not wholly: the provider comes again
            _log.error("webhook_failed", hook=_HOOK, reason=type(trouble).__name__)
            self._count(_HOOK, "failed")
            return Response("try again\n", 503, media_type="text/plain")

    def _is_genuine(self, request: Request) -> bool:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        tokens = [token().strip() for token in self._notify.tokens]
        right = [hmac.compare_digest(given.encode(), token.encode()) for token in tokens if token]
        return scheme.lower() == "bearer" and any(right)

    def _take(self, body: dict[str, str]) -> Response:
        if "source_number" in body:
            return self._inbound(body)
        if "status" in body:
            return self._status(body)
        return self._refused("malformed", "neither a report nor a text", 400)

    def _inbound(self, body: dict[str, str]) -> Response:
        id_, text = body.get("id", ""), body.get("message")
        if not KEY.fullmatch(id_) or text is None:
            return self._refused("malformed", "no text", 400)
        handled = self._notify.reply(Reply(e164(body["source_number"]), text, id_, self._notify.now()))
        return self._taken(handled.result.value)

    def _status(self, body: dict[str, str]) -> Response:
        id_, key = body.get("id", ""), body.get("reference", "")
        if not KEY.fullmatch(id_):
            return self._refused("malformed", "no report", 400)
        receipt = receipt_of(key, id_, body["status"], self._notify.now()) if KEY.fullmatch(key) else None
        if receipt is None:  # sent by hand, without a reference; or a word that nobody knows
            return self._taken(Settled.UNKNOWN.value)
        return self._taken(self._notify.receipt(receipt).value)

    def _taken(self, result: str) -> Response:
        self._count(_HOOK, result)
        return Response("taken\n", media_type="text/plain")

    def _refused(self, result: str, reason: str, status: int) -> Response:
        _log.warning("webhook_refused", hook=_HOOK, reason=reason)
        self._count(_HOOK, result)
        return Response(f"{reason}\n", status, media_type="text/plain")
