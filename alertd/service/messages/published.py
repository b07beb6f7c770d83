"""The published contract: what a sender should write, stricter than what intake takes.

Intake reads each field by its own (`readers`), so that one bad field spoils nothing else. These models are the same
fields as senders see them: the JSON Schema is printed from them, and `alertd publish` refuses what they refuse.

Source: MESSAGES, shapes of both message types; CloudEvents 1.0.2, section 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from alertd.model import contract
from alertd.model.values import Kind
from alertd.service.messages.shapes import Attribute, Day, OneOf, Refs, Text, Time, number


class Block(BaseModel):
    """Fields that belong together; all may be left out when not known, and further ones are ignored."""

    model_config = ConfigDict(strict=True, extra="ignore", populate_by_name=False)


class Record(Block):
    """The sender's own record. A higher version replaces the lower, whatever order they arrive in."""

    system: Text | None = Field(None, description="System that holds the record; without it, the `source`.")
    ref: Text | None = Field(None, description="The record's reference there; without it, the message's `id`.")
    version: Annotated[int, number("record.version")] | None = Field(None, description="Without it, 1.")


class IncidentBlock(Block):
    """What happened."""

    ref: Text | None = Field(None, description="The sender's reference of the incident, shared by its people.")
    crime_ref: Text | None = Field(None, description="Crime reference. With the person it names one case.")
    cad_ref: Text | None = Field(None, description="CAD reference. With its date and the person it names one case.")
    cad_date: Day | None = Field(None, description="Day of the CAD reference, whose numbers begin anew each day.")
    offence: list[Annotated[str, OneOf(contract.OFFENCES)]] | None = Field(None, description="All offences.")
    weapon: Annotated[str, OneOf(contract.WEAPONS)] | None = None
    injury: Annotated[str, OneOf(contract.INJURIES)] | None = Field(None, description="Injury of this person.")
    ward: Text | None = Field(None, description="Electoral ward of the incident.")
    area: Text | None = None
    summary: str | None = Field(None, description="Dropped at intake.")


class Person(Block):
    """The one person that the message is about."""

    ref: Text | None = Field(None, description="Reference of the person; without it no other incident can be joined.")
    name: Text | None = Field(None, description="Dropped at intake, after a keyed hash for possible duplicates.")
    date_of_birth: Day | None = Field(None, description="Dropped at intake, after the age at the incident.")
    nhs_number: Text | None = Field(None, description="Dropped at intake.")
    age: Annotated[int, number("person.age")] | None = Field(None, description="Whole years at the incident.")
    age_disputed: bool | None = Field(None, description="True treats the person as a child.")
    home_borough: Text | None = None
    part_played: Annotated[str, OneOf(contract.PARTS_PLAYED)] | None = None
    safe_to_contact: Annotated[str, OneOf(contract.SAFE_TO_CONTACT)] | None = Field(
        None, description="Whether contact with the family is safe; anything but `yes` prompts none."
    )
    consent: Annotated[str, OneOf(contract.CONSENTS)] | None = None
    associates: Refs | None = Field(None, description="Person references of known associates.")


class Custody(Block):
    """Detention by the police."""

    ref: Text | None = Field(None, description="Custody record. With the person it names one case.")
    force: Text | None = None
    suite: Text | None = None
    arrested_at: Time | None = None
    booked_in_at: Time | None = Field(None, description="Booked in at the suite: the Golden Hour starts here.")
    charged_at: Time | None = None
    released_at: Time | None = None
    bail_refused: bool | None = None
    appropriate_adult: Text | None = None


class Hospital(Block):
    """Attendance at A&E, or a stay on a ward."""

    ref: Text | None = Field(None, description="Attendance. With the person it names one case.")
    site: Text | None = None
    presented_at: Time | None = None
    injury_cause: Annotated[str, OneOf(contract.INJURY_CAUSES)] | None = None
    discharged_at: Time | None = None


class Missing(Block):
    """A missing episode."""

    ref: Text | None = Field(None, description="Missing episode. With the person it names one case.")
    state: Annotated[str, OneOf(contract.MISSING_STATES)] | None = None
    last_seen_at: Time | None = None
    found_at: Time | None = None
    returned_at: Time | None = None
    found_in: Text | None = None
    indicators: list[Text] | None = Field(None, description="Words such as `county_lines`.")


class Disclosure(Block):
    """A risk or concern disclosed to a professional."""

    ref: Text | None = None
    said_at: Time | None = None
    to: Text | None = Field(None, description="To whom: a role or a service, never a name.")
    risk: Annotated[str, OneOf(contract.RISKS)] | None = None
    immediate_danger: bool | None = None


class Host(Block):
    """The area that holds the child, when out of borough."""

    force: Text | None = None
    mash: Text | None = None
    phone: Text | None = None


class IncidentData(Block):
    """One person in one incident; three people are three messages."""

    record: Record | None = None
    case_ref: Text | None = Field(None, description="The case's reference, where the sender knows it.")
    setting: Annotated[str, OneOf(contract.SETTINGS)] | None = None
    occurred_at: Time | None = None
    reported_at: Time | None = None
    incident: IncidentBlock | None = None
    person: Person
    custody: Custody | None = None
    hospital: Hospital | None = None
    missing: Missing | None = None
    disclosure: Disclosure | None = None
    host: Host | None = None


class About(Block):
    """What names the case: its reference, or identifiers that resolve to it."""

    case_ref: Text | None = None
    person_ref: Text | None = None
    incident_ref: Text | None = None
    crime_ref: Text | None = None
    custody_ref: Text | None = None
    hospital_ref: Text | None = None
    missing_ref: Text | None = None


class Contact(Block):
    """A contact or an attempt at one."""

    with_: Annotated[str, OneOf(contract.CONTACT_WITH)] | None = Field(None, alias="with")
    outcome: Annotated[str, OneOf(contract.OUTCOMES)] | None = None


class StatusData(Block):
    """Something that was done or decided about a case."""

    record: Record | None = None
    about: About | None = None
    event: Annotated[str, OneOf(contract.EVENTS, unknown=False)]
    at: Time | None = Field(None, description="When it happened; without it, when the message was received.")
    contact: Contact | None = None
    field: Text | None = Field(None, description="With `field_answered`: the incident field that `value` fills.")
    value: Text | None = None
    reference: Text | None = None
    by: Text | None = Field(None, description="Id of the person who did or recorded it.")
    note: str | None = Field(None, description="Dropped at intake.")


class Event(BaseModel):
    """A CloudEvents 1.0 envelope; `id` and `source` together are the message's identity."""

    model_config = ConfigDict(strict=True, extra="ignore")

    specversion: Literal["1.0"]
    id: Attribute = Field(description="With `source` the message's identity: the same pair again is a duplicate.")
    source: Attribute = Field(description="Who sends. `person/` is kept for what people record in alertd itself.")
    time: Time | None = Field(None, description="When the sender wrote it; the later of two equal versions wins.")
    datacontenttype: str | None = None


class IncidentEvent(Event):
    """A child or young person has come to notice."""

    type: Literal["alertd.incident.v1"]
    data: IncidentData


class StatusEvent(Event):
    """Something was done or decided about a case."""

    type: Literal["alertd.status.v1"]
    data: StatusData


MODELS: Mapping[Kind, type[IncidentEvent] | type[StatusEvent]] = {
    Kind.INCIDENT: IncidentEvent,
    Kind.STATUS: StatusEvent,
}
"""Model of each message type."""
