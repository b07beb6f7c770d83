"""What a called phone is to hear and may press, as Twilio reads it.

Source: Twilio, "TwiML for Programmable Voice": Response, Gather, Say, Pause, Hangup.
"""

from __future__ import annotations

from twilio.twiml.voice_response import Gather, VoiceResponse

_ENGLISH = "en-GB"
_WAIT_SECONDS = 6


def ask(text: str, action: str, otherwise: str, times: int = 2) -> str:
    """Say a text so many times, taking one key at any moment; without a key, say the other text and hang up.

    Args:
        text: Plain words.
        action: Address to which the key is posted.
        otherwise: Said when nobody has pressed a key until a few seconds after the text.
        times: The first may be lost while a phone is lifted to an ear.
    """
    response = VoiceResponse()
    gather = Gather(action=action, method="POST", input="dtmf", num_digits=1, finish_on_key="", timeout=_WAIT_SECONDS)
    for number in range(times):
        if number:
            gather.pause(length=1)
        gather.say(text, language=_ENGLISH)
    response.append(gather)
    return _ended(response, otherwise)


def say(text: str) -> str:
    """Say a text and hang up."""
    return _ended(VoiceResponse(), text)


def _ended(response: VoiceResponse, last: str) -> str:
    response.say(last, language=_ENGLISH)
    response.hangup()
    return str(response)
