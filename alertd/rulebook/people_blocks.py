"""The blocks that say who and when: hours, roles, rotas, people."""

from __future__ import annotations

import re
from datetime import time

import phonenumbers

from alertd.model.ids import HoursId, PersonId, RoleId, RotaId
from alertd.model.rulebook import Hours, Override, Person, Role, Rota, Span, Turns
from alertd.rulebook import items, quantities, scalars
from alertd.rulebook import reading as r
from alertd.rulebook.clock_blocks import WEEKDAYS
from alertd.rulebook.files import CALENDAR_ENDING
from alertd.rulebook.problems import Fault
from alertd.rulebook.rule_blocks import role as role_id
from alertd.rulebook.tree import Node

_ADDRESS = re.compile(r"[^@\s,;<>\"]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}", re.ASCII)
_LONGEST_SHOWN = 16
_UK = "+44"
# Mobiles are 071 to 075, 077 to 079 and, on the Isle of Man, 07624. 070 follows a person at a price, 076 are pagers.
_MOBILE = re.compile(r"\+447(?:[1-57-9][0-9]|62(?=4))[0-9]{7}")
# Landlines are 01 and 02, and 03 costs the same. 08 and 09 cost more, or are never rung from abroad or by machines.
_LANDLINE = re.compile(r"\+44[123][0-9]{8,9}")


def hours(reading: r.Reading, settings: r.Settings) -> Hours:
    """Read an `hours` block."""
    return Hours(
        id=HoursId(settings.need("hours", scalars.identifier)),
        days=settings.need("days", lambda node: _days(reading, node)),
        bank_holidays=bool(settings.may("closed_on", scalars.word(("england_bank_holidays",)), "")),
        also_closed=frozenset(settings.may("also_closed", items.one_or_each(reading, scalars.day), ())),
    )


def _days(reading: r.Reading, node: Node) -> dict[int, Span]:
    with r.Settings(reading, node, "'days'") as settings:
        spans = {number: settings.may(name, lambda day: _span(reading, day), None) for name, number in WEEKDAYS.items()}
        if not any(name in settings for name in WEEKDAYS):
            raise Fault("E011", settings.place, "no day is open", "write them: 'mon: {from: 09:00, to: 17:00}'")
    return {number: span for number, span in spans.items() if span}


def _span(reading: r.Reading, node: Node) -> Span:
    with r.Settings(reading, node, "this day") as settings:
        start = settings.need("from", scalars.time_of_day)
        end = settings.need("to", scalars.closing_time)
        settings.close()
        if end is not None and end <= start:
            message = "this day closes before it opens"
            settings.refuse(Fault("E014", settings.place_of("to"), message, "write the later time under 'to'"))
    return Span(start, end)


def role(reading: r.Reading, settings: r.Settings) -> Role:
    """Read a `role` block; one with `during` and without `otherwise` is closed outside its hours."""
    name = settings.need("role", scalars.identifier)
    during = settings.may("during", reading.refer("hours"), None)
    otherwise = settings.may("otherwise", role_id(reading), None)
    if "otherwise" in settings and "during" not in settings:
        message = "'otherwise' says who answers outside some hours, and no hours are named"
        remedy = "add 'during:', or take 'otherwise:' out"
        settings.refuse(Fault("E011", settings.place_of("otherwise"), message, remedy))
    return Role(
        id=RoleId(name),
        title=settings.need("title", scalars.text),
        rota=settings.need("rota", reading.refer("rota", "role")),
        during=HoursId(during) if during else None,
        otherwise=otherwise,
        backup=settings.may("backup", reading.refer("role", "rota"), None),
        call_back=settings.may("call_back", scalars.misread_as_fault(shown_number), ""),
    )


def rota(reading: r.Reading, settings: r.Settings) -> Rota:
    """Read a `rota` block."""
    name = RotaId(settings.need("rota", scalars.identifier))
    way = r.exactly_one(settings, ("always", "turns", "ical"))
    overrides = settings.may("overrides", items.each(reading, lambda node: _override(reading, node)), ())
    settings.asked.extend(("always", "turns", "ical"))
    if way == "ical":
        file = settings.need("ical", _calendar_file)
        settings.close()
        reading.calendars.append(r.CalendarUse(name, file, settings.place_of("ical")))
        return Rota(name, overrides=overrides, ical=file)
    people = settings.need(way, items.one_or_each(reading, _person(reading)))
    turns = _turns(reading, settings, people) if way == "turns" else None
    return Rota(name, () if turns else people, turns, overrides)


