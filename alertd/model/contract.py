"""The message contract: every field that a rule may read, its type and its words.

Source: MESSAGES (shape of both message types) and the protocol's vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass

from alertd.model.values import FieldType, Kind

UNKNOWN_WORDS = frozenset({"unknown", "not known", "not_known", "n/k", "nk", ""})
"""Spellings of "we do not know", which leave a field absent."""

OFFENCES = tuple(
    "homicide attempted_murder conspiracy_murder threats_to_kill gbh_intent endangering_life wounding_gbh abh "
    "common_assault firearm_possession_intent firearm_possession firearm_discharge offensive_weapon bladed_article "
    "robbery_personal robbery_business kidnap arson_endanger_life pwits drug_supply modern_slavery rape "
    "assault_penetration sexual_assault domestic_abuse corrosive other".split()
)
INJURIES = tuple("none minor serious life_changing life_threatening fatal".split())
WEAPONS = tuple("none knife_sharp firearm_lethal firearm_other imitation corrosive blunt vehicle dog other".split())
SETTINGS = tuple("custody hospital_ae hospital_ward community missing_return disclosure".split())
PARTS_PLAYED = tuple("victim suspect_arrested suspect_wanted witness associate sibling parent_carer".split())
SAFE_TO_CONTACT = ("yes", "no")
CONSENTS = ("given", "refused", "not_sought_unsafe", "pending")
INJURY_CAUSES = ("assault", "stabbing", "gunshot", "accident", "self_harm")
MISSING_STATES = ("missing", "found", "returned")
RISKS = ("violence", "weapon", "exploitation", "retaliation", "other")
CONTACT_WITH = ("young_person", "family", "custody", "ward", "other_professional")
OUTCOMES = tuple(
    "attempted_no_answer attempted_declined contacted_professional contacted_young_person contacted_family "
    "unsafe_deferred deceased".split()
)
EVENTS = tuple(
    "police_contacted_mash contact mash_referred mash_decision drm_listed drm_held support_referred plan_agreed "
    "panel_listed panel_held return_interview_held custody_released hospital_discharged consent_recorded "
    "safe_to_contact_recorded serious_violence_override network_mapped associate_added analytical_product_made "
    "community_impact_assessed contact_decided alert_accepted alert_handed_on alert_released handover_confirmed "
    "field_answered same_child_as not_same_child_as false_alarm closed reopened".split()
)
PEOPLE_EVENTS = frozenset({"alert_accepted", "alert_handed_on", "alert_released", "handover_confirmed"})
"""Events that act on an alert; they never change what a rule matches."""

CLOCK_STATES = ("running", "warned", "met", "met_late", "breached", "withdrawn")
CASE_STATES = ("open", "closed")
OVERRIDES = ("yes", "no")


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field of the contract.

    Attributes:
        name: Dotted name, as rules write it.
        type: Its type.
        words: Allowed words of a `word` or `words` field; empty means free text.
        kinds: Kinds of record that carry the field. The fold carries every incident field.
        personal: True when no SMS, log line or metric may carry the value.
        setting: The settings that carry this field's block; empty for all. A truth or other field of a block that
            the known setting does not carry is *no*, not unknown.
    """

    name: str
    type: FieldType
    words: tuple[str, ...] = ()
    kinds: frozenset[Kind] = frozenset({Kind.INCIDENT, Kind.STATUS, Kind.CASE, Kind.CLOCK})
    personal: bool = False
    settings: tuple[str, ...] = ()


_STATUS = frozenset({Kind.STATUS})
_CLOCK = frozenset({Kind.CLOCK})
_T = FieldType


def _f(name: str, type_: FieldType, words: tuple[str, ...] = (), *, personal: bool = False) -> FieldSpec:
    return FieldSpec(name, type_, words, personal=personal, settings=_BLOCK_SETTINGS.get(name.partition(".")[0], ()))


_BLOCK_SETTINGS = {
    "custody": ("custody",),
    "hospital": ("hospital_ae", "hospital_ward"),
    "missing": ("missing_return",),
    "disclosure": ("disclosure",),
}

