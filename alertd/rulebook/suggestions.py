"""Did you mean …? By similarity, and by the words that people use for the same thing."""

from __future__ import annotations

from collections.abc import Collection

from rapidfuzz import fuzz, process

_NEAR = 70.0
"""Similarity (0-100) from which a suggestion helps more than it misleads."""

SAME_MEANING = {
    "or": "any",
    "either": "any",
    "one_of": "any",
    "and": "all",
    "both": "all",
    "every": "all",
    "not": "none",
    "nor": "none",
    "unless": "none",
    "is": "equals",
    "eq": "equals",
    "equal": "equals",
    "equal_to": "equals",
    "is_not": "not_equals",
    "not_equal": "not_equals",
    "greater_than": "more_than",
    "over": "more_than",
    "above": "more_than",
    "under": "less_than",
    "below": "less_than",
    "younger_than": "less_than",
    "older_than": "more_than",
    "min": "at_least",
    "minimum": "at_least",
    "max": "at_most",
    "maximum": "at_most",
    "contains": "contains_words",
    "includes": "has_any",
    "is_one_of": "in",
    "exist": "exists",
    "present": "exists",
    "if": "when",
    "conditions": "when",
    "condition": "when",
    "do": "then",
    "actions": "then",
    "name": "title",
    "priority": "severity",
    "state": "status",
    "missing": "if_missing",
    "unknown": "if_missing",
    "alert": "notify",
    "tell": "notify",
    "send": "notify",
    "send_to": "notify",
    "to": "notify",
    "label": "classify",
    "channels": "by",
    "via": "by",
    "deadline": "due",
    "start": "starts_at",
    "starts": "starts_at",
    "stop": "stops_when",
    "stops": "stops_when",
    "breach": "on_breach",
    "warning": "warn",
    "warnings": "warn",
    "mobile": "sms",
    "phone": "call",
    "mail": "email",
    "text": "sms",
    "voice": "call",
    "values": "words",
    "items": "words",
    "synonyms": "also",
    "enabled": "live",
    "active": "live",
    "on": "live",
    "disabled": "retired",
    "off": "retired",
    "critical": "urgent",
    "emergency": "urgent",
    "low": "routine",
    "normal": "routine",
    "medium": "high",
}
"""Words that people write, and the word of the language that they stand for."""


def folded(word: str) -> str:
    """Fold a word for comparison: small letters, blanks and hyphens as underscores."""
    return word.strip().casefold().replace(" ", "_").replace("-", "_")


def nearest(word: str, known: Collection[str]) -> str | None:
    """Find the known word that was probably meant, or None."""
    meant = SAME_MEANING.get(folded(word))
    if meant in known:
        return meant
    found = process.extractOne(folded(word), list(known), scorer=fuzz.ratio, processor=folded, score_cutoff=_NEAR)
    return found[0] if found else None


def did_you_mean(word: str, known: Collection[str]) -> str:
    """Say what was probably meant as the end of a sentence, or nothing."""
    meant = nearest(word, known)
    return f": did you mean '{meant}'?" if meant else ""


def allowed(known: Collection[str]) -> str:
    """List the words that are allowed, each once, shortened when there are very many."""
    words = list(dict.fromkeys(known))
    return "allowed: " + ", ".join(words[:40]) + (f" and {len(words) - 40} more" if len(words) > 40 else "")
