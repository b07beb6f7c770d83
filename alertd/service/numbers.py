"""Telephone numbers as people type them, and whose they are."""

from __future__ import annotations

import phonenumbers

from alertd.model.rulebook import Person, RuleBook


def as_number(typed: str) -> str:
    """A number as people.yaml has it (`+447700900101`); "" when it is none. A UK number needs no country code."""
    try:
        found = phonenumbers.parse(typed, "GB")
    except phonenumbers.NumberParseException:
        return ""
    # "Possible", not "valid": numbers reserved for examples are not assigned to anybody.
    if not phonenumbers.is_possible_number(found):
        return ""
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)


def whose(book: RuleBook, number: str) -> Person | None:
    """Whose number it is; texts are looked at first, since a landline may be shared."""
    people = book.people.values()
    return next((p for p in people if p.sms == number), None) or next((p for p in people if p.call == number), None)
