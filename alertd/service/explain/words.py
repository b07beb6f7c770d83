"""Words of an account for people: what a line is, and what a stored reason means."""

from __future__ import annotations

import re

from alertd.core.wording import clock_word
from alertd.model.ids import ClockId

REASONS = {
    "rest_hours": "waits for the morning: nobody is disturbed for it at night",
    "closed": "waits: that office is closed",
    "digest": "goes with the role's morning list",
    "past_when_learned": "its time had passed when it became known",
    "overtaken": "a later step had come by then, and only the latest is told",
    "no_longer_true": "no longer true",
    "undone": "a correction moved the deadline, so it was not missed after all",
    "nobody_reachable": "nobody could be reached; the next step went at once",
    "nobody_reached": "no message to anybody there got through; the next step went at once",
    "nobody_was_told": "nobody had been told, so there was nothing to take back",
    "accepted": "somebody had accepted",
    "no_receipt": "its provider never confirmed it",
    "replaced": "a newer one took its place",
    "case_found": "its case was found",
}
"""Stored words for why something was not told, or waits."""

_STEPS = (
    (re.compile(r"0"), "first telling"),
    (re.compile(r"s(\d+)"), "step {} of the ladder"),
    (re.compile(r"r(\d+)\.s0"), "told anew after release {}"),
    (re.compile(r"r\d+\.s(\d+)"), "step {} of the ladder after a release"),
    (re.compile(r"(?:r\d+\.)?repeat(\d+)"), "repeat {}"),
    (re.compile(r"handover\d+"), "re-sent at the hand-over"),
    (re.compile(r"warn(\d+).*"), "warning"),
    (re.compile(r"breach.*"), "deadline missed"),
    (re.compile(r"e(\d+)"), "step {} of its ladder"),
    (re.compile(r"request"), "asked for"),
)


def in_words(reason: str) -> str:
    """A stored reason in words; one that has none as it stands."""
    return REASONS.get(reason, reason.replace("_", " "))


def line_words(about: str, step: str, role: str) -> str:
    """What a line says and to whom: `Golden Hour, warning, to safeguarding_duty`."""
    taken_back = "taken back: " if step.endswith("!") else ""
    return f"{taken_back}{_about(about)}, {_step(step.removesuffix('!'))}, to {role}"


def _about(about: str) -> str:
    kind, _, name = about.partition(":")
    words = {"clock": clock_word(ClockId(name)), "rule": f"rule {name}", "ask": f"question of rule {name}"}
    return words.get(kind, name.replace("_", " ") or kind.replace("_", " "))


def _step(step: str) -> str:
    for pattern, words in _STEPS:
        if found := pattern.fullmatch(step):
            return words.format(*found.groups())
    return step
