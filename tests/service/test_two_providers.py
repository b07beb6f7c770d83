"""Two providers of texts in order: what one would not take goes by the other, at once and never twice.

Source: issue 3, item 10; ARCHITECTURE, invariants 2 and 5.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from alertd.core.calendar import local
from alertd.core.outgoing import Desk
from alertd.daemon.rehearsal import CHANNELS
from alertd.model.case import Notification, NotificationState
from alertd.model.delivery import (
    CannotSay,
    Found,
    InDoubt,
    LookUp,
    NotFound,
    Outcome,
    Outgoing,
    Refused,
    RetryLater,
    Sent,
)
from alertd.model.values import Channel
from alertd.service.composing import Composer
from alertd.service.deliver import Deliver
from alertd.service.means import Means
from tests.service.stage import KEYRING, shipped_voice
from tests.service.world import World, at, custody, new_world

S = NotificationState
AWAY = RetryLater("answered 503")
ACCOUNT = Refused("answered 401", account="The secret is wrong. Remedy: write it anew.")
TRIAL = Refused("answered 400, trial mode", account="The service is in trial mode. Remedy: ask to go live.")
MASH = "+447700900101"
START = at("11-26 00:00")


@dataclass
class Scripted:
    """A provider that answers as it is told; taken texts are kept."""

    name: str
    kept: list[Outgoing]
    answer: Outcome = field(default_factory=lambda: Sent("taken"))
    looked: LookUp = field(default_factory=NotFound)
    asked: list[Outgoing] = field(default_factory=list)
    taken: list[Outgoing] = field(default_factory=list)
    looked_up: list[str] = field(default_factory=list)

    def send(self, outgoing: Outgoing) -> Outcome:
        self.asked.append(outgoing)
        if isinstance(self.answer, Sent):
            self.taken.append(outgoing)
            self.kept.append(outgoing)
        return self.answer

    def look_up(self, outgoing: Outgoing, since: datetime) -> LookUp:
        del since
        self.looked_up.append(outgoing.key)
        return self.looked


@dataclass
class Site:
    """A world with two providers of texts."""

    world: World
    first: Scripted
    second: Scripted

    def alert(self, child: str = "P1") -> Notification:
        """Let a child be booked in; the first text to the desk about it, as it stands."""
        self.world.told(self.world.incident(custody(child)))
        facts = self.world.case(child)
        assert facts is not None
        return next(n for n in self.world.notes(facts.row.id) if n.channel is Channel.SMS)

    def note(self, id_: str) -> Notification:
        return next(n for n in self.world.notes() if n.id == id_)

    def pass_time(self, **span: float) -> None:
        self.world.at(f"{local(self.world.now + timedelta(**span)):%m-%d %H:%M:%S}")

    @property
    def trouble(self) -> list[str]:
        """What the administrators were told of providers."""
        return [each.text for each in self.world.sent if "feed_alarm" in each.templates]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    world = new_world(tmp_path)
    world.at("11-26 14:10")
    first, second = (Scripted(name, world.provider.kept) for name in ("twilio", "notify"))
    senders = dict.fromkeys(Channel, (world.provider,)) | {Channel.SMS: (first, second)}

    def monotonic() -> float:
        return (world.now - START).total_seconds()

    means = Means(senders, world._names, monotonic, KEYRING.token, on_settled=world._settled)
    desk = Desk(world.book, world.rules.ruling.terms.rest, CHANNELS, {})
    composer = Composer(lambda: world.book, lambda: world.texts, shipped_voice())
    world._deliver = Deliver(world.store, composer, lambda _: desk, means)
    yield Site(world, first, second)
    world.store.close()


def test_while_all_is_well_the_first_one_takes_everything(site: Site) -> None:
    for child in ("P1", "P2", "P3"):
        assert site.alert(child).provider == "twilio"
    assert site.second.asked == []


@pytest.mark.parametrize("outcome", [AWAY, ACCOUNT, TRIAL])
def test_what_the_first_one_would_not_take_goes_by_the_second_at_once(site: Site, outcome: Outcome) -> None:
    site.first.answer = outcome
    note = site.alert()
    assert (note.state, note.provider, note.attempts) == (S.SENT, "notify", 2)
    assert [each.key for each in site.first.asked] == [each.key for each in site.second.taken] == [note.id]
    assert site.world.now == at("11-26 14:10")


def test_it_is_passed_over_while_it_fails_tried_by_one_message_and_used_again_when_it_is_well(site: Site) -> None:
    site.first.answer = AWAY
    for child in ("P1", "P2", "P3", "P4"):
        assert site.alert(child).provider == "notify"
    assert len(site.first.asked) == 2, "passed over after two"
    site.first.answer = Sent("back")
    site.pass_time(seconds=20)
    site.alert("P5")
    assert len(site.first.asked) == 3, "one message tries it"
    assert site.alert("P6").provider == "twilio"


def test_the_administrators_are_told_once_that_a_provider_fails(site: Site) -> None:
    site.first.answer = AWAY
    for child in ("P1", "P2", "P3"):
        site.alert(child)
    site.pass_time(minutes=1)
    (text,) = site.trouble
    assert "Texts by twilio fail" in text
    assert MASH not in text


def test_the_administrators_are_told_once_what_is_wrong_with_our_account(site: Site) -> None:
    site.first.answer = TRIAL
    site.alert("P1")
    site.pass_time(minutes=1)
    site.alert("P2")
    site.pass_time(minutes=1)
    assert len([text for text in site.trouble if "trial mode. Remedy: ask to go live" in text]) == 1


def test_with_both_accounts_refused_the_next_way_is_found_at_once(site: Site) -> None:
    site.first.answer, site.second.answer = ACCOUNT, TRIAL
    note = site.alert()
    assert (note.state, note.attempts) == (S.REFUSED, 2)
    assert "mash_second_phone" in {each.person for each in site.world.sent}


def test_with_one_away_and_the_other_s_account_refused_the_first_is_tried_again(site: Site) -> None:
    site.first.answer, site.second.answer = AWAY, ACCOUNT
    note = site.alert()
    assert note.state is S.PENDING
    site.first.answer = Sent("back")
    site.pass_time(seconds=5)
    assert (site.note(note.id).state, site.note(note.id).provider) == (S.SENT, "twilio")


def test_with_both_away_each_is_tried_once_before_a_pause_until_one_takes_it(site: Site) -> None:
    site.first.answer = site.second.answer = AWAY
    note = site.alert()
    assert (len(site.first.asked), len(site.second.asked), note.state) == (1, 1, S.PENDING)
    site.second.answer = Sent("back")
    site.pass_time(minutes=2)
    assert (site.note(note.id).state, site.note(note.id).provider) == (S.SENT, "notify")
    assert [each.key for each in site.second.taken].count(note.id) == 1


def test_a_bad_address_goes_to_neither_again(site: Site) -> None:
    site.first.answer = Refused("answered 400", bad_address=True)
    note = site.alert()
    assert (note.state, note.attempts) == (S.REFUSED, 1)
    assert note.id not in {each.key for each in site.second.asked}


def test_our_own_rate_limit_is_no_failure_and_keeps_the_order_of_texts_to_one_phone(site: Site) -> None:
    site.first.answer = RetryLater("rate limit", 1.0, held_back=True)
    note = site.alert()
    assert (note.state, site.second.asked) == (S.PENDING, [])
    site.first.answer = Sent("room")
    site.pass_time(seconds=2)
    assert site.note(note.id).provider == "twilio"


# --- in doubt: invariant 5


@pytest.mark.parametrize(
    ("looked", "provider", "repeat"),
    [(Found("SM1"), "twilio", False), (NotFound(), "twilio", True), (CannotSay("no page"), "notify", True)],
)
def test_a_doubt_is_asked_of_the_provider_that_had_it_and_never_simply_sent_by_the_other(
    site: Site, looked: LookUp, provider: str, repeat: bool
) -> None:
    site.first.answer, site.first.looked = InDoubt("no answer in time"), looked
    note = site.alert()
    assert (note.state, note.provider) == (S.IN_DOUBT, "twilio")
    assert note.id not in {each.key for each in site.second.asked}
    site.first.answer = Sent("back")
    site.pass_time(minutes=1)
    settled = site.note(note.id)
    assert (settled.state, settled.provider, settled.repeat) == (S.SENT, provider, repeat)
    assert site.first.looked_up == [note.id]
    assert site.second.looked_up == []
    sent = [each.key for each in (*site.first.taken, *site.second.taken)]
    assert sent.count(note.id) == (0 if isinstance(looked, Found) else 1)
    assert all("repeat" in each.body.casefold() for each in site.second.taken if each.key == note.id)


def test_with_time_outs_the_next_messages_go_by_the_second(site: Site) -> None:
    site.first.answer = InDoubt("no answer in time")
    doubtful = [site.alert("P1"), site.alert("P2")]
    assert [note.state for note in doubtful] == [S.IN_DOUBT] * 2
    note = site.alert("P3")
    assert (note.state, note.provider) == (S.SENT, "notify")
