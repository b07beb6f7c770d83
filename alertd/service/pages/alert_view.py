"""An alert as a page shows it: who has it, who was told, who is told next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from alertd.core.calendar import RestHours
from alertd.core.episodes import episodes
from alertd.core.fold import Fold
from alertd.core.lines import Line, Scene
from alertd.core.schedule import schedule
from alertd.model.case import Alert, AlertState, Facts, Notification
from alertd.model.ids import PersonId
from alertd.model.rulebook import RuleBook
from alertd.service.pages.words import BY, clock_time, person_words, role_words, told_words
from alertd.service.ports import Reading
from alertd.service.teams import team_of
from alertd.service.texts import title


@dataclass(frozen=True, slots=True)
class Told:
    """One message to somebody: when, by which role, whom, how, and what became of it."""

    at: str
    role: str
    person: str
    by: str
    became: str


@dataclass(frozen=True, slots=True)
class AlertView:
    """An alert.

    Attributes:
        state: Where it stands.
        is_mine: Accepted by whoever looks.
        holder: Who accepted it, by name; "" while nobody has.
        team: By which role; "" while nobody has.
        since: When it was accepted or stood down, else when it was opened.
        reasons: Titles of the rules that led here.
        coming: Who is told next if nobody accepts, and when; "" when nobody is.
    """

    state: AlertState
    is_mine: bool
    holder: str
    team: str
    since: str
    reasons: tuple[str, ...] = ()
    coming: str = ""


def scene_of(facts: Facts, fold: Fold, book: RuleBook, rest: RestHours, now: datetime) -> Scene:
    """A case as its schedule is worked out from, as it is recorded."""
    found = episodes(facts.runs, fold, book, facts.alerts)
    recorded = {row.key: None for row in facts.obligations}
    return Scene(facts.row.id, fold, facts.runs, facts.clocks, found, book, rest, now, dict(recorded))


def newest_alert(facts: Facts) -> Alert | None:
    """The alert that waits for somebody, else the newest."""
    waiting = [alert for alert in facts.alerts if alert.state is AlertState.OPEN]
    return next(reversed(waiting or facts.alerts), None)


def view_of(alert: Alert, facts: Facts, by: PersonId, scene: Scene, reading: Reading) -> AlertView:
    """An alert as somebody signed in sees it."""
    book, now = scene.book, scene.now
    standing = standing_of(alert, facts, by, book, now, reading)
    return AlertView(
        state=standing.state,
        is_mine=standing.is_mine,
        holder=person_words(book, alert.accepted_by) if alert.accepted_by else "",
        team=standing.team,
        since=standing.since,
        reasons=tuple(title(rule, book) for rule in alert.reasons),
        coming=_coming(alert, scene),
    )


def standing_of(alert: Alert, facts: Facts, by: PersonId, book: RuleBook, now: datetime, reading: Reading) -> AlertView:
    """An alert as somebody sees it who typed its code: who has it by team, never by name, and no reason."""
    held = alert.state is AlertState.ACCEPTED
    who = PersonId(alert.accepted_by)
    return AlertView(
        state=alert.state,
        is_mine=held and alert.accepted_by == by,
        holder="",
        team=team_of(reading, book, facts.row.id, who, now) if held else "",
        since=clock_time(alert.closed_at or alert.opened_at, now),
    )


def told(facts: Facts, book: RuleBook, now: datetime, reading: Reading) -> tuple[Told, ...]:
    """Everybody who was told of a case, the newest first."""
    notes = reading.notifications(facts.row.id)
    return tuple(_told(note, book, now) for note in sorted(notes, key=_at, reverse=True))


def _told(note: Notification, book: RuleBook, now: datetime) -> Told:
    at, role = clock_time(_at(note), now), role_words(book, note.role)
    return Told(at, role, person_words(book, note.person), BY[note.channel], told_words(note))


def _at(note: Notification) -> datetime:
    return note.sent_at or note.created_at


def _coming(alert: Alert, scene: Scene) -> str:
    """Who is told next while nobody accepts."""
    if alert.state is not AlertState.OPEN:
        return ""
    ahead = [line for line in schedule(scene, {}) if line.ladder and line.at > scene.now]
    first = [line for line in ahead if line.at == ahead[0].at and line.key not in scene.recorded]
    if not first:
        return ""
    roles = dict.fromkeys(role_words(scene.book, line.key.role) or line.key.role for line in first)
    return f"{' and '.join(roles)} at {clock_time(first[0].at, scene.now)}{_how(first)}"


def _how(lines: Sequence[Line]) -> str:
    ways = dict.fromkeys(BY[by] for line in lines for by in line.by)
    return f", by {' and '.join(ways)}" if ways else ""
