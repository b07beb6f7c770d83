"""GOV.UK Notify's words in ours: what a status means, and how a number is written.

Source: GOV.UK Notify, "REST API documentation": message statuses for texts and emails.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from alertd.service.receipts import News, Receipt

_NEWS: Mapping[str, News] = {
    **dict.fromkeys(("created", "sending", "pending", "sent"), News.UNDER_WAY),
    "delivered": News.DELIVERED,
    **dict.fromkeys(("permanent-failure", "temporary-failure", "technical-failure"), News.FAILED),
}
_OUTSIDE = "00"


def receipt_of(key: str, provider_id: str, status: str, at: datetime) -> Receipt | None:
    """What a report says of a message; None for a word that nobody knows.

    A permanent failure is the address's own: Notify says that the number or mailbox does not exist.
    """
    news = _NEWS.get(status)
    if news is None:
        return None
    reason = status if news is News.FAILED else ""
    return Receipt(key, provider_id, news, at, reason, bad_address=status == "permanent-failure")


def e164(number: str) -> str:
    """A number as Notify writes it (`447700900111`, `07700 900111`) in E.164; a name of letters as it stands."""
    plain = re.sub(r"[ ()-]", "", number)
    if not re.fullmatch(r"[0-9]{3,20}", plain):
        return plain
    if plain.startswith(_OUTSIDE):
        return f"+{plain[2:]}"
    return f"+44{plain[1:]}" if plain.startswith("0") else f"+{plain}"
