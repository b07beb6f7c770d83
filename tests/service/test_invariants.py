"""Anything may happen in any order: nothing is told twice, nothing urgent ends unheard, looking again adds nothing.

Source: ARCHITECTURE, invariants 1, 2, 5 and 6.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from os import environ
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from alertd.model.case import AlertState, LineState, NotificationState
from alertd.model.delivery import CannotSay, InDoubt, LookUp, NotFound, Outcome, Outgoing, Refused, RetryLater, Sent
from alertd.model.errors import NotPossible
from alertd.model.ids import PersonId
from alertd.model.values import Channel
from alertd.service.calls import Calls, Press
from alertd.service.composing import Composer
from alertd.service.means import LEASE
from alertd.service.people import Fact
from alertd.service.ports import Rank
from alertd.service.receipts import News, Receipt
from alertd.service.replies import Circle, Replies, Reply
from alertd.service.reply_orders import Orders
from tests.service.cuts import CutPoint, cut_at
from tests.service.stage import KEYRING, shipped_voice
from tests.service.world import PowerCut, Provider, World, custody, hospital, new_world

_WAITING = (LineState.PENDING, LineState.HELD)
_DESKS = ("mash_duty_phone", "edt_duty_phone")
_PHONES = ("+447700900101", "+447700900111", "+447700900121", "+447700900999", "BANK")
HOUR = timedelta(hours=1)


class AnyDay(RuleBasedStateMachine):
    """Two weeks of one borough in which much goes wrong."""

    world: World

    @initialize()
    def morning(self) -> None:
        """Thursday 26 November 2026, 14:10."""
        self.folder = Path(mkdtemp(prefix="alertd-day-"))
        self.world = new_world(self.folder, Provider(confirms=True))
        self.world.at("11-26 14:10")
        self.received = 0
        self.texted: list[Reply] = []
        self.pressed: list[Press] = []
        self.lost = 0
        self.answer: Callable[[Outgoing], Outcome] = lambda outgoing: Sent(outgoing.key)

    def teardown(self) -> None:
        """Nothing stays."""
        if hasattr(self, "world"):
            self.world.store.close()
            rmtree(self.folder)

    # --- what may happen

    @rule(child=st.integers(1, 3), version=st.integers(1, 3), age=st.sampled_from((15, 17, 22, 40)), ward=st.booleans())
    def something_is_reported(self, child: int, version: int, age: int, ward: bool) -> None:
        """Of one of three children, as a new record or another version."""
        data = (hospital if ward else custody)(f"P{child}")
        person = {"ref": f"P{child}", "age": age}
        record = {"system": "feed", "ref": f"R{child}{ward}", "version": version}
        self._take(self.world.incident({**data, "person": person, "record": record}))

    @rule(child=st.integers(1, 3))
    def two_reports_turn_out_to_be_one_case(self, child: int) -> None:
        """A third names an identifier of each."""
        both = {"custody": {"ref": f"C-P{child}"}, "hospital": {"ref": f"H-P{child}"}}
        record = {"system": "police", "ref": f"B{child}"}
        person = {"ref": f"P{child}", "age": 15}
        self._take(self.world.incident({"setting": "custody", "person": person, "record": record, **both}))

    @rule()
    def something_unreadable_comes(self) -> None:
        """Bytes that are no message."""
        self._take(b"{")

    @rule(child=st.integers(1, 4))
    def a_status_comes(self, child: int) -> None:
        """About a child by its custody record; of the fourth nobody has heard."""
        self._take(self.world.status({"about": {"custody_ref": f"C-P{child}"}, "event": "police_contacted_mash"}))

    @precondition(lambda self: self.world.cases())
    @rule(number=st.integers(0, 5), by=st.sampled_from(_DESKS), verb=st.sampled_from(("accept", "release", "hand_on")))
    def a_person_acts(self, number: int, by: str, verb: str) -> None:
        """On one of the cases; not everything can be done to every alert."""
        rows = self.world.cases()
        try:
            standing = getattr(self.world.people, verb)(rows[number % len(rows)].ref, PersonId(by), self.world.now)
        except NotPossible:
            return
        self.received += standing.changed
        self.world.settle()

    @precondition(lambda self: self.world.cases())
    @rule(number=st.integers(0, 5), outcome=st.sampled_from(("contacted_young_person", "contacted_professional")))
    def a_contact_is_recorded(self, number: int, outcome: str) -> None:
        """With the young person or a professional."""
        rows = self.world.cases()
        fact = Fact("contact", self.world.now, contact_with="young_person", outcome=outcome)
        self.world.people.record(rows[number % len(rows)].ref, fact, PersonId(_DESKS[0]), self.world.now)
        self.received += 1
        self.world.settle()

    @rule(minutes=st.sampled_from((1, 4, 11, 40, 200, 720)))
    def time_passes(self, minutes: int) -> None:
        """Everything due on the way is done."""
        self.world.run_until(self.world.now + timedelta(minutes=minutes), including=True)
        self.world.settle()

    @rule(ward=st.booleans(), hours=st.sampled_from((2, 3)))
    def nobody_answers_for_hours(self, ward: bool, hours: int) -> None:
        """A new child is reported, and its alert is told again and again, as far as providers take it."""
        self.lost += 1
        name = f"H{self.lost}"
        record = {"system": "feed", "ref": name}
        self._take(self.world.incident((hospital if ward else custody)(name, record=record)))
        for _ in range(hours):
            before = len(self.world.notes())
            self.world.run_until(self.world.now + HOUR, including=True)
            self.world.settle()
            assert len(self.world.notes()) > before, "an hour without a word"

    @rule(
        outcome=st.sampled_from((None, RetryLater("503"), Refused("no"), InDoubt("time-out"))),
        channels=st.sets(st.sampled_from(Channel), min_size=1),
        takes=st.booleans(),
        can_say=st.booleans(),
    )
    def a_provider_changes(self, outcome: Outcome | None, channels: set[Channel], takes: bool, can_say: bool) -> None:
        """It fails on some channels from now on, or is well again."""
        provider = self.world.provider

        def answer(outgoing: Outgoing) -> Outcome:
            if outcome is None or outgoing.channel not in channels:
                return Sent(outgoing.key)
            if isinstance(outcome, InDoubt) and takes:
                provider.kept.append(outgoing)
                provider.holds.add(outgoing.key)
            return outcome

        self.answer = provider.answer = answer
        provider.looked = None if can_say else (lambda _: CannotSay("no such page"))

    @rule(looked=st.sampled_from((None, NotFound(), CannotSay("no such page"))), lease=st.booleans())
    def an_answer_is_lost(self, looked: LookUp | None, lease: bool) -> None:
        """The provider takes a message and says nothing; asked for it, it finds it, forgets it, or cannot say."""
        provider = self.world.provider
        self.lost += 1

        def take(outgoing: Outgoing) -> Outcome:
            provider.kept.append(outgoing)
            provider.holds.add(outgoing.key)
            return InDoubt("time-out")

        provider.answer = take
        provider.looked = None if looked is None else (lambda _: looked)
        self._take(self.world.incident(custody(f"L{self.lost}", record={"system": "feed", "ref": f"L{self.lost}"})))
        provider.answer = self.answer
        if lease:
            self.world.run_until(self.world.now + LEASE, including=True)
            self.world.settle()

    @rule(child=st.integers(1, 3), takes=st.booleans())
    def the_process_is_killed_while_it_sends(self, child: int, takes: bool) -> None:
        """And another opens the store."""
        provider = self.world.provider

        def cut(outgoing: Outgoing) -> Outcome:
            if takes:
                provider.kept.append(outgoing)
                provider.holds.add(outgoing.key)
            raise PowerCut

        provider.answer = cut
        try:
            self._take(self.world.incident(custody(f"P{child}", record={"system": "feed", "ref": f"K{child}"})))
        except PowerCut:
            self.world = self.world.reopened()
        provider.answer = self.answer
        self.world.settle()

    # --- what people text and providers report

    @precondition(lambda self: self.world.cases())
    @rule(
        number=st.integers(0, 5),
        letter=st.sampled_from(("Y", "P", "N", "A", "C", "yes ", "cannot ")),
        sender=st.sampled_from(_PHONES),
        again=st.booleans(),
    )
    def somebody_texts_back(self, number: int, letter: str, sender: str, again: bool) -> None:
        """About one of the alerts, or the very text of before once more."""
        codes = [alert.code for facts in self.world.all_facts() for alert in facts.alerts] or ["000000"]
        if not (again and self.texted):
            sid = f"SM{len(self.texted)}"
            self.texted.append(Reply(sender, f"{letter}{codes[number % len(codes)]}", sid, self.world.now))
        before = sum(self.world.outcomes().values())
        self._replies().handle(self.texted[-1])
        # Of what a reply leads to, `outcomes` counts each message twice: as received, and by its outcome.
        self.received += (sum(self.world.outcomes().values()) - before) // 2
        self.world.settle()

    @rule(word=st.sampled_from(("STOP", "START", "hello?")), sender=st.sampled_from(_PHONES))
    def somebody_wants_no_texts_or_some_again(self, word: str, sender: str) -> None:
        """An opt-out, its end, or words that nobody understands."""
        self.texted.append(Reply(sender, word, f"SM{len(self.texted)}", self.world.now))
        self._replies().handle(self.texted[-1])
        self.world.settle()

    def _replies(self) -> Replies:
        circle = Circle(lambda: self.world.book, shipped_voice(), KEYRING.token)
        return Replies(self.world.store, lambda: self.world.people, circle)

    @precondition(lambda self: self.world.provider.kept)
    @rule(
        which=st.integers(0, 40),
        news=st.sampled_from(News),
        bad=st.booleans(),
        opted_out=st.booleans(),
        other=st.booleans(),
        times=st.integers(1, 2),
    )
    def a_provider_reports(self, which: int, news: News, bad: bool, opted_out: bool, other: bool, times: int) -> None:
        """On anything that it ever took: late, doubled, out of order, of an earlier request."""
        kept = self.world.provider.kept
        key = kept[-1 - which % len(kept)].key
        receipt = Receipt(key, "another" if other else key, news, self.world.now, "failed", bad, opted_out)
        for _ in range(times):
            self.world.receipts.take(receipt)
        self.world.settle()

    @precondition(lambda self: self._calls_taken())
    @rule(which=st.integers(0, 5), digit=st.sampled_from(("1", "1", "2", "7")), again=st.booleans())
    def somebody_presses_a_key(self, which: int, digit: str, again: bool) -> None:
        """In one of the calls, or the same key in the same call once more."""
        rung = self._calls_taken()
        key = rung[-1 - which % len(rung)].key
        if not (again and self.pressed):
            self.pressed.append(Press(key, key, digit, again=False, at=self.world.now))
        before = sum(self.world.outcomes().values())
        self._calls().press(self.pressed[-1])
        self.received += (sum(self.world.outcomes().values()) - before) // 2
        self.world.settle()

    def _calls_taken(self) -> list[Outgoing]:
        return [each for each in self.world.provider.kept if each.channel is Channel.CALL]

    def _calls(self) -> Calls:
        world = self.world
        orders = Orders(world.store, lambda: world.people, lambda: world.book)
        composer = Composer(lambda: world.book, lambda: world.texts, shipped_voice())
        return Calls(world.store, orders, composer, world.receipts, KEYRING.token)

    @rule()
    def everything_of_late_is_confirmed(self) -> None:
        """As on a good day."""
        for outgoing in self.world.provider.kept[-20:]:
            self.world.receipts.take(Receipt(outgoing.key, outgoing.key, News.DELIVERED, self.world.now))
        self.world.settle()

    @rule(point=st.sampled_from(CutPoint), child=st.integers(1, 3))
    def the_power_goes_at_a_numbered_point(self, point: CutPoint, child: int) -> None:
        """Before the commit, after it, after the attempt's row, after the request: and another opens the store."""
        body = self.world.incident(
            custody(f"P{child}", record={"system": "feed", "ref": f"Z{child}{point}"}), id=str(point) + str(child)
        )
        before = self.world.outcomes().get("received", 0)
        with cut_at(point), suppress(PowerCut):
            self.world.told(body)
        self.world = self.world.reopened()
        self.world.provider.answer = self.answer
        self.world.told(body)  # the broker has had no acknowledgement
        self.received += self.world.outcomes()["received"] - before

    def _take(self, body: bytes) -> None:
        self.received += 1
        self.world.told(body)

    # --- what always holds

    @invariant()
    def no_message_is_taken_twice_unless_it_is_marked(self) -> None:
        """By line, person and channel, as the providers saw it."""
        if not hasattr(self, "world"):
            return
        times = Counter(each.key for each in self.world.provider.kept)
        repeated = {note.id for note in self.world.notes() if note.repeat}
        assert {key for key, number in times.items() if number > 1} <= repeated
        carried = Counter((line, n.person, n.channel) for n in self.world.notes() for line in n.lines)
        assert not [what for what, number in carried.items() if number > 1]

    @invariant()
    def nothing_urgent_ends_unheard(self) -> None:
        """An alert that nobody has accepted has something to come, within the hour and at latest the next repeat."""
        if not hasattr(self, "world"):
            return
        for facts in self.world.all_facts():
            if any(alert.state is AlertState.OPEN for alert in facts.alerts) and facts.row.closed_at is None:
                waits = any(row.state in _WAITING and row.ladder for row in facts.obligations)
                wakes = facts.row.wake_at is not None and self.world.now < facts.row.wake_at <= self.world.now + HOUR
                assert waits or wakes, (facts.row, facts.obligations)

    @invariant()
    def whoever_is_asked_again_is_told_so(self) -> None:
        """Every request for a message after the first that the provider may have taken says that it is a repeat."""
        if not hasattr(self, "world"):
            return
        seen: set[str] = set()
        for outgoing in self.world.provider.kept:
            assert outgoing.key not in seen or "repeat" in f"{outgoing.subject} {outgoing.body}".casefold(), outgoing
            seen.add(outgoing.key)

    @invariant()
    def nothing_waits_for_a_receipt_that_is_overdue(self) -> None:
        """What was taken and not confirmed has gone another way."""
        if hasattr(self, "world"):
            with self.world.store.read() as reading:
                assert reading.unconfirmed(self.world.now, 10) == ()

    @invariant()
    def every_message_ended_in_one_outcome(self) -> None:
        """The totals add up to what came."""
        if not hasattr(self, "world"):
            return
        outcomes = dict(self.world.outcomes())
        assert outcomes.pop("received", 0) == sum(outcomes.values()) == self.received

    @invariant()
    def looking_again_adds_nothing(self) -> None:
        """Every case is judged again at the same moment: no line more, no message more."""
        if not hasattr(self, "world"):
            return
        world = self.world
        before, sent = self._standing(), len(world.provider.asked)
        with world.store.write(Rank.TICK) as writing:
            writing.enqueue_rechecks([row.id for row in world.cases()], world.now)
        world.settle()
        assert self._standing() == before
        assert len(world.provider.asked) == sent

    @invariant()
    def nothing_is_left_under_way(self) -> None:
        """What a dead process was sending is looked up once its lease is out."""
        if hasattr(self, "world"):
            sending = [n for n in self.world.notes() if n.state is NotificationState.SENDING]
            assert all(note.next_at > self.world.now for note in sending)

    def _standing(self) -> dict[str, tuple[str, str]]:
        return {
            str(row.key): (row.state.value, row.reason) for facts in self.world.all_facts() for row in facts.obligations
        }


_NIGHTLY = bool(environ.get("ALERTD_NIGHTLY"))
TestAnyDay = pytest.mark.unmeasured(pytest.mark.timeout(0 if _NIGHTLY else 300)(AnyDay.TestCase))
_FACTOR = 80 if _NIGHTLY else 1
TestAnyDay.settings = settings(
    max_examples=6 * _FACTOR,
    stateful_step_count=14,
    deadline=None,
    derandomize=not _NIGHTLY,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    phases=(Phase.generate, Phase.shrink) if _NIGHTLY else (Phase.generate,),
    print_blob=True,
)
