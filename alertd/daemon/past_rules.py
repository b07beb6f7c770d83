"""Rules that stood when something was decided, loaded from what the store keeps of every version."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from alertd.model.errors import AlertdError
from alertd.model.ids import RuleId, Version
from alertd.model.rulebook import RuleBook
from alertd.rulebook.loader import load_text
from alertd.rulebook.reference import OtherNumbers, Reference, Said, Trace
from alertd.service.explain.account import ConditionSaid
from alertd.service.explain.rules_then import PastRules
from alertd.service.explain.traces import SeenRecord

_RULE = "rule:"


@dataclass(frozen=True, slots=True)
class LoadedThen:
    """A rule set with what writes its traces out (`service.explain.rules_then.RulesThen`)."""

    book: RuleBook
    reference: Reference

    def said(self, seen: SeenRecord) -> Mapping[RuleId, tuple[str, tuple[ConditionSaid, ...]]] | None:
        """What each rule answered for a record, with its conditions; None when its bits are not of this numbering."""
        try:
            written = self.reference.written(Trace(seen.kind, seen.yes, seen.unknown, seen.numbering))
        except OtherNumbers:
            return None
        return {
            RuleId(name.removeprefix(_RULE)): (each.answer.name.lower(), tuple(map(_said, each.conditions)))
            for name, each in written.items()
            if name.startswith(_RULE)
        }


def _said(each: Said) -> ConditionSaid:
    return ConditionSaid(each.text, each.answer.name.lower(), each.decided)


def past_rules(present: RuleBook, text_of: Callable[[Version], str | None]) -> PastRules:
    """Rules by version, each loaded once.

    Args:
        present: The set in force: not loaded again.
        text_of: The text of a version, as the store keeps it (`Reading.version_text`).
    """
    known: dict[Version, LoadedThen | None] = {present.version: LoadedThen(present, Reference(present))}

    def find(version: Version) -> LoadedThen | None:
        if version not in known:
            known[version] = _loaded(text_of(version))
        return known[version]

    return find


def _loaded(text: str | None) -> LoadedThen | None:
    """A set as its text has it; None when there is none, or this program does not take it any more."""
    if text is None:
        return None
    try:
        book = load_text(json.loads(text)).book
        return None if book is None else LoadedThen(book, Reference(book))
    except AlertdError:
        return None
