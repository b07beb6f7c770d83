"""Compose one message at the moment of sending: fields, template, and the check for personal values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from alertd.core.privacy import mentioned
from alertd.core.schedule_alerts import REPEAT_TEXT
from alertd.model.case import Facts, Notification, Obligation
from alertd.model.delivery import Rendered, Unrenderable
from alertd.model.ids import CaseId
from alertd.model.rulebook import Person, RuleBook
from alertd.model.values import Channel
from alertd.service.handover import HANDOVER, list_of
from alertd.service.handover_texts import list_fields
from alertd.service.ports import Reading
from alertd.service.sharing import SHARED_TEXT
from alertd.service.still_wanted import answered
from alertd.service.system_lines import trouble_line
from alertd.service.texts import Context, Matter, Texts, Voice, context


@dataclass(frozen=True, slots=True)
class Composed:
    """A text ready to go, with the code of the alert that an answer accepts ("" for none), and a fault to be told."""

    subject: str
    body: str
    code: str
    trouble: Obligation | None


class Composer:
    """Finds the address and writes the text of a notification."""

    def __init__(self, book: Callable[[], RuleBook], texts: Callable[[], Texts], voice: Voice) -> None:
        self._book = book
        self._texts = texts
        self._voice = voice

    def person(self, id_: str) -> Person | None:
        """Somebody by id, as the files name them now."""
        return next((p for p in self._book().people.values() if p.id == id_), None)

    def address(self, note: Notification) -> str | None:
        """Where a notification goes, as the files say now; None when the person or the channel is gone."""
        person = self.person(note.person)
        return person.address(note.channel) if person is not None else None

    def compose(self, note: Notification, reading: Reading, now: datetime) -> Composed:
        """Write the text of a notification.

        A template that cannot be rendered, or whose text would carry a personal value, is replaced by a plain text, and
        the administrators are told: somebody must hear in any case.
        """
        rows = _weightiest_first(reading.obligations(note.lines), note)
        handed = list_of(rows[0], reading) if note.template == HANDOVER else None
        listed = {each.case for each in handed.cases} if handed is not None else set()
        facts = _facts(listed | {row.case for row in rows if row.case is not None}, reading)
        if note.template == SHARED_TEXT:
            note, rows = _still_open(note, rows, facts)
        parts = {id_: reading.incident_parts(CaseId(id_)) for id_ in facts}
        fields = dict(context(note, Matter(rows, facts, parts, now), self._book(), self._voice))
        if handed is not None:
            fields |= list_fields(handed, facts, self._book(), self._voice.cohort_words, now)
        found = self._texts().render(note.template, note.channel, fields)
        fault = _fault(found, note) or self._slip(found, fields, facts, reading)
        if fault or isinstance(found, Unrenderable):
            return _composed(plain(fields), fields, note, _trouble(note, fault, now))
        return _composed(found, fields, note, None)

    def _slip(self, found: Rendered | Unrenderable, fields: Context, facts: dict[str, Facts], reading: Reading) -> str:
        is_clean = isinstance(found, Rendered) and self._is_clean(found, fields, facts, reading)
        return "" if is_clean else "named a personal value"

    def _is_clean(self, text: Rendered, fields: Context, facts: dict[str, Facts], reading: Reading) -> bool:
        """Whether a text carries no personal value of its cases; words that the files themselves use are no finding."""
        values = reading.personal_values([CaseId(id_) for id_ in facts]) if facts else frozenset()
        codes = (alert.code for each in facts.values() for alert in each.alerts)
        ours = " ".join((*_words(fields), *codes))
        written = text.subject + "\n" + text.body
        suspects = mentioned(written, values)
        return not suspects or len(mentioned(ours, suspects)) == len(suspects)


def _still_open(
    note: Notification, rows: list[Obligation], facts: dict[str, Facts]
) -> tuple[Notification, list[Obligation]]:
    """A text that several cases share, without those that somebody has accepted since; the text of one, for one."""
    left = [row for row in rows if row.case in facts and not answered(row, facts[row.case])] or rows
    return (replace(note, template=REPEAT_TEXT) if len({row.case for row in left}) == 1 else note), left


def _trouble(note: Notification, what: str, now: datetime) -> Obligation:
    line = f"template {note.template} for {note.channel} {what}; a plain text went instead: check the template"
    return trouble_line("template", f"{note.template}.{note.channel}.{now:%Y%m%d%H}", now, line)


def _composed(text: Rendered, fields: Context, note: Notification, trouble: Obligation | None) -> Composed:
    code = str(fields.get("code", ""))
    is_answerable = note.channel is Channel.CALL or code in text.body  # a call says no code: a key accepts its alert
    return Composed(text.subject, text.body, code if is_answerable else "", trouble)


_OURS = ("ref", "code", "cohort", "clock", "team", "service", "host", "call_back", "due", "left", "part", "cases")


def _words(fields: Context) -> Iterable[str]:
    """Words of alertd's own making: from rules, configuration, references and codes; never from a message."""
    for name in _OURS:
        yield str(fields.get(name, ""))
    lines = fields.get("lines")
    for line in lines if isinstance(lines, list) else ():
        yield from map(str, line.values())
    reasons = fields.get("reasons")
    if isinstance(reasons, list):
        yield from map(str, reasons)


def _fault(found: Rendered | Unrenderable, note: Notification) -> str:
    """What is wrong with a template's own text; "" when nothing is."""
    if isinstance(found, Unrenderable):
        return "could not be rendered"
    return "was too long for one SMS" if note.channel is Channel.SMS and found.segments > 1 else ""


def plain(fields: Context) -> Rendered:
    """The shortest text that lets somebody act."""
    ref, code = str(fields.get("ref", "")), str(fields.get("code", ""))
    service, call_back = str(fields.get("service", "")), str(fields.get("call_back", ""))
    accept = f" Reply Y{code} to accept." if code else ""
    if cases := str(fields.get("cases", "")):
        ref, accept = cases, " Reply each code to accept."
    body = f"{service}: {ref or 'system notice'}. Sign in for details.{accept} {call_back}"
    return Rendered(f"{service}: {ref}".strip(": "), " ".join(body.split()))


def _weightiest_first(rows: Iterable[Obligation], note: Notification) -> list[Obligation]:
    """Lines with the one first whose template the message uses, then by severity and time."""
    return sorted(rows, key=lambda r: (r.template != note.template, -r.severity.rank, r.at, r.key))


def _facts(cases: Iterable[CaseId], reading: Reading) -> dict[str, Facts]:
    found = ((case, reading.case(case)) for case in sorted(cases))
    return {case: facts for case, facts in found if facts is not None}
