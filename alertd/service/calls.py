"""Keys pressed during a call: each does what its letter does in a text, is answered by voice, and is on record.

Source: issue "Until a human accepts", Calls; CONTRACT, "A reply by SMS".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from alertd.model.case import LineState, Notification
from alertd.model.ids import Token
from alertd.model.rulebook import Person
from alertd.model.values import Channel
from alertd.service import call_words as words
from alertd.service.answer_lines import answer_line
from alertd.service.composing import Composer
from alertd.service.ports import Rank, Store
from alertd.service.receipts import News, Receipt, Receipts
from alertd.service.reply_orders import Acceptance, Answer, Doing, Orders
from alertd.service.reply_parsing import Command, Order

_ORDERS = {"1": Order.ACCEPT, "2": Order.HAND_ON}


@dataclass(frozen=True, slots=True)
class Press:
    """A key that was pressed.

    Attributes:
        key: The message's own id, which went along as the call's reference.
        call: The provider's identity of the call; it counts once.
        digit: The key.
        again: The text has been repeated after a wrong key already.
        at: Aware UTC.
    """

    key: str
    call: str
    digit: str
    again: bool
    at: datetime


class Result(StrEnum):
    """What became of a key, for the figures."""

    ACCEPTED = "accepted"
    OBEYED = "obeyed"
    WRONG_KEY = "wrong_key"
    REPLAYED = "replayed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Heard:
    """What the person hears now.

    Attributes:
        result: In a word.
        say: By voice.
        asks: Whether a key is waited for once more.
        acceptance: Set when this key accepted an alert.
    """

    result: Result
    say: str
    asks: bool = False
    acceptance: Acceptance | None = None


class Calls:
    """Takes keys. A machine presses none: whoever does is the person whom the call went to, whatever was judged before.

    Args:
        store: For calls, and what was answered before.
        orders: What keys do.
        composer: Says the text again.
        receipts: A key proves that the call has reached a person.
        hashed: Keyed hash of a text: names what was done.
    """

    def __init__(
        self, store: Store, orders: Orders, composer: Composer, receipts: Receipts, hashed: Callable[[str], Token]
    ) -> None:
        self._store = store
        self._orders = orders
        self._composer = composer
        self._receipts = receipts
        self._hashed = hashed

    def press(self, press: Press) -> Heard:
        """Do what a key asks for; the same call's key again changes nothing.

        Raises:
            StoreUnavailable: it may be done in part; the same key again completes it.
            MatcherError: the rules do not settle; nothing was done.
        """
        with self._store.read() as reading:
            note = reading.notification(press.key)
        person = self._composer.person(note.person) if note is not None else None
        if note is None or note.channel is not Channel.CALL or person is None:
            return Heard(Result.UNKNOWN, words.NOTHING_TO_ACCEPT)
        self._receipts.take(Receipt(note.id, press.call, News.DELIVERED, press.at))
        order = _ORDERS.get(press.digit)
        if order is None:
            return self._wrong(note, press)
        return self._obey(Command(order, note.code), person, press)

    def _wrong(self, note: Notification, press: Press) -> Heard:
        if press.again:
            return Heard(Result.WRONG_KEY, words.GIVEN_UP)
        with self._store.read() as reading:
            text = self._composer.compose(note, reading, press.at).body
        return Heard(Result.WRONG_KEY, words.wrong_key(text), asks=True)

    def _obey(self, command: Command, person: Person, press: Press) -> Heard:
        name = self._hashed(f"call|{press.call}").hex()[:32]
        doing = Doing(person, press.at, f"call/{name}")
        with self._store.read() as reading:
            known = bool(reading.obligations([answer_line(person, name, "0", Answer(""), press.at).key]))
        if known:
            return Heard(Result.REPLAYED, self._orders.standing(command.code, doing).say)
        answer = self._orders.obey(command, doing)
        self._record(answer, person, name, press.at)
        result = Result.OBEYED if answer.acceptance is None else Result.ACCEPTED
        return Heard(result, answer.say, acceptance=answer.acceptance)

    def _record(self, answer: Answer, person: Person, name: str, at: datetime) -> None:
        """An acceptance is confirmed by text, which says how to take it back; all else has been said."""
        line = answer_line(person, name, "0", answer, at)
        if answer.acceptance is None:
            line = replace(line, state=LineState.SKIPPED, reason="said_by_voice")
        with self._store.write(Rank.PEOPLE) as writing:
            writing.add_obligations([line])
