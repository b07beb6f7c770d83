from __future__ import annotations

import pytest

from alertd.rulebook.loader import load_text
from alertd.rulebook.problems import Weight
from tests.rulebook.base import VALID

WORKING_DAYS = "due: 5 working days\n  counts: working_days\n  hours: office"
TWICE = "- status: police_contacted_mash\n    - status: police_contacted_mash"
MEETING = "due: {next: {at: 10:30, days: [mon]}}\n  counts: working_days\n  hours: office"


def errors(old: str, new: str) -> list[str]:
    texts = {name: text.replace(old, new) for name, text in VALID.items()}
    assert texts != VALID
    problems = load_text(texts).problems
    return [problem.code for problem in problems if problem.severity is Weight.ERROR]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("due: 1 hour\n", "due: 0 minutes\n", "E014"),
        ("starts_at: [custody.booked_in_at]", "starts_at: [custody.ref]", "E023"),
        ("starts_at: [custody.booked_in_at]", "starts_at: [custody.booked]", "E022"),
        ("one_per: custody.ref", "one_per: custody.reference", "E022"),
        ("counts: elapsed", "counts: working_hours", "E011"),
        ("counts: elapsed", "counts: working_days\n  hours: office", "E014"),
        ("due: 1 hour\n  counts: elapsed", WORKING_DAYS.replace("\n  hours: office", ""), "E011"),
        ("due: 1 hour\n  counts: elapsed", MEETING, "E014"),
        ("counts: elapsed", "counts: elapsed\n  hours: offices", "E021"),
        ("on_breach: {ladder: default_urgent}", "on_breach: {ladder: nobody}", "E021"),
        ("on_breach: {ladder: default_urgent}", "on_breach: {}", "E011"),
        ("on_breach: {ladder: default_urgent}", "on_breach: {ladder: default_urgent, notify: desk}", "E014"),
        (
            "- status: police_contacted_mash",
            "- status: police_contacted_mash\n    - status: police_contacted_mash",
            "E003",
        ),
        ("{at: 30 minutes,", "{at: 30 minutes, before: 5 minutes,", "E014"),
        ("{at: 30 minutes,", "{", "E011"),
        ("{after: 5 minutes,", "{after: 25 minutes,", "E014"),
        ("{every: 15 minutes, times: 4}", "{every: 0 minutes, times: 4}", "E014"),
        ("exhausted: head_of_service", "exhausted: head_of_servce", "E021"),
        ("to: 17:15", "to: 08:15", "E014"),
        ("days: {mon: {from: 09:00, to: 17:15}, fri: {from: 09:00, to: 24:00}}", "days: {}", "E011"),
        ("fri: {from", "freitag: {from", "E010"),
        ("  during: office\n", "", "E011"),
        ("always: [desk]", "always: [dusk]", "E021"),
        ("always: [desk]", "ical: rota.ics", "E021"),
        ("  backup: duty_manager\n", "  backup: duty_manager\n  call_back: the desk\n", "E014"),
        ("  backup: duty_manager\n", "  backup: duty_manager\n  call_back: +44 (0) 20 - 7946 - 0123\n", "E014"),
        ("always: [desk]", "always: [desk]\n  turns: [desk]", "E014"),
        ("always: [desk]", "turns: [desk]\n  change_over: {every: week, at: 09:00}\n  starting: 2026-11-02", "E011"),
        ("always: [desk]", "always: [desk]\n  starting: 2026-11-02", "E010"),
        (
            "always: [desk]",
            "always: [desk]\n  overrides: [{from: 2026-12-25 09:00, to: 2026-12-24 09:00, who: desk}]",
            "E014",
        ),
        ("sms: 07700 900001", "sms: 020 7946 0001", "E014"),
        ("sms: 07700 900001", "sms: none", "E014"),
        ("call: 020 7946 0001", "call: +15005550006", "E014"),
        ("call: 020 7946 0001", "call: 0800 DUTYDESK", "E014"),
        ("email: desk@example.gov.uk", "email: desk", "E014"),
        ("words: [whipps_cross]", "words: whipps_cross", "E014"),
        ("  words: [whipps_cross]\n", "", "E011"),
        ("also: {whipps x: whipps_cross}", "also: [whipps]", "E014"),
        ("  all:\n    - field: person.age\n      less_than: 18\n", "", "E011"),
        ("- classify: urgent_response", "- clasify: urgent_response", "E010"),
        ("- classify: urgent_response", "- classify: Urgent Response", "E014"),
        (
            "- classify: urgent_response",
            "- request: assessment\n      from: duty_manager\n      due: 0 hours\n      done_when: contact",
            "E014",
        ),
        ("  once_per: [case_ref]", "  once_per: [clock.id]", "E022"),
        ("  once_per: [case_ref]", "  once_per: [case_ref]\n  again_after: 0 days", "E014"),
        ("  once_per: [case_ref]", "  once_per: [case_ref]\n  instead_of: custody_cohrt", "E021"),
        ("  once_per: [case_ref]", "  once_per: [case_ref]\n  allow: {W999: because}", "E012"),
        ("  once_per: [case_ref]", "  once_per: [case_ref]\n  allow: W107", "E014"),
        (
            "  once_per: [case_ref]",
            "  once_per: [case_ref]\n  effective_from: 2027-02-01\n  effective_until: 2027-01-01",
            "E014",
        ),
        ("ladder: default_urgent\n", "ladder: other\n", "E035"),
    ],
)
def test_a_block_that_cannot_be_meant_is_refused(old: str, new: str, code: str) -> None:
    assert code in errors(old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("on_breach: {ladder: default_urgent}", "on_breach: {notify: duty_manager, template: late, by: [email]}"),
        ("due: 1 hour\n  counts: elapsed", WORKING_DAYS),
        ("counts: elapsed", "counts: working_hours\n  hours: office"),
        ("  once_per: [case_ref]", "  once_per: [case_ref]\n  again_after: 7 days\n  if_corrected: keep"),
        ("by: [sms, email]", "by: sms"),
        ("- classify: urgent_response", "- classify: urgent_response\n    - escalate: default_urgent"),
        ("always: [desk]", "turns: [desk]\n  change_over: {every: day, at: 09:00}\n  starting: 2026-11-02"),
        ("sms: 07700 900001", 'sms: "+44 7700 900001"'),
    ],
)
def test_a_block_that_means_something_is_read(old: str, new: str) -> None:
    assert errors(old, new) == []


def test_a_definition_that_reads_what_the_record_lacks_is_refused_where_it_is_used() -> None:
    assert errors("field: person.age\n      less_than: 18", "field: event\n      equals: contact") == ["E022", "E022"]


def test_a_role_with_hours_and_nobody_otherwise_is_closed_outside_them() -> None:
    loaded = load_text({name: text.replace("  otherwise: duty_manager\n", "") for name, text in VALID.items()})
    assert loaded.book is not None
    closing = [role for role in loaded.book.roles.values() if role.during is not None]
    assert [role.otherwise for role in closing] == [None]
