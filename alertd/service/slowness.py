"""Whether texts are slow now: judged from what is on record, so that every machine and every start agrees."""

from __future__ import annotations

from datetime import datetime

from alertd.core.pace import WINDOW, is_slow
from alertd.model.values import Channel
from alertd.service.ports import Rank, Reading, Store
from alertd.service.system_lines import trouble_line

_NOTE = "slow_texts"
_TOLD = (
    "texts take longer than 5 minutes to arrive, by their receipts of the last 15. Until they are quicker, urgent "
    "alerts also go by mail or call. Remedy: look at your provider's status page."
)


class Slowness:
    """Watches how long texts take; while they are slow, urgent alerts also go by another channel.

    Args:
        store: What was sent and confirmed.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.is_slow = False
        """As judged last, by whichever machine."""

    def look(self, now: datetime) -> None:
        """Judge, keep the answer for all machines, and tell the administrators once when it begins."""
        with self._store.read() as reading:
            before, after = self._judged(reading, now)
        if before != after:
            with self._store.write(Rank.DELIVER) as writing:
                before, after = self._judged(writing, now)
                writing.set_note(_NOTE, now.isoformat() if after else "")
                if after and not before:
                    writing.add_obligations([trouble_line("slow_texts", f"{now:%Y%m%d%H%M}", now, _TOLD)])
        self.is_slow = after

    def _judged(self, reading: Reading, now: datetime) -> tuple[bool, bool]:
        before = bool(slow_since(reading))
        return before, is_slow(reading.awaited(Channel.SMS, now - WINDOW), now, was=before)


def slow_since(reading: Reading) -> str:
    """When texts became slow, ISO 8601, or "" while they are not."""
    return reading.note(_NOTE) or ""
