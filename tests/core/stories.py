"""Random histories: a few children, records that share identifiers, corrections, statuses, acceptances."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from alertd.model.values import Kind
from tests.core.world import Input

START = datetime(2026, 11, 26, 14, 0, tzinfo=UTC)

_SETTINGS = ("custody", "hospital_ae", "community", "unknown")
_OFFENCES = ("bladed_article", "pwits", "gbh_intent", "robbery_personal", "other")
_PEOPLE = ("P-1", "P-2", "P-3")
_WARDS = ("Leyton", "Lea Bridge")
_EVENTS = (
    *("contact", "contact", "police_contacted_mash", "alert_accepted", "alert_accepted", "alert_released"),
    *("alert_handed_on", "false_alarm", "reopened", "closed", "panel_listed", "community_impact_assessed"),
    *("field_answered", "associate_added", "serious_violence_override"),
)


def times(first: datetime = START, *, hours: int = 72) -> st.SearchStrategy[datetime]:
    """Whole minutes."""
    return st.integers(0, hours * 60).map(lambda minutes: first + timedelta(minutes=minutes))


def _mostly(*values: object) -> st.SearchStrategy[object]:
    """One of the values, or nothing once in a while."""
    return st.sampled_from((*values, None))


def _given(values: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if value not in (None, [None])}


@st.composite
def _incident(draw: st.DrawFn) -> tuple[Kind, str, str, dict[str, object]]:
    number = draw(st.integers(1, 4))
    # A record is about one child all its life; identifiers are shared by records, which joins their cases.
    person = {
        "ref": _PEOPLE[number % 3],
        "age": draw(_mostly(15, 17, 22, 40)),
        "associates": [draw(_mostly(*_PEOPLE, None, None, None, None))],
        "part_played": draw(_mostly("victim", None)),
    }
    incident = {
        "ref": draw(st.sampled_from(("I-1", "I-2", "I-3", "I-4"))),
        "offence": [draw(_mostly(*_OFFENCES))],
        "ward": draw(_mostly(*_WARDS)),
        "crime_ref": draw(_mostly("X-1", "X-2", None, None)),
        "injury": draw(_mostly("fatal", None, None, None)),
    }
    setting = draw(st.sampled_from(_SETTINGS))
    data: dict[str, object] = {"setting": setting, "person": _given(person), "incident": _given(incident)}
    happened = draw(st.none() | times(START - timedelta(hours=4), hours=30))
    when = happened.isoformat() if happened else None
    if setting == "custody":
        data["custody"] = _given({"ref": draw(_mostly("C-1", "C-2")), "booked_in_at": when})
    elif when:
        data |= {"hospital": {"presented_at": when}} if setting == "hospital_ae" else {"occurred_at": when}
    return Kind.INCIDENT, "feed", f"R-{number}", data


_ABOUT: tuple[dict[str, str], ...] = (
    *({"person_ref": person} for person in _PEOPLE),
    {"custody_ref": "C-1"},
    {"crime_ref": "X-1"},
    {"person_ref": "P-1", "incident_ref": "I-1"},
)


@st.composite
def _status(draw: st.DrawFn) -> tuple[Kind, str, str, dict[str, object]]:
    name = draw(st.sampled_from(_EVENTS))
    data: dict[str, object] = {"about": draw(st.sampled_from(_ABOUT)), "event": name}
    if draw(st.booleans()):
        data["at"] = draw(times()).isoformat()
    if name == "contact":
        outcome = draw(st.sampled_from(("attempted_no_answer", "contacted_young_person", "deceased")))
        data["contact"] = {"with": "young_person", "outcome": outcome}
    elif name == "field_answered":
        data |= {"field": "person.age", "value": draw(st.sampled_from(("16", "33")))}
    elif name == "associate_added":
        data["value"] = draw(st.sampled_from(_PEOPLE))
    elif name == "serious_violence_override":
        data["value"] = "yes"
    return Kind.STATUS, "desk", f"S-{draw(st.integers(1, 5))}", data


@st.composite
def histories(draw: st.DrawFn, *, longest: int = 9) -> tuple[Input, ...]:
    """Inputs in the order received, each at a moment of its own, versions of one record in any order."""
    drawn = draw(st.lists(st.one_of(_incident(), _incident(), _status()), min_size=2, max_size=longest))
    gaps = st.sampled_from((1, 7, 31, 64, 300, 1500, 3100))
    at = START
    found = []
    for number, (kind, system, ref, data) in enumerate(drawn):
        at += timedelta(minutes=draw(gaps), seconds=1)
        found.append(Input(kind, f"m-{number}", (system, ref, draw(st.integers(1, 3))), at, data))
    return tuple(found)
