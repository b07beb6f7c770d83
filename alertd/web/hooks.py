"""What Twilio posts: replies to our texts, and reports on what became of them.

A replayed request is answered 200 and changes nothing; a forged or malformed one is refused. Nothing of a request is
logged: it holds numbers and texts.

Source: CONTRACT, HTTP; Twilio, "Messaging webhooks" and "Outbound message status in status callbacks".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import Response

from alertd.service.receipts import Receipt
from alertd.service.receipts import Result as Settled
from alertd.service.replies import Handled, Reply
from alertd.transport.twilio_words import report
from alertd.web.forms import Form
from alertd.web.gate import KEY, SID, Count, Gate

INBOUND = "/hooks/twilio/inbound"
STATUS = "/hooks/twilio/status"


@dataclass(frozen=True, slots=True)
class Twilio:
    """What the hooks work with.

    Attributes:
        public_url: How the provider reaches us; signatures are made over it.
        tokens: Ask for the secrets of the accounts in use; each raises ConfigError when it cannot be read.
        reply: Takes a reply.
        receipt: Takes a report.
        now: The present, aware UTC.
    """

    public_url: str
    tokens: Sequence[Callable[[], str]]
    reply: Callable[[Reply], Handled]
    receipt: Callable[[Receipt], Settled]
    now: Callable[[], datetime]


class TwilioHooks:
    """The endpoints; what they do to the store runs on a thread of its own."""

    def __init__(self, twilio: Twilio, count: Count) -> None:
        self._twilio = twilio
        self._count = count
        self._gate = Gate(twilio.public_url, twilio.tokens, count)

    async def inbound(self, request: Request) -> Response:
        """Take a reply; an answer to a number on record goes through the outbox, not in this response."""
        return await self._gate.checked("inbound", request, self._inbound)

    async def status(self, request: Request) -> Response:
        """Take a report on one of our texts, named by `ref` in the address that we gave for it."""
        return await self._gate.checked("status", request, self._status)

    def _inbound(self, _: Request, form: Form) -> Response:
        sid, from_ = form.get("MessageSid"), form.get("From")
        if not SID.fullmatch(sid) or not from_:
            return self._gate.refused("inbound", "malformed", "no message", 400)
        text = form.get("OptOutType") or form.get("Body")
        handled = self._twilio.reply(Reply(from_, text, sid, self._twilio.now()))
        self._count("inbound", handled.result.value)
        return Response(twiml(handled.say), media_type="application/xml")

    def _status(self, request: Request, form: Form) -> Response:
        sid, key = form.get("MessageSid"), request.query_params.get("ref", "")
        if not SID.fullmatch(sid) or not form.get("MessageStatus"):
            return self._gate.refused("status", "malformed", "no report", 400)
        receipt = self._report(key, sid, form) if KEY.fullmatch(key) else None
        if receipt is None:
            self._count("status", Settled.UNKNOWN.value)
            return Response(status_code=204)
        settled = self._twilio.receipt(receipt)
        self._count("status", settled.value)
        return Response(status_code=204)

    def _report(self, key: str, sid: str, form: Form) -> Receipt | None:
        code = form.get("ErrorCode")
        number = int(code) if re.fullmatch(r"[0-9]{1,6}", code) else 0
        return report(key, sid, form.get("MessageStatus"), number, self._twilio.now())


def twiml(say: str) -> str:
    """What Twilio is to answer by: nothing, or one text to whoever wrote.

    Source: Twilio, "TwiML for Programmable SMS".
    """
    message = f"<Message>{escape(say)}</Message>" if say else ""
    return f'<?xml version="1.0" encoding="UTF-8"?><Response>{message}</Response>'
