"""What the administrators must be told of alertd itself, kept until the store has it; then it is sent like the rest."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime

import structlog

from alertd.core.on_call import RULES_ADMIN
from alertd.model.case import Obligation
from alertd.model.ids import RoleId
from alertd.service.ports import Rank, Store
from alertd.service.system_lines import trouble_line

_MOST_WAITING = 200
_REMEMBERED = 1000
"""Keys told lately; an older one that is told again is written again, and the store passes over it."""
_log = structlog.get_logger(__name__)


class Troubles:
    """Takes troubles from any thread, at any moment, and writes them when the store can be written.

    Args:
        now: The present, aware UTC.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._waiting: dict[tuple[str, str, RoleId], Obligation] = {}
        self._told: deque[tuple[str, str, RoleId]] = deque(maxlen=_REMEMBERED)
        self._lock = threading.Lock()

    def tell(self, about: str, key: str, text: str, role: RoleId = RULES_ADMIN) -> None:
        """Tell a role, once a key.

        Args:
            about: What kind of trouble, a word.
            key: What makes it this one: a rule and a day, an hour.
            text: One line in plain words with a remedy; nothing personal.
            role: Who is told.
        """
        with self._lock:
            if (about, key, role) in self._told or len(self._waiting) >= _MOST_WAITING:
                return
            self._told.append((about, key, role))
            self._waiting[about, key, role] = trouble_line(about, key, self._now(), text, role)
        _log.warning("trouble_told", about=about, key=key, text=text)

    def write(self, store: Store) -> int:
        """Write what waits; returns how many lines were new to the store.

        Raises:
            StoreUnavailable: nothing was written; everything still waits.
        """
        with self._lock:
            waiting = dict(self._waiting)
        if not waiting:
            return 0
        with store.write(Rank.TICK) as writing:
            added = writing.add_obligations(list(waiting.values()))
        with self._lock:
            for key in waiting:
                self._waiting.pop(key, None)
        return added
