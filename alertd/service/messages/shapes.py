"""Types of the published contract: what one field should look like."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field, GetCoreSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema, core_schema

from alertd.model.message import Problem
from alertd.service.messages.envelope import LONGEST_ATTRIBUTE
from alertd.service.messages.readers import MAX_LIST, RANGES
from alertd.service.messages.text import MAX_TEXT, clean


@dataclass(frozen=True, slots=True)
class OneOf:
    """Allows exactly these words, and `unknown` beside them where the sender may not know."""

    words: tuple[str, ...]
    unknown: bool = True

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.literal_schema([*self.words, "unknown"] if self.unknown else list(self.words))


def _plain(text: str) -> str:
    cleaned = clean(text)
    if cleaned is Problem.WRONG_TYPE:
        raise ValueError("holds characters that cannot be printed: leave them out")
    if not cleaned:
        raise ValueError("is empty: leave the field out when it is not known")
    return text


def _time(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError:
        raise ValueError("is not a time: write it like 2026-11-26T14:00:00+00:00") from None
    if moment.tzinfo is None:
        raise ValueError("has no offset from UTC: end it with Z, +00:00 or +01:00")
    return text


def _day(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise ValueError("is not a day: write it like 2026-11-26") from None
    return text


def _printable(text: str) -> str:
    if not text.isprintable() or text.isspace():
        raise ValueError("is blank or holds characters that cannot be printed")
    return text


def number(name: str) -> Any:  # noqa: ANN401 -- a pydantic field description has no narrower type
    """Describe the range of a number field of the contract."""
    least, most = RANGES[name]
    return Field(ge=least, le=most)


Text = Annotated[str, Field(min_length=1, max_length=MAX_TEXT), AfterValidator(_plain)]
Attribute = Annotated[str, Field(min_length=1, max_length=LONGEST_ATTRIBUTE), AfterValidator(_printable)]
Time = Annotated[str, AfterValidator(_time), WithJsonSchema({"type": "string", "format": "date-time"})]
Day = Annotated[str, AfterValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Refs = Annotated[list[Text], Field(max_length=MAX_LIST)]
