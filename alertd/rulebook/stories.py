"""Reads stories (`*.test.yaml`) with positions.

Source: the rule language, "Tests of rules".
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from alertd.core.on_call import PERSON
from alertd.model.values import Channel
from alertd.rulebook import items, scalars, tree
from alertd.rulebook import reading as r
from alertd.rulebook.files import STORY_ENDING
from alertd.rulebook.problems import Broken, Fault, Place, Problem, Report
from alertd.rulebook.story import Act, ClockState, Expected, Step, Story
from alertd.rulebook.story_data import message_data
from alertd.rulebook.suggestions import allowed, did_you_mean, nearest
from alertd.rulebook.tree import Entries, Entry, Node, Text


@dataclass(frozen=True, slots=True)
class LoadedStories:
    """Stories that can be run, and every problem with those that cannot."""

    stories: tuple[Story, ...]
    problems: tuple[Problem, ...]


Known = Mapping[str, Collection[str]]
"""What a set of rules holds, by kind: a story that names anything else would pass or fail for a slip."""


def load_stories(paths: Iterable[Path], known: Known | None = None) -> LoadedStories:
    """Read stories from files and folders, which are searched recursively for `*.test.yaml`.

    Args:
        paths: Files or folders.
        known: Names that the rules hold (E021); None leaves names unchecked.

    Returns:
        Every story that can be read, in order of files, with all problems.
    """
    report = Report()
    stories: list[Story] = []
    for path in paths:
        files = sorted(path.rglob(f"*{STORY_ENDING}")) if path.is_dir() else [path]
        for file in files:
            stories += _file(report, file, known)
    return LoadedStories(tuple(stories), report.problems())


def stories_from_text(name: str, text: str, known: Known | None = None) -> LoadedStories:
    """Read stories from a text, as `load_stories` does."""
    report = Report()
    stories = _stories(report, name, text.encode(), known)
    return LoadedStories(tuple(stories), report.problems())


def _file(report: Report, file: Path, known: Known | None) -> list[Story]:
    try:
        return _stories(report, str(file), file.read_bytes(), known)
    except OSError:
        report.error("E001", Place(str(file), 1), "this file cannot be read", "check the path and who may read it")
        return []


def _stories(report: Report, name: str, data: bytes, known: Known | None) -> list[Story]:
    reading = r.Reading(report)
    found: list[Story] = []
    for node in tree.blocks(name, data, report).nodes:
        try:
            found.append(_story(reading, node))
        except Fault as fault:
            report.note(fault)
        except Broken:
            pass
        reading.settle_strays()
    _check_names(reading, known or {})
    return found


def _check_names(reading: r.Reading, known: Known) -> None:
    """Refuse names that no rule, role, clock or template has (E021): a `never:` of a misspelt one always holds."""
    for reference in reading.references:
        if reference.kinds == ("role",) and reference.id.startswith(PERSON):
            continue  # an answer to one person
        names = [name for kind in reference.kinds for name in known.get(kind, ())]
        if reference.kinds == _ABOUT and not nearest(reference.id, names):
            continue  # a message may be about something of alertd's own
        if names and reference.id not in names:
            what = " or ".join(reference.kinds)
            message = f"there is no {what} called '{reference.id}'{did_you_mean(reference.id, names)}"
            reading.report.error("E021", reference.place, message, allowed(sorted(names)))


_ABOUT = ("rule", "clock")


def _story(reading: r.Reading, node: Node) -> Story:
    with r.Settings(reading, node, "this test") as settings:
        name = settings.need("test", scalars.text)
        steps = settings.need("story", items.each(reading, lambda step: _step(reading, step)), instead=())
        note = settings.may("note", scalars.text, "")
        settings.close()
        for step, later in pairwise(steps):
            if later.at < step.at:
                message = f"this story goes back in time ({later.where})"
                settings.refuse(Fault("E014", settings.place_of("story"), message, "put its steps in order of time"))
    return Story(name, steps, str(settings.place), note)


def _step(reading: r.Reading, node: Node) -> Step:
    with r.Settings(reading, node, "this step") as settings:
        act, data = _input(reading, settings)
        return Step(
            at=settings.need("at", scalars.moment),
            act=act,
            data=data,
            id=settings.may("id", scalars.text, ""),
            source=settings.may("source", scalars.text, ""),
            expect=settings.may("expect", _expectation(reading), None),
            includes=settings.may("includes", _messages(reading), ()),
            never=settings.may("never", _messages(reading), ()),
            matches=settings.may("matches", _names(reading, "rule"), None),
            asks=settings.may("asks", _names(reading, "rule"), None),
            clocks=settings.may("clocks", _mapping(reading.refer("clock"), scalars.one_of(ClockState)), {}),
            due=settings.may("due", _mapping(reading.refer("clock"), scalars.moment), {}),
            labels=settings.may("labels", _names(reading, "label"), None),
            referrals=settings.may("referrals", _names(reading, "referral"), None),
            requests=settings.may("requests", _mapping(reading.refer("request"), scalars.count_of(0)), {}),
            cases=settings.may("cases", scalars.count_of(0), None),
            case=settings.may("case", scalars.text, ""),
            note=settings.may("note", scalars.text, ""),
            where=str(settings.place),
        )


def _names(reading: r.Reading, kind: str) -> scalars.Read[tuple[str, ...]]:
    return items.one_or_each(reading, reading.refer(kind))


_ACTS = tuple(act.value for act in Act if act is not Act.NONE)


def _input(reading: r.Reading, settings: r.Settings) -> tuple[Act, dict[str, Any]]:
    written = [act for act in _ACTS if act in settings]
    act = Act(r.exactly_one(settings, _ACTS)) if written else Act.NONE
    settings.asked.extend(_ACTS)
    if act in (Act.INCIDENT, Act.STATUS):
        return act, settings.need(act, message_data)
    if act in (Act.ACCEPT, Act.RELEASE):
        return act, settings.need(act, lambda node: _by_role(reading, node))
    if act is Act.UNDELIVERED:
        return act, settings.need(act, lambda node: _undelivered(reading, node))
    if act is Act.HANDOVER:
        return act, settings.need(act, lambda node: _confirmed(reading, node))
    return act, {}


def _by_role(reading: r.Reading, node: Node) -> dict[str, str]:
    with r.Settings(reading, node, "this") as settings:
        return {"by": settings.need("by", reading.refer("role"))}


def _undelivered(reading: r.Reading, node: Node) -> dict[str, str]:
    with r.Settings(reading, node, "'undelivered'") as settings:
        return {"to": settings.need("to", reading.refer("role")), "by": settings.need("by", scalars.one_of(Channel))}


def _confirmed(reading: r.Reading, node: Node) -> dict[str, str]:
    with r.Settings(reading, node, "'handover'") as settings:
        return {"confirm": settings.need("confirm", scalars.text)}


_NOTHING = "nothing"


def _expectation(reading: r.Reading) -> scalars.Read[tuple[Expected, ...]]:
    several = _messages(reading)

    def read(node: Node) -> tuple[Expected, ...]:
        if isinstance(node, Text):
            scalars.word((_NOTHING,))(node)
            return ()
        return several(node)

    return read


def _messages(reading: r.Reading) -> scalars.Read[tuple[Expected, ...]]:
    return items.each(reading, lambda node: _message(reading, node), repeats=True)


def _message(reading: r.Reading, node: Node) -> Expected:
    with r.Settings(reading, node, "a message") as settings:
        return Expected(
            to=settings.may("to", reading.refer("role"), ""),
            asked=settings.may("asked", reading.refer("role"), ""),
            person=settings.may("person", reading.refer("person"), ""),
            by=settings.may("by", scalars.word(tuple(Channel)), ""),
            template=settings.may("template", reading.refer("template"), ""),
            about=settings.may("about", reading.refer(*_ABOUT), ""),
            text=settings.may("text", scalars.text, ""),
            reads=settings.may("reads", scalars.several_lines, ""),
            where=str(settings.place),
        )


def _mapping(name: scalars.Read[str], read: scalars.Read[scalars.T]) -> scalars.Read[dict[str, scalars.T]]:
    def read_mapping(node: Node) -> dict[str, scalars.T]:
        if not isinstance(node, Entries):
            raise Fault("E014", node.place, "pairs are expected here", "write {name: value, ...}")
        return {name(entry.key): _present(entry, read) for entry in node.entries.values()}

    return read_mapping


def _present(entry: Entry, read: scalars.Read[scalars.T]) -> scalars.T:
    if entry.value is None:
        raise Broken("the value is empty, which is told already")
    return read(entry.value)
