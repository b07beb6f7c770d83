"""What a press on a page does: an ordinary status message, under an identity that the form brought with it.

The same form again, by a second press or a reload, changes nothing. What cannot be done any more is said politely, with
who was faster.

Source: MESSAGES, "What people record"; DOMAIN: "an acceptance is not the police's call".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from alertd.model.case import Alert, AlertState, Facts
from alertd.model.errors import NotPossible
from alertd.model.ids import PersonId, RoleId
from alertd.model.rulebook import RuleBook
from alertd.service import reply_words
from alertd.service.answer_lines import answer_line
from alertd.service.finding import present
from alertd.service.handover import HANDOVER, Confirming
from alertd.service.messages import PERSON_SOURCE
from alertd.service.pages.alert_view import newest_alert
from alertd.service.pages.clock_view import POLICE
from alertd.service.pages.words import clock_time, person_words
from alertd.service.people import Fact, People
from alertd.service.ports import Rank, Reading, Store
from alertd.service.reply_orders import Answer
from alertd.service.teams import role_of, team_of

Accepted = Callable[[RoleId, timedelta], None]
_FORM = "page/"


@dataclass(frozen=True, slots=True)
class Press:
    """Somebody presses a button.

    Attributes:
        by: Who.
        form: The form's own random id.
        now: Aware UTC.
        signed_in: They may be told a colleague's name; others are told a team.
    """

    by: PersonId
    form: str
    now: datetime
    signed_in: bool

    @property
    def id(self) -> str:
        """Identity of the message that it becomes."""
        return f"{_FORM}{self.form}"


class Acts:
    """Does what is pressed.

    Args:
        store: For what stands.
        people: The verbs of people.
        book: For teams and names.
        accepted: Told of each alert that a press accepts: the role by which the person was found, and how long it
            waited from its opening.
    """

    def __init__(
        self, store: Store, people: Callable[[], People], book: Callable[[], RuleBook], accepted: Accepted
    ) -> None:
        self._store = store
        self._people = people
        self._book = book
        self._accepted = accepted

    # --- alerts

    def accept(self, target: str, press: Press, police_at: datetime | None = None) -> None:
        """Accept an alert; who typed its code gets a text about it, as for an acceptance by text.

        Args:
            target: Code of the alert, or reference of its case: the one that waits.
            press: Who does it, and when.
            police_at: When the police rang, if that was recorded by the same press.

        Raises:
            NotPossible: somebody else has it, it was stood down, or there is none.
        """
        case, alert = self._alert(target)
        is_own = alert.state is AlertState.ACCEPTED and alert.accepted_by == press.by
        if not self._is_done(press):
            if is_own:
                return
            self._refuse(case, alert, press, AlertState.OPEN)
            after = self._people().accept(alert.code, press.by, press.now, message_id=press.id).alert
            if after.accepted_by != press.by:
                self._refuse(case, after, press, AlertState.OPEN)
            self._count(case, alert, press)
            is_own, alert = True, after
        if is_own:
            police = police_at is not None
            text = reply_words.accepted(case.row.ref, alert, police_at or press.now, police=police)
            self._confirm(Answer(text, case.row.id), press.id, press)

    def _confirm(self, answer: Answer, name: str, press: Press) -> None:
        """Text an answer to the number on record of whoever typed a code, once under its name.

        A code and a number are known to whoever saw the text: the number's owner shall notice a press of another's.
        """
        person = self._book().people.get(press.by)
        if press.signed_in or person is None:
            return
        with self._store.write(Rank.PEOPLE) as writing:
            writing.add_obligations([answer_line(person, name, "0", answer, press.now)])

    def _count(self, case: Facts, alert: Alert, press: Press) -> None:
        with self._store.read() as reading:
            role = role_of(reading, self._book(), case.row.id, press.by, press.now) or alert.duty
        self._accepted(role, max(timedelta(0), press.now - alert.opened_at))

    def accept_after_police(self, target: str, at: datetime, press: Press) -> None:
        """Record the police's call and accept, as `P` does by text; the call counts whoever has the alert."""
        if not self._is_done(press):
            case, _ = self._alert(target)
            self._people().record(case.row.ref, Fact(POLICE, at), press.by, press.now, message_id=f"{press.id}/police")
        try:
            self.accept(target, press, police_at=at)
        except NotPossible as other:
            raise NotPossible(f"The police’s call is recorded. {other}") from None

    def hand_on(self, target: str, press: Press) -> None:
        """Go on to the next step at once; errors as `accept`."""
        if self._is_done(press):
            return
        case, alert = self._alert(target)
        self._refuse(case, alert, press, AlertState.OPEN)
        self._people().hand_on(alert.code, press.by, press.now, message_id=press.id)

    def release(self, target: str, press: Press) -> None:
        """Give an accepted alert back; errors as `accept`, and nobody holds it."""
        if self._is_done(press):
            return
        case, alert = self._alert(target)
        self._refuse(case, alert, press, AlertState.ACCEPTED)
        self._people().release(alert.code, press.by, press.now, message_id=press.id)

    def _refuse(self, case: Facts, alert: Alert, press: Press, wanted: AlertState) -> None:
        """Say politely how an alert stands when it stands otherwise than an act needs."""
        if alert.state is wanted and (wanted is AlertState.OPEN or press.signed_in or alert.accepted_by == press.by):
            return
        match alert.state:
            case AlertState.WITHDRAWN:
                raise NotPossible("This alert was stood down. There is nothing more to do about it.")
            case AlertState.OPEN:
                raise NotPossible("Nobody holds this alert, so there is nothing to give back.")
            case AlertState.ACCEPTED if alert.accepted_by == press.by:
                raise NotPossible("You have this alert already. To pass it on, give it back.")
            case AlertState.ACCEPTED:
                who = self._who(case, alert, press)
                since = clock_time(alert.closed_at or press.now, press.now)
                raise NotPossible(f"Not possible any more: {who} accepted at {since}.")

    def _who(self, case: Facts, alert: Alert, press: Press) -> str:
        book = self._book()
        if press.signed_in:
            return person_words(book, alert.accepted_by)
        with self._store.read() as reading:
            return team_of(reading, book, case.row.id, PersonId(alert.accepted_by), press.now)

    def _alert(self, target: str) -> tuple[Facts, Alert]:
        with self._store.read() as reading:
            found = reading.alert_by_code(target)
            if found is not None:
                return present(reading, found[0]), found[1]
            case = find(reading, target)
        alert = newest_alert(case)
        if alert is None:
            raise NotPossible("This case has no urgent alert: there is nothing to accept.")
        return case, alert

    # --- hand-over lists

    def confirm_list(self, code: str, press: Press) -> None:
        """Confirm a hand-over list once, for all its cases; confirmed before, it stays as it was.

        Raises:
            NotPossible: there is no such list.
        """
        made = Confirming(self._store, self._people()).confirm(code, press.by, press.now).list
        if made.confirmed_by == press.by:
            self._confirm(Answer(reply_words.list_confirmed(made)), f"{_FORM}{HANDOVER}/{made.number}", press)

    # --- facts

    def record(self, ref: str, fact: Fact, press: Press) -> None:
        """Record a fact about a case.

        Raises:
            NotPossible: it lacks something, or lies in the future.
        """
        if not self._is_done(press):
            self._people().record(self._ref(ref), fact, press.by, press.now, message_id=press.id)

    def _ref(self, target: str) -> str:
        """The case's reference, where the alert's code is given."""
        with self._store.read() as reading:
            found = reading.alert_by_code(target)
            return present(reading, found[0]).row.ref if found is not None else find(reading, target).row.ref

    def same(self, ref: str, other: str, press: Press, *, different: bool = False) -> None:
        """Say that another case is about the same child, or is not.

        Raises:
            NotPossible: there is no such case, or it is this one.
        """
        if not self._is_done(press):
            one, two = self.pair(ref, other)
            self._people().same(one, two, press.by, press.now, different=different, message_id=press.id)

    def pair(self, ref: str, other: str) -> tuple[str, str]:
        """Two cases by their present references.

        Raises:
            NotPossible: there is no such case, or both are one.
        """
        with self._store.read() as reading:
            one, two = find(reading, ref), find(reading, other)
        if one.row.id == two.row.id:
            raise NotPossible(f"{other} is this case already.")
        return one.row.ref, two.row.ref

    def _is_done(self, press: Press) -> bool:
        with self._store.read() as reading:
            return bool(reading.seen([(f"{PERSON_SOURCE}{press.by}", press.id)]))


def find(reading: Reading, ref: str) -> Facts:
    """The case behind a reference.

    Raises:
        NotPossible: there is none.
    """
    id_ = reading.case_by_ref(ref.strip())
    facts = reading.case(id_) if id_ is not None else None
    if facts is None:
        raise NotPossible(f"There is no case {ref.strip()}. Please look at the reference again.")
    return facts


def identities(form: str) -> tuple[str, ...]:
    """Identities of the messages that a form can become, in the order in which they are written."""
    return f"{_FORM}{form}/police", f"{_FORM}{form}"
