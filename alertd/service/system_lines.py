"""What alertd tells about its own work: messages nobody could read, feeds, rules, engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from alertd.core.calendar import local
from alertd.core.on_call import DUTY, RULES_ADMIN
from alertd.model.case import LineState, Notification, Obligation, ObligationKey, StoredMessage
from alertd.model.ids import CaseId, RoleId, Token
from alertd.model.message import Message, Problem, Unreadable
from alertd.model.values import Channel, Rest, Severity

Hashed = Callable[[str], Token]
SYSTEM = "system"
_GROUPED_SECONDS = 300


Note = tuple[tuple[str, str], ...]


def _line(about: str, key: str, role: RoleId, template: str, now: datetime, note: Note = ()) -> Obligation:
    """A line by email that waits for the morning at night; callers change what is otherwise."""
    return Obligation(
        key=ObligationKey(SYSTEM, about, key, 1, "0", role),
        case=None,
        at=now,
        made_at=now,
        state=LineState.PENDING,
        reason="",
        template=template,
        by=(Channel.EMAIL,),
        rest=Rest.HOLD,
        severity=Severity.HIGH,
        reasons=(about,),
        note=note,
    )


def unreadable_lines(unreadable: Unreadable, now: datetime, hashed: Hashed) -> list[Obligation]:
    """Tell the duty team at once, waking them, and the administrators by email; one a source in five minutes.

    Source: protocol scenario 23: "Unreadable message from SOURCE at TIME. Ring them."
    """
    bucket = int(unreadable.received_at.timestamp()) // _GROUPED_SECONDS
    key = hashed(f"unreadable|{unreadable.source}|{bucket}").hex()[:32]
    note = (("source", unreadable.source), ("time", f"{local(unreadable.received_at):%H:%M %a %d %b}"))
    told = replace(
        _line("unreadable", key, DUTY, "unreadable_message", now, note),
        by=(Channel.SMS, Channel.EMAIL),
        rest=Rest.WAKE,
        severity=Severity.URGENT,
    )
    return [told, _line("unreadable", key, RULES_ADMIN, "unreadable_message", now, note)]


def unknown_fields_line(message: Message, now: datetime, hashed: Hashed) -> Obligation | None:
    """Tell the administrators, once a source and set of names, that a sender writes fields alertd does not know."""
    names = sorted({note.field for note in message.notes if note.problem is Problem.UNKNOWN_FIELD})
    if not names:
        return None
    key = hashed(f"fields|{message.source}|{','.join(names)}").hex()[:32]
    line = _line("fields", key, RULES_ADMIN, "data_quality", now, (("source", shown(message.source)),))
    return replace(line, severity=Severity.ROUTINE, check=tuple(names))


def shown(source: str) -> str:
    """A sender's name as it may stand in a text: printable, short."""
    return "".join(c for c in source if c.isprintable() and c.isascii())[:40] or "unknown source"


def orphan_line(orphan: StoredMessage, now: datetime, at: datetime) -> Obligation:
    """Tell the duty team at a moment, in the digest at night, of a status that no case answers to."""
    message = orphan.message
    note = (("source", shown(message.source)), ("time", f"{local(message.received_at):%H:%M %a %d %b}"))
    line = _line("orphan", orphan.tokens.record.hex()[:32], DUTY, "orphan_status", now, note)
    return replace(line, at=at)


def duplicate_line(case: CaseId, other: CaseId, now: datetime, hashed: Hashed) -> Obligation:
    """One note that two cases may be about the same child; never merged automatically."""
    first, second = sorted((case, other))
    key = hashed(f"duplicate|{first}|{second}").hex()[:32]
    line = _line("duplicate", key, DUTY, "possible_duplicate", now, (("other", other),))
    return replace(line, key=replace(line.key, scope="*"), case=case)


def trouble_line(about: str, key: str, now: datetime, text: str, role: RoleId = RULES_ADMIN) -> Obligation:
    """Tell the administrators of trouble in the system itself, once a key.

    Args:
        about: What kind of trouble, a word.
        key: What makes it this one (a version, an hour).
        now: Aware UTC.
        text: One line in plain words, without personal values.
        role: Who is told.
    """
    return _line(about, key, role, "feed_alarm", now, (("source", text),))


def bad_address_line(note: Notification, address: str, now: datetime) -> Obligation:
    """Tell the administrators, once an address, that its provider refuses it for good.

    Args:
        note: The message that was refused.
        address: What names the address without showing it.
        now: Aware UTC.
    """
    text = (
        f"{note.channel} to {note.person} was refused for good: correct the address in people.yaml. If it is right, "
        "`alertd outbox retry` of the refused message uses it again once that arrives"
    )
    return trouble_line("bad_address", f"{note.person}.{note.channel}.{address}", now, text)


def in_doubt_line(now: datetime) -> Obligation:
    """Tell the administrators, once a day, that a message which is not urgent waits for a person.

    Once a day, since the mail that says so may itself be in doubt.
    """
    text = (
        "a message that is not urgent may or may not have arrived, and waits for a person. Remedy: `alertd outbox` "
        "shows it; `alertd outbox retry ID` sends it again, marked as a repeat"
    )
    return trouble_line("in_doubt", f"{now:%Y%m%d}", now, text)
