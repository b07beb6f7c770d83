"""Every template filled in with the values it may meet, before anybody waits for its text.

Source: the rule language, "Checking": E026 a field the channel may not carry, E028 over the length limit, W112 more
than one SMS segment; W113 a mark that readers count on and the template never says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import product
from pathlib import Path

from alertd.core.gsm7 import gsm7_septets
from alertd.core.wording import clock_word, moment, team_word, time_left
from alertd.daemon.trial_words import urgent_templates, warn_of_words
from alertd.model.delivery import Unrenderable
from alertd.model.ids import ClockId, RoleId
from alertd.model.rulebook import RuleBook
from alertd.model.values import Channel
from alertd.rulebook.problems import Place, Report
from alertd.rulebook.texts import EMAIL_NAMES, LINE_NAMES, SENT_BY_THE_PROGRAM, SHORT_NAMES
from alertd.service.sharing import IN_ONE_TEXT
from alertd.service.texts import Voice
from alertd.transport.plain_text import gsm7
from alertd.transport.render import SUFFIX, Renderer

_DUE = datetime(2026, 11, 25, 20, 59, tzinfo=UTC)
_MARKS: Mapping[str, object] = {
    "late": True,
    "repeat": True,
    "estimated": True,
    "part": "10 of 12",
    "cases": ", ".join(["WF-UR-26-7QK4WM Y482193"] * IN_ONE_TEXT),
}
_CHECKS = ("", "ward", "age, appropriate adult and more")
_LONGEST_SOURCE = 40
"""Templates cut a sender's name to this or less."""


@dataclass(frozen=True, slots=True)
class Users:
    """Who can be told by a template, and of which clocks; the longest words of theirs are what it must hold."""

    roles: frozenset[RoleId]
    clocks: frozenset[ClockId]


def try_texts(report: Report, texts: Renderer, folder: Path, book: RuleBook, voice: Voice) -> None:
    """Fill every template in for each alert that can use it, and note what fails or grows too long.

    Args:
        report: Takes the problems.
        texts: The templates, compiled.
        folder: Where they lie.
        book: Rules without errors.
        voice: What every text shares under the settings.
    """
    users = template_users(book)
    urgent = urgent_templates(book)
    everybody = Users(frozenset(book.roles), frozenset(book.clocks))
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        name, _, channel = path.name.removesuffix(SUFFIX).rpartition(".")
        if not texts.has(name, Channel(channel)):
            continue
        text = path.read_text("utf-8")
        report.source(str(path), text)
        warn_of_words(report, path, name, text, urgent=name in urgent)
        for told in _findings(name, Channel(channel), text, _values(users.get(name, everybody), book, voice)):
            note = report.error if told.code in _STOPPING else report.warn
            note(told.code, Place(str(path), told.line, told.column), told.message, told.remedy)


_STOPPING = ("E026", "E028")


def template_users(book: RuleBook) -> Mapping[str, Users]:
    """Say for each template that only the rules use whom and which clocks they use it for."""
    found: dict[str, Users] = {}
    for template, roles, clocks in _uses(book):
        before = found.get(template, Users(frozenset(), frozenset()))
        found[template] = Users(before.roles | frozenset(roles), before.clocks | frozenset(clocks))
    return {name: users for name, users in found.items() if name not in SENT_BY_THE_PROGRAM}


def _uses(book: RuleBook) -> Iterator[tuple[str, Iterable[RoleId], Iterable[ClockId]]]:
    for rule in book.rules.values():
        for told in rule.notifies:
            yield told.template, told.roles, book.clocks
    for clock in book.clocks.values():
        for each in (*clock.warn, *([clock.breach] if clock.breach else ())):
            yield each.template, each.roles, (clock.id,)
    for ladder in book.ladders.values():
        for step in ladder.steps:
            yield step.template, (*step.roles, ladder.exhausted), book.clocks


@dataclass(frozen=True, slots=True)
class _Values:
    """Fields as they usually are, and as long as they can be; both without marks."""

    usual: Mapping[str, object]
    longest: Mapping[str, object]


def _values(users: Users, book: RuleBook, voice: Voice) -> _Values:
    # A role is told in the name of whoever stands in for it, so that any team can be on the text of a role with hours.
    teams = sorted({team_word(book, role) for role in _reached(users.roles, book)}, key=_length) or ["MASH"]
    clocks = sorted({clock_word(clock) for clock in users.clocks}, key=_length) or [""]
    words = sorted({"urgent case", *voice.cohort_words.values()}, key=_length)
    shared = {
        "due": moment(_DUE),
        "call_back": voice.call_back,
        "host": voice.host,
        "service": voice.service,
        "code": "482193",
        "cases": "",
        "check": "",
        "count": "1000",
        "part": "",
        "stand_down": False,
        "exercise": False,
        "time": moment(_DUE),
        "link": voice.link,
        **dict.fromkeys(("late", "repeat", "estimated"), False),
    }
    usual = {
        "ref": "WF-UR-26-7QK4",
        "cohort": words[0],
        "clock": clocks[0],
        "team": teams[0],
        "source": "police/custody",
    }
    longest = {
        "ref": "WF-UR-26-7QK4WM",
        "cohort": words[-1],
        "clock": clocks[-1],
        "team": teams[-1],
        "source": "x" * _LONGEST_SOURCE,
    }
    return _Values(
        {**shared, **usual, "left": time_left(_DUE, _DUE - timedelta(minutes=30))},
        {**shared, **longest, "left": time_left(_DUE, _DUE - timedelta(hours=9, minutes=59))},
    )


