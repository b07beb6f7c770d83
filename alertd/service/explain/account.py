"""An account of a case: what came, what was decided and why, what was told, what was kept quiet. Plain data, no values.

Every part is on record: nothing here is worked out by rules that came later, and nothing names a person the messages
are about. Printed as JSON it is `alertd explain --json`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from alertd.model.ids import RuleId


@dataclass(frozen=True, slots=True)
class Heard:
    """A message of the case.

    Attributes:
        number: In the order received, from 1.
        event: Of a status; "" for an incident.
        by: Who acted, an id of people.yaml; "" unless a person did.
        alert: Code of the alert that an act names, else "".
        record_version: Which version of its record it is.
        outcome: What became of it; "" when it was erased.
        rules_version: Rules by which the first decision that saw it was made; "" when it was never judged.
        again, again_at: How often it was delivered again, and when last.
    """

    number: int
    kind: str
    event: str
    source: str
    by: str
    alert: str
    record_version: int
    sent_at: datetime
    received_at: datetime
    outcome: str
    rules_version: str
    again: int = 0
    again_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ConditionSaid:
    """A condition in the rule's own words, its answer (yes, no, unknown), and whether the rule's answer hung on it."""

    text: str
    answer: str
    decided: bool


@dataclass(frozen=True, slots=True)
class RuleSaid:
    """What a rule made of a record.

    Attributes:
        did: `acted`, `asked`, `recorded` (a shadow rule), or `nothing`.
        why_not: With `nothing`: `no`, or what kept it from acting: `unknown`, `not_in_force`, `replaced`.
        by: The rule that replaces it.
        key: Under which key it matched: one key makes one line, so nothing is told twice.
        line_at: When the line of that key was made, or None.
    """

    rule: str
    title: str
    answer: str
    did: str
    why_not: str
    by: str
    key: str
    line_at: datetime | None
    conditions: tuple[ConditionSaid, ...]


@dataclass(frozen=True, slots=True)
class RecordJudged:
    """A record that was judged: a message by its number, the case, or a clock in a state."""

    what: str
    kind: str
    message: int | None
    rules: tuple[RuleSaid, ...]


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision.

    Attributes:
        rules: Those that matched, as `yes`, `presumed` (on an unknown), `asks` or `shadow`.
        messages: Numbers of messages that no earlier decision had seen.
        lines: What it wanted told anew or changed: (line, state, reason).
    """

    at: datetime
    rules_version: str
    rules: Mapping[RuleId, str]
    labels: tuple[str, ...]
    messages: tuple[int, ...]
    lines: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """One decision with every record and condition; `unreadable` says why they cannot be written out."""

    at: datetime
    rules_version: str
    records: tuple[RecordJudged, ...]
    unreadable: str = ""


@dataclass(frozen=True, slots=True)
class ClockTold:
    """A run of a clock. `state` is how it stood at the moment asked about."""

    clock: str
    episode: int
    state: str
    rule: str
    known_at: datetime
    start_at: datetime
    due_at: datetime
    estimated: bool
    stopped_at: datetime | None
    stop_known_at: datetime | None
    withdrawn_at: datetime | None
    rules_version: str


@dataclass(frozen=True, slots=True)
class AlertTold:
    """An urgent alert. `accepted_by` is an id of people.yaml."""

    code: str
    episode: int
    state: str
    opened_at: datetime
    rounds: tuple[datetime, ...]
    closed_at: datetime | None
    accepted_by: str
    ladder: str
    duty: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Owed:
    """Something that was to be told, with what became of it.

    Attributes:
        key: Its name; one name is told once.
        about: `alert`, `rule:ID`, `clock:ID`, ….
        state, reason: Told, or why not; a told line that waited keeps the reason why.
        until: Until when it is held.
        shown: In words.
    """

    key: str
    about: str
    step: str
    role: str
    shown: str
    due_at: datetime
    made_at: datetime
    state: str
    reason: str
    until: datetime | None
    template: str
    late: bool
    repeat: bool
    rules_version: str


@dataclass(frozen=True, slots=True)
class Tried:
    """One attempt to send: the provider's answer as a word."""

    number: int
    begun_at: datetime
    outcome: str
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Message:
    """One message to a person, by ids; `why` says how the role led to them. Numbers and addresses are never shown."""

    id: str
    asked: str
    role: str
    person: str
    why: str
    by: str
    template: str
    state: str
    reason: str
    created_at: datetime
    sent_at: datetime | None
    provider: str
    receipt_due_at: datetime | None
    receipt_at: datetime | None
    repeat: bool
    lines: tuple[str, ...]
    attempts: tuple[Tried, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, in words; `mark` says what kind: message, rules, clock, alert, told, quiet."""

    at: datetime
    mark: str
    text: str


@dataclass(frozen=True, slots=True)
class AtMoment:
    """What stood at the moment asked about.

    Attributes:
        since, until: The stretch asked about, a minute unless seconds were given.
        happened: What happened in it.
        before, after: What happened last before it and first after it.
        because: Why nothing else did, one sentence each.
        on_call: Who answered for the roles concerned, and why; by the rules of the last decision before.
    """

    since: datetime
    until: datetime
    happened: tuple[Event, ...]
    before: Event | None
    after: Event | None
    because: tuple[str, ...]
    on_call: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Account:
    """Everything on record about a case, up to the moment asked about or in full."""

    case: str
    cohort: str
    opened_at: datetime
    closed_at: datetime | None
    at: AtMoment | None
    timeline: tuple[Event, ...]
    messages: tuple[Heard, ...]
    decisions: tuple[Decided, ...]
    judged: Judged | None
    alerts: tuple[AlertTold, ...]
    clocks: tuple[ClockTold, ...]
    owed: tuple[Owed, ...]
    told: tuple[Message, ...]
    referrals: tuple[tuple[str, datetime], ...]
