"""Texts by Twilio: sent once, with every answer told apart by what it proves.

Source: Twilio's Messages resource, version 2010-04-01.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import quote

from alertd.model.delivery import CannotSay, Found, LookUp, NotFound, Outcome, Outgoing
from alertd.transport.twilio_account import NEWEST, TwilioAccount, TwilioRequests


class TwilioSms:
    """Sends texts, and finds them again.

    Args:
        account: Whose.
        from_: Our number, E.164.
        status_callback: URL to which Twilio reports what becomes of a message; None asks for no reports. The key is
            added to it as `ref`, so that a report settles even a message whose answer was lost.
    """

    name = "twilio"

    def __init__(self, account: TwilioAccount, from_: str, status_callback: str | None = None) -> None:
        self._requests = TwilioRequests(account)
        self._from = from_
        self._status_callback = status_callback

    def send(self, outgoing: Outgoing) -> Outcome:
        """Send once; never later than `outgoing.deadline`."""
        return self._requests.create(outgoing, lambda client: self._create(client, outgoing))

    def look_up(self, outgoing: Outgoing, since: datetime) -> LookUp:
        """Look for it among the newest messages to its number.

        It is one created between `since` and the end of the longest request after it (5 s given for the clocks) that
        holds the code, or without a code the same text. Twilio's filter by sending date is not used: a message that
        waits in its queue has none yet.
        """
        return self._requests.look(lambda client: self._find(client, outgoing, since))

    def close(self) -> None:
        """Give back connections."""
        self._requests.close()

    def _create(self, client: Any, outgoing: Outgoing) -> str:  # noqa: ANN401  # the SDK's types are not published
        fields: dict[str, str] = {"to": outgoing.address, "from_": self._from, "body": outgoing.body}
        if self._status_callback is not None:
            fields["status_callback"] = f"{self._status_callback}?ref={quote(outgoing.key, safe='')}"
        return str(client.messages.create(**fields).sid or "")

    def _find(self, client: Any, outgoing: Outgoing, since: datetime) -> LookUp:  # noqa: ANN401  # as above
        newest = client.messages.list(to=outgoing.address, limit=NEWEST)
        for message in newest:
            if self._requests.is_of(message.date_created, since) and _same(outgoing, str(message.body or "")):
                return Found(str(message.sid))
        return CannotSay(f"more than {NEWEST} messages to look through") if len(newest) == NEWEST else NotFound()


def _same(outgoing: Outgoing, body: str) -> bool:
    return outgoing.code in body if outgoing.code else body.strip() == outgoing.body.strip()
