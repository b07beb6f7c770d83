"""Text that people typed, typed by the contract of the field that it answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from alertd.model.contract import FIELDS, FieldSpec
from alertd.model.values import FieldType, Value


def typed_value(name: str, text: str) -> Value | None:
    """Type a text by the contract of its field; None when it does not fit, which leaves the field unknown."""
    return _READERS.get(FIELDS[name].type, _text)(text, FIELDS[name])


def _word(text: str) -> str:
    return text.strip().casefold().replace(" ", "_").replace("-", "_")


def _text(text: str, _: FieldSpec) -> str | None:
    return text.strip() or None


def _number(text: str, _: FieldSpec) -> int | None:
    return int(text) if text.strip().isdecimal() and len(text.strip()) <= _LONGEST_NUMBER else None


def _truth(text: str, _: FieldSpec) -> bool | None:
    return {"yes": True, "true": True, "no": False, "false": False}.get(_word(text))


def _known_word(text: str, spec: FieldSpec) -> str | None:
    return word if (word := _word(text)) in spec.words else None


def _list(text: str, spec: FieldSpec) -> tuple[str, ...] | None:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if spec.type is FieldType.REFS or not spec.words:
        return tuple(parts) or None
    return tuple(word for part in parts if (word := _word(part)) in spec.words) or None


def _time(text: str, _: FieldSpec) -> datetime | None:
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo is not None else None


_LONGEST_NUMBER = 9
_READERS: dict[FieldType, Callable[[str, FieldSpec], Value | None]] = {
    FieldType.NUMBER: _number,
    FieldType.TRUTH: _truth,
    FieldType.WORD: _known_word,
    FieldType.WORDS: _list,
    FieldType.REFS: _list,
    FieldType.TIME: _time,
}
