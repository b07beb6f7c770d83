"""What alertd answers to a reply: one text each, of the case and the work only, never of the child.

Source: CONTRACT, "A reply by SMS"; DOMAIN, "Privacy".
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from alertd.core.calendar import local
from alertd.core.handover import contact_clocks, outstanding
from alertd.core.wording import clock_word, counted, moment
from alertd.model.case import Alert, AlertState, Facts
from alertd.model.handover import Handover
from alertd.model.rulebook import RuleBook

TEXTS_AGAIN = "Texts to this phone are on again. Open alerts wait in your mail: reply Y and the code to accept."


def help_text(unclear: Sequence[str]) -> str:
    """Answer to a text that is not clear, naming the first code that it mentions."""
    what = f"{unclear[0]}: not understood" if unclear else "Not understood"
    return f"{what}. Reply a letter and the code, no space: Y accept, P police rang, N hand on, A attempt, C contact."


def unknown_code(code: str) -> str:
    """Answer to a code that no alert has."""
    return f"No alert has the code {code}: nothing was recorded. Please look at the text again."


def accepted(ref: str, alert: Alert, at: datetime, *, police: bool) -> str:
    """Answer to an acceptance by whoever now has the alert."""
    told = f" Police contact {_clock(at)} recorded." if police else ""
    return f"Accepted {ref}.{told}{_not_you(alert)}"


def already_yours(ref: str, alert: Alert, at: datetime, *, police: bool) -> str:
    """Answer to a second acceptance by the same person."""
    told = f" Police contact {_clock(at)} recorded." if police else ""
    return f"{ref} is yours since {_since(alert, at)}.{told}{_not_you(alert)}"


def taken(ref: str, team: str, alert: Alert, at: datetime, *, police: bool = False) -> str:
    """Answer to whoever comes after another: who has it, by team and time, never by name."""
    told = f"Police contact {_clock(at)} recorded. " if police else ""
    return f"{told}{ref} was taken by {team} at {_since(alert, at)}. Nothing more to do."


def stood_down(ref: str, at: datetime, *, police: bool = False) -> str:
    """Answer about an alert that was withdrawn."""
    told = f"Police contact {_clock(at)} recorded. " if police else ""
    return f"{told}{ref} was stood down: nothing more to do on this alert."


def open_again(ref: str, alert: Alert) -> str:
    """Answer when an alert is open after all: it was given back while the reply was on its way."""
    return f"{ref} is open. Reply Y{alert.code} to accept it."


def handed_on(ref: str) -> str:
    """Answer to handing on an alert that nobody had accepted."""
    return f"{ref} handed on: the next contact is told now."


def given_back(ref: str) -> str:
    """Answer to handing on an alert that this person had accepted."""
    return f"{ref} given back, you no longer have it: the team on duty is told again now."


def attempt(facts: Facts, book: RuleBook, at: datetime) -> str:
    """Answer to a recorded attempt, with what still runs: nobody should take it for a contact."""
    return f"Attempt {_clock(at)} recorded, {facts.row.ref}.{_still_due(facts, book, at)}"


def ask_who(ref: str, code: str) -> str:
    """The question how contact was made; with its answer in the same form as the order."""
    return (
        f"{ref}: who was reached? Reply C{code} and one word: YP, FAMILY, CUSTODY, WARD or OTHER. "
        "No clock stops until then."
    )


def contact(facts: Facts, book: RuleBook, at: datetime) -> str:
    """Answer to a recorded contact, with what still runs; with whom it was, a lock screen need not show."""
    return f"Contact {_clock(at)} recorded, {facts.row.ref}.{_still_due(facts, book, at)}"


def list_confirmed(made: Handover) -> str:
    """Answer to the confirmation of a hand-over list."""
    return f"Hand-over list of {moment(made.shift.at)} confirmed, {counted(len(made.cases), 'case')}. Thank you."


def list_taken(made: Handover, who: str) -> str:
    """Answer to whoever confirms a list that was confirmed before: by whom, in a team's word or as "you"."""
    when = f" at {moment(made.confirmed_at)}" if made.confirmed_at is not None else ""
    return f"The hand-over list of {moment(made.shift.at)} was confirmed by {who}{when}. Nothing more to do."


def only_a_list(code: str) -> str:
    """Answer to any other order about a list."""
    return f"{code} is a hand-over list, not an alert: nothing was recorded. Reply Y{code} to confirm the list."


def not_possible(ref: str) -> str:
    """Answer when it could not be done, for a reason that a text has no room for."""
    return f"{ref}: this could not be recorded. Please ring the desk."


def stranger(service: str, call_back: str) -> str:
    """Answer to a number that is in no list of people."""
    return f"{service}: this number is not on our list, so nothing was recorded. Please ring {call_back}."


def opted_out(person: str) -> str:
    """What the manager is told of somebody who wants no more texts."""
    return (
        f"{person} has replied STOP: no text reaches that phone. Alerts go there by mail, and to the next contact. "
        "Remedy: reply START from that phone, or change its number in people.yaml."
    )


def provider_opted_out(person: str) -> str:
    """What the manager is told of somebody whom the provider may send no more texts."""
    return (
        f"{person} has opted out, says the provider: no text reaches that phone. Alerts go there by mail, and to the "
        "next contact. Remedy: reply START from that phone, or change its number in people.yaml."
    )


def _not_you(alert: Alert) -> str:
    return f" Not you? Reply N{alert.code}." if alert.state is AlertState.ACCEPTED else ""


def _since(alert: Alert, now: datetime) -> str:
    """Time of an acceptance, with its day when that is not today."""
    at = alert.closed_at or now
    return _clock(at) if local(at).date() == local(now).date() else moment(at)


def _clock(at: datetime) -> str:
    return f"{local(at):%H:%M}"


def _still_due(facts: Facts, book: RuleBook, at: datetime) -> str:
    """The next deadline among the clocks that a contact can stop."""
    running = [clock for clock in outstanding(facts.clocks, contact_clocks(book), at) if clock.due_at > at]
    if not running:
        return ""
    first = running[0]
    return f" Still due: {clock_word(first.clock)} {moment(first.due_at)}."
