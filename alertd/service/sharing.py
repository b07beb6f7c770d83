"""Alerts that nobody has accepted repeat at the same moments; there they share one text, which names each child.

Source: protocol notes, "Who is woken": "unaccepted cases share one text there"; RULES, "Overlap": "Different children
are never collapsed into a count".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from alertd.core.schedule_alerts import REPEAT_TEXT
from alertd.model.case import Notification
from alertd.model.ids import CaseId
from alertd.model.values import Channel
from alertd.service.drafting import Draft, NoteKey
from alertd.service.ports import Reading

SHARED_TEXT = "repeat_alerts"
IN_ONE_TEXT = 3
"""References with their codes that fit one segment beside the words, with the longest values."""


def share_repeats(plan: Draft) -> None:
    """Put repeats to one person over one channel together: in a text as many as it holds, in a mail all.

    A call stays about one alert: what is pressed there accepts that one.
    """
    for keys in _together(plan):
        size = IN_ONE_TEXT if plan.notes[keys[0]].channel is Channel.SMS else len(keys)
        for first, *others in _chunks(keys, size):
            if others:
                notes = [plan.notes[first], *map(plan.notes.pop, others)]
                plan.notes[first] = _shared(notes)


def cases_of(note: Notification, reading: Reading) -> Sequence[CaseId]:
    """Cases whose acceptance ends a message: its own, or those that share a text; none of a digest."""
    if note.case is not None:
        return (note.case,)
    if note.template != SHARED_TEXT:
        return ()
    return tuple(dict.fromkeys(row.case for row in reading.obligations(note.lines) if row.case is not None))


def _together(plan: Draft) -> Iterable[list[NoteKey]]:
    groups: dict[tuple[str, str, Channel], list[NoteKey]] = {}
    for key, note in plan.notes.items():
        if _only_repeats(note):
            groups.setdefault((note.asked, note.person, note.channel), []).append(key)
    return groups.values()


def _only_repeats(note: Notification) -> bool:
    is_written = note.channel is not Channel.CALL and note.template == REPEAT_TEXT
    return is_written and all("repeat" in line.step for line in note.lines)


def _chunks(keys: Sequence[NoteKey], size: int) -> Iterator[Sequence[NoteKey]]:
    return (keys[start : start + size] for start in range(0, len(keys), size))


def _shared(notes: Sequence[Notification]) -> Notification:
    """One message about several cases: it belongs to none of them, and carries the lines of all."""
    return replace(
        notes[0],
        case=None,
        lines=tuple(line for note in notes for line in note.lines),
        template=SHARED_TEXT,
        deadline_at=min(note.deadline_at for note in notes),
    )
