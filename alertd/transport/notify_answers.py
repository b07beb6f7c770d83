"""What an answer of GOV.UK Notify proves about a message, and what an administrator can do about it.

Source: GOV.UK Notify, "REST API documentation": error codes, API rate limits, daily limits, trial mode.
"""

from __future__ import annotations

from dataclasses import dataclass

from alertd.model.delivery import InDoubt, Outcome, Refused, RetryLater
from alertd.model.errors import ConfigError
from alertd.transport.hard_deadline import Overdue
from alertd.transport.not_answered import not_answered
from alertd.transport.notify_http import Answered, Failure, Malformed, Unreadable

UNREAD_KEY = "the API key cannot be read"


@dataclass(frozen=True, slots=True)
class _Fault:
    """What the message of a refusal holds, a word for it, and what to do."""

    holds: str
    word: str
    text: str


_FAULTS = (
    _Fault(
        "team-only api key",
        "team-only key",
        "GOV.UK Notify refuses people outside the team, because the API key is a team-only key. Remedy: make a live "
        "key at Notify (API integration, API keys) and put it in the place of the old one",
    ),
    _Fault(
        "trial mode",
        "trial mode",
        "GOV.UK Notify refuses people outside the team, because the service is in trial mode. Remedy: at Notify, "
        "under Settings, ask for the service to go live; until then add everyone on the rota as team member or guest",
    ),
    _Fault(
        "clock",
        "clock",
        "GOV.UK Notify refuses our requests, because the clock of this machine is wrong by more than 30 seconds. "
        "Remedy: set the clock and let it be kept right (systemd-timesyncd or chrony)",
    ),
    _Fault(
        "international",
        "international number",
        "GOV.UK Notify does not text numbers abroad for this service. Remedy: at Notify, under Settings, allow "
        "international text messages, or give that person a UK mobile",
    ),
    _Fault(
        "missing personalisation",
        "template",
        "GOV.UK Notify has a template with other fields than alertd fills. Remedy: let its whole text be ((body)), and "
        "the subject of a mail ((subject))",
    ),
    _Fault(
        "template",
        "template",
        "GOV.UK Notify does not know our template, or not for this kind of message. Remedy: copy the ID of a template "
        "of the right kind into template_id",
    ),
    _Fault(
        "not allowed to send",
        "not allowed",
        "GOV.UK Notify does not let this service send this kind of message. Remedy: turn it on at Notify, under "
        "Settings",
    ),
)
_TEAM_ONLY = ("team-only key", "trial mode")
_KEY = (
    "GOV.UK Notify does not accept the API key. Remedy: make a live key at Notify (API integration, API keys) and put "
    "the whole of it, name included, in the place of the old one"
)
_LIMIT = (
    "The service has sent as many messages as GOV.UK Notify allows it in a day. Remedy: go live when it is in trial "
    "mode, otherwise ask Notify for a higher limit"
)
_BAD_ADDRESS = ("InvalidPhoneError", "InvalidEmailError")
_ADDRESS_FIELDS = ("phone_number", "email_address")


def outcome_of(failure: Failure) -> Outcome:
    """What a failure proves about the message."""
    match failure:
        case Answered():
            return _outcome(failure)
        case Unreadable():
            return InDoubt("the answer cannot be read")
        case Overdue():
            return InDoubt("no answer in time")
        case ConfigError():
            malformed = isinstance(failure, Malformed)
            return Refused("no API key", account=_KEY) if malformed else RetryLater(UNREAD_KEY)
        case _:
            return not_answered(failure)


def _outcome(answer: Answered) -> Outcome:
    reason = f"answered {answer.status}"
    if answer.status == 429:
        return _too_many(answer, reason)
    if answer.status == 503 or (answer.status == 500 and answer.error):  # Notify says itself that it did not take it
        return RetryLater(reason, answer.retry_after)
    if answer.status >= 500:
        return InDoubt(reason)  # a gateway may have passed it on before it failed
    if answer.status == 400 and _is_bad_address(answer):
        return Refused(f"{reason}, address", bad_address=True)
    return _refused(answer, reason)


def _too_many(answer: Answered, reason: str) -> Outcome:
    if answer.error == "TooManyRequestsError":
        return Refused(f"{reason}, daily limit", account=_LIMIT)
    return RetryLater(reason, answer.retry_after)


def _is_bad_address(answer: Answered) -> bool:
    """Whether the address itself is wrong: Notify names the field first in such a message."""
    is_field = answer.error == "ValidationError" and answer.message.startswith(_ADDRESS_FIELDS)
    return is_field or answer.error in _BAD_ADDRESS


def _refused(answer: Answered, reason: str) -> Refused:
    said = answer.message.casefold()
    for fault in _FAULTS:
        if fault.holds in said:
            return Refused(f"{reason}, {fault.word}", account=fault.text)
    return Refused(reason, account=_KEY if answer.status in (401, 403) else "")


def team_only(reason: str) -> str:
    """What is wrong, with its remedy, where a refusal came of a service or key for the team alone; else ""."""
    return next((f.text for f in _FAULTS if f.word in _TEAM_ONLY and reason.endswith(f", {f.word}")), "")


def said(failure: Failure) -> str:
    """A failure in a few words, for a log; nothing personal."""
    match failure:
        case Answered(status=status):
            return f"answered {status}"
        case Unreadable():
            return "the answer cannot be read"
        case Overdue():
            return "no answer in time"
        case ConfigError():
            return UNREAD_KEY
        case _:
            return type(failure).__name__
