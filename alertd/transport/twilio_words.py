"""Twilio's words for the state of a text in ours.

Source: Twilio, "Outbound message status in status callbacks".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from alertd.service.receipts import News, Receipt
from alertd.transport.twilio_account import BAD_ADDRESS_CODES, OPTED_OUT_CODE

_NEWS: Mapping[str, News] = {
    **dict.fromkeys(("accepted", "scheduled", "queued", "sending", "sent"), News.UNDER_WAY),
    **dict.fromkeys(("delivered", "read"), News.DELIVERED),
    **dict.fromkeys(("undelivered", "failed", "canceled"), News.FAILED),
}


def report(key: str, sid: str, status: str, code: int, at: datetime) -> Receipt | None:
    """What Twilio says of a text; None for a word that nobody knows.

    Args:
        key: Our id of the message.
        sid: Twilio's.
        status: Its word.
        code: Its error code; 0 for none.
        at: When it was heard, aware UTC.
    """
    news = _NEWS.get(status)
    if news is None:
        return None
    reason = f"{status}, code {code}" if news is News.FAILED else ""
    return Receipt(key, sid, news, at, reason, code in BAD_ADDRESS_CODES, code == OPTED_OUT_CODE)
