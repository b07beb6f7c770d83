"""Coming in by the code of an alert or of a hand-over list, typed together with one's own number.

Source: CONTRACT, HTTP; who may accept is as for replies: whoever's number stands in people.yaml.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from alertd.model.case import AlertState
from alertd.model.ids import PersonId
from alertd.model.rulebook import RuleBook
from alertd.service.access_ports import AccessStore
from alertd.service.numbers import whose

_CODE = re.compile(r"[0-9]{6}")


def code_typed(typed: str) -> str:
    """The six digits of a code as people type it, `482 193` or `Y482193`; "" when it is none."""
    plain = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", typed))
    found = plain[1:] if plain[:1].isalpha() else plain
    return found if _CODE.fullmatch(found) else ""


class Entry:
    """Lets people in to one alert or list.

    Args:
        store: For alerts and lists by their codes.
        book: People and their numbers, as the files name them now.
    """

    def __init__(self, store: AccessStore, book: Callable[[], RuleBook]) -> None:
        self._store = store
        self._book = book

    def admit(self, code: str, number: str) -> PersonId | None:
        """Who may come in by what they typed; None for nobody, and never why.

        The same is done whatever is wrong. The code of an alert that was stood down, or whose case is closed, opens
        nothing any more, nor does the code of a list once the duty has passed on.

        Args:
            code: As `code_typed` gives it.
            number: As `as_number` gives it.

        Raises:
            StoreUnavailable: it cannot be told now.
        """
        person = whose(self._book(), number)
        is_live = self._is_live(code)
        return person.id if person is not None and is_live else None

    def _is_live(self, code: str) -> bool:
        with self._store.read() as reading:
            found = reading.alert_by_code(code)
            case = reading.case(found[0]) if found is not None else None
            newest = reading.last_handover()
        if not code:
            return False
        if newest is not None and newest.code == code:
            return True
        return (
            found is not None
            and case is not None
            and found[1].state is not AlertState.WITHDRAWN
            and case.row.closed_at is None
        )
