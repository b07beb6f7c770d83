"""Replies by SMS: read, obeyed as far as they are clear, and answered to the number that is on record.

Source: CONTRACT, "A reply by SMS".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from alertd.core.calendar import local
from alertd.core.on_call import MANAGER, call_back
from alertd.model.case import Obligation
from alertd.model.ids import Token
from alertd.model.rulebook import Person, RuleBook
from alertd.model.values import Channel
from alertd.service import reply_words as words
from alertd.service.answer_lines import answer_line
from alertd.service.bad_numbers import BadNumbers, Proof
from alertd.service.numbers import whose
from alertd.service.opt_outs import OptOuts
from alertd.service.people import People
from alertd.service.ports import Rank, Store, Writing
from alertd.service.reply_orders import Acceptance, Answer, Doing, Orders
from alertd.service.reply_parsing import Asked, Keyword, parse
from alertd.service.system_lines import trouble_line
from alertd.service.texts import Voice

HELP_EVERY = timedelta(hours=1)
"""One number is told how to reply at most this often: two machines that answer each other must come to rest."""
_NUMBER = re.compile(r"\+[0-9]{8,15}")


@dataclass(frozen=True, slots=True)
class Reply:
    """A text that came in.

    Attributes:
        from_number: E.164; names of letters can receive nothing and are not answered.
        text: As sent, or the provider's own word for an opt-out.
        provider_id: The provider's identity of it; the same one again is a replay.
        received_at: Aware UTC.
    """

    from_number: str
    text: str
    provider_id: str
    received_at: datetime


class Result(StrEnum):
    """What became of a reply, for the figures."""

    OBEYED = "obeyed"
    UNCLEAR = "unclear"
    OPTED_OUT = "opted_out"
    OPTED_IN = "opted_in"
    REPLAYED = "replayed"
    STRANGER = "stranger"
    NO_NUMBER = "no_number"


@dataclass(frozen=True, slots=True)
class Handled:
    """What became of a reply.

    Attributes:
        result: In a word.
        say: Answer for a number that is nobody's, to go back the way the reply came; "" for none.
        accepted: Alerts that it accepted.
    """

    result: Result
    say: str = ""
    accepted: tuple[Acceptance, ...] = ()


@dataclass(frozen=True, slots=True)
class Circle:
    """Who may reply, and what every text shares.

    Attributes:
        book: People and their numbers, as the files name them now.
        voice: Name of the service and the desk's number.
        hashed: Keyed hash of a text: a stranger's number is kept in no other form.
    """

    book: Callable[[], RuleBook]
    voice: Voice
    hashed: Callable[[str], Token]


class Replies:
    """Takes replies.

    Args:
        store: For answers, and what was answered before.
        people: The verbs of people.
        circle: Who may reply.
    """

    def __init__(self, store: Store, people: Callable[[], People], circle: Circle) -> None:
        self._store = store
        self._circle = circle
        self._orders = Orders(store, people, circle.book)
        self._opt_outs = OptOuts(circle.hashed)
        self._bad_numbers = BadNumbers(circle.hashed)

    def handle(self, reply: Reply) -> Handled:
        """Do what a reply asks for.

        A reply counts only from a number in people.yaml, and answers go to that number through the outbox. What it
        changes goes through intake under the reply's own identity, so that the same reply again changes nothing.

        Raises:
            StoreUnavailable: it may be done in part; the same reply again completes it.
            MatcherError: the rules do not settle; nothing was done for the code at hand.
        """
        number = reply.from_number.strip()
        if not _NUMBER.fullmatch(number):
            return Handled(Result.NO_NUMBER)
        person = self._person(number)
        if person is None:
            return self._stranger(number, reply.received_at)
        asked = parse(reply.text)
        if asked.keyword is Keyword.STOP:
            return self._stop(person, reply)
        if asked.keyword is Keyword.START and (started := self._start(person, reply)) is not None:
            return started
        return self._obey(person, asked, reply)

    def _person(self, number: str) -> Person | None:
        return whose(self._circle.book(), number)

    # --- orders

    def _obey(self, person: Person, asked: Asked, reply: Reply) -> Handled:
        if self._is_answered(person, reply):
            return Handled(Result.REPLAYED)
        answers = [
            self._orders.obey(command, Doing(person, reply.received_at, f"{self.identity(reply.provider_id)}/{n}"))
            for n, command in enumerate(asked.commands)
        ]
        with self._store.write(Rank.PEOPLE) as writing:
            self._bad_numbers.clear([Proof(person, Channel.SMS, reply.received_at)], writing)
            lines = [self._line(person, reply, n, answer) for n, answer in enumerate(answers)]
            if (asked.unclear or not answers) and self._may_help(person, reply.received_at, writing):
                lines.append(self._line(person, reply, len(answers), Answer(words.help_text(asked.unclear))))
            writing.add_obligations(lines)
        accepted = tuple(answer.acceptance for answer in answers if answer.acceptance is not None)
        return Handled(Result.OBEYED if answers else Result.UNCLEAR, accepted=accepted)

    def _is_answered(self, person: Person, reply: Reply) -> bool:
        with self._store.read() as reading:
            return bool(reading.obligations([self._line(person, reply, 0, Answer("")).key]))

    def _may_help(self, person: Person, now: datetime, writing: Writing) -> bool:
        """Whether this person may be told how to reply; noted when so."""
        note = f"reply_help.{person.id}"
        last = writing.note(note)
        if last is not None and now - datetime.fromisoformat(last) < HELP_EVERY:
            return False
        writing.set_note(note, now.isoformat())
        return True

    def identity(self, provider_id: str) -> str:
        """What the identities of all messages begin with that a reply gives to intake."""
        return f"reply/{self._key(provider_id)}"

    def _key(self, text: str) -> str:
        return self._circle.hashed(f"reply|{text}").hex()[:32]

    def _line(self, person: Person, reply: Reply, number: int, answer: Answer) -> Obligation:
        """An answer, to be sent like everything else; night or not, whoever has just written is awake."""
        name, step = (answer.once, "once") if answer.once else (reply.provider_id, str(number))
        return answer_line(person, self._key(name), step, answer, reply.received_at)

    # --- no more texts

    def _stop(self, person: Person, reply: Reply) -> Handled:
        """Mark the number and tell the manager; no answer, since the provider blocks it from now on."""
        line = trouble_line(
            "opted_out", self._key(reply.provider_id), reply.received_at, words.opted_out(person.id), MANAGER
        )
        with self._store.write(Rank.PEOPLE) as writing:
            if not writing.add_obligations([replace(line, by=(Channel.SMS, Channel.EMAIL))]):
                return Handled(Result.REPLAYED)
            self._opt_outs.add(person, writing)
        return Handled(Result.OPTED_OUT)

    def _start(self, person: Person, reply: Reply) -> Handled | None:
        """Text the number again; None when it was never marked, and the word means something else."""
        with self._store.write(Rank.PEOPLE) as writing:
            if not self._opt_outs.holds(person, writing):
                return None
            if not writing.add_obligations([self._line(person, reply, 0, Answer(words.TEXTS_AGAIN))]):
                return Handled(Result.REPLAYED)
            self._opt_outs.remove(person, writing)
        return Handled(Result.OPTED_IN)

    # --- nobody's number

    def _stranger(self, number: str, now: datetime) -> Handled:
        """Refuse a number that is nobody's, and name the desk to it once a day.

        The answer goes back with the provider's own request: the number is neither stored nor sent to otherwise.
        """
        note, today = f"reply_stranger.{self._key(number)}", local(now).date().isoformat()
        with self._store.read() as reading:
            if reading.note(note) == today:
                return Handled(Result.STRANGER)
        with self._store.write(Rank.PEOPLE) as writing:
            writing.set_note(note, today)
        voice = self._circle.voice
        desk = call_back(self._circle.book(), now, voice.call_back)
        return Handled(Result.STRANGER, say=words.stranger(voice.service, desk))
