"""A loaded rule set: the blocks of `rules/` and `config/`, typed and cross-checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from alertd.model.conditions import ALWAYS, Another, Condition, Count
from alertd.model.ids import (
    ClockId,
    DefinitionId,
    ExprId,
    HoursId,
    LadderId,
    LeafId,
    ListId,
    PersonId,
    RoleId,
    RotaId,
    RuleId,
    Version,
)
from alertd.model.shifts import ShiftCalendar
from alertd.model.values import Channel, Kind, Rest, Severity


class IfMissing(StrEnum):
    """What a rule does when its condition comes out unknown."""

    MATCH = "match"
    ASK = "ask"
    NO_MATCH = "no_match"


class RuleStatus(StrEnum):
    """Life of a rule; only `live` sends, `shadow` decides and records."""

    DRAFT = "draft"
    SHADOW = "shadow"
    LIVE = "live"
    RETIRED = "retired"


class Counts(StrEnum):
    """How a clock counts."""

    ELAPSED = "elapsed"
    WORKING_HOURS = "working_hours"
    WORKING_DAYS = "working_days"


@dataclass(frozen=True, slots=True)
class Header:
    """What every rule, clock and definition says of itself.

    Attributes:
        title: One line for people.
        source: Paragraph of the protocol, or a [P] mark: a proposal that awaits its owner.
        owner: Role that answers for it.
        review_by: Day by which the owner looks again.
        where: `file:line` of the block.
    """

    title: str
    source: str
    owner: RoleId
    review_by: date
    where: str = ""


@dataclass(frozen=True, slots=True)
class WordList:
    """`list:` words with their synonyms (`also`: alias → word)."""

    id: ListId
    words: tuple[str, ...]
    synonyms: Mapping[str, str] = field(default_factory=dict)
    about: str = ""
    source: str = ""
    navigators: Mapping[str, RoleId] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Definition:
    """`definition:` a named condition."""

    id: DefinitionId
    header: Header
    condition: Condition


@dataclass(frozen=True, slots=True)
class Notify:
    """Send `template` to `roles` over `by`.

    Attributes:
        roles: In the order written.
        template: Name without channel suffix: `urgent_response` is `urgent_response.sms.j2` and so on.
        by: Channels.
        rest: None takes the default: hold, but wake for an urgent rule's duty role.
        ladder: For an urgent rule, the ladder that it climbs; None is `default_urgent`.
    """

    roles: tuple[RoleId, ...]
    template: str
    by: tuple[Channel, ...]
    rest: Rest | None = None
    ladder: LadderId | None = None


@dataclass(frozen=True, slots=True)
class Classify:
    """Give the case a label."""

    label: str


@dataclass(frozen=True, slots=True)
class StartClock:
    """Start a clock; the only way one starts."""

    clock: ClockId


@dataclass(frozen=True, slots=True)
class StopClock:
    """Withdraw a clock of the case while the rule matches."""

    clock: ClockId


@dataclass(frozen=True, slots=True)
class Escalate:
    """Climb a ladder from its first step at once."""

    ladder: LadderId


@dataclass(frozen=True, slots=True)
class Refer:
    """Record a referral; no message."""

    to: str


@dataclass(frozen=True, slots=True)
class Request:
    """Ask a role for a piece of work, recorded and tracked; told by the rule's own notify.

    Attributes:
        request: Its name.
        role: Who is asked (`from:`).
        due: How long they have.
        done_when: Status events that finish it.
    """

    request: str
    role: RoleId
    due: timedelta
    done_when: tuple[str, ...]


Action = Classify | StartClock | StopClock | Notify | Escalate | Refer | Request


@dataclass(frozen=True, slots=True)
class Rule:
    """`rule:` when its condition holds, its actions are wanted, once per key.

    Attributes:
        once_per: Fields whose values make the key; `case_ref` means the resolved case.
        again_after: Wanted again this long after the last time.
        instead_of: Rules whose actions this one replaces while it matches.
        keep: True for `if_corrected: keep`.
    """

    id: RuleId
    header: Header
    severity: Severity
    status: RuleStatus
    message: Kind
    when: Condition
    if_missing: IfMissing
    then: tuple[Action, ...]
    once_per: tuple[str, ...]
    description: str = ""
    again_after: timedelta | None = None
    instead_of: tuple[RuleId, ...] = ()
    keep: bool = False
    effective_from: date | None = None
    effective_until: date | None = None
    allow: Mapping[str, str] = field(default_factory=dict)

    @property
    def notifies(self) -> tuple[Notify, ...]:
        """Its notify actions, in order."""
        return tuple(action for action in self.then if isinstance(action, Notify))


@dataclass(frozen=True, slots=True)
class NextMeeting:
    """Due at the next meeting: local time of day, weekdays (Monday is 0), and how long before it the list closes."""

    at: time
    days: frozenset[int]
    cut_off: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """Due at closing time of the nth open day after the start."""

    days: int


Due = timedelta | WorkingDays | NextMeeting


@dataclass(frozen=True, slots=True)
class StopsWhen:
    """One alternative of `stops_when`: the status event, and what must also hold of that message (unknown: no stop)."""

    status: str
    condition: Condition = ALWAYS


@dataclass(frozen=True, slots=True)
class Warn:
    """A warning: `at` after the start, or `before` the due time; exactly one is set.

    `before_days` counts working days before the due time.
    """

    roles: tuple[RoleId, ...]
    template: str
    by: tuple[Channel, ...]
    at: timedelta | None = None
    before: timedelta | None = None
    before_days: int | None = None
    rest: Rest | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """`clock:` a deadline that starts at an event and stops on evidence.

    Attributes:
        one_per: Field, or `case_ref`; with its value this is the clock's key within the case.
        starts_at: Time fields; the earliest given by any message that matched the starting rule.
        or_else: Used in order only while `starts_at` gives none; `received_at` marks the clock estimated.
        hours: Calendar for working hours and days.
        breach_ladder: Ladder climbed on breach, or None when `breach` tells.
        breach: Message on breach.
    """

    id: ClockId
    header: Header
    one_per: str
    starts_at: tuple[str, ...]
    due: Due
    counts: Counts
    stops_when: tuple[StopsWhen, ...]
    or_else: tuple[str, ...] = ()
    hours: HoursId | None = None
    warn: tuple[Warn, ...] = ()
    breach_ladder: LadderId | None = None
    breach: Notify | None = None


@dataclass(frozen=True, slots=True)
class LadderStep:
    """Tell these roles this long after the ladder begins."""

    after: timedelta
    roles: tuple[RoleId, ...]
    template: str
    by: tuple[Channel, ...]
    rest: Rest | None = None


@dataclass(frozen=True, slots=True)
class Ladder:
    """`ladder:` steps until a human accepts.

    After the steps, the present duty role and `exhausted` are told every `repeat_every`, `repeat_times` times, then
    hourly until someone accepts.
    """

    id: LadderId
    title: str
    steps: tuple[LadderStep, ...]
    exhausted: RoleId
    repeat_every: timedelta = timedelta(minutes=15)
    repeat_times: int = 4


@dataclass(frozen=True, slots=True)
class Span:
    """An opening span of one weekday, local time, `from_` included and `to` excluded. `to` may be 24:00 as None."""

    from_: time
    to: time | None


@dataclass(frozen=True, slots=True)
class Hours:
    """`hours:` when an office is open, in local time.

    Attributes:
        days: Weekday (Monday is 0) → its span.
        bank_holidays: True when closed on England's bank holidays.
        also_closed: Further closed days.
    """

    id: HoursId
    days: Mapping[int, Span]
    bank_holidays: bool = False
    also_closed: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Override:
    """In [from_, to) these people are on call instead; aware UTC."""

    from_: datetime
    to: datetime
    who: tuple[PersonId, ...]


@dataclass(frozen=True, slots=True)
class Turns:
    """People take turns, `every` "week" or "day", changing at a local time (weekly: on `weekday`), from `starting`."""

    people: tuple[PersonId, ...]
    every: str
    change_at: time
    weekday: int
    starting: date


@dataclass(frozen=True, slots=True)
class Rota:
    """`rota:` who is on call: always the same people, turns, or the shifts of the calendar file `ical`."""

    id: RotaId
    always: tuple[PersonId, ...] = ()
    turns: Turns | None = None
    overrides: tuple[Override, ...] = ()
    ical: str | None = None
    calendar: ShiftCalendar | None = None


@dataclass(frozen=True, slots=True)
class Role:
    """`role:` a rota; or during `hours` the rota (or role) `rota`, `otherwise` another role.

    Attributes:
        rota: Rota or role that answers while open (or always, without `during`).
        backup: Role or rota told as second contact and when nobody here is reachable.
        call_back: Number at the end of texts while this team is the one on duty, as written; "" for the service's own.
    """

    id: RoleId
    title: str
    rota: str
    during: HoursId | None = None
    otherwise: RoleId | None = None
    backup: str | None = None
    call_back: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """`person:` somebody who can be reached. Never printed: names and numbers are personal."""

    id: PersonId
    name: str = ""
    sms: str | None = None
    email: str | None = None
    call: str | None = None

    def address(self, channel: Channel) -> str | None:
        """Number or address for a channel, or None when there is none."""
        return {Channel.SMS: self.sms, Channel.EMAIL: self.email, Channel.CALL: self.call}[channel]


@dataclass(frozen=True, slots=True)
class Expression:
    """One condition that the matcher answers for every record of its kind."""

    id: ExprId
    kind: Kind
    condition: Condition


@dataclass(frozen=True, slots=True)
class RuleBook:
    """Everything loaded together, under one content hash.

    Attributes:
        version: Content hash over the files.
        expressions: All conditions that are judged, in a fixed order: rules (`rule:ID`), alternatives of
            `stops_when` (`stop:CLOCK:N`, kind STATUS), and `where` of cross-case leaves (`where:LEAF`).
        leaves: Cross-case conditions by name.
    """

    version: Version
    lists: Mapping[ListId, WordList] = field(default_factory=dict)
    definitions: Mapping[DefinitionId, Definition] = field(default_factory=dict)
    rules: Mapping[RuleId, Rule] = field(default_factory=dict)
    clocks: Mapping[ClockId, Clock] = field(default_factory=dict)
    ladders: Mapping[LadderId, Ladder] = field(default_factory=dict)
    hours: Mapping[HoursId, Hours] = field(default_factory=dict)
    roles: Mapping[RoleId, Role] = field(default_factory=dict)
    rotas: Mapping[RotaId, Rota] = field(default_factory=dict)
    people: Mapping[PersonId, Person] = field(default_factory=dict)
    expressions: tuple[Expression, ...] = ()
    leaves: Mapping[LeafId, Count | Another] = field(default_factory=dict)
