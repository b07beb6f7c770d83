"""One reader for each type of field: a raw JSON value becomes a typed one, or unknown with a note.

No reader raises for a bad value. Absent, null and the spellings of "unknown" are absent without a note.

Source: MESSAGES, One bad field: wrong type, a word outside the vocabulary, a time without an offset or more than 5
minutes after receipt become *unknown*, and the case is opened all the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

from alertd.model.contract import FieldSpec
from alertd.model.errors import InvalidMessage
from alertd.model.message import DataNote, Problem
from alertd.model.values import FieldType, Value
from alertd.service.messages.text import MAX_TEXT, clean, fold_word, is_unknown, wrong

MAX_LIST = 64
"""Most associates of a message; most words of a list that has no vocabulary."""

AHEAD = timedelta(minutes=5)
"""How far after the receipt an event time may lie: clocks of machines differ."""

LONG_AGO = timedelta(days=30 * 366)
"""Event times further back are dates that a system puts where it has none (year 1, 1900, 1970)."""

RANGES: Mapping[str, tuple[int, int]] = {"person.age": (0, 120), "record.version": (0, 10**15)}
"""Least and greatest number of each number field; 10**15 leaves room for a version made of milliseconds."""

_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,18}")

T = TypeVar("T")


@dataclass(slots=True)
class Reading:
    """What the readers of one message share.

    Attributes:
        received_at: When alertd first received the message, aware UTC.
        synonyms: Other words for the vocabulary's words, folded by `fold_word` or as people write them.
        notes: What became unknown and why, each once, in the order found.
    """

    received_at: datetime
    synonyms: Mapping[str, str]
    notes: dict[DataNote, None] = field(default_factory=dict)

    def note(self, name: str, problem: Problem) -> None:
        """Note a problem of a field, once."""
        self.notes[DataNote(name, problem)] = None


Reader = Callable[[FieldSpec, object, Reading], Value | None]


def read_text(spec: FieldSpec, raw: object, reading: Reading) -> str | None:
    """Read free text of at most 256 characters; a whole number counts as its digits."""
    return _kept(_text(raw), spec, reading)


def read_word(spec: FieldSpec, raw: object, reading: Reading) -> str | None:
    """Read one word of the field's vocabulary, by synonym where it is none; true and false where it has yes and no."""
    return _kept(_word(spec, raw, reading), spec, reading)


def read_words(spec: FieldSpec, raw: object, reading: Reading) -> tuple[str, ...] | None:
    """Read a list of words, keeping the good ones in their order, each once; one word alone is a list of one."""
    if not isinstance(raw, (list, str)):
        reading.note(spec.name, wrong(raw))
        return None
    items = raw if isinstance(raw, list) else [raw]
    words = dict.fromkeys(word for item in items if (word := read_word(spec, item, reading)) is not None)
    if len(words) > MAX_LIST:
        reading.note(spec.name, Problem.TOO_LONG)
    return tuple(words)[:MAX_LIST] or None


def read_refs(spec: FieldSpec, raw: object, reading: Reading) -> tuple[str, ...] | None:
    """Read a list of references, keeping the good ones in their order, each once; one alone is a list of one.

    Raises:
        InvalidMessage: more than 64 of them, which passes a limit of the protocol.
    """
    if not isinstance(raw, (list, str)):
        reading.note(spec.name, wrong(raw))
        return None
    items = raw if isinstance(raw, list) else [raw]
    if len(items) > MAX_LIST:
        raise InvalidMessage(f"it lists more than {MAX_LIST} associates, the most that alertd takes")
    return tuple(dict.fromkeys(ref for item in items if (ref := read_text(spec, item, reading)) is not None)) or None


def read_number(spec: FieldSpec, raw: object, reading: Reading) -> int | None:
    """Read a whole number within the field's range; "15" and 15.0 are whole numbers."""
    number = _number(raw)
    least, most = RANGES[spec.name]
    if isinstance(number, int) and not least <= number <= most:
        number = Problem.OUT_OF_RANGE
    return _kept(number, spec, reading)


def read_truth(spec: FieldSpec, raw: object, reading: Reading) -> bool | None:
    """Read true or false, also as the words yes, no, true and false."""
    return _kept(_truth(raw), spec, reading)


