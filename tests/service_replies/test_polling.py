"""Polling on pretend time: the effect of webhooks without any, once and only once, over restarts and outages.

Source: issue 3, item 1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from alertd.model.case import AlertState, Notification, NotificationState
from alertd.model.delivery import Sent
from alertd.model.errors import AlertdError, MatcherError, StoreUnavailable
from alertd.model.values import Channel
from alertd.service.polling import FIRST_LOOK, OLDEST, OVERLAP, Incoming, Polling, Taking, Unpolled
from alertd.service.receipts import News, Receipt, Result
from alertd.service.replies import Handled, Reply
from tests.service.world import custody
from tests.service_replies.desk import MASH, Desk

S = NotificationState
SECOND = timedelta(seconds=1)


@dataclass
class HeldPost:
    """A provider that holds texts and reports, with a clock of its own."""

    name: str = "twilio"
    channel: Channel = Channel.SMS
    held: list[tuple[datetime, str, str, str]] = field(default_factory=list)
    news: dict[str, News] = field(default_factory=dict)
    asked: list[datetime] = field(default_factory=list)
    awaited: list[list[str]] = field(default_factory=list)
    away: bool = False

    def texts(self, since: datetime, now: datetime) -> Sequence[Incoming]:
        if self.away:
            raise Unpolled("answered 503")
        self.asked.append(since)
        return [Incoming(Reply(from_, text, id_, now), at) for at, from_, text, id_ in self.held if at >= since]

    def reports(self, awaited: Sequence[Notification], now: datetime) -> Sequence[Receipt]:
        self.awaited.append([note.id for note in awaited])
        return [Receipt(n.id, n.provider_id, self.news[n.id], now) for n in awaited if n.id in self.news]


@dataclass
class Polled:
    """A desk whose provider is asked."""

    desk: Desk
    post: HeldPost
    counted: Counter[tuple[str, str]] = field(default_factory=Counter)
    failed: list[AlertdError] = field(default_factory=list)
    fault: AlertdError | None = None

    def look(self, *, later: timedelta = timedelta()) -> None:
        """Ask once, with a new process's memory, and do what follows."""
        world = self.desk.world
        if later:
            world.now += later
        taking = Taking(self._reply, self._receipt, self.failed.append, lambda *what: self.counted.update([what]))
        Polling(world.store, self.post, taking).run(world.now)
        world.settle()

    def _reply(self, reply: Reply) -> Handled:
        if self.fault is not None:
            raise self.fault
        return self.desk.replies.handle(reply)

    def _receipt(self, receipt: Receipt) -> Result:
        return self.desk.world.receipts.take(receipt)

    def texts(self, text: str, ago: timedelta = SECOND, id_: str = "SM1", from_: str = MASH) -> None:
        """Somebody has texted, so long ago by the provider's clock."""
        self.post.held.append((self.desk.world.now - ago, from_, text, id_))

    @property
    def handled(self) -> Counter[str]:
        return Counter({result: number for (_, result), number in self.counted.items()})

    @property
    def is_accepted(self) -> bool:
        return self.desk.only_alert().state is AlertState.ACCEPTED


@pytest.fixture
def polled(desk: Desk) -> Polled:
    desk.world.provider.name = "twilio"
    return Polled(desk, HeldPost())


def test_a_reply_that_was_asked_for_accepts_once_however_often_it_is_listed(polled: Polled) -> None:
    code = polled.desk.alert()
    polled.texts(f"Y{code}")
    for _ in range(5):
        polled.look(later=20 * SECOND)
    assert polled.is_accepted
    assert polled.handled == {"obeyed": 1}
    confirmations = [each for each in polled.desk.world.sent if "reply" in each.templates]
    assert len(confirmations) == 1


def test_what_a_webhook_has_brought_already_is_a_replay(polled: Polled) -> None:
    code = polled.desk.alert()
    polled.desk.text(f"Y{code}", sid="SM1")
    polled.texts(f"Y{code}", id_="SM1")
    before = len(polled.desk.world.sent)
    polled.look()
    assert polled.handled == {"replayed": 1}
    assert polled.desk.world.sent[before:] == []


def test_the_first_look_obeys_nothing_that_is_older_than_an_hour(polled: Polled) -> None:
    code = polled.desk.alert()
    polled.texts(f"Y{code}", ago=FIRST_LOOK + OVERLAP + SECOND)
    polled.texts(f"N{code}", ago=timedelta(days=7), id_="SM0")
    polled.look()
    assert not polled.is_accepted
    assert polled.handled == {}


