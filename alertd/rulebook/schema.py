"""JSON Schema of rule files and of the files beside the settings, for editors, with the names of the loaded set.

It says what a block may hold; what only the whole set tells (circles, deadlines, who is reached) `check` alone knows.
"""

from __future__ import annotations

from collections.abc import Collection

from alertd.model.contract import EVENTS, TIME_FIELDS
from alertd.model.rulebook import Counts, IfMissing, RuleBook, RuleStatus
from alertd.model.values import Channel, Kind, Rest, Severity
from alertd.rulebook.clock_blocks import WEEKDAYS
from alertd.rulebook.names import names_of
from alertd.rulebook.rule_blocks import CASE_KEY, WARNING_CODES
from alertd.rulebook.schema_conditions import Names, condition_definitions, fields_of, groups
from alertd.rulebook.schema_parts import (
    CALENDAR,
    CLOSING,
    COUNT,
    DAY,
    DURATION,
    IDENTIFIER,
    LENGTH,
    MOMENT,
    TEXT,
    TIME,
    Schema,
    choice,
    listed,
    one_or_more,
    pairs,
    settings,
    words,
)

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_CHANNELS = one_or_more({"enum": [channel.value for channel in Channel]})
_REST: Schema = {"enum": [rest.value for rest in Rest]}
_WEEKDAY: Schema = {"enum": list(WEEKDAYS)}


def rules_schema(book: RuleBook | None, templates: Collection[str] = ()) -> Schema:
    """JSON Schema (draft 2020-12) of every file of blocks, in `rules/` and `config/`.

    Args:
        book: The loaded set; None leaves every name open.
        templates: Names of templates.
    """
    names = _names(book, templates)
    blocks = {
        "list": _list(names),
        "definition": {**settings({"definition": IDENTIFIER, **_header(names)}, groups("any")), **_SOME_HEADING},
        "rule": _rule(names),
        "clock": _clock(names),
        "ladder": _ladder(names),
        "role": _role(names),
        "rota": _rota(names),
        "hours": _hours(),
        "person": settings({"person": IDENTIFIER}, dict.fromkeys(("name", "sms", "email", "call"), TEXT)),
    }
    return {
        "$schema": DRAFT,
        "title": "Rules, clocks, ladders, roles, rotas, hours and people of alertd",
        "type": "array",
        "items": _block(blocks),
        "$defs": condition_definitions(names),
    }


def _block(blocks: dict[str, Schema]) -> Schema:
    """What a block is, its first key says, but a schema knows no order: `rota` and `hours` also stand inside others."""
    shape: Schema = {"anyOf": [{"required": [kind]} for kind in blocks]}
    for kind in sorted(blocks, key=lambda kind: kind in ("rota", "hours"), reverse=True):
        shape = {"if": {"required": [kind]}, "then": blocks[kind], "else": shape}
    return {"type": "object", **shape}


_SOME_HEADING: Schema = {"anyOf": [{"required": [heading]} for heading in ("all", "any", "none")]}


def _names(book: RuleBook | None, templates: Collection[str]) -> Names:
    if book is None:
        kinds = "list definition rule clock ladder hours role rota person label referral request template".split()
        return dict.fromkeys(kinds)
    return {**names_of(book, templates)}


def _header(names: Names) -> dict[str, Schema]:
    return {"title": TEXT, "source": TEXT, "owner": words(names["role"]), "review_by": DAY}


def _told(names: Names) -> dict[str, Schema]:
    return {
        "notify": one_or_more(words(names["role"])),
        "template": words(names["template"]),
        "by": _CHANNELS,
    }


def _list(names: Names) -> Schema:
    optional = {
        "words": listed(TEXT),
        "include": one_or_more(words(names["list"])),
        "about": TEXT,
        "source": TEXT,
        "also": pairs(TEXT),
        "navigators": pairs(words(names["role"])),
    }
    shape = settings({"list": IDENTIFIER}, optional)
    return {**shape, "anyOf": [{"required": ["words"]}, {"required": ["include"]}]}


def _rule(names: Names) -> Schema:
    keys = {"enum": [CASE_KEY, *fields_of(None)]}
    required = {
        "rule": IDENTIFIER,
        **_header(names),
        "severity": {"enum": [severity.value for severity in Severity]},
        "status": {"enum": [status.value for status in RuleStatus]},
        "when": _when(),
        "if_missing": {"enum": [word.value for word in IfMissing]},
        "then": {"type": "array", "items": _action(names), "minItems": 1},
        "once_per": one_or_more(keys),
    }
    optional = {
        "description": TEXT,
        "again_after": LENGTH,
        "instead_of": one_or_more(words(names["rule"])),
        "if_corrected": {"enum": ["stand_down", "keep"]},
        "effective_from": DAY,
        "effective_until": DAY,
        "allow": {"type": "object", "properties": dict.fromkeys(WARNING_CODES, TEXT), "additionalProperties": False},
    }
    live_urgent = {"properties": {"severity": {"const": "urgent"}, "status": {"const": "live"}}}
    never_asks = {"properties": {"if_missing": {"enum": ["match", "no_match"]}}}
    return {**settings(required, optional), "if": live_urgent, "then": never_asks}


