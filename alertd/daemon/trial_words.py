"""What a template leaves unsaid, or says by a slip: marks that readers count on, lines written twice (W113).

A lost line of a template is no error that reading or filling in could find: the text is only poorer by it, and a
message sent an hour late reads as if it were new.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from jinja2 import Environment, nodes

from alertd.model.rulebook import RuleBook, RuleStatus
from alertd.model.values import Channel, Severity
from alertd.rulebook.problems import Place, Report
from alertd.transport.render import context_names

_EVERY = {
    Channel.SMS: ("repeat", "late", "call_back", "host"),
    Channel.EMAIL: ("repeat", "late", "call_back", "link"),
    Channel.CALL: ("ref", "service", "exercise"),
}
"""What every text of a channel can be asked to say."""
_OF_A_DEADLINE = ("due", "estimated")
_OF_AN_URGENT_ALERT = ("ref", "cohort", "team", "code", "check", "part")
_ANSWERS = ("reply", "swap_note")
"""Sent to one person about that person's own act, at once."""
_SUMS = ("digest_breach", "feed_alarm")
"""Texts of what happened at some time anyway."""


def urgent_templates(book: RuleBook) -> frozenset[str]:
    """Templates by which live urgent rules tell of a new alert."""
    rules = [rule for rule in book.rules.values() if rule.severity is Severity.URGENT]
    return frozenset(told.template for rule in rules if rule.status is RuleStatus.LIVE for told in rule.notifies)


def warn_of_words(report: Report, path: Path, name: str, text: str, *, urgent: bool) -> None:
    """Warn (W113) of what a template never says, and of lines that look like slips.

    Args:
        report: Takes the warnings.
        path: The template's file.
        name: Its name without channel and suffix.
        text: What it says; it compiles.
        urgent: Whether a live urgent rule tells by it.
    """
    channel = Channel(path.name.split(".")[1])
    for missing in _unsaid(name, channel, _named(text), urgent=urgent):
        message = f"this template never says '{missing}': {_WHY[missing]}"
        report.warn("W113", Place(str(path), 1), message, f"say it with {{{{ {missing} }}}} or {{% if {missing} %}}")
    for asked in _asked_and_unsaid(text):
        if asked == "code" and channel is Channel.SMS:
            continue  # a short text may ask by it whether its reader has an alert to answer
        message = f"this template asks whether there is a '{asked}' and never says it"
        report.warn("W113", Place(str(path), _line_with(text, asked)), message, f"say it with {{{{ {asked} }}}}")
    for number, (line, following) in enumerate(pairwise(text.split("\n")), 2):
        if line == following and line.strip() and not line.lstrip().startswith(("{%- end", "{% end")):
            place = Place(str(path), number, 1, len(line))
            report.warn("W113", place, "this line stands here twice", "take one of them out")
        elif channel is Channel.EMAIL and following.startswith(" ") and not following.lstrip().startswith("{%-"):
            place = Place(str(path), number, 1, len(following) - len(following.lstrip()))
            report.warn("W113", place, "the mail would show this line indented", "take the spaces out")


_WHY = {
    "repeat": "a text sent again looks like a new one",
    "late": "an old matter looks like a new one",
    "call_back": "nobody is told whom to ring",
    "host": "nobody is told where the pages are",
    "link": "nobody is told where the details are",
    "ref": "nobody is told which case it is",
    "cohort": "nobody is told what sort of case it is",
    "team": "nobody is told who is meant",
    "code": "nobody can accept by reply",
    "check": "nobody is told what is not known and has to be asked",
    "part": "two young people of one incident look like one",
    "due": "it names a clock and no time",
    "estimated": "a time that was guessed looks like a known one",
    "service": "whoever answers does not hear who calls",
    "exercise": "a drill sounds like a real alert",
}


def _unsaid(name: str, channel: Channel, said: frozenset[str], *, urgent: bool) -> Iterator[str]:
    wanted = list(_EVERY[channel])
    if channel is not Channel.CALL:
        wanted += _OF_A_DEADLINE if "clock" in said else ()
        wanted += _OF_AN_URGENT_ALERT if urgent else ()
    for each in wanted:
        is_spared = name in _ANSWERS or (name in _SUMS and channel is Channel.SMS and each == "late")
        if each not in said and not is_spared:
            yield each


@lru_cache(maxsize=512)
def _asked_and_unsaid(text: str) -> tuple[str, ...]:
    """Names of words, no marks, that a template tests, or walks through, and prints nowhere."""
    tree = _ENVIRONMENT.parse(text)
    said = {name.name for output in tree.find_all(nodes.Output) for name in output.find_all(nodes.Name)}
    tests = [branch.test for branch in tree.find_all(nodes.If)]
    loops = list(tree.find_all(nodes.For))
    asked = {name.name for test in tests for name in _names(test)}
    walked = {name.name for loop in loops for name in _names(loop.target)}
    return tuple(sorted((asked & _WORDS | walked) - said))


def _names(part: nodes.Node) -> Iterator[nodes.Name]:
    if isinstance(part, nodes.Name):
        yield part
    yield from part.find_all(nodes.Name)


_ENVIRONMENT = Environment(autoescape=False)  # noqa: S701 - templates are parsed here, never rendered
_WORDS = frozenset("ref cohort clock team call_back host link code cases part check source".split())


def _line_with(text: str, name: str) -> int:
    """Where a template first asks for a name."""
    lines = enumerate(text.split("\n"), 1)
    return next((number for number, line in lines if re.search(rf"{{%.*\b{name}\b", line)), 1)


@lru_cache(maxsize=512)
def _named(text: str) -> frozenset[str]:
    return frozenset(context_names(text))