def _calendar_file(node: Node) -> str:
    name = scalars.text(node)
    if not name.lower().endswith(CALENDAR_ENDING) or "/" in name or "\\" in name:
        message = "a rota's calendar is an .ics file in the folder of this file"
        raise Fault("E014", node.place, message, "put the file there, and write its name alone: 'ical: managers.ics'")
    return name


def _person(reading: r.Reading) -> scalars.Read[PersonId]:
    refer = reading.refer("person")
    return lambda node: PersonId(refer(node))


def _turns(reading: r.Reading, settings: r.Settings, people: tuple[PersonId, ...]) -> Turns:
    week = ("week", time(9), 0)
    every, at, weekday = settings.need("change_over", lambda node: _change_over(reading, node), instead=week)
    return Turns(people, every, at, weekday, settings.need("starting", scalars.day))


def _change_over(reading: r.Reading, node: Node) -> tuple[str, time, int]:
    with r.Settings(reading, node, "'change_over'") as settings:
        every = settings.need("every", scalars.word(("week", "day")))
        at = settings.need("at", scalars.time_of_day)
        weekday = settings.may("day", scalars.word(tuple(WEEKDAYS)), "mon")
        if every == "week" and "day" not in settings:
            settings.refuse(Fault("E011", settings.place, "a weekly change needs its 'day'", "add 'day: mon'"))
    return every, at, WEEKDAYS[weekday]


def _override(reading: r.Reading, node: Node) -> Override:
    with r.Settings(reading, node, "this override") as settings:
        start = settings.need("from", scalars.moment)
        end = settings.need("to", scalars.moment)
        who = settings.need("who", items.one_or_each(reading, _person(reading)))
        settings.close()
        if end <= start:
            message = "this override ends before it begins"
            settings.refuse(Fault("E014", settings.place_of("to"), message, "write the later time under 'to'"))
    return Override(start, end, who)


def person(_reading: r.Reading, settings: r.Settings) -> Person:
    """Read a `person` block; numbers come out as `+44…`."""
    return Person(
        id=PersonId(settings.need("person", scalars.identifier)),
        name=settings.may("name", scalars.text, ""),
        sms=settings.may("sms", scalars.misread_as_fault(mobile), None),
        email=settings.may("email", scalars.misread_as_fault(mail_address), None),
        call=settings.may("call", scalars.misread_as_fault(ringable), None),
    )


def mobile(written: str) -> str:
    """Read a UK mobile number as `+447…`; raises Misread. A text to a landline may be read aloud by a machine.

    Jersey, Guernsey and the Isle of Man count: their mobiles are numbers of the UK's plan, and a person with one must
    not become unreachable on paper.
    """
    found = telephone(written)
    if not _MOBILE.fullmatch(found):
        message = "texts go to UK mobiles only, not to landlines, 070 numbers or pagers"
        raise quantities.Misread(message, "write a mobile number, 071 to 075 or 077 to 079, like +447700900123")
    return found


def ringable(written: str) -> str:
    """Read a UK landline or mobile number as `+44…`; raises Misread. A machine rings it, and somebody must answer."""
    found = telephone(written)
    if not _MOBILE.fullmatch(found) and not _LANDLINE.fullmatch(found):
        message = "calls go to UK landlines and mobiles only, not to 070, 08, 09 or pagers"
        raise quantities.Misread(message, "write the landline or mobile behind it, like +442079460123")
    return found


def telephone(written: str) -> str:
    """Read a UK telephone number as `+44…`; raises Misread."""
    try:
        found = phonenumbers.parse(written, "GB")
    except phonenumbers.NumberParseException:
        raise quantities.Misread("this is not a telephone number", "write it like +447700900123") from None
    plain = phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)
    # "Possible", not "valid": numbers reserved for examples are not assigned to anybody.
    if not phonenumbers.is_possible_number(found) or not plain.startswith(_UK) or re.search("[A-Za-z]", written):
        raise quantities.Misread("this is not a UK telephone number", "write it like +447700900123")
    return plain


def shown_number(written: str) -> str:
    """Check a UK number and leave it as written: it is shown to people; raises Misread."""
    telephone(written)
    if len(written) > _LONGEST_SHOWN:
        raise quantities.Misread("this number is too long for a text", "write it like 020 7946 0123")
    return written


def mail_address(written: str) -> str:
    """Read a mail address; raises Misread."""
    local, _, domain = written.partition("@")
    dots = local.startswith(".") or local.endswith(".") or ".." in local
    if not _ADDRESS.fullmatch(written) or dots or "-." in domain or domain.startswith("-") or ".-" in domain:
        raise quantities.Misread("this is not a mail address", "write it like duty@example.gov.uk")
    return written
