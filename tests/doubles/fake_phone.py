"""Phones at the other end of the fake Twilio: what they do when they ring, and what they hear, taken strictly.

TwiML that does not parse, a verb, attribute or nesting that Twilio does not know, or that alertd has no use for, fails
the test.

Source: Twilio, "TwiML for Programmable Voice", "Call status callbacks", "Answering Machine Detection".
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from xml.etree import ElementTree

import requests

from tests.doubles.fake_twilio_state import ACCOUNT, VERSION, FakeMessage

Post = Callable[[str, Mapping[str, str]], requests.Response]
_GATHER = {"action", "method", "input", "numDigits", "finishOnKey", "timeout"}
_LONGEST = 4000


@dataclass(frozen=True, slots=True)
class Phone:
    """How a phone behaves.

    Attributes:
        ends: The call's last state.
        keys: Pressed one a question; "" presses none.
        judged: Who or what the provider takes it for; "" when it does not say.
        judged_late: The judgement comes after the call has ended.
    """

    ends: str = "completed"
    keys: tuple[str, ...] = ()
    judged: str = "human"
    judged_late: bool = False


RINGS_OUT = Phone("no-answer")
IS_BUSY = Phone("busy")
IS_DEAD = Phone("failed")
MACHINE = Phone(judged="machine_start")


def presses(*keys: str) -> Phone:
    """A person who listens and presses these keys."""
    return Phone(keys=keys)


@dataclass(slots=True)
class PlayedCall:
    """One call as the provider carries it.

    Attributes:
        call: As it was asked for.
        phone: Who is called.
        post: Posts a signed form.
        heard: Everything said, in order.
        answers: Status codes of our hook, in order.
    """

    call: FakeMessage
    phone: Phone
    post: Post
    heard: list[str] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    _keys: deque[str] = field(default_factory=deque)
    _number: int = 0

    def play(self) -> PlayedCall:
        """From dialling to the end."""
        self.status("initiated")
        if self.phone.ends == "completed":
            self._keys.extend(self.phone.keys)
            self.status("in-progress")
            if not self.phone.judged_late:
                self.judge()
            self._execute(self.call.form["Twiml"])
        self.status(self.phone.ends)
        if self.phone.judged_late:
            self.judge()
        return self

    def status(self, word: str) -> None:
        """Report a state, as far as it was asked for; again for a duplicate."""
        event = {"in-progress": "answered", "initiated": "initiated"}.get(word, "completed")
        self.call.status = "queued" if word == "initiated" else word
        if event in self.call.form["StatusCallbackEvent"].splitlines():
            self._number += 1
            more = {"SequenceNumber": str(self._number), "CallbackSource": "call-progress-events"}
            self._post(self.call.form["StatusCallback"], {"CallStatus": word, **more})

    def judge(self) -> None:
        """Say who or what has answered."""
        if self.phone.judged:
            assert (self.call.form["MachineDetection"], self.call.form["AsyncAmd"]) == ("Enable", "true")
            form = {"AnsweredBy": self.phone.judged, "MachineDetectionDuration": "2100"}
            self._post(self.call.form["AsyncAmdStatusCallback"], form)

    def press(self, digit: str, action: str) -> requests.Response:
        """Press a key, which goes to an address; again for a replay."""
        return self._post(
            action, {"Digits": digit, "FinishedOnKey": "", "msg": "Gather End", "CallStatus": "in-progress"}
        )

    @property
    def action(self) -> str:
        """Where a key goes first."""
        gather = _verbs(self.call.form["Twiml"])[0]
        assert gather.tag == "Gather"
        return gather.attrib["action"]

    def _post(self, url: str, form: Mapping[str, str]) -> requests.Response:
        base = {
            "AccountSid": ACCOUNT,
            "ApiVersion": VERSION,
            "CallSid": self.call.sid,
            "From": self.call.form["From"],
            "To": self.call.to,
            "Direction": "outbound-api",
            "CallerName": "",
        }
        answer = self.post(url, {**base, **form})
        self.answers.append(answer.status_code)
        return answer

    # --- TwiML

    def _execute(self, twiml: str) -> None:
        for verb in _verbs(twiml):
            if verb.tag == "Gather":
                self._listen(verb)
                if self._keys and (key := self._keys.popleft()):
                    answer = self.press(key, verb.attrib["action"])
                    assert answer.headers["content-type"] == "application/xml", answer.text
                    self._execute(answer.text)
                    return
            else:
                self._listen_to(verb)
            if verb.tag == "Hangup":
                return
        raise AssertionError(f"a call that alertd does not end: {twiml}")

    def _listen(self, gather: ElementTree.Element) -> None:
        assert set(gather.attrib) == _GATHER, gather.attrib
        assert (gather.attrib["numDigits"], gather.attrib["input"], gather.attrib["method"]) == ("1", "dtmf", "POST")
        parts = urlsplit(gather.attrib["action"])
        assert parts.scheme == "https", "a key goes to the public address"
        assert parts.hostname, gather.attrib
        for verb in gather:
            assert verb.tag in ("Say", "Pause"), f"<{verb.tag}> in <Gather>"
            self._listen_to(verb)

    def _listen_to(self, verb: ElementTree.Element) -> None:
        match verb.tag, verb.attrib:
            case "Say", {"language": "en-GB", **rest} if not rest and verb.text:
                self.heard.append(verb.text)
            case "Pause", {"length": seconds} if seconds.isdigit():
                pass
            case "Hangup", {**rest} if not rest:
                pass
            case _:
                raise AssertionError(f"<{verb.tag}> {verb.attrib} is nothing that a phone can follow")
        assert not list(verb)


def _verbs(twiml: str) -> list[ElementTree.Element]:
    assert len(twiml) <= _LONGEST, "longer than the provider takes"
    response = ElementTree.fromstring(twiml)  # noqa: S314  # our own answer
    assert (response.tag, response.attrib) == ("Response", {}), twiml
    return list(response)
