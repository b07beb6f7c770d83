"""What the voice says after a key: how the alert stands, never of whom it is about.

Source: DOMAIN, "Who is woken": the call says who calls, the ending of the reference, and which key accepts.
"""

from __future__ import annotations

SILENCE = "No key was pressed, and nobody has accepted. Others are told next. You can still answer our text. Goodbye."
ACCEPTED = "You have accepted this alert. Thank you. A text with the reference follows. Goodbye."
STOOD_DOWN = "This alert was stood down. There is nothing more to do. Thank you. Goodbye."
HANDED_ON = "Passed on. The next person is told now. Thank you. Goodbye."
GIVEN_BACK = "Given back. The team on duty is told again now. Thank you. Goodbye."
OPEN_AGAIN = "This alert is open. You can accept it by answering our text. Goodbye."
NOTHING_TO_ACCEPT = "There is nothing to accept. Please read our text. Goodbye."
NOT_RECORDED = "That could not be recorded just now. Please answer our text instead. Goodbye."
GIVEN_UP = "Nothing was accepted. You can still answer our text. Goodbye."
_WRONG_KEY = "That key does nothing here."


def taken(team: str) -> str:
    """Somebody else has it: by team, never by name."""
    return f"{team} has accepted this alert already. There is nothing more to do. Thank you. Goodbye."


def wrong_key(text: str) -> str:
    """Say the text once more."""
    return f"{_WRONG_KEY} {text}"
