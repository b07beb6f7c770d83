"""Replay: stored messages through other rules on a pretend clock; nothing is sent, and nothing is written.

*Before* is the same messages through the rules in force on the same pretend clock, so that what people did counts on
both sides and a difference can only come from the rules. Both sides are decided and planned by the daemon's own verbs
(`replay_side`), part by part: cases that see nothing of each other are played apart, on as many processes as allowed.
The other side of a part is not played where it can only be the same (`replay_alike`).
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import signal
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from multiprocessing.connection import Connection, wait
from typing import cast

from alertd.daemon.replay_alike import Alike
from alertd.daemon.replay_changes import Compared, Comparing, Sent, in_order
from alertd.daemon.replay_lines import Causes
from alertd.daemon.replay_past import AFTERWARDS, read_past, shards
from alertd.daemon.replay_quiet import Quiet
from alertd.daemon.replay_side import Past, Side
from alertd.daemon.rules_in_force import RuleSet
from alertd.model.differences import Differences
from alertd.model.errors import AlertdError
from alertd.rulebook.reference import Reference
from alertd.service.casework import Ruling
from alertd.store import SqlStore

OnProgress = Callable[[int, int], None]
"""Told how many messages were played of how many, both sides counted."""
Texts = tuple[Mapping[str, str], Mapping[str, str]]
"""Files of both sets, name → text, before and after."""
_HASHES = 10_000
_KILLED = "a part of the replay was killed\nRemedy: look for a lack of memory, and replay less at a time"


class ReplayBroken(AlertdError):
    """A process of a replay ended before its work was done."""


def _nobody_watches(_: int, __: int) -> None:
    """Nobody wants to know how far it is."""


def compare(  # noqa: PLR0913 (one shape for the command and for a reload)
    store: SqlStore,
    before: RuleSet,
    after: RuleSet,
    since: datetime,
    until: datetime,
    *,
    most: int | None = None,
    on_progress: OnProgress = _nobody_watches,
    texts: Texts | None = None,
    processes: int = 1,
) -> Differences:
    """Say what other rules would have done with the messages received in a stretch of time; only reads.

    Args:
        store: Where the messages are.
        before: The rules in force.
        after: The others.
        since: From when, aware UTC.
        until: Up to but not at this moment.
        most: Only the newest so many messages; None for all.
        on_progress: Told how far it is.
        texts: Files of both sets, to name the line that makes a difference; else as recorded under their versions.
        processes: How many to spread the work over; 1 stays in this one, which is right for a process with threads.

    Raises:
        StoreUnavailable: the store cannot be read.
        MatcherError: the rules do not settle.
        ReplayBroken: a process was killed.
    """
    with store.read() as reading:
        swaps = reading.swaps(since)
        given = texts or tuple(_files(reading.version_text(each.book.version)) for each in (before, after))
    with _undisturbed() if processes > 1 else nullcontext():
        stored = read_past(store, since, until, most)
        parts = shards(stored, (before.book, after.book), swaps, until + AFTERWARDS)
    comparing = Comparing(since, until, Causes(*given), after.book, after.ruling.terms.rest)
    work = _Work(_played_by(before), _played_by(after), comparing, on_progress, 2 * len(stored.messages))
    found = work.spread(parts, processes) if processes > 1 and len(parts) > 1 else list(work.compared(parts))
    return _together(found, stored.number, len(stored.cases))


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Do not search a hundred thousand messages for circles again and again while they are read: there are none."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _files(text: str | None) -> Mapping[str, str]:
    files: dict[str, str] = json.loads(text) if text else {}
    return files


def _played_by(rules: RuleSet) -> Ruling:
    """Rules judged by the reference evaluator alone, without a trace that nobody will read."""
    terms = rules.ruling.terms
    hashed = lru_cache(maxsize=_HASHES)(terms.hashed)  # the same keys are named at every step of a case
    return Ruling(replace(terms, traced=False, hashed=hashed), Reference(rules.book))


def _together(found: Sequence[Compared], messages: int, cases: int) -> Differences:
    before, after = _sum(each.before for each in found), _sum(each.after for each in found)
    return Differences(
        messages=messages,
        changes=in_order(change for each in found for change in each.changes),
        by_role=_by_role(before, after),
        by_role_at_night=_by_role(_at_night(before), _at_night(after)),
        cases=cases,
        supposed=sum(each.supposed for each in found),
    )


def _sum(sides: Iterable[Counter[Sent]]) -> Counter[Sent]:
    total: Counter[Sent] = Counter()
    for side in sides:
        total.update(side)
    return total


def _at_night(side: Mapping[Sent, int]) -> Mapping[Sent, int]:
    return {sent: counted for sent, counted in side.items() if sent.at_night}


def _by_role(*sides: Mapping[Sent, int]) -> dict[str, tuple[int, int]]:
    roles = sorted({sent.role for side in sides for sent in side})
    before, after = ({role: _messages(side, role) for role in roles} for side in sides)
    return {role: (before[role], after[role]) for role in roles}


def _messages(side: Mapping[Sent, int], role: str) -> int:
    return sum(sent.messages(counted) for sent, counted in side.items() if sent.role == role)


@dataclass(frozen=True, slots=True)
class _Work:
    """Both sides of every part."""

    before: Ruling
    after: Ruling
    comparing: Comparing
    on_progress: OnProgress
    total: int

    def compared(self, parts: Sequence[Past]) -> Iterator[Compared]:
        """Play and compare parts in this process."""
        done = 0

        def played(number: int) -> None:
            nonlocal done
            done += number
            self.on_progress(done, self.total)

        alike = Alike(self.before, self.after)
        watched = replace(self.before, matcher=alike)
        books = (self.before.terms.plan.book, self.after.terms.plan.book)
        is_quiet = Quiet(watched, alike, books)
        for part in parts:
            if is_quiet(part.messages):
                played(2 * len(part.messages))
                continue
            alike.begin()
            side = Side(part, watched, played)
            before = side.play()
            if alike.holds(side.memory.clocks_seen):
                played(len(part.messages))
                yield self.comparing.compare(before, before)
            else:
                yield self.comparing.compare(before, Side(part, self.after, played).play())

    def spread(self, parts: Sequence[Past], processes: int) -> list[Compared]:
        """The same on several processes; when this one is interrupted, none is left."""
        forking = multiprocessing.get_context("fork")
        shares = _shares(parts, processes)
        ends: list[Connection] = []
        workers = []
        try:
            for share in shares:
                ours, theirs = forking.Pipe(duplex=False)
                worker = forking.Process(target=_play_share, args=(self, share, theirs), daemon=True)
                worker.start()
                theirs.close()
                ends.append(ours)
                workers.append(worker)
            return self._heard(ends)
        finally:
            for worker in workers:
                worker.terminate()
                worker.join()

    def _heard(self, ends: list[Connection]) -> list[Compared]:
        found: list[Compared] = []
        done = 0
        while ends:
            for end in wait(ends):
                pipe = cast("Connection", end)
                try:
                    word = pipe.recv()
                except EOFError:
                    raise ReplayBroken(_KILLED) from None
                if isinstance(word, int):
                    done += word
                    self.on_progress(done, self.total)
                elif isinstance(word, Exception):
                    raise word
                else:
                    found += word
                    ends.remove(pipe)
        return found


def _shares(parts: Sequence[Past], processes: int) -> list[list[Past]]:
    """Divide parts evenly, the largest first."""
    shares: list[list[Past]] = [[] for _ in range(min(processes, len(parts)))]
    sizes = [0] * len(shares)
    for part in parts:
        place = sizes.index(min(sizes))
        shares[place].append(part)
        sizes[place] += len(part.messages) + 1
    return shares


def _play_share(work: _Work, parts: Sequence[Past], end: Connection) -> None:
    """What one process does; it ends when nobody listens any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started it ends it
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    gc.disable()  # it lives for one replay
    telling = _Telling(end)
    try:
        found = list(replace(work, on_progress=telling).compared(parts))
        telling.rest()
        end.send(found)
    except BrokenPipeError:
        return
    except AlertdError as failure:
        end.send(failure)


class _Telling:
    """Tells another process how many messages were played since it was told last, but not at every message."""

    _EVERY = 200

    def __init__(self, end: Connection) -> None:
        self._end = end
        self._done = self._told = 0

    def __call__(self, done: int, _: int) -> None:
        self._done = done
        if done - self._told >= self._EVERY:
            self.rest()

    def rest(self) -> None:
        """Tell what has not been told yet."""
        self._end.send(self._done - self._told)
        self._told = self._done
