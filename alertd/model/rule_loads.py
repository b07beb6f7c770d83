"""Tries to bring a rule set into force: what came of each, who stands for it, and what it changes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from alertd.model.ids import ClockId, PersonId, Version


class LoadState(StrEnum):
    """What became of a set.

    Attributes:
        WAITING: Checked, and not in force before people have said so.
        IN_FORCE: What is decided now is decided by it.
        REPLACED: It was in force.
        REFUSED: It did not pass.
        SET_ASIDE: It waited, and other files came.
        ROLLED_BACK: It was in force, and somebody went back to the set before it.
    """

    WAITING = "waiting"
    IN_FORCE = "in_force"
    REPLACED = "replaced"
    REFUSED = "refused"
    SET_ASIDE = "set_aside"
    ROLLED_BACK = "rolled_back"


class Proof(StrEnum):
    """How it is known that a person stands for a set."""

    CODE = "code"
    PAGE = "page"


@dataclass(frozen=True, slots=True)
class Approval:
    """A person stands for a set.

    Attributes:
        account: The operating system's user; "" by a page.
        at: Aware UTC.
    """

    person: PersonId
    proof: Proof
    account: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a set changes, or why it was refused.

    Attributes:
        errors: Why it was refused: file, line and reason each, nothing of a file about people.
        urgent: What becomes of live urgent rules: "retires custody_cohort".
        clocks: Clocks that run and whose block changed, with how many run; each keeps its start, due and warnings.
        messages: How many the dry run read.
        changes: What would have come out otherwise, a line each.
        lost: How many alerts would not have come.
        by_role: Role → messages before and after.
        because: The reason that somebody gave: for what is lost, or for going back.
    """

    errors: tuple[str, ...] = ()
    urgent: tuple[str, ...] = ()
    clocks: tuple[tuple[ClockId, int], ...] = ()
    messages: int = 0
    changes: tuple[str, ...] = ()
    lost: int = 0
    by_role: tuple[tuple[str, int, int], ...] = ()
    because: str = ""


@dataclass(frozen=True, slots=True)
class RuleLoad:
    """One try to bring a set into force.

    Attributes:
        number: By which it is told apart; later ones are higher.
        version: The set; "" when its files could not be read.
        before: The set that was in force then.
        at: When it was tried last, aware UTC.
        state: What became of it.
        author: Who changed the files, as far as somebody said so; "" when nobody did.
        account: The operating system's user whose files they are.
        report: What it changes, or why it was refused.
        approvals: Who stands for it, in order of time.
    """

    number: int
    version: Version
    before: Version
    at: datetime
    state: LoadState
    author: PersonId | None = None
    account: str = ""
    report: LoadReport = field(default_factory=LoadReport)
    approvals: tuple[Approval, ...] = ()

    @property
    def people(self) -> frozenset[PersonId]:
        """Everybody who stands for it: its author, and who approved it."""
        approved = frozenset(each.person for each in self.approvals)
        return approved | {self.author} if self.author is not None else approved

    def resuming(self, known: Self | None) -> Self:
        """The same with who stood for it when it waited: in the place of the same set, as nothing else would be true.

        Args:
            known: What came last of this set.
        """
        if known is None or known.state not in (LoadState.WAITING, LoadState.SET_ASIDE) or known.before != self.before:
            return self
        author, account = self.author or known.author, self.account or known.account
        return replace(self, author=author, account=account, approvals=known.approvals)

    def become(self, state: LoadState) -> Self:
        """The same, in another state."""
        return replace(self, state=state)
