"""A case and what is decided about it: runs of rules and clocks, alerts, obligations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from alertd.model.ids import CaseId, CaseRef, ClockId, LeafId, PersonId, RoleId, RuleId, Token, Version
from alertd.model.message import Message
from alertd.model.rulebook import Ladder
from alertd.model.values import Answer, Channel, Rest, Severity


@dataclass(frozen=True, slots=True)
class Tokens:
    """The keyed hashes by which a message hangs together with others.

    Attributes:
        record: Of (`record.system`, `record.ref`): versions of one record share it.
        strong: Incidents sharing one belong to one case: (person, strong identifier), case reference. A
            `same_child_as` status carries the two cases it joins here.
        names: Everything by which a status may name this incident: the strong ones, bare identifiers, the person.
        about: Status only: a case is meant when its names hold all of these.
        person_only: Status only: `about` is a person and nothing more, so only an open case is meant.
        person: Of the person, scoped as configured; None when not given.
    """

    record: Token
    strong: frozenset[Token] = frozenset()
    names: frozenset[Token] = frozenset()
    about: tuple[Token, ...] = ()
    person_only: bool = False
    person: Token | None = None


class MessageOutcome(StrEnum):
    """What became of a message; each has exactly one."""

    ACTED = "acted"
    NO_MATCH = "no_match"
    DUPLICATE = "duplicate"
    SUPERSEDED = "superseded"
    ORPHAN = "orphan"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message with its place in the store. `seq` is 0 until it is stored."""

    seq: int
    message: Message
    tokens: Tokens


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case as stored.

    Attributes:
        id: Internal identity.
        ref: Public reference.
        opened_at: Earliest receipt of any of its messages, aware UTC.
        alias_of: The case that survived a join, else None.
        revision: Grows with every write; a write on another revision is stale.
        settled_at: Receive time up to which its history has been folded into runs.
        wake_at: When time alone will next make something due; None when nothing will.
        closed_at: When a person closed it, else None.
        cohort: The setting's word of its newest incident, for texts; "" when unknown.
        version: Rules version that decided last.
    """

    id: CaseId
    ref: CaseRef
    opened_at: datetime
    alias_of: CaseId | None = None
    revision: int = 0
    settled_at: datetime | None = None
    wake_at: datetime | None = None
    closed_at: datetime | None = None
    cohort: str = ""
    version: Version = Version("")


@dataclass(frozen=True, slots=True)
class Run:
    """One unbroken stretch during which a rule matched (or asked) in a case under one key.

    Attributes:
        rule: The rule.
        key: Keyed hash (hex) of its `once_per` values; global for rules that look at other cases.
        episode: 1 for the first stretch, growing.
        known_at: When it became known that the rule matches: receive time of the message that made it so, or the
            moment of a clock's breach.
        ended_at: When it was known to match no longer; None while it does.
        asks: True when the rule came out unknown and asks.
        presumed: True when it matched on an unknown.
        at: Event time of the anchor message.
        check: Names of the fields to check.
        record: Record token of the anchor (zero bytes for case and clock rules).
        version: Rules version that made it.
    """

    rule: RuleId
    key: str
    episode: int
    known_at: datetime
    ended_at: datetime | None
    asks: bool
    presumed: bool
    at: datetime
    check: tuple[str, ...]
    record: Token
    version: Version


@dataclass(frozen=True, slots=True)
class ClockRun:
    """One stretch during which a clock is wanted.

    Attributes:
        clock: The clock.
        key: Keyed hash (hex) of its `one_per` value.
        episode: 1 for the first stretch.
        rule: The rule that started it.
        known_at: When it became known that the clock is wanted.
        start_at: Event time at which it starts.
        due_at: Deadline; equal to now counts as missed.
        due_known_at: When the present due time became known.
        estimated: True while nobody gave the start.
        stopped_at: Event time of the stop, or None.
        stop_known_at: When the stop became known, or None.
        withdrawn_at: When it was known that the clock is not wanted any more, or None.
        version: Rules version that made it.
    """

    clock: ClockId
    key: str
    episode: int
    rule: RuleId
    known_at: datetime
    start_at: datetime
    due_at: datetime
    due_known_at: datetime
    estimated: bool
    stopped_at: datetime | None
    stop_known_at: datetime | None
    withdrawn_at: datetime | None
    version: Version


class AlertState(StrEnum):
    """State of an alert episode."""

    OPEN = "open"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Alert:
    """One urgent alert of a case: one code, one ladder, the reasons listed.

    Attributes:
        episode: 1 for the first; a new urgent rule after acceptance opens the next.
        code: Six digits, unique among open alerts, never reused within 90 days; "" until stored.
        opened_at: When its first reason became known.
        rounds: When the ladder (re)started: `opened_at`, then every release.
        state: Where it stands.
        closed_at: When it was accepted or withdrawn; None while open.
        accepted_by: Person id, or "" when open or withdrawn.
        ladder: Ladder id.
        ladders: What it climbs, as the rules said when it opened: its own ladder, and those of clocks that speak for
            it. A change of the rules leaves a running alert's ladder as it was; people and hours resolve at sending.
        duty: The role told first.
        reasons: Rules, in the order in which they became known.
    """

    episode: int
    code: str
    opened_at: datetime
    rounds: tuple[datetime, ...]
    state: AlertState
    closed_at: datetime | None
    accepted_by: str
    ladder: str
    duty: RoleId
    reasons: tuple[RuleId, ...]
    ladders: tuple[Ladder, ...] = ()

    def ladder_named(self, name: str) -> Ladder | None:
        """One of its ladders, as it was when the alert opened."""
        return next((each for each in self.ladders if each.id == name), None)


SHOWN_KEY = 12
"""Digits of a key that tell it from any other of its case."""


@dataclass(frozen=True, slots=True, order=True)
class ObligationKey:
    """Names what must be told to whom, once: `scope/about/key/episode#step@role`; unique in the store.

    Attributes:
        scope: Case id, or "*" for a key that is global over cases, or "system".
        about: `alert`, `rule:ID`, `ask:ID`, `clock:ID`, `request:ID` or a system subject.
        key: Hex of the run's key, "" for alerts.
        episode: Of the run or alert.
        step: "0", "s1.0"…, "warn0", "breach0", "repeat1", "standdown", ….
        role: Role id, or `person:ID` when it is addressed to a person on record.
    """

    scope: str
    about: str
    key: str
    episode: int
    step: str
    role: str

    def __str__(self) -> str:
        key = f":{self.key[:SHOWN_KEY]}" if self.key else ""
        return f"{self.scope}/{self.about}{key}/{self.episode}#{self.step}@{self.role}"


class LineState(StrEnum):
    """State of an obligation. Every state but PENDING, HELD and OPEN is final for that key.

    OPEN is a request that somebody is working on; it is never sent by itself.
    """

    PENDING = "pending"
    HELD = "held"
    OPEN = "open"
    TOLD = "told"
    SKIPPED = "skipped"
    WITHDRAWN = "withdrawn"
    UNREACHABLE = "unreachable"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Obligation:
    """Something that must be told (or a request tracked), with what became of it.

    Attributes:
        key: Unique name.
        case: Case it speaks of; None for system matters.
        at: When it falls due.
        made_at: When it was recorded.
        state: Where it stands.
        reason: Why it was skipped, held, withdrawn or unreachable: a word, never free text.
        template: Template name.
        by: Channels.
        rest: Whether it may disturb.
        severity: For merging and digests.
        ladder: True when part of an unaccepted urgent alert's ladder.
        late: True when sent after its time.
        repeat: True for repeats after the ladder's end.
        clock: `CLOCK/KEY/EPISODE` it tells of, or "".
        reasons: Rule or clock ids listed in the text.
        check: Field names to check.
        digest: True when it must go by digest whatever the hour.
        not_before: A held line is looked at again at this time; None for at once.
        version: Rules version that made it.
        note: Small extras for the text (source and time of an unreadable message), never personal.
    """

    key: ObligationKey
    case: CaseId | None
    at: datetime
    made_at: datetime
    state: LineState
    reason: str
    template: str
    by: tuple[Channel, ...]
    rest: Rest
    severity: Severity
    ladder: bool = False
    late: bool = False
    repeat: bool = False
    clock: str = ""
    reasons: tuple[str, ...] = ()
    check: tuple[str, ...] = ()
    digest: bool = False
    not_before: datetime | None = None
    version: Version = Version("")
    note: tuple[tuple[str, str], ...] = ()


class CrossSide(StrEnum):
    """Side of a cross-case row: what is looked for, and who looks."""

    TARGET = "target"
    ANCHOR = "anchor"


@dataclass(frozen=True, slots=True)
class CrossRow:
    """One record as a `count` or `another` leaf sees it.

    Attributes:
        leaf: The leaf.
        side: TARGET rows are found, ANCHOR rows look.
        key: Keyed hash of the shared value; zero bytes when the leaf has no `same`.
        record: Record token (of a case target: zero bytes).
        at: Event time (of a case target: when the case opened).
        until: Case targets: when it closed, else None.
        distinct: Keyed hash of the value counted once.
        answer: YES or UNKNOWN for targets (a NO makes no row); YES for anchors.
    """

    leaf: LeafId
    side: CrossSide
    key: Token
    record: Token
    at: datetime
    until: datetime | None
    distinct: Token
    answer: Answer


class NotificationState(StrEnum):
    """State of one message to one address."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    REFUSED = "refused"
    IN_DOUBT = "in_doubt"
    SUPPRESSED = "suppressed"
    EXPIRED = "expired"


