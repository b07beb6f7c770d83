"""Text as senders write it, brought to one spelling."""

from __future__ import annotations

import unicodedata

from alertd.model.contract import UNKNOWN_WORDS
from alertd.model.message import Problem
from alertd.service.messages.wire import Unusable

MAX_TEXT = 256
"""Longest text of a field, in characters."""

_LONGEST_UNKNOWN = max(map(len, UNKNOWN_WORDS))


def fold_word(text: str) -> str:
    """Fold case, and spaces and hyphens to underscores: "Bladed article" is `bladed_article`."""
    return "_".join(text.casefold().replace("-", " ").replace("_", " ").split())


def is_unknown(text: str) -> bool:
    """Tell whether a text says that something is not known, or nothing at all."""
    return len(text) <= _LONGEST_UNKNOWN and (text.casefold() in UNKNOWN_WORDS or fold_word(text) in UNKNOWN_WORDS)


def clean(raw: object) -> str | Problem:
    """Normalise a text to NFC with single spaces inside and none around it; whole numbers become their digits.

    Invisible format characters, which a copied reference often holds, are dropped. Other control characters, lone
    surrogates and unassigned characters make the text unusable.
    """
    if not isinstance(raw, str):
        return str(raw) if type(raw) is int else wrong(raw)
    text = " ".join(raw.split())
    if text.isascii() and text.isprintable():
        return text
    composed = unicodedata.normalize("NFC", text)
    visible = " ".join("".join(c for c in composed if unicodedata.category(c) != "Cf").split())
    return visible if visible.isprintable() else Problem.WRONG_TYPE


def wrong(raw: object) -> Problem:
    """Name what is wrong with a value of another type than its field's."""
    return Problem.GIVEN_TWICE if raw is Unusable.GIVEN_TWICE else Problem.WRONG_TYPE
