"""The blocks that say what matters: lists, definitions, rules."""

from __future__ import annotations

from datetime import timedelta

from alertd.model.conditions import ALWAYS, Condition
from alertd.model.contract import EVENTS
from alertd.model.ids import ClockId, DefinitionId, LadderId, ListId, RoleId, RuleId
from alertd.model.rulebook import (
    Action,
    Classify,
    Definition,
    Escalate,
    Header,
    IfMissing,
    Notify,
    Refer,
    Request,
    Rule,
    RuleStatus,
    StartClock,
    StopClock,
    WordList,
)
from alertd.model.values import Channel, Kind, Rest, Severity
from alertd.rulebook import items, operands, scalars
from alertd.rulebook import reading as r
from alertd.rulebook.condition_blocks import HEADINGS, Scope, groups
from alertd.rulebook.problems import Fault
from alertd.rulebook.suggestions import allowed, did_you_mean
from alertd.rulebook.tree import Entries, Node

CASE_KEY = "case_ref"
"""In `once_per` and `one_per`: the resolved case."""

WARNING_CODES = ("W101", "W102", "W103", "W104", "W105", "W106", "W107", "W110", "W112", "W120")
"""Warnings that `allow` may silence, with a reason."""


def header(reading: r.Reading, settings: r.Settings) -> Header:
    """Read what every rule, clock and definition says of itself."""
    reading.places[str(settings.place), "review_by"] = settings.place_of("review_by")
    return Header(
        title=settings.need("title", scalars.text),
        source=settings.need("source", scalars.text, "name the paragraph of the protocol"),
        owner=settings.need("owner", role(reading), "name the role that answers for it"),
        review_by=settings.need("review_by", scalars.day, "add the day of the next look, such as 2027-03-31"),
        where=str(settings.place),
    )


def role(reading: r.Reading) -> scalars.Read[RoleId]:
    """Read the id of a role."""
    refer = reading.refer("role")
    return lambda node: RoleId(refer(node))


def word_list(reading: r.Reading, settings: r.Settings) -> WordList:
    """Read a `list` block; `include` is resolved once all lists are read."""
    name = settings.need("list", scalars.identifier)
    words = settings.may("words", items.each(reading, _listed_word(reading, name)), ())
    include = settings.may("include", items.one_or_each(reading, reading.refer("list")), ())
    reading.includes[name] = include
    if not words and not include and "words" not in settings:
        settings.refuse(Fault("E011", settings.place, "'words' is missing from this list", "add 'words: [...]'"))
    return WordList(
        id=ListId(name),
        words=words,
        synonyms=settings.may("also", _pairs(_listed_word(reading, name)), {}),
        about=settings.may("about", scalars.text, ""),
        source=settings.may("source", scalars.text, ""),
        navigators=settings.may("navigators", _pairs(role(reading)), {}) if name == "hospital_sites" else {},
    )


def _listed_word(reading: r.Reading, name: str) -> scalars.Read[str]:
    def read(node: Node) -> str:
        word = scalars.text(node)
        reading.listed.append((name, word, node.place))
        return word

    return read


def _pairs(read: scalars.Read[scalars.T]) -> scalars.Read[dict[str, scalars.T]]:
    def read_pairs(node: Node) -> dict[str, scalars.T]:
        if not isinstance(node, Entries):
            raise Fault("E014", node.place, "pairs are expected here", "write {name: value, ...}")
        return {key: read(entry.value) for key, entry in node.entries.items() if entry.value}

    return read_pairs


def definition(reading: r.Reading, settings: r.Settings) -> Definition:
    """Read a `definition` block."""
    name = settings.need("definition", scalars.identifier)
    head = header(reading, settings)
    if not any(heading in settings for heading in HEADINGS):
        message = "this definition has no condition"
        settings.refuse(Fault("E011", settings.place, message, "add 'all:', 'any:' or 'none:'"))
    return Definition(DefinitionId(name), head, groups(reading, settings, Scope(None, cross=True)))


def rule(reading: r.Reading, settings: r.Settings) -> Rule:
    """Read a `rule` block."""
    name = settings.need("rule", scalars.identifier)
    head = header(reading, settings)
    kind, when = settings.need("when", lambda node: _when(reading, node), instead=(Kind.INCIDENT, ALWAYS))
    for key in ("when", "if_missing", "severity", "then"):
        reading.places[name, key] = settings.place_of(key)
    found = Rule(
        id=RuleId(name),
        header=head,
        severity=settings.need("severity", scalars.one_of(Severity)),
        status=settings.need("status", scalars.one_of(RuleStatus)),
        message=kind,
        when=when,
        if_missing=settings.need("if_missing", scalars.one_of(IfMissing)),
        then=settings.need("then", items.each(reading, lambda node: _action(reading, node))),
        once_per=settings.need("once_per", items.one_or_each(reading, key_field(kind))),
        description=settings.may("description", scalars.text, ""),
        again_after=settings.may("again_after", _some_time, None),
        instead_of=settings.may("instead_of", items.one_or_each(reading, _rule(reading)), ()),
        keep=settings.may("if_corrected", scalars.word(("stand_down", "keep")), "stand_down") == "keep",
        effective_from=settings.may("effective_from", scalars.day, None),
        effective_until=settings.may("effective_until", scalars.day, None),
        allow=settings.may("allow", _reasons, {}),
    )
    _check_period(settings, found)
    return found


