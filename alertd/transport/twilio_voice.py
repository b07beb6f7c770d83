"""Calls by Twilio: a phone rings, a voice says the text, and one key answers.

What is said first goes along with the request: it is heard even when our listener cannot be reached. Whether a person
or a machine has answered is judged while the voice already speaks (`AsyncAmd`): nobody who lifts the phone at three in
the morning hears seconds of silence and hangs up. A mailbox therefore records the same few words, which say less than a
lock screen shows.

Source: Twilio's Calls resource, version 2010-04-01; "Answering Machine Detection".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from alertd.model.delivery import CannotSay, Found, LookUp, NotFound, Outcome, Outgoing
from alertd.service.call_words import SILENCE
from alertd.transport.twilio_account import NEWEST, TwilioAccount, TwilioRequests
from alertd.transport.twiml import ask

RING_SECONDS = 25
"""Before most mailboxes answer; Twilio may add five."""
TALK_SECONDS = 90
"""A call ends by then, whoever holds it: the text twice, a wrong key and the text again take no longer."""
ENGAGED_SECONDS = RING_SECONDS + 5 + TALK_SECONDS + 5
"""After that no call made by one request can still be going on."""
KEYS, STATUS, MACHINE = "keys", "status", "machine"
"""What is posted to the hook, as `on` in its address: a key, the state of the call, who or what has answered."""
_EVENTS = ("initiated", "answered", "completed")


@dataclass(frozen=True, slots=True)
class VoiceHook:
    """Where Twilio posts what becomes of a call.

    Attributes:
        url: `https://…/hooks/twilio/voice`.
    """

    url: str

    def address(self, on: str, key: str, **more: str) -> str:
        """The address for one kind of news of one message."""
        return f"{self.url}?{urlencode({'on': on, 'ref': key, **more})}"


class TwilioVoice:
    """Makes calls, and finds them again.

    Args:
        account: Whose.
        from_: Our number, E.164: a caller cannot be a name.
        hook: Where keys and reports go.
    """

    name = "twilio"

    def __init__(self, account: TwilioAccount, from_: str, hook: VoiceHook) -> None:
        self._requests = TwilioRequests(account)
        self._from = from_
        self._hook = hook

    def send(self, outgoing: Outgoing) -> Outcome:
        """Call once; never later than `outgoing.deadline`."""
        return self._requests.create(outgoing, lambda client: self._create(client, outgoing))

    def look_up(self, outgoing: Outgoing, since: datetime) -> LookUp:
        """Look for it among the newest calls to its number.

        It is one created between `since` and the end of the longest request after it (5 s given for the clocks): a
        phone is never called twice at the same moment, so there can be no other. A call that waits to be dialled has no
        starting time yet, and Twilio's filter by that time is not used.
        """
        return self._requests.look(lambda client: self._find(client, outgoing, since))

    def close(self) -> None:
        """Give back connections."""
        self._requests.close()

    def _create(self, client: Any, outgoing: Outgoing) -> str:  # noqa: ANN401  # the SDK's types are not published
        key, hook = outgoing.key, self._hook
        call = client.calls.create(
            to=outgoing.address,
            from_=self._from,
            twiml=ask(outgoing.body, hook.address(KEYS, key), SILENCE),
            status_callback=hook.address(STATUS, key),
            status_callback_event=list(_EVENTS),
            timeout=RING_SECONDS,
            time_limit=TALK_SECONDS,
            machine_detection="Enable",
            async_amd="true",
            async_amd_status_callback=hook.address(MACHINE, key),
        )
        return str(call.sid or "")

    def _find(self, client: Any, outgoing: Outgoing, since: datetime) -> LookUp:  # noqa: ANN401  # as above
        newest = client.calls.list(to=outgoing.address, from_=self._from, limit=NEWEST)
        for call in newest:
            if self._requests.is_of(call.date_created, since):
                return Found(str(call.sid))
        return CannotSay(f"more than {NEWEST} calls to look through") if len(newest) == NEWEST else NotFound()
