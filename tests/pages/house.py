"""A whole installation with its pages served by the real server, on a clock that a test sets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from prometheus_client import CollectorRegistry

from alertd.cli.installing import KEY, install, make_key, working_set
from alertd.core.clocks import state_now
from alertd.core.handover import present_shift
from alertd.daemon.pages import accounts_of, make_pages
from alertd.daemon.parts import Options, Parts, migrate_store, open_parts, read_settings
from alertd.model.case import Facts
from alertd.model.handover import Handover, Shift
from alertd.model.ids import ClockId, PersonId, RoleId, Version
from alertd.model.rule_loads import LoadReport, LoadState, RuleLoad
from alertd.model.values import Kind
from alertd.service.accounts import NewAccount
from alertd.service.intake import Arrival
from alertd.service.messages import Properties, write_event
from alertd.service.ports import Rank
from alertd.service.rule_loads import RuleLoads
from alertd.web.app import make_app
from alertd.web.server import Server
from tests.doubles.private import free_port

LOGIN, PASSWORD = "robin.ash", "seven invented horses"
NUMBER = "07700 900111"
"""Of the EDT's phone, which the alerts of these tests reach."""


@dataclass
class House:
    """The installation.

    Attributes:
        parts: Opened, on the test's clock.
        now: The present, aware UTC.
    """

    root: Path
    now: datetime
    parts: Parts = field(init=False)
    _server: Server = field(init=False)

    def __post_init__(self) -> None:
        install(self.root, working_set(self.root))
        make_key(self.root / KEY)
        self.url = f"http://127.0.0.1:{free_port()}"
        config = self.root / "config/alertd.yaml"
        text = config.read_text()
        config.write_text(re.sub(r"public_url: .*", f'public_url: "{self.url}"', text))
        settings = read_settings(config)
        migrate_store(settings)
        self.parts = open_parts(settings, options=Options(now=lambda: self.now))
        accounts_of(self.parts).add(LOGIN, PASSWORD, NewAccount(PersonId("manager_ash")), self.now)
        pages = make_pages(self.parts, self.settle, lambda *_: None, lambda *_: None)
        app = make_app(CollectorRegistry(), dict, lambda *_: None, pages=pages)
        self._server = Server(app, self.url.removeprefix("http://"))

    def close(self) -> None:
        """End it."""
        assert self._server.stop(5)
        self.parts.close()

    def rules_wait(self) -> None:
        """Let changed rules wait for somebody to stand for them."""
        report = LoadReport(
            urgent=("may narrow hospital_other_site", "retires disclosure_cohort"),
            clocks=((ClockId("contact_48h_young_person"), 2),),
            messages=31,
            changes=("lost: WF-UR-26-7QK4 disclosure_cohort to mash, 14:10 Thu 26 Nov → never (disclosure.yaml:12)",),
        )
        load = RuleLoad(
            0, Version("0123456789ab"), Version(""), self.now, LoadState.WAITING, PersonId("manager_birch"), "", report
        )
        RuleLoads(self.parts.store).wait(load, "{}")

    def settle(self) -> None:
        """Do everything that is due now."""
        parts, now = self.parts, self.now
        while parts.tick.run(now) + parts.planner.plan(now) + parts.deliver.send_due(now, lambda: now):
            pass

    def at(self, moment: datetime) -> None:
        """Let it be another time, and do what is due by then."""
        self.now = moment
        self.settle()

    def hand_over(self) -> Handover:
        """Let the duty pass on now: the shift on record was another team's; its list."""
        parts, now = self.parts, self.now
        present = present_shift(parts.rules.book(), now)
        assert present is not None
        before = Shift(now - timedelta(seconds=1), RoleId("another"), now)
        with parts.store.write(Rank.TICK) as writing:
            assert writing.add_handover(Handover(1, before, before.at))
        assert parts.handovers.run(now) == 1
        self.settle()
        with parts.store.read() as reading:
            made = reading.last_handover()
        assert made is not None
        return made

    def incident(self, data: Mapping[str, object]) -> Facts:
        """Take an incident; its case as it stands once everybody was told."""
        name = f"I-{self.parts.new_id()}"
        whole = {"record": {"system": "custody", "ref": name}, **data}
        body = write_event(Kind.INCIDENT, whole, source="custody", sent_at=self.now, message_id=name)
        self.parts.intake.take([Arrival(body, Properties(), self.now)], self.now)
        self.settle()
        with self.parts.store.read() as reading:
            found = [facts for row in reading.list_cases(100) if (facts := reading.case(row.id)) is not None]
        return next(facts for facts in found if any(m.message.id == name for m in facts.messages))

    def case(self, ref: str) -> Facts:
        """A case as it stands."""
        with self.parts.store.read() as reading:
            id_ = reading.case_by_ref(ref)
            facts = reading.case(id_) if id_ is not None else None
        assert facts is not None
        return facts

    def clocks(self, ref: str) -> Mapping[str, str]:
        """Clock → how it stands."""
        book = self.parts.rules.book()
        return {c.clock: state_now(c, book, self.now).value for c in self.case(ref).clocks}

    def acts(self, ref: str) -> list[str]:
        """Events that people recorded."""
        messages = [m.message for m in self.case(ref).messages if m.message.source.startswith("person/")]
        return sorted(str(m.fields["event"]) for m in messages)
