"""Nine invented months with 113 cases: nobody off duty is woken for an accepted case, and phones stay quiet.

Source: protocol notes, "Who is woken". `python -m tests.nights` prints the same months, and those in which nothing was
recorded, as tables.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest

from alertd.core.calendar import RestHours
from alertd.core.counting import counted
from alertd.daemon.rehearsal import Sending
from alertd.model.case import AlertState, Facts
from alertd.model.ids import CaseId, RoleId
from alertd.model.values import Channel, Kind
from tests.nights.cases import CASES
from tests.nights.play import Months, play_months
from tests.nights.table import figures, is_duty, is_list

REST = RestHours()
PER_CASE = 5.8
"""Messages a case, morning lists included, hand-over lists apart: what the design's throw-away build was to come to."""
AT_NIGHT = 0.35
"""Phone contacts a case at night with people who are not the team on duty."""

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def months() -> Months:
    return play_months(CASES, 1, records=True)


def _open_at(facts: Facts, sending: Sending) -> bool:
    """Whether nobody had accepted an alert of a case when a message left; the acceptance itself comes after it."""
    return any(a.opened_at <= sending.at and (a.closed_at is None or sending.at < a.closed_at) for a in facts.alerts)


def _woken(months: Months) -> Iterator[Sending]:
    """Texts and calls in rest hours."""
    return (each for each in months.sent if each.by is not Channel.EMAIL and REST.contains(each.at))


def test_nobody_off_duty_is_woken_for_an_accepted_case(months: Months) -> None:
    facts: dict[CaseId, Facts] = {each.row.id: each for each in months.facts}
    woken = [each for each in _woken(months) if not is_duty(each)]
    assert woken, "somebody was woken for an alert that nobody had accepted: else this shows nothing"
    idle = [each for each in woken if not all(_open_at(facts[case], each) for case in each.cases)]
    assert [(each.at, each.to, each.by.value, each.templates) for each in idle] == []


def test_the_duty_team_is_woken_for_alerts_and_the_golden_hour_alone(months: Months) -> None:
    alerts = {"urgent_response", "escalation", "out_of_area", "repeat_alert", "repeat_alerts", "golden_hour_warning"}
    assert {name for each in _woken(months) if is_duty(each) for name in each.templates} <= alerts | {"stand_down"}


def test_no_mail_but_the_duty_teams_leaves_at_night(months: Months) -> None:
    mails = [each for each in months.sent if each.by is Channel.EMAIL and REST.contains(each.at)]
    assert {each.to for each in mails if not is_duty(each)} <= {"exploitation_lead"}, (
        "who is told of a find out of area"
    )


def test_every_alert_ended_accepted_or_withdrawn(months: Months) -> None:
    assert len(months.facts) == CASES
    states = {alert.state for facts in months.facts for alert in facts.alerts}
    assert states <= {AlertState.ACCEPTED, AlertState.WITHDRAWN}
    assert all(facts.alerts for facts in months.facts)


def test_a_case_accepted_at_once_and_kept_well_costs_at_most_seven_messages(months: Months) -> None:
    cost = Counter(case for each in months.sent if not is_list(each) for case in each.cases)
    kept = [facts for facts in months.facts if _accepted_at_once(facts)]
    assert len(kept) > CASES / 4
    assert {facts.row.ref: cost[facts.row.id] for facts in kept if cost[facts.row.id] > 7} == {}


def _accepted_at_once(facts: Facts) -> bool:
    (first, *others) = facts.alerts
    reports = [each for each in facts.messages if each.message.kind is Kind.INCIDENT]
    at_once = first.closed_at is not None and first.closed_at - first.opened_at < timedelta(minutes=5)
    return at_once and not others and len(reports) == 1


def test_a_case_costs_no_more_messages_than_the_design_foresaw(months: Months) -> None:
    found = figures(months, REST)
    assert found["messages a case, morning lists included"] <= PER_CASE
    assert found["of these to anybody but the team on duty"] <= AT_NIGHT


def test_the_store_counts_what_left(months: Months) -> None:
    assert months.stored == counted(((RoleId(each.to), each.by, each.at) for each in months.sent), REST)
