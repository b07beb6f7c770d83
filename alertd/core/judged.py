"""What judging asks of its caller and what it finds."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from alertd.core.calendar import RestHours
from alertd.core.clocks import Stop
from alertd.core.fold import Fold
from alertd.core.plan import Plan
from alertd.model.case import ClockRun, CrossRow, Obligation
from alertd.model.ids import CaseId, ClockId, LeafId, RuleId, Token, Version
from alertd.model.values import Kind
from alertd.model.view import View


@dataclass(frozen=True, slots=True)
class Lookup:
    """Targets that other cases hold for one anchor: key equal, `since` < at <= `until`.

    Attributes:
        since: None for no lower bound.
        open_at: With case targets: opened at or before it and not closed by then; None for any.
    """

    leaf: LeafId
    key: Token
    since: datetime | None
    until: datetime
    open_at: datetime | None


@dataclass(frozen=True, slots=True)
class AskMatcher:
    """Views to be judged; the reply is one `Answers` a view."""

    views: tuple[View, ...]


@dataclass(frozen=True, slots=True)
class AskOthers:
    """Look-ups in other cases; the reply is one sequence of rows a look-up."""

    lookups: tuple[Lookup, ...]


@dataclass(frozen=True, slots=True)
class AskGlobals:
    """What is recorded under global keys, (rule, key); the reply is one `GlobalRecord` a key."""

    keys: tuple[tuple[RuleId, str], ...]


@dataclass(frozen=True, slots=True)
class GlobalRecord:
    """What all cases together hold under a global key.

    Attributes:
        elsewhere: True when the rule runs under this key in another case.
        obligations: Recorded obligations of scope "*".
    """

    elsewhere: bool
    obligations: tuple[Obligation, ...]


Ask = AskMatcher | AskOthers | AskGlobals


@dataclass(frozen=True, slots=True)
class Terms:
    """What all decisions share.

    Attributes:
        plan: Rules in force.
        hashed: Keyed hash.
        rest: Rest hours.
        traced: Write down why each decision was taken; a replay does not.
        remembered: What was found of each case last, where nobody else decides: time alone changes little. Whoever
            gives it forgets a case when another changes what that one sees.
        keep_order: Tests only compare: False judges the whole history even when one step is enough.
    """

    plan: Plan
    hashed: Callable[[str], Token]
    rest: RestHours = field(default_factory=RestHours)
    keep_order: bool = True
    traced: bool = True
    remembered: MutableMapping[CaseId, Remembered] | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """When a step's news became known.

    Attributes:
        at: For what messages brought: the newest receipt; for what a re-check brought: now.
        point: Newest receipt so far. What a clock's own state brought became known at that state's time, or at this
            receipt when the time was past by then.
    """

    at: datetime
    point: datetime

    def of(self, since: datetime | None) -> datetime:
        """When something became known; `since` is the time of the clock's state that brought it, if one did."""
        return self.at if since is None else max(since, self.point)


@dataclass(frozen=True, slots=True)
class Context:
    """What judging one case needs besides its messages.

    Attributes:
        plan: The rules.
        case: The case's internal id.
        now: Aware UTC.
        hashed: Keyed hash of a normalised text.
        news: When what comes out differently now became known.
        labelled_at: When the case first got a label, as recorded; None when it has none yet.
        kept: Clocks at work that stay when their rule matches no longer (`if_corrected: keep`).
    """

    plan: Plan
    case: CaseId
    now: datetime
    hashed: Callable[[str], Token]
    news: Moment
    labelled_at: datetime | None = None
    kept: tuple[ClockRun, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that matches, or asks, now.

    Attributes:
        key: Hex of its key.
        fallback: The key it had while a part of it was missing; equal to `key` when that is still so.
        asks: It came out unknown and asks.
        presumed: It matched on an unknown.
        at: Event time of the anchor.
        check: Fields to check.
        record: Record token of the anchor; empty for case and clock rules.
        since: For clock rules, when the clock came to that state; else None.
        received_at: When the newest record that matches under this key first came; None for case and clock rules.
    """

    rule: RuleId
    key: str
    fallback: str
    asks: bool
    presumed: bool
    at: datetime
    check: tuple[str, ...]
    record: Token
    since: datetime | None
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What one record answered in the last round, for the trace.

    Attributes:
        kind: Of the record.
        seq: Of the message that it is; None for the case and for clocks.
        clock: Clock id and state, for a clock; else "".
        yes, unknown, numbering: What each condition answered (`Answered`); 0 and "" where the matcher does not say.
        matched: Rules that matched or ask, each with the key under which it does.
        passed: Rules that would have, had not something kept them from it: (rule, word, rule that replaces it or "").
    """

    kind: Kind
    seq: int | None
    clock: str
    yes: int
    unknown: int
    numbering: str
    matched: tuple[tuple[RuleId, str], ...]
    passed: tuple[tuple[RuleId, str, str], ...]


@dataclass(frozen=True, slots=True)
class WantedClock:
    """A clock that the rules want; `since` is the time of the clock state that brought it, if a clock rule did."""

    clock: ClockId
    key: str
    fallback: str
    rule: RuleId
    start_at: datetime
    due_at: datetime
    estimated: bool
    stop: Stop | None
    since: datetime | None = None

    def as_run(self, now: datetime, version: Version) -> ClockRun:
        """The same as a run that became known now."""
        return ClockRun(
            clock=self.clock,
            key=self.key,
            episode=1,
            rule=self.rule,
            known_at=now,
            start_at=self.start_at,
            due_at=self.due_at,
            due_known_at=now,
            estimated=self.estimated,
            stopped_at=self.stop.at if self.stop else None,
            stop_known_at=self.stop.known_at if self.stop else None,
            withdrawn_at=None,
            version=version,
        )


@dataclass(frozen=True, slots=True)
class Judged:
    """What the rules make of a case at a moment.

    Attributes:
        fold: The case.
        matches: Rules that match or ask, one for each key.
        clocks: Clocks wanted, one for each key.
        labels: Labels given.
        referrals: Referrals made.
        cross: Rows by which other cases see this one, and this one's anchors.
        verify: Look-ups whose answers were used, with the rows seen.
        seen: What each record answered in the last round, for the trace.
        matched_records: Record tokens of messages that some rule matched.
    """

    fold: Fold
    matches: tuple[Match, ...]
    clocks: tuple[WantedClock, ...]
    labels: tuple[str, ...]
    referrals: tuple[str, ...]
    cross: tuple[CrossRow, ...]
    verify: tuple[tuple[Lookup, tuple[CrossRow, ...]], ...]
    seen: tuple[Seen, ...]
    matched_records: frozenset[Token]


CrossReply = Sequence[tuple[CrossRow, ...]]


@dataclass(frozen=True, slots=True)
class Remembered:
    """What was found of a case at a moment.

    Attributes:
        seqs: Of the messages that it had.
        noted: Of those that several cases share.
        until: Judged up to then.
        labelled_at: When it had got its first label by then.
    """

    seqs: frozenset[int]
    noted: frozenset[int]
    until: datetime
    labelled_at: datetime | None
    judged: Judged