def test_a_reply_while_alertd_was_down_is_obeyed_after_the_restart(polled: Polled) -> None:
    polled.look()
    code = polled.desk.alert()
    polled.texts(f"Y{code}", ago=-timedelta(minutes=1))
    polled.look(later=timedelta(hours=5))
    assert polled.is_accepted


def test_after_a_long_outage_replies_of_more_than_a_day_ago_are_not_obeyed(polled: Polled) -> None:
    polled.look()
    code = polled.desk.alert()
    polled.texts(f"Y{code}", ago=-SECOND)
    polled.look(later=OLDEST + timedelta(minutes=1))
    assert not polled.is_accepted


@pytest.mark.parametrize("skew", [timedelta(minutes=-4), timedelta(), timedelta(minutes=4)])
def test_another_clock_at_the_provider_loses_and_repeats_nothing(polled: Polled, skew: timedelta) -> None:
    polled.look()
    for number in range(6):
        polled.texts("what?", ago=skew, id_=f"SM{number}", from_="+447700900999")
        polled.look(later=timedelta(minutes=3))
    assert polled.handled["stranger"] == 6


def test_a_text_that_the_provider_lists_late_is_not_missed(polled: Polled) -> None:
    code = polled.desk.alert()
    polled.texts("hello", id_="SM2")
    polled.look()
    polled.texts(f"Y{code}", ago=timedelta(minutes=9), id_="SM1")
    polled.look(later=20 * SECOND)
    assert polled.is_accepted


def test_a_reply_that_cannot_be_worked_is_asked_for_again_and_holds_no_other_back(polled: Polled) -> None:
    code = polled.desk.alert()
    polled.texts(f"Y{code}")
    polled.fault = MatcherError("the rules do not settle")
    polled.look()
    assert [type(each) for each in polled.failed] == [MatcherError]
    polled.fault = None
    polled.texts("hello", ago=-timedelta(minutes=30), id_="SM2")
    polled.look(later=timedelta(minutes=31))
    assert polled.is_accepted
    assert polled.handled == {"failed": 1, "obeyed": 1, "unclear": 1}


def test_with_the_store_away_nothing_counts_as_taken(polled: Polled) -> None:
    code = polled.desk.alert()
    polled.texts(f"Y{code}")
    polled.fault = StoreUnavailable("the disk is full")
    with pytest.raises(StoreUnavailable):
        polled.look()
    polled.fault = None
    polled.look(later=timedelta(minutes=30))
    assert polled.is_accepted


def test_a_provider_that_is_away_moves_no_mark(polled: Polled) -> None:
    polled.look()
    code = polled.desk.alert()
    polled.texts(f"Y{code}", ago=-SECOND)
    polled.post.away = True
    with pytest.raises(Unpolled):
        polled.look(later=timedelta(hours=1))
    polled.post.away = False
    polled.look(later=timedelta(hours=1))
    assert polled.is_accepted


# --- reports


def test_a_report_that_was_asked_for_settles_a_text_which_is_not_asked_about_again(polled: Polled) -> None:
    polled.desk.world.told(polled.desk.world.incident(custody()))
    note = next(n for n in polled.desk.world.notes() if n.channel is Channel.SMS)
    polled.look()
    assert polled.post.awaited == [[note.id]]
    polled.post.news[note.id] = News.DELIVERED
    polled.look(later=20 * SECOND)
    settled = next(n for n in polled.desk.world.notes() if n.id == note.id)
    assert settled.state is S.DELIVERED
    polled.look(later=20 * SECOND)
    assert len(polled.post.awaited) == 2


def test_a_text_that_did_not_arrive_finds_the_next_contact(polled: Polled) -> None:
    polled.desk.world.told(polled.desk.world.incident(custody()))
    note = next(n for n in polled.desk.world.notes() if n.channel is Channel.SMS)
    polled.post.news[note.id] = News.FAILED
    polled.look()
    assert "mash_second_phone" in {each.person for each in polled.desk.world.sent}


def test_only_its_own_messages_of_the_last_three_days_are_asked_about(polled: Polled) -> None:
    polled.desk.world.provider.answer = lambda out: Sent(out.key)
    polled.desk.world.told(polled.desk.world.incident(custody()))
    other = HeldPost(name="notify")
    Polled(polled.desk, other).look()
    assert other.awaited == []
    polled.look(later=timedelta(hours=80))
    assert all(len(asked) < len(polled.desk.world.notes()) for asked in polled.post.awaited)


def test_a_provider_of_mails_is_not_asked_for_texts(polled: Polled) -> None:
    mails = HeldPost(channel=Channel.EMAIL)
    Polled(polled.desk, mails).look()
    assert mails.asked == []