NO_RECEIPT = "no_receipt"
"""Reason of a message that was taken and not confirmed in time."""


@dataclass(frozen=True, slots=True)
class Notification:
    """One message to one person over one channel, carrying one or more obligations.

    Attributes:
        id: Random, used as reference at providers.
        case: Case it speaks of; None for digests and system matters.
        role: Role by which the person was found (after hours and routing).
        asked: Role that the rule named.
        person: Whom it goes to.
        channel: How.
        state: Where it stands.
        reason: Word for a suppression, refusal or doubt.
        next_at: When it may be tried (again).
        deadline_at: After this it is given up and the next channel is tried.
        attempts: Attempts written so far.
        urgent: True when part of an urgent alert.
        repeat: True when re-sent after doubt, or a repeat after the ladder's end.
        provider_id: Provider's id once taken.
        provider: Name of the sender that took it.
        created_at, sent_at: Aware UTC.
        lines: Obligations it carries.
        template: Template it is rendered from.
        code: Accept code in it, or "".
        received_at: Receipt of the message that caused it, for latency; None for others.
        receipt_due_at: When its provider, who took it, should have confirmed it; None where no receipt is expected.
        receipt_at: When the provider's last word came, delivered or failed; None without one.
        why: Why this person answered for the role then, by ids: hours, routing, rota, swap, backup.
    """

    id: str
    case: CaseId | None
    role: RoleId
    asked: RoleId
    person: PersonId
    channel: Channel
    state: NotificationState
    reason: str
    next_at: datetime
    deadline_at: datetime
    attempts: int
    urgent: bool
    repeat: bool
    provider_id: str
    provider: str
    created_at: datetime
    sent_at: datetime | None
    lines: tuple[ObligationKey, ...]
    template: str
    code: str = ""
    received_at: datetime | None = None
    receipt_due_at: datetime | None = None
    receipt_at: datetime | None = None
    why: str = ""

    @property
    def is_unconfirmed(self) -> bool:
        """Whether its provider took it and then said nothing in time: it may have arrived, and nobody relies on it."""
        return self.state is NotificationState.SENT and self.reason == NO_RECEIPT


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything stored about one case, for deciding.

    Attributes:
        row: The case.
        messages: Its messages, every version, in the order received.
        runs, clocks, alerts, obligations, cross: As recorded so far.
        strong: Every strong token that leads to this case, those of its aliases included.
        noted: Seqs of statuses that were noted on other cases as well when it was decided last.
    """

    row: CaseRow
    messages: tuple[StoredMessage, ...]
    runs: tuple[Run, ...] = ()
    clocks: tuple[ClockRun, ...] = ()
    alerts: tuple[Alert, ...] = ()
    obligations: tuple[Obligation, ...] = ()
    cross: tuple[CrossRow, ...] = ()
    strong: frozenset[Token] = frozenset()
    noted: frozenset[int] = frozenset()
