"""Who looks at a page, and how alertd knows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from alertd.model.ids import PersonId


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody at a page.

    Attributes:
        person: Who they are in people.yaml; their acts are recorded as `person/<id>`.
        code: The alert whose code they typed together with their own mobile number, which is all that they may see and
            act on; "" for somebody signed in, who may see and do everything that a person can.
        since: When they came in, aware UTC.
        is_admin: Whether they may also see who has read what.

    Source: CONTRACT, HTTP: "by the code typed together with one's own mobile number (shows only what the SMS showed,
    allows accept, hand on, police have spoken), or signed in (everything else)".
    """

    person: PersonId
    code: str
    since: datetime
    is_admin: bool = False

    @property
    def is_signed_in(self) -> bool:
        """Whether they signed in, rather than typed a code."""
        return not self.code