def _when() -> Schema:
    kinds = [kind.value for kind in Kind]
    return {
        **settings({"message": {"enum": kinds}}, {heading: {"type": "array"} for heading in ("all", "any", "none")}),
        "allOf": [
            {"if": {"properties": {"message": {"const": kind}}}, "then": {"properties": groups(kind)}} for kind in kinds
        ],
    }


def _action(names: Names) -> Schema:
    request = {"request": IDENTIFIER, "from": words(names["role"]), "due": LENGTH, "done_when": _events()}
    return choice(
        {
            "classify": settings({"classify": IDENTIFIER}),
            "start_clock": settings({"start_clock": words(names["clock"])}),
            "stop_clock": settings({"stop_clock": words(names["clock"])}),
            "notify": settings(_told(names), {"rest": _REST, "ladder": words(names["ladder"])}),
            "escalate": settings({"escalate": words(names["ladder"])}),
            "refer": settings({"refer": IDENTIFIER}),
            "request": settings(request),
        }
    )


def _events() -> Schema:
    return one_or_more({"enum": list(EVENTS)})


def _clock(names: Names) -> Schema:
    times = one_or_more({"enum": sorted(TIME_FIELDS)})
    meeting = settings({"at": TIME, "days": one_or_more(_WEEKDAY)}, {"cut_off": LENGTH})
    stop = settings({"status": {"enum": list(EVENTS)}}, groups("status"))
    breach = choice(
        {"ladder": settings({"ladder": words(names["ladder"])}), "notify": settings(_told(names), {"rest": _REST})}
    )
    required = {
        "clock": IDENTIFIER,
        **_header(names),
        "one_per": {"enum": [CASE_KEY, *fields_of(None)]},
        "starts_at": times,
        "due": {"anyOf": [DURATION, settings({"next": meeting})]},
        "counts": {"enum": [word.value for word in Counts]},
        "stops_when": {"type": "array", "items": stop, "minItems": 1},
        "on_breach": breach,
    }
    optional = {
        "or_else": times,
        "hours": words(names["hours"]),
        "warn": {"type": "array", "items": _warning(names), "minItems": 1},
    }
    counted = {"properties": {"counts": {"enum": ["working_hours", "working_days"]}}}
    return {**settings(required, optional), "if": counted, "then": {"required": ["hours"]}}


def _warning(names: Names) -> Schema:
    told = _told(names)
    return choice(
        {
            "at": settings({"at": LENGTH, **told}, {"rest": _REST}),
            "before": settings({"before": DURATION, **told}, {"rest": _REST}),
        }
    )


def _ladder(names: Names) -> Schema:
    step = settings({"after": LENGTH, **_told(names)}, {"rest": _REST})
    required = {
        "ladder": IDENTIFIER,
        "title": TEXT,
        "steps": {"type": "array", "items": step, "minItems": 1},
        "exhausted": words(names["role"]),
    }
    return settings(required, {"repeat": settings({"every": LENGTH, "times": COUNT})})


def _role(names: Names) -> Schema:
    roles, rotas = names["role"], names["rota"]
    either = words(None if roles is None or rotas is None else {*roles, *rotas})
    optional = {"during": words(names["hours"]), "otherwise": words(names["role"]), "backup": either, "call_back": TEXT}
    shape = settings({"role": IDENTIFIER, "title": TEXT, "rota": either}, optional)
    return {**shape, "dependentRequired": {"otherwise": ["during"]}}


def _rota(names: Names) -> Schema:
    people = one_or_more(words(names["person"]))
    change = settings({"every": {"enum": ["week", "day"]}, "at": TIME}, {"day": _WEEKDAY})
    override = settings({"from": MOMENT, "to": MOMENT, "who": people})
    more = {"overrides": {"type": "array", "items": override, "minItems": 1}}
    turns = settings({"rota": IDENTIFIER, "turns": people, "change_over": change, "starting": DAY}, more)
    return choice(
        {
            "always": settings({"rota": IDENTIFIER, "always": people}, more),
            "turns": turns,
            "ical": settings({"rota": IDENTIFIER, "ical": CALENDAR}, more),
        }
    )


def _hours() -> Schema:
    day = settings({"from": TIME, "to": CLOSING})
    days = {**settings({}, dict.fromkeys(WEEKDAYS, day)), "minProperties": 1}
    closed = {"closed_on": {"enum": ["england_bank_holidays"]}, "also_closed": one_or_more(DAY)}
    return settings({"hours": IDENTIFIER, "days": days}, closed)