def read_time(spec: FieldSpec, raw: object, reading: Reading) -> datetime | None:
    """Read an ISO 8601 time with its offset, as aware UTC, at most 5 minutes after receipt and 30 years before it.

    Source: RFC 3339, section 5.6; DOMAIN, scenario 7.
    """
    return _kept(_time(raw, reading), spec, reading)


def read_date(spec: FieldSpec, raw: object, reading: Reading) -> str | None:
    """Read a day as `YYYY-MM-DD`, at most the day after receipt."""
    day = read_day(spec, raw, reading)
    return None if day is None else day.isoformat()


def read_day(spec: FieldSpec, raw: object, reading: Reading) -> date | None:
    """Read a day, at most the day after receipt: London is ahead of UTC in summer."""
    return _kept(_day(raw, reading), spec, reading)


def _kept(outcome: T | Problem | None, spec: FieldSpec, reading: Reading) -> T | None:
    if isinstance(outcome, Problem):
        reading.note(spec.name, outcome)
        return None
    return outcome


def _text(raw: object) -> str | Problem | None:
    text = clean(raw)
    if isinstance(text, Problem):
        return text
    if len(text) > MAX_TEXT:
        return Problem.TOO_LONG
    return None if is_unknown(text) else text


def _word(spec: FieldSpec, raw: object, reading: Reading) -> str | Problem | None:
    if isinstance(raw, bool) and "yes" in spec.words:
        return "yes" if raw else "no"
    text = clean(raw) if isinstance(raw, str) else wrong(raw)
    if isinstance(text, Problem) or text in spec.words:
        return text
    if is_unknown(text):
        return None
    return _folded_word(spec, text, reading.synonyms)


def _folded_word(spec: FieldSpec, text: str, synonyms: Mapping[str, str]) -> str | Problem:
    folded = fold_word(text)
    if folded in spec.words:
        return folded
    word = synonyms.get(folded) or synonyms.get(text) or folded
    if spec.words:
        return word if word in spec.words else Problem.NOT_A_KNOWN_WORD
    return word if len(word) <= MAX_TEXT else Problem.TOO_LONG


def _number(raw: object) -> int | Problem | None:
    if type(raw) is int:
        return raw
    if isinstance(raw, float) and raw.is_integer():
        return int(raw)
    text = clean(raw) if isinstance(raw, str) else wrong(raw)
    if isinstance(text, Problem):
        return text
    if is_unknown(text):
        return None
    return int(text) if _WHOLE_NUMBER.fullmatch(text) else Problem.WRONG_TYPE


def _truth(raw: object) -> bool | Problem | None:
    if isinstance(raw, bool):
        return raw
    text = clean(raw) if isinstance(raw, str) else wrong(raw)
    if isinstance(text, Problem):
        return text
    if is_unknown(text):
        return None
    return _TRUTHS.get(text.casefold(), Problem.NOT_A_KNOWN_WORD)


def _time(raw: object, reading: Reading) -> datetime | Problem | None:
    if not isinstance(raw, str):
        return wrong(raw)
    text = raw.strip()
    try:
        moment = datetime.fromisoformat(text.upper())
        if moment.tzinfo is None:
            return Problem.NO_OFFSET
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):  # the latter at the ends of the calendar: 0001-01-01T00:00+01:00
        return None if is_unknown(text) else Problem.NOT_A_TIME
    return _placed(moment, reading.received_at)


def _placed(moment: datetime, received_at: datetime) -> datetime | Problem:
    ahead = moment - received_at
    if ahead > AHEAD:
        return Problem.IN_THE_FUTURE
    return Problem.OUT_OF_RANGE if ahead < -LONG_AGO else moment


def _day(raw: object, reading: Reading) -> date | Problem | None:
    if not isinstance(raw, str):
        return wrong(raw)
    text = raw.strip()
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None if is_unknown(text) else Problem.NOT_A_TIME
    return Problem.IN_THE_FUTURE if day > reading.received_at.date() + timedelta(days=1) else day


_TRUTHS: Mapping[str, bool | Problem] = {"yes": True, "true": True, "no": False, "false": False}

READERS: Mapping[FieldType, Reader] = {
    FieldType.TEXT: read_text,
    FieldType.WORD: read_word,
    FieldType.WORDS: read_words,
    FieldType.REFS: read_refs,
    FieldType.NUMBER: read_number,
    FieldType.TRUTH: read_truth,
    FieldType.TIME: read_time,
    FieldType.DATE: read_date,
}
"""Reader of each type of field."""
