"""The loop that notices what should come into force: a signal, a person, changed files, another machine."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from time import monotonic

from alertd.daemon.parts import Parts
from alertd.daemon.reload import Reload, files_version
from alertd.daemon.supervisor import LOOK
from alertd.model.ids import PersonId, Version
from alertd.model.rule_loads import LoadState
from alertd.rulebook.files import CALENDAR_ENDING
from alertd.rulebook.settings import Settings
from alertd.service.ports import Reading, Writing
from alertd.service.rule_loads import last_of, waiting

ASKED = "rules_reload_asked"
"""Stored fact: who asked last for a reload by command."""
_PATTERNS = ("**/*.yaml",), ("*.yaml", f"*{CALENDAR_ENDING}"), ("*.j2",)


@dataclass(frozen=True, slots=True)
class Asked:
    """A person has asked for the files to be loaded, in their name.

    Attributes:
        version: What the files held then.
        at: ISO 8601; tells one request from the next.
    """

    version: Version
    person: PersonId
    account: str
    at: str


def ask(asked: Asked, writing: Writing) -> None:
    """Ask the daemon for a reload."""
    writing.set_note(ASKED, json.dumps(asdict(asked)))


def asked_last(reading: Reading) -> Asked | None:
    """Who asked last."""
    text = reading.note(ASKED)
    return Asked(**json.loads(text)) if text else None


class FilesWatch:
    """Notices that files have changed, once they rest.

    Args:
        settings: Where they are.
        quiet: How long they must rest.
        seconds: Seconds that never jump.
    """

    def __init__(self, settings: Settings, quiet: timedelta, seconds: Callable[[], float] = monotonic) -> None:
        places = (settings.rules, (settings.config,), (settings.templates,))
        self._looked_at = [
            (place, pattern)
            for folder, patterns in zip(places, _PATTERNS, strict=True)
            for place in folder
            for pattern in patterns
        ]
        self._quiet = quiet.total_seconds()
        self._seconds = seconds
        self._seen = self._look()
        self._changed_at: float | None = None

    def has_settled(self) -> bool:
        """Whether files were changed and rest now; said once a change."""
        seen, now = self._look(), self._seconds()
        if seen != self._seen:
            self._seen, self._changed_at = seen, now
        if self._changed_at is None or now - self._changed_at < self._quiet:
            return False
        self._changed_at = None
        return True

    def _look(self) -> frozenset[tuple[str, int, int, int]]:
        return frozenset(found for place, pattern in self._looked_at for found in _marks(place, pattern))


def _marks(place: Path, pattern: str) -> list[tuple[str, int, int, int]]:
    found = []
    for path in place.glob(pattern) if place.is_dir() else [place]:
        try:
            stat = path.stat()
        except OSError:
            continue  # it goes just now: seen at the next look
        found.append((str(path), stat.st_mtime_ns, stat.st_size, stat.st_ino))
    return found


class Reloading:
    """One turn of the loop, and how others ask for one; `ask` may be called from any thread.

    Args:
        parts: The installation.
        reload: Brings files into force.
        watch: Notices changed files; None leaves that to people.
        decided: Called when another set came into force: what is open is looked at again.
    """

    def __init__(self, parts: Parts, reload: Reload, watch: FilesWatch | None, decided: Callable[[], None]) -> None:
        self._parts = parts
        self._reload = reload
        self._watch = watch
        self._decided = decided
        self._signals = 0
        self._answered = 0
        self._pending = False
        self._last_asked = self._asked()
        self._at_start = parts.rules.present.awaited is not None

    @property
    def is_busy(self) -> bool:
        """Whether somebody has asked for a reload that has not come to its end."""
        return self._signals != self._answered

    def ask(self) -> None:
        """Load the files now."""
        self._signals += 1

    def __call__(self) -> float:
        """Take a turn; seconds until the next look.

        Raises:
            StoreUnavailable: what was asked for is done at a later turn.
        """
        signals = self._signals
        self._pending |= self._watch is not None and self._watch.has_settled()
        if self._reload.follow() or self._tried(signals) or self._resumed():
            self._decided()
        self._answered = signals
        return LOOK

    def _tried(self, signals: int) -> bool:
        """Try the files when there is reason to; True when others are in force now."""
        before = self._parts.rules.book().version
        asked = self._asked()
        if asked is not None and asked != self._last_asked:
            is_theirs = files_version(self._parts) == asked.version
            self._reload(author=asked.person if is_theirs else None)
        elif signals != self._answered or self._pending:
            self._reload()
        elif self._at_start:
            self._start()
        self._last_asked, self._pending, self._at_start = asked, False, False
        return self._parts.rules.book().version != before

    def _start(self) -> None:
        """Try what the files held at the start, unless they hold a set that was in force and is not wanted any more."""
        with self._parts.store.read() as reading:
            known = last_of(reading, files_version(self._parts))
        if known is None or known.state not in (LoadState.REPLACED, LoadState.ROLLED_BACK):
            self._reload()

    def _resumed(self) -> bool:
        """Put a set in force that has waited, once nothing is missing any more; it is tried again before."""
        with self._parts.store.read() as reading:
            found = waiting(reading)
        return found is not None and not self._reload.waits_for(found) and self._reload(stored=found.version)

    def _asked(self) -> Asked | None:
        with self._parts.store.read() as reading:
            return asked_last(reading)
