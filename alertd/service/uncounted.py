"""Acceptances by a command, left in the store for the daemon to count: a command has no figures of its own.

Source: CONTRACT, "Figures": `alertd_ack_seconds{role}`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta

from alertd.model.ids import RoleId
from alertd.service.ports import Rank, Reading, Store, Writing
from alertd.service.reply_orders import Acceptance

_NOTE = "acceptances.uncounted"
_HAND = "acceptances.uncounted.hand"
"""Written before the note is read: on PostgreSQL its row holds everybody else until the transaction ends."""
_MOST = 1000
"""Where no daemon ever runs, the newest are kept."""


def leave(acceptance: Acceptance, store: Store) -> None:
    """Leave an acceptance to be counted."""
    with store.write(Rank.PEOPLE) as writing:
        held = (*_held(writing), acceptance)
        _put(held[-_MOST:], writing)


def take(store: Store) -> tuple[Acceptance, ...]:
    """Take what was left, each for one taker on however many machines; nothing is written when there is nothing."""
    with store.read() as reading:
        if not _read(reading):
            return ()
    with store.write(Rank.TICK) as writing:
        held = _held(writing)
        _put((), writing)
    return held


def _held(writing: Writing) -> tuple[Acceptance, ...]:
    writing.set_note(_HAND, "")
    return _read(writing)


def _read(reading: Reading) -> tuple[Acceptance, ...]:
    rows = json.loads(reading.note(_NOTE) or "[]")
    return tuple(Acceptance(RoleId(role), timedelta(seconds=seconds)) for role, seconds in rows)


def _put(held: Sequence[Acceptance], writing: Writing) -> None:
    writing.set_note(_NOTE, json.dumps([[each.role, each.waited.total_seconds()] for each in held]))