_ALL = (
    _f("record.system", _T.TEXT),
    _f("record.ref", _T.TEXT, personal=True),
    _f("record.version", _T.NUMBER),
    _f("setting", _T.WORD, SETTINGS),
    _f("occurred_at", _T.TIME),
    _f("reported_at", _T.TIME),
    _f("received_at", _T.TIME),
    _f("incident_at", _T.TIME),
    _f("incident.ref", _T.TEXT, personal=True),
    _f("incident.crime_ref", _T.TEXT, personal=True),
    _f("incident.cad_ref", _T.TEXT, personal=True),
    _f("incident.cad_date", _T.DATE),
    _f("incident.offence", _T.WORDS, OFFENCES, personal=True),
    _f("incident.weapon", _T.WORD, WEAPONS, personal=True),
    _f("incident.injury", _T.WORD, INJURIES, personal=True),
    _f("incident.ward", _T.TEXT, personal=True),
    _f("incident.area", _T.TEXT, personal=True),
    _f("person.ref", _T.TEXT, personal=True),
    _f("person.age", _T.NUMBER, personal=True),
    _f("person.age_disputed", _T.TRUTH),
    _f("person.turns_18", _T.TEXT, personal=True),
    _f("person.home_borough", _T.TEXT, personal=True),
    _f("person.part_played", _T.WORD, PARTS_PLAYED),
    _f("person.safe_to_contact", _T.WORD, SAFE_TO_CONTACT),
    _f("person.consent", _T.WORD, CONSENTS),
    _f("person.associates", _T.REFS, personal=True),
    _f("custody.ref", _T.TEXT, personal=True),
    _f("custody.force", _T.TEXT, personal=True),
    _f("custody.suite", _T.TEXT, personal=True),
    _f("custody.arrested_at", _T.TIME),
    _f("custody.booked_in_at", _T.TIME),
    _f("custody.charged_at", _T.TIME),
    _f("custody.released_at", _T.TIME),
    _f("custody.bail_refused", _T.TRUTH),
    _f("custody.appropriate_adult", _T.TEXT, personal=True),
    _f("hospital.ref", _T.TEXT, personal=True),
    _f("hospital.site", _T.TEXT, personal=True),
    _f("hospital.presented_at", _T.TIME),
    _f("hospital.injury_cause", _T.WORD, INJURY_CAUSES),
    _f("hospital.discharged_at", _T.TIME),
    _f("missing.ref", _T.TEXT, personal=True),
    _f("missing.state", _T.WORD, MISSING_STATES),
    _f("missing.last_seen_at", _T.TIME),
    _f("missing.found_at", _T.TIME),
    _f("missing.returned_at", _T.TIME),
    _f("missing.found_in", _T.TEXT, personal=True),
    _f("missing.indicators", _T.WORDS),
    _f("disclosure.ref", _T.TEXT, personal=True),
    _f("disclosure.said_at", _T.TIME),
    _f("disclosure.to", _T.TEXT, personal=True),
    _f("disclosure.risk", _T.WORD, RISKS),
    _f("disclosure.immediate_danger", _T.TRUTH),
    _f("host.force", _T.TEXT, personal=True),
    _f("host.mash", _T.TEXT, personal=True),
    _f("host.phone", _T.TEXT, personal=True),
    FieldSpec("event", _T.WORD, EVENTS, _STATUS),
    FieldSpec("at", _T.TIME, (), _STATUS),
    FieldSpec("contact.with", _T.WORD, CONTACT_WITH, _STATUS),
    FieldSpec("contact.outcome", _T.WORD, OUTCOMES, _STATUS),
    FieldSpec("field", _T.TEXT, (), _STATUS),
    FieldSpec("value", _T.TEXT, (), _STATUS, personal=True),
    FieldSpec("reference", _T.TEXT, (), _STATUS, personal=True),
    FieldSpec("by", _T.TEXT, (), _STATUS),
    FieldSpec("case.labels", _T.WORDS),
    FieldSpec("case.opened_at", _T.TIME),
    FieldSpec("case.labelled_at", _T.TIME),
    FieldSpec("case.incident_at", _T.TIME),
    FieldSpec("case.state", _T.WORD, CASE_STATES),
    FieldSpec("case.override", _T.WORD, OVERRIDES),
    FieldSpec("case.deceased", _T.TRUTH),
    FieldSpec("clock.id", _T.TEXT, (), _CLOCK),
    FieldSpec("clock.state", _T.WORD, CLOCK_STATES, _CLOCK),
    FieldSpec("clock.due_at", _T.TIME, (), _CLOCK),
    FieldSpec("clock.breached_at", _T.TIME, (), _CLOCK),
    FieldSpec("clock.stopped_at", _T.TIME, (), _CLOCK),
)

FIELDS: dict[str, FieldSpec] = {spec.name: spec for spec in _ALL}
"""Every field by its dotted name."""

LIST_FIELDS = frozenset(name for name, spec in FIELDS.items() if spec.type in (FieldType.WORDS, FieldType.REFS))
TRUTH_FIELDS = frozenset(name for name, spec in FIELDS.items() if spec.type is FieldType.TRUTH)
TIME_FIELDS = frozenset(name for name, spec in FIELDS.items() if spec.type is FieldType.TIME)

STRONG_IDENTIFIERS = ("incident.crime_ref", "custody.ref", "hospital.ref", "missing.ref")
"""With the person, each of these names one case; so does the CAD reference with its date."""

ABOUT_FIELDS = {
    "person_ref": "person.ref",
    "incident_ref": "incident.ref",
    "crime_ref": "incident.crime_ref",
    "custody_ref": "custody.ref",
    "hospital_ref": "hospital.ref",
    "missing_ref": "missing.ref",
}
"""Identifiers by which a status names its case, and the incident field each one means."""

DROPPED_AT_INTAKE = ("incident.summary", "person.name", "person.date_of_birth", "person.nhs_number", "note")
"""Dropped after the age and the keyed hash are computed, unless `privacy.keep` names them."""
