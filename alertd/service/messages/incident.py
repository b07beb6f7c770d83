"""An incident's data: typed, its age worked out, its names dropped.

Source: MESSAGES, shape of `alertd.incident.v1`; DOMAIN, Privacy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from alertd.core.privacy import age_at, identity_text, incident_moment, turns_18
from alertd.model.contract import FieldSpec
from alertd.model.errors import InvalidMessage
from alertd.model.ids import Token
from alertd.model.message import Problem
from alertd.model.values import FieldType, Value
from alertd.service.messages.fields import INCIDENT_LAYOUT, Raw, read_fields
from alertd.service.messages.kept import keep_agreed
from alertd.service.messages.readers import Reading, read_day
from alertd.service.messages.text import clean, wrong

_NAME = "person.name"
_BORN = FieldSpec("person.date_of_birth", FieldType.DATE, personal=True)


@dataclass(frozen=True, slots=True)
class Incident:
    """What an incident's data says, ready to be kept."""

    fields: Mapping[str, Value]
    case_ref: str | None
    identity: Token | None


def read_incident(
    data: Mapping[str, object], reading: Reading, keyed_hash: Callable[[str], Token], keep: frozenset[str]
) -> Incident:
    """Read an incident's data; of the person only what may be kept remains.

    Raises:
        InvalidMessage: `person` is missing or is not an object, or a list passes a limit.
    """
    if not isinstance(data.get("person"), dict):
        raise InvalidMessage("its `person` is missing or is not an object with named fields")
    fields, aside = read_fields(data, INCIDENT_LAYOUT, reading)
    if "person.ref" not in fields:
        reading.note("person.ref", Problem.MISSING)
    born = read_day(_BORN, aside[_BORN.name], reading) if _BORN.name in aside else None
    if born is not None:
        _add_ages(fields, born, reading)
    case_ref = fields.pop("case_ref", None)
    return Incident(
        fields={**fields, **keep_agreed(aside, keep, reading)},
        case_ref=None if case_ref is None else str(case_ref),
        identity=_identity(aside, born, keyed_hash, reading),
    )


def _add_ages(fields: dict[str, Value], born: date, reading: Reading) -> None:
    moment = incident_moment(fields, reading.received_at)
    age = age_at(born, moment)
    if age is None:
        reading.note(_BORN.name, Problem.OUT_OF_RANGE)
        return
    fields.setdefault("person.age", age)  # an age that the sender gives is the sender's finding, and stands
    month = turns_18(born, moment)
    if month is not None:
        fields["person.turns_18"] = month


def _identity(aside: Raw, born: date | None, keyed_hash: Callable[[str], Token], reading: Reading) -> Token | None:
    if _NAME not in aside:
        return None
    name = aside[_NAME]
    if not isinstance(name, str) or isinstance(clean(name), Problem):
        reading.note(_NAME, wrong(name))
        return None
    text = identity_text(name, born) if born is not None else None
    return None if text is None else keyed_hash(text)
