"""Checks of a message before it is published, in words for the person who wrote it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from alertd.model.errors import Undecodable
from alertd.service.messages.envelope import TYPES
from alertd.service.messages.published import MODELS
from alertd.service.messages.wire import Unusable, parse

_LONGEST_NAME = 40
_WORDING: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "missing": lambda _: "is missing",
    "literal_error": lambda ctx: f"must be {ctx['expected']}",
    "value_error": lambda ctx: str(ctx["error"]),
    "string_type": lambda _: "must be text, in quotes",
    "string_unicode": lambda _: "is not UTF-8",
    "string_too_short": lambda _: "is empty: leave the field out when it is not known",
    "string_too_long": lambda ctx: f"is longer than {ctx['max_length']} characters",
    "int_type": lambda _: "must be a whole number, without quotes",
    "bool_type": lambda _: "must be true or false, without quotes",
    "list_type": lambda _: "must be a list, in square brackets",
    "too_long": lambda ctx: f"has more than {ctx['max_length']} entries",
    "model_type": lambda _: "must be an object with named fields, in curly brackets",
    "greater_than_equal": lambda ctx: f"must be {ctx['ge']} or more",
    "less_than_equal": lambda ctx: f"must be {ctx['le']} or less",
}


def validate_text(raw: str | bytes) -> list[str]:
    """List what the published contract would not have in a message; empty when all is well.

    Intake is milder: it reads what it can and notes the rest. Whoever still holds the message had better mend it.

    Args:
        raw: One CloudEvents message in JSON.

    Returns:
        One line a problem, `PLACE: what to do`, without any value of the message. An event time in the future is not
        among them, since that depends on when the message is received.
    """
    body = raw if isinstance(raw, bytes) else raw.encode("utf-8", "surrogatepass")
    try:
        document = parse(body)
    except Undecodable as error:
        return [f"message: {error}"]
    stated = document.get("type")
    kind = TYPES.get(stated) if isinstance(stated, str) else None
    if kind is None:
        return [f"type: must be {' or '.join(TYPES)}"]
    model = MODELS[kind]
    return [*_broken(model, document), *_unnamed(model, document, "")]


def _broken(model: type[BaseModel], document: Mapping[str, object]) -> Iterator[str]:
    try:
        model.model_validate(document)
    except ValidationError as found:
        yield from (f"{_place(error)}: {_words(error)}" for error in found.errors(include_url=False))


def _place(error: ErrorDetails) -> str:
    return ".".join(str(part) for part in error["loc"])


def _words(error: ErrorDetails) -> str:
    if error["input"] is Unusable.GIVEN_TWICE:
        return "is given more than once: keep one"
    wording = _WORDING.get(error["type"])
    return "is not as the contract has it" if wording is None else wording(error.get("ctx", {}))


def _unnamed(model: type[BaseModel], raw: Mapping[str, object], place: str) -> Iterator[str]:
    """Find names that the contract does not have: intake would ignore them, so most are slips of the pen."""
    blocks = {info.alias or name: _block(info.annotation) for name, info in model.model_fields.items()}
    for name, value in raw.items():
        if name not in blocks:
            if place:  # CloudEvents lets anyone extend the envelope
                yield f"{place}{ascii(name[:_LONGEST_NAME])[1:-1]}: is no field of the contract"
            continue
        block = blocks[name]
        if block is not None and isinstance(value, dict):
            yield from _unnamed(block, value, f"{place}{name}.")


def _block(annotation: object) -> type[BaseModel] | None:
    for candidate in (annotation, *get_args(annotation)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None
