"""What is dropped at intake, and the exceptions that an owner has agreed.

Source: DOMAIN, Privacy: `privacy.keep`; the store encrypts what it names.
"""

from __future__ import annotations

from alertd.model.message import Problem
from alertd.service.messages.fields import Raw
from alertd.service.messages.readers import Reading
from alertd.service.messages.text import clean

LONGEST_KEPT = 4000
"""Longest kept summary or note, in characters."""


def keep_agreed(aside: Raw, keep: frozenset[str], reading: Reading) -> dict[str, str]:
    """Take, of what was set aside, the texts that `keep` names; all else is dropped here."""
    kept = {}
    for name in aside.keys() & keep:
        text = clean(aside[name])
        if isinstance(text, Problem):
            reading.note(name, text)
        elif len(text) > LONGEST_KEPT:
            reading.note(name, Problem.TOO_LONG)
        elif text:
            kept[name] = text
    return kept
