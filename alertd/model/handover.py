"""A hand-over: one team goes off duty, the next takes over the cases that somebody has accepted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from alertd.model.case import Alert, ClockRun
from alertd.model.ids import CaseId, CaseRef, RoleId


@dataclass(frozen=True, slots=True)
class Shift:
    """One team's time on duty.

    Attributes:
        at: When the duty passed to it, aware UTC.
        team: Role that has it.
        until: When it passes on, as the hours stand; None when it never does.
    """

    at: datetime
    team: RoleId
    until: datetime | None


@dataclass(frozen=True, slots=True)
class OpenCase:
    """What a hand-over looks at in a case that is not closed.

    Attributes:
        case, ref: Which it is.
        alerts, clocks: All of them.
        listed_at: When the newest list that named it and that somebody confirmed was made; None for never.
    """

    case: CaseId
    ref: CaseRef
    alerts: tuple[Alert, ...]
    clocks: tuple[ClockRun, ...]
    listed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A case on a list.

    Attributes:
        case: Which.
        is_new: No confirmed list has named it since it was accepted.
        is_due: A contact clock falls due in the shift.
    """

    case: CaseId
    is_new: bool
    is_due: bool


@dataclass(frozen=True, slots=True)
class Handover:
    """A hand-over as stored; one without cases sent no list.

    Attributes:
        number: 1 for the first that this store has seen, then one more each time.
        shift: That begins with it.
        made_at: When the list was made; later than the hand-over after an outage.
        code: Six digits that confirm the list; "" without cases.
        cases: On the list, the most pressing first.
        confirmed_at, confirmed_by: When and by whom (person id); None and "" while nobody has.
    """

    number: int
    shift: Shift
    made_at: datetime
    code: str = ""
    cases: tuple[Listed, ...] = ()
    confirmed_at: datetime | None = None
    confirmed_by: str = ""

    @property
    def waits(self) -> bool:
        """Whether somebody is to confirm it."""
        return bool(self.cases) and self.confirmed_at is None