def _check_period(settings: r.Settings, found: Rule) -> None:
    if found.effective_from and found.effective_until and found.effective_until < found.effective_from:
        message = "'effective_until' is before 'effective_from'"
        settings.refuse(Fault("E014", settings.place_of("effective_until"), message, "check the two dates"))


def _when(reading: r.Reading, node: Node) -> tuple[Kind, Condition]:
    with r.Settings(reading, node, "'when'") as settings:
        kind = settings.need("message", scalars.one_of(Kind))
        # Other cases are looked at from a message; a case or a clock has no event time of its own to look from.
        condition = groups(reading, settings, Scope(kind, cross=kind not in (Kind.CASE, Kind.CLOCK)))
    return kind, condition


def _rule(reading: r.Reading) -> scalars.Read[RuleId]:
    refer = reading.refer("rule")
    return lambda node: RuleId(refer(node))


def _some_time(node: Node) -> timedelta:
    found = scalars.length(node)
    if not found:
        raise Fault("E014", node.place, "this is no time at all", "write how long, such as '7 days'")
    return found


def key_field(kind: Kind | None) -> scalars.Read[str]:
    """Read a field that makes a key, or `case_ref`."""
    return lambda node: CASE_KEY if scalars.text(node) == CASE_KEY else operands.field_name(kind)(node)


def _reasons(node: Node) -> dict[str, str]:
    if not isinstance(node, Entries):
        raise Fault("E014", node.place, "'allow' takes warnings with reasons", "write {W107: why this is right}")
    for code, entry in node.entries.items():
        if code not in WARNING_CODES:
            raise Fault("E012", entry.key.place, f"there is no warning '{code}'", allowed(WARNING_CODES))
    return {code: scalars.text(entry.value) for code, entry in node.entries.items() if entry.value}


_ACTIONS = ("classify", "start_clock", "stop_clock", "notify", "escalate", "refer", "request")


def _action(reading: r.Reading, node: Node) -> Action:
    with r.Settings(reading, node, "this action") as settings:
        written = [action for action in _ACTIONS if action in settings]
        if not written:
            message = f"there is no action '{settings.first}'{did_you_mean(settings.first, _ACTIONS)}"
            raise Fault("E010", settings.place, message, allowed(_ACTIONS))
        action = r.exactly_one(settings, _ACTIONS)
        settings.what = f"the action '{action}'"
        return _READERS[action](reading, settings)


def notify(reading: r.Reading, settings: r.Settings) -> Notify:
    """Read `notify`, `template`, `by`, `rest`, as they stand together in rules, warnings, breaches and steps."""
    roles = settings.need("notify", items.one_or_each(reading, role(reading)))
    template_place = settings.place_of("template")
    template = settings.need("template", scalars.identifier)
    by = settings.need("by", items.one_or_each(reading, scalars.one_of(Channel)), instead=())
    reading.templates += [r.TemplateUse(template, channel, template_place) for channel in by if template]
    return Notify(roles, template, by, settings.may("rest", scalars.one_of(Rest), None))


def _notify_with_ladder(reading: r.Reading, settings: r.Settings) -> Action:
    told = notify(reading, settings)
    ladder = settings.may("ladder", reading.refer("ladder"), None)
    return Notify(told.roles, told.template, told.by, told.rest, LadderId(ladder) if ladder else None)


def _classify(reading: r.Reading, settings: r.Settings) -> Action:
    label = settings.need("classify", scalars.identifier)
    reading.given.setdefault(label, settings.place_of("classify"))
    return Classify(label)


def _start_clock(reading: r.Reading, settings: r.Settings) -> Action:
    return StartClock(ClockId(settings.need("start_clock", reading.refer("clock"))))


def _stop_clock(reading: r.Reading, settings: r.Settings) -> Action:
    return StopClock(ClockId(settings.need("stop_clock", reading.refer("clock"))))


def _escalate(reading: r.Reading, settings: r.Settings) -> Action:
    return Escalate(LadderId(settings.need("escalate", reading.refer("ladder"))))


def _refer(_reading: r.Reading, settings: r.Settings) -> Action:
    return Refer(settings.need("refer", scalars.identifier))


def _request(reading: r.Reading, settings: r.Settings) -> Action:
    return Request(
        request=settings.need("request", scalars.identifier),
        role=settings.need("from", role(reading)),
        due=settings.need("due", _some_time),
        done_when=settings.need("done_when", items.one_or_each(reading, scalars.word(EVENTS))),
    )


_READERS = {
    "classify": _classify,
    "start_clock": _start_clock,
    "stop_clock": _stop_clock,
    "notify": _notify_with_ladder,
    "escalate": _escalate,
    "refer": _refer,
    "request": _request,
}
