"""Play the invented months through a whole alertd on a pretend clock: people accept, and record or not."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import count, takewhile
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from alertd.core.calendar import RestHours, at_local, local
from alertd.core.on_call import DUTY, handovers, on_call
from alertd.daemon.rehearsal import Sending, Stage
from alertd.model.case import AlertState, Facts
from alertd.model.counts import RoleCount
from alertd.model.ids import CaseId, PersonId
from alertd.model.values import Kind, Value
from alertd.service.messages import encode_status, write_event
from tests.nights.cases import CASES, DAYS, Incident, invented
from tests.service.stage import new_database, new_stage, open_database

Act = Callable[[datetime], None]
_MINUTES_TO_ACCEPT = ((2, 3, 4, 6, 8, 13, 24, 55), (22, 24, 20, 14, 8, 7, 4, 1))
START = at_local(date(2026, 4, 1), time())
"""The first day of the nine months of which the borough published figures, six years on."""
_MINUTES_TO_CONFIRM = timedelta(minutes=6)
_AFTERWARDS = timedelta(days=30)
_CLOSING_AFTER = timedelta(days=20)


@dataclass(slots=True)
class Months:
    """What came of a run.

    Attributes:
        sent: Everything that left.
        facts: Every case as it stood in the end.
        stored: Messages by role as the store counts them.
    """

    sent: list[Sending]
    facts: list[Facts]
    stored: tuple[RoleCount, ...]


class Play:
    """One run.

    Args:
        stage: A whole alertd, unused so far.
        random: Seeded; the same seed makes the same people.
        records: Whether people record what they do; they always accept.
    """

    def __init__(self, stage: Stage, random: Random, *, records: bool) -> None:
        self.stage = stage
        self.random = random
        self.records = records
        self.cases: dict[str, CaseId] = {}
        self._queue: list[tuple[datetime, int, Act]] = []
        self._numbers = count()

    def run(self, incidents: list[Incident], until: datetime) -> Months:
        """Play all of it, to the end of the last case."""
        for each in incidents:
            self._plan(each.at, lambda now, each=each: self._comes_in(each, now))  # type: ignore[misc]
        for passed in handovers(self.stage.book, incidents[0].at, until) if self.records else ():
            self._plan(passed + _MINUTES_TO_CONFIRM, partial(self._confirm, passed))
        self.stage.now = incidents[0].at - timedelta(seconds=1)
        while self._queue:
            at, _, act = heapq.heappop(self._queue)
            self._run_on(at)
            act(at)
            self.stage.settle()
        self._run_on(until)
        facts = [found for case in self.cases.values() if (found := self.stage.facts(case)) is not None]
        return Months(self.stage.sent, facts, self._stored(incidents[0].at, until))

    def _stored(self, since: datetime, until: datetime) -> tuple[RoleCount, ...]:
        with self.stage.store.read() as reading:
            return tuple(reading.messages_by_role(since, until, RestHours().between(since, until)))

    def _run_on(self, at: datetime) -> None:
        self.stage.run_until(at, including=False)
        self.stage.now = at

    def _plan(self, at: datetime, act: Act) -> None:
        heapq.heappush(self._queue, (at, next(self._numbers), act))

    # --- what happens

    def _comes_in(self, incident: Incident, now: datetime) -> None:
        known = set(self.cases.values())
        body = write_event(
            Kind.INCIDENT, incident.data, source=incident.setting, sent_at=now,
            message_id=f"{incident.person}-{next(self._numbers)}",
        )  # fmt: skip
        self.stage.take(body)
        if incident.person not in self.cases:
            (case,) = {row.id for row in self.stage.cases()} - known
            self.cases[incident.person] = case
        minutes = self.random.choices(*_MINUTES_TO_ACCEPT)[0]
        self._plan(now + timedelta(minutes=minutes), lambda at: self._accept(incident, at))
        if not incident.correction:
            self._work(incident, now)

    def _facts(self, incident: Incident) -> Facts:
        found = self.stage.facts(self.cases[incident.person])
        assert found is not None
        return found

    def _accept(self, incident: Incident, now: datetime) -> None:
        facts = self._facts(incident)
        alert = next((each for each in facts.alerts if each.state is AlertState.OPEN), None)
        if alert is not None:
            self._say(facts, {"event": "alert_accepted", "at": now, "reference": alert.code}, now)

    def _say(self, facts: Facts, fields: Mapping[str, Value], now: datetime) -> None:
        person = on_call(self.stage.book, DUTY, now).people[0].id
        about = {"case_ref": facts.row.ref}
        number = f"{next(self._numbers)}"
        self.stage.take(
            encode_status(fields, about, person=PersonId(person), sent_at=now, message_id=number), by_person=True
        )

    def _confirm(self, passed: datetime, _: datetime) -> None:
        """The team that has come on duty confirms its list, if it got one."""
        recent = takewhile(lambda each: each.at >= passed, reversed(self.stage.sent))
        if any("handover" in each.templates for each in recent):
            self.stage._confirm(DUTY)

    # --- what people record, promptly

    def _work(self, incident: Incident, now: datetime) -> None:
        """Everything that the protocol asks for, each recorded within minutes of being done."""
        if not self.records:
            return
        hours = self.random.uniform
        if incident.setting == "custody" and incident.child:
            self._record(incident, now + timedelta(minutes=hours(8, 22)), "police_contacted_mash")
        working = _by_day(now + timedelta(hours=hours(1, 3)))
        self._record(incident, working, "safe_to_contact_recorded", value="yes")
        self._record(incident, working + timedelta(minutes=5), "contact_decided")
        self._record(incident, working + timedelta(minutes=15), "mash_referred", reference="REF-1")
        if incident.setting in ("custody", "hospital_ae", "hospital_ward"):
            who = {"contact.with": "ward", "contact.outcome": "contacted_professional"}
            self._record(incident, now + timedelta(hours=hours(2, 8)), "contact", **who)
        who = {"contact.with": "young_person", "contact.outcome": "contacted_young_person"}
        met = _by_day(now + timedelta(hours=hours(3, 9)))
        self._record(incident, met, "contact", **who)
        self._record(incident, _morning(now), "drm_listed")
        self._record(incident, _by_day(met + timedelta(days=hours(1, 3))), "plan_agreed")
        if incident.setting == "missing_return":
            self._record(incident, _by_day(met + timedelta(hours=hours(8, 20))), "return_interview_held")
        self._record(incident, _by_day(now + timedelta(days=2)), "panel_listed")
        self._plan(now + _CLOSING_AFTER, lambda at: self._say(self._facts(incident), {"event": "closed", "at": at}, at))

    def _record(self, incident: Incident, at: datetime, event: str, **more: str) -> None:
        self._plan(at, lambda now: self._say(self._facts(incident), {"event": event, "at": now, **more}, now))


def _by_day(at: datetime) -> datetime:
    """The same moment, or nine in the morning where it falls into the night."""
    here = local(at)
    if 9 <= here.hour < 20:
        return at
    day = here if here.hour < 9 else here + timedelta(days=1)
    return at + (day.replace(hour=9, minute=here.minute, second=0, microsecond=0) - here)


def _morning(now: datetime) -> datetime:
    """Shortly before the list of the next meeting closes."""
    here = local(now)
    closes = here.replace(hour=9, minute=15, second=0, microsecond=0)
    while closes <= here:
        closes += timedelta(days=1)
    return now + (closes - here)


def play_months(cases: int, seed: int, *, records: bool) -> Months:
    """Play the months of a seed on a database of its own; the same seed has the same incidents and acceptances."""
    incidents = invented(Random(f"incidents {seed}"), START, cases, round(DAYS * cases / CASES))
    with (
        TemporaryDirectory(prefix="alertd-nights-") as folder,
        closing(open_database(new_database(Path(folder)))) as store,
    ):
        play = Play(new_stage(store), Random(f"people {seed}"), records=records)
        return play.run(incidents, incidents[-1].at + _AFTERWARDS)
