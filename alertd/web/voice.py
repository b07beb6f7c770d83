"""What Twilio posts about our calls: keys, states, and whether a person or a machine has answered.

A replayed request is answered 200 and changes nothing; a forged or malformed one is refused.

Source: CONTRACT, HTTP; Twilio, "Voice webhooks", "Call status callbacks" and "Answering Machine Detection".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from alertd.service import call_words as words
from alertd.service.calls import Heard, Press
from alertd.service.receipts import News, Receipt
from alertd.service.receipts import Result as Settled
from alertd.transport.twilio_account import BAD_ADDRESS_CODES
from alertd.transport.twilio_voice import KEYS, MACHINE, STATUS, VoiceHook
from alertd.transport.twiml import ask, say
from alertd.web.forms import Form
from alertd.web.gate import KEY, SID, Count, Gate, try_again

VOICE = "/hooks/twilio/voice"

_HOOK = "voice"
_DIGIT = re.compile(r"[0-9*#]")
_HUMAN = "human"
_OVER: Mapping[str, News] = {
    **dict.fromkeys(("queued", "initiated", "ringing", "in-progress", "answered"), News.UNDER_WAY),
    **dict.fromkeys(("busy", "no-answer", "failed", "canceled"), News.FAILED),
}


@dataclass(frozen=True, slots=True)
class Voice:
    """What the hook works with.

    Attributes:
        public_url: How the provider reaches us; signatures are made over it.
        tokens: Ask for the secrets of the accounts in use; each raises ConfigError when it cannot be read.
        press: Takes a key.
        receipt: Takes a report.
        ended: Told of a call that has ended.
        now: The present, aware UTC.
    """

    public_url: str
    tokens: Sequence[Callable[[], str]]
    press: Callable[[Press], Heard]
    receipt: Callable[[Receipt], Settled]
    ended: Callable[[str], None]
    now: Callable[[], datetime]


class VoiceHooks:
    """The one endpoint of calls; what it does to the store runs on a thread of its own."""

    def __init__(self, voice: Voice, count: Count) -> None:
        self._voice = voice
        self._count = count
        self._gate = Gate(voice.public_url, voice.tokens, count)
        self._hook = VoiceHook(voice.public_url.rstrip("/") + VOICE)

    async def voice(self, request: Request) -> Response:
        """Take what is posted about one of our calls, named by `ref` in the address that we gave for it."""
        keys = request.query_params.get("on") == KEYS
        return await self._gate.checked(_HOOK, request, self._taken, _not_recorded if keys else try_again)

    def _taken(self, request: Request, form: Form) -> Response:
        on, key = request.query_params.get("on", ""), request.query_params.get("ref", "")
        if not SID.fullmatch(form.get("CallSid")):
            return self._gate.refused(_HOOK, "malformed", "no call", 400)
        if on not in (KEYS, STATUS, MACHINE) or not KEY.fullmatch(key):
            return self._gate.refused(_HOOK, "malformed", "not an address of ours", 400)
        if on == KEYS:
            return self._key(key, request.query_params.get("again") == "1", form)
        return self._report(on, key, form)

    # --- keys

    def _key(self, key: str, again: bool, form: Form) -> Response:
        digit = form.get("Digits")
        if not _DIGIT.fullmatch(digit):
            return self._gate.refused(_HOOK, "malformed", "no key", 400)
        heard = self._voice.press(Press(key, form.get("CallSid"), digit, again, self._voice.now()))
        self._count(_HOOK, heard.result.value)
        if not heard.asks:
            return _spoken(say(heard.say))
        return _spoken(ask(heard.say, self._hook.address(KEYS, key, again="1"), words.GIVEN_UP, times=1))

    # --- reports

    def _report(self, on: str, key: str, form: Form) -> Response:
        word = form.get("CallStatus" if on == STATUS else "AnsweredBy")
        if not word:
            return self._gate.refused(_HOOK, "malformed", "no report", 400)
        news, reason = _state(word, form) if on == STATUS else _answered_by(word)
        if on == STATUS and (word == "completed" or news is News.FAILED):
            self._voice.ended(key)
        settled = Settled.UNKNOWN
        if news is not None:
            settled = self._voice.receipt(self._receipt(key, news, reason, form))
        self._count(_HOOK, settled.value)
        return Response(status_code=204)

    def _receipt(self, key: str, news: News, reason: str, form: Form) -> Receipt:
        code = form.get("ErrorCode")
        number = int(code) if re.fullmatch(r"[0-9]{1,6}", code) else 0
        told = f"{reason}, code {number}" if number and reason else reason
        return Receipt(key, form.get("CallSid"), news, self._voice.now(), told, number in BAD_ADDRESS_CODES)


def _state(word: str, form: Form) -> tuple[News | None, str]:
    """What a call's state proves, and the reason of a failure.

    A call that has ended reached a person when a person was heard on it: by a key or by the judgement of the answer,
    both told before. Without either it counts as not heard, so that somebody is told another way.
    """
    if word != "completed":
        news = _OVER.get(word)
        return news, word if news is News.FAILED else ""
    if form.get("AnsweredBy") == _HUMAN:
        return News.DELIVERED, ""
    return News.FAILED, "no_person_heard"


def _answered_by(word: str) -> tuple[News | None, str]:
    """What the judgement of the answer proves; one that cannot say waits for a key or the call's end."""
    if word == _HUMAN:
        return News.DELIVERED, ""
    if word.startswith("machine_") or word == "fax":
        return News.FAILED, "machine"
    return News.UNDER_WAY, ""


def _spoken(twiml: str) -> Response:
    return Response(twiml, media_type="application/xml")


def _not_recorded() -> Response:
    """Whoever has pressed a key hears that it did not count: silence would pass for an acceptance."""
    return _spoken(say(words.NOT_RECORDED))
