"""Which case or alert a person means: by reference, by code, by the message that made it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from alertd.model.case import Facts
from alertd.model.errors import NotPossible
from alertd.model.ids import CaseId, Token
from alertd.model.message import Message
from alertd.service.messages import Properties, decode
from alertd.service.ports import Reading
from alertd.service.tokens import tokens

_CODE_LETTERS = "YPNACypnac"
"""Letters that a reply puts before a code; people copy them along."""


def find_case(reading: Reading, ref: str) -> Facts:
    """The case behind a public reference, through aliases.

    Raises:
        NotPossible: there is none.
    """
    id_ = reading.case_by_ref(ref)
    if id_ is None:
        raise NotPossible(f"there is no case {ref}: `alertd cases` lists them")
    return present(reading, id_)


def case_of(reading: Reading, body: bytes, hashed: Callable[[str], Token], now: datetime) -> Facts:
    """The case that an incident taken in opened or joined.

    Raises:
        NotPossible: it could not be read, or no case holds it.
    """
    message = decode(body, Properties(), now, keyed_hash=hashed)
    if not isinstance(message, Message):
        raise NotPossible(f"the incident could not be read: {message.reason}")
    found = reading.closure([tokens(message, hashed).record]).facts
    if not found:
        raise NotPossible("no case holds this incident")
    return found[0]


def present(reading: Reading, id_: CaseId) -> Facts:
    """A case by its identity.

    Raises:
        NotPossible: it was erased.
    """
    facts = reading.case(id_)
    if facts is None:
        raise NotPossible("this case is gone: it was erased")
    return facts


def code_in(target: str) -> str:
    """The six digits of a code as people type it, with or without the letter of a reply; "" when it is none."""
    digits = target.strip().lstrip(_CODE_LETTERS)
    return digits if len(digits) == 6 and digits.isdecimal() and digits.isascii() else ""