def _reached(roles: Iterable[RoleId], book: RuleBook) -> set[RoleId]:
    """The roles, and those that answer in their place."""
    found: set[RoleId] = set()
    todo = list(roles)
    while todo:
        name = todo.pop()
        if name in book.roles and name not in found:
            found.add(name)
            role = book.roles[name]
            todo += [RoleId(way) for way in (role.rota, role.otherwise) if way and way in book.roles]
    return found


def _length(text: str) -> tuple[int, str]:
    return gsm7_septets(text) or 2 * len(text), text


@dataclass(frozen=True, slots=True)
class _Finding:
    """What a trial tells of a template, and where in it."""

    code: str
    line: int
    column: int
    message: str
    remedy: str


def _findings(name: str, channel: Channel, text: str, values: _Values) -> Sequence[_Finding]:
    shared = tuple(tuple(sorted(fields.items())) for fields in (values.usual, values.longest))
    return _tried(name, channel, text, *shared)


_Fields = tuple[tuple[str, object], ...]


@lru_cache(maxsize=512)
def _tried(name: str, channel: Channel, text: str, usual: _Fields, longest: _Fields) -> Sequence[_Finding]:
    """Fill one template in with every set of values, until one tells something; kept, for reloads."""
    found = list(_strange_signs(text)) if channel is Channel.SMS else []
    texts = Renderer({f"{name}.{channel}{SUFFIX}": text})
    values = _Values(dict(usual), dict(longest))
    for fields in _combinations(values, text):
        told = _filled_in(texts, name, channel, fields, is_usual=fields is values.usual)
        if told is not None:
            return (*found, told)
    return tuple(found)


def _filled_in(
    texts: Renderer, name: str, channel: Channel, fields: Mapping[str, object], *, is_usual: bool
) -> _Finding | None:
    carried = _for_channel(fields, channel)
    found = texts.render(name, channel, carried)
    if isinstance(found, Unrenderable):
        line = texts.failing_line(name, channel, carried)
        remedy = "alertd would send a plain text instead: use only the names of templates/README.md, as they are"
        return _Finding("E026", line, 1, "what stands here cannot be filled in", remedy)
    if found.segments <= 1:
        return None
    septets = gsm7_septets(found.body) or 2 * len(found.body)
    if is_usual:
        message = f"this text has {septets} characters with the shortest words, and a text message holds 160"
        remedy = "alertd would send a plain text instead: say it shorter, the rest stands in the mail"
        return _Finding("E028", 1, 1, message, remedy)
    message = f"this text can grow to {septets} characters ({_marked(fields)}), and a text message holds 160"
    return _Finding("W112", 1, 1, message, "leave something out when those marks are set")


def _strange_signs(text: str) -> Iterator[_Finding]:
    """Signs that no text message can show; lookalikes and accents are put right when it is sent."""
    for number, line in enumerate(text.split("\n"), 1):
        for column, sign in enumerate(line, 1):
            if gsm7(sign) == "?" != sign:
                message = f"'{sign}' is not a sign of text messages: a '?' would be sent"
                yield _Finding("W112", number, column, message, "use plain letters")


def _combinations(values: _Values, text: str) -> Iterator[Mapping[str, object]]:
    """The usual values first, then the longest with every combination of the marks that the template names."""
    yield values.usual
    marks = [{name: given for name, given in _MARKS.items() if name in names} for names in _subsets(text)]
    for check in _CHECKS if "check" in text else _CHECKS[:1]:
        for given in marks:
            yield {**values.longest, **given, "check": check}
    yield {**values.longest, "left": ""}


def _subsets(text: str) -> Iterator[set[str]]:
    named = [name for name in _MARKS if name in text]
    for chosen in product((False, True), repeat=len(named)):
        yield {name for name, is_set in zip(named, chosen, strict=True) if is_set}


def _marked(fields: Mapping[str, object]) -> str:
    marks = [name for name in (*_MARKS, "check") if fields[name]]
    return f"the longest words, with {', '.join(marks)}" if marks else "the longest words"


def _for_channel(fields: Mapping[str, object], channel: Channel) -> dict[str, object]:
    if channel is not Channel.EMAIL:
        return {name: fields.get(name, "") for name in SHORT_NAMES}
    line = {name: fields.get(name, "deadline missed") for name in LINE_NAMES}
    more = {"reasons": ["Child in custody"], "lines": [line, line]}
    return {name: {**fields, **more}.get(name, "") for name in EMAIL_NAMES}
