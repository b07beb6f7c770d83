"""Keyed hashes by which messages and cases hang together.

Source: MESSAGES, "Which case?": records, case references, and (person, strong identifier).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from alertd.model.case import Tokens
from alertd.model.contract import STRONG_IDENTIFIERS
from alertd.model.ids import Token
from alertd.model.message import Message
from alertd.model.values import Kind

Hashed = Callable[[str], Token]


def normal(text: str) -> str:
    """One spelling of an identifier: case folded, white space collapsed."""
    return " ".join(text.casefold().split())


def case_token(ref: str, hashed: Hashed) -> Token:
    """Token of a public case reference."""
    return hashed(f"case|{normal(ref)}")


def tokens(message: Message, hashed: Hashed, *, by_system: bool = False) -> Tokens:
    """Work out a message's tokens.

    Args:
        message: A readable message.
        hashed: Keyed hash of a normalised text.
        by_system: Whether `person.ref` is scoped by `record.system` instead of borough-wide (`intake.person_ref`).
    """
    scope = normal(message.system) if by_system else ""
    record = hashed(f"record|{message.kind}|{normal(message.system)}|{normal(message.record)}")
    if message.kind is Kind.INCIDENT:
        return _incident(message, record, scope, hashed)
    return _status(message, record, scope, hashed)


def _identifiers(message: Message) -> Iterator[tuple[str, str]]:
    for name in STRONG_IDENTIFIERS:
        if isinstance(value := message.fields.get(name), str):
            yield name, normal(value)
    cad, day = message.fields.get("incident.cad_ref"), message.fields.get("incident.cad_date")
    if isinstance(cad, str) and day is not None:
        yield "incident.cad", f"{normal(cad)}|{day.isoformat() if isinstance(day, datetime) else day}"


def _incident(message: Message, record: Token, scope: str, hashed: Hashed) -> Tokens:
    person = message.fields.get("person.ref")
    who = f"{scope}|{normal(person)}" if isinstance(person, str) else None
    strong: set[Token] = {record}
    names: set[Token] = set()
    if message.case_ref:
        strong.add(case_token(message.case_ref, hashed))
    for kind, value in _identifiers(message):
        names.add(hashed(f"bare|{kind}|{value}"))
        if who is not None:
            strong.add(hashed(f"strong|{who}|{kind}|{value}"))
    incident = message.fields.get("incident.ref")
    if isinstance(incident, str):
        names.add(hashed(f"bare|incident.ref|{normal(incident)}"))
        if who is not None:
            names.add(hashed(f"pair|{who}|{normal(incident)}"))
    person_token = hashed(f"person|{who}") if who is not None else None
    if person_token is not None:
        names.add(person_token)
    return Tokens(record, frozenset(strong), frozenset(names | strong), person=person_token)


def _status(message: Message, record: Token, scope: str, hashed: Hashed) -> Tokens:
    about = message.about
    strong: frozenset[Token] = frozenset()
    if "case_ref" in about:
        own = case_token(about["case_ref"], hashed)
        other = message.fields.get("value")
        if message.fields.get("event") == "same_child_as" and isinstance(other, str):
            strong = frozenset({own, case_token(other, hashed)})
        return Tokens(record, strong, about=(own,))
    person = about.get("person.ref")
    who = f"{scope}|{normal(person)}" if person is not None else None
    found = tuple(_status_tokens(about, who, hashed))
    if found:
        return Tokens(record, about=tuple(dict.fromkeys(found)))
    if who is None:
        return Tokens(record)
    token = hashed(f"person|{who}")
    return Tokens(record, about=(token,), person_only=True, person=token)


def _status_tokens(given: Mapping[str, str], who: str | None, hashed: Hashed) -> Iterator[Token]:
    """Tokens of the identifiers by which a status names its case, the narrowest reading of each."""
    for name in STRONG_IDENTIFIERS:
        if name in given:
            value = normal(given[name])
            yield hashed(f"strong|{who}|{name}|{value}" if who is not None else f"bare|{name}|{value}")
    if "incident.ref" in given:
        value = normal(given["incident.ref"])
        yield hashed(f"pair|{who}|{value}" if who is not None else f"bare|incident.ref|{value}")
