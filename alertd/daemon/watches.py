"""What nobody would notice until it mattered: a silent sender, work left undone, a clock that is off."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from time import monotonic

import structlog

from alertd.core.wording import moment
from alertd.daemon.cover import tell_gaps
from alertd.daemon.parts import Parts
from alertd.daemon.supervisor import LOOK
from alertd.daemon.troubles import Troubles
from alertd.service import silence, uncounted
from alertd.service.contingency import contingency
from alertd.service.pages.acts import Accepted
from alertd.service.ports import Rank, Reading
from alertd.service.reviews import remind
from alertd.transport.contingency_page import page, write_page
from alertd.transport.heartbeat_url import ask

EVERY = timedelta(seconds=30)
"""Between two looks at the store."""
LATE = timedelta(minutes=2)
"""Work still undone this long after its time is told: a loop that lives does it within a second."""
OFFSET = timedelta(seconds=1)
"""More between our clock and the database's, and deadlines of several machines would differ."""
HOURLY = timedelta(hours=1)

_log = structlog.get_logger(__name__)


class WatchTurn:
    """Looks around every half minute, in a loop of its own; what it finds goes to the administrators.

    Args:
        parts: The installation.
        troubles: Told of what is found, each once.
        healthy: What keeps the daemon from its work, by part; empty when nothing does.
        queue_oldest: Age of the oldest message in hand; None when none is.
        accepted: Told of each alert that a command accepted: by which role, and how long it had waited.
    """

    def __init__(
        self,
        parts: Parts,
        troubles: Troubles,
        healthy: Callable[[], Mapping[str, str]],
        queue_oldest: Callable[[], timedelta | None],
        accepted: Accepted,
    ) -> None:
        self._parts = parts
        self._troubles = troubles
        self._healthy = healthy
        self._queue_oldest = queue_oldest
        self._accepted = accepted
        self._due = {"store": 0.0, "heartbeat": 0.0, "contingency": 0.0, "cover": 0.0}
        self._undone = ""
        self._asked = ""
        self._began = False

    @property
    def undone(self) -> str:
        """Work that should have been done and was not, or a clock that is off; "" when all is well."""
        return self._undone

    def __call__(self) -> float:
        """Take a turn."""
        now = self._parts.now()
        if self._is_due("store", EVERY):
            self._count_acceptances()
            self._look(now)
        if self._is_due("cover", HOURLY):
            tell_gaps(self._parts, self._troubles, now)
            with self._parts.store.write(Rank.TICK) as writing:
                remind(self._parts.rules.book(), writing, now)
        heartbeat, file = self._parts.settings.service.heartbeat, self._parts.settings.service.contingency
        if heartbeat is not None and self._is_due("heartbeat", heartbeat.every):
            self._beat(heartbeat.url.resolve, now)
        if file is not None and self._is_due("contingency", HOURLY):
            self._write_contingency(now)
        return LOOK

    def _is_due(self, what: str, every: timedelta) -> bool:
        if monotonic() < self._due[what]:
            return False
        self._due[what] = monotonic() + every.total_seconds()
        return True

    # --- the store

    def _count_acceptances(self) -> None:
        for each in uncounted.take(self._parts.store):
            self._accepted(each.role, each.waited)

    def _look(self, now: datetime) -> None:
        limits = self._parts.settings.intake.silent_after
        if limits and not self._began:
            with self._parts.store.write(Rank.TICK) as writing:
                silence.begin(limits, writing, writing, now)
            self._began = True
        with self._parts.store.read() as reading:
            silent = silence.silences(limits, reading, now)
            self._undone = self._left_undone(reading, now) or self._clock_off(reading)
        for each in silent:
            self._silent(each, now)
        self._queue(now)

    def _left_undone(self, reading: Reading, now: datetime) -> str:
        found = reading.overdue(now - LATE)
        if found.oldest is None:
            return ""
        counts = {"cases": found.cases, "lines": found.lines, "messages": found.messages}
        what = ", ".join(f"{number} {name}" for name, number in counts.items() if number)
        text = (
            f"Steps that should have happened have not: {what} wait since {moment(found.oldest)}. "
            "Remedy: `alertd status` and `alertd outbox` now; ring the team on duty about what is open."
        )
        self._troubles.tell("undone", f"{found.oldest:%Y%m%dT%H%M}.{now:%Y%m%d%H}", text)
        return f"{what} overdue since {moment(found.oldest)}"

    def _clock_off(self, reading: Reading) -> str:
        theirs = reading.database_now()
        off = abs(theirs - self._parts.now()) if theirs is not None else timedelta(0)
        if off <= OFFSET:
            return ""
        text = (
            f"This machine's clock and the database's differ by {off.total_seconds():.1f} s, so deadlines are acted on "
            "too soon or too late. Remedy: let both take the time from one server (NTP)."
        )
        self._troubles.tell("clock", f"{self._parts.now():%Y%m%d%H}", text)
        return f"clock {off.total_seconds():.1f} s off the database's"

    def _silent(self, found: silence.Silence, now: datetime) -> None:
        word = "since" if found.ever else "ever; alertd has listened since"
        text = (
            f"Nothing has come from {found.source} {word} {moment(found.since)}: longer than it may be silent. "
            "Remedy: ring whoever runs it, and ask whether messages leave."
        )
        self._troubles.tell("silence", f"{found.source}.{found.since:%Y%m%dT%H%M%S}.{now:%Y%m%d}", text)

    def _queue(self, now: datetime) -> None:
        oldest, limit = self._queue_oldest(), self._parts.settings.intake.queue_age
        if oldest is None or oldest < limit:
            return
        text = (
            f"A message has waited {int(oldest.total_seconds())} s to be taken in. Remedy: `alertd status` says which "
            "loop is slow; look at the load and the disk of this machine."
        )
        self._troubles.tell("queue_age", f"{now:%Y%m%d%H}", text)

    # --- outside

    def _beat(self, url: Callable[[], str], now: datetime) -> None:
        if self._healthy() or self._undone:
            return  # whoever waits for it misses it, which is the point
        why = ask(url)
        if why and why != self._asked:
            _log.warning("heartbeat_failed", reason=why)
            text = f"The heartbeat address cannot be reached ({why}): nobody outside would notice if alertd stopped."
            self._troubles.tell("heartbeat", f"{now:%Y%m%d}", f"{text} Remedy: check service.heartbeat.")
        self._asked = why

    def _write_contingency(self, now: datetime) -> None:
        settings = self._parts.settings
        if settings.service.contingency is None:
            return
        with self._parts.store.read() as reading:
            found = contingency(reading, self._parts.desk(now), settings.privacy.cohort_words, now)
        try:
            write_page(settings.service.contingency, page(found, settings.service.name))
        except OSError as fault:
            text = (
                f"The page for when alertd is down cannot be written ({fault.strerror or type(fault).__name__}): the "
                "one that is there grows old. Remedy: check the folder of service.contingency and who may write there."
            )
            self._troubles.tell("contingency", f"{now:%Y%m%d}", text)
