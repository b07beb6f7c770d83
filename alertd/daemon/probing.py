"""What alertd depends on outside itself, asked whether it is there. Nothing is sent to anybody."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from alertd.core.wording import counted
from alertd.daemon.clock import utc_now
from alertd.daemon.findings import Finding, bad, good, look
from alertd.daemon.pages import registration
from alertd.daemon.senders import mail_server
from alertd.daemon.ways_in import amqp_endpoint, spool_folder
from alertd.model.case import NotificationState
from alertd.model.errors import ConfigError
from alertd.rulebook.sender_settings import Capture, GovukNotify, Smtp, Twilio, TwilioVoice
from alertd.rulebook.settings import Settings
from alertd.service.ports import Reading
from alertd.transport import probes
from alertd.transport.amqp_link import LinkFailed
from alertd.transport.notify_answers import team_only
from alertd.transport.probes import Wrong

_NEWEST, _LATELY = 200, timedelta(days=7)
_NOTIFY = "GOV.UK Notify"
_CAPTURED = "messages are captured in a folder: nobody is told"
_FOR_REAL = "name a provider for real use: systemd/README.md"


def probe_broker(settings: Settings) -> Finding:
    """The way in."""
    amqp = settings.intake.amqp
    if amqp is None:
        folder = spool_folder(settings)
        if os.access(folder if folder.exists() else folder.parent, os.W_OK):
            return good("way in", "a folder, which can be read and written")
        return bad("way in", "its folder cannot be written", "check intake.spool and who may write there")
    try:
        waiting = probes.broker(amqp_endpoint(amqp), amqp.queue)
    except (LinkFailed, ConfigError) as failure:
        return bad("broker", str(failure), "check that RabbitMQ runs, and intake.amqp")
    if waiting is None:
        return look("broker", f"reached; it has no queue {amqp.queue} yet", "the daemon makes it when it starts")
    return good("broker", f"reached; {waiting} messages wait in {amqp.queue}")


def probe_sms(settings: Settings) -> Iterator[Finding]:
    """Every sender of texts."""
    for number, one in enumerate(settings.sms, start=1):
        what = "texts" if len(settings.sms) == 1 else f"texts, sender {number}"
        match one:
            case Capture():
                yield _captured(what, one.dir)
            case Twilio():
                yield _asked(what, "Twilio", partial(_twilio, one))
            case GovukNotify():
                yield _asked(what, _NOTIFY, partial(_notify, one, ("body",)))


def _twilio(one: Twilio | TwilioVoice) -> Wrong | None:
    return probes.twilio(one.account_sid.resolve(), one.auth_token.resolve(), one.base_url)


def _notify(one: GovukNotify, fields: Collection[str]) -> Wrong | None:
    return probes.notify(one.api_key.resolve(), one.template_id, one.base_url, fields)


def probe_email(settings: Settings) -> Finding:
    """The sender of mails."""
    match settings.email:
        case Capture() as one:
            return _captured("mails", one.dir)
        case GovukNotify() as one:
            return _asked("mails", _NOTIFY, partial(_notify, one, ("body", "subject")))
        case Smtp() as one:
            return _asked(
                "mails", f"the mail server {one.host}", lambda: probes.mail_server(mail_server(one), one.sender)
            )


def probe_call(settings: Settings) -> Finding:
    """The voice step of ladders."""
    match settings.call:
        case None:
            return look("calls", "off: the ladder's call steps are passed over", "call: {provider: twilio, …}")
        case Capture() as one:
            return _captured("calls", one.dir)
        case TwilioVoice() as one:
            return _asked("calls", "Twilio", partial(_twilio, one))


def _captured(what: str, folder: Path) -> Finding:
    place = next(each for each in (folder, *folder.resolve().parents) if each.is_dir())
    if not os.access(place, os.W_OK):
        return bad(what, "the folder for captured messages cannot be written", "check who may write there")
    return look(what, _CAPTURED, _FOR_REAL)


def probe_directory(settings: Settings) -> Iterator[Finding]:
    """The council's sign-in directory, if there is one."""
    oidc = settings.web.sign_in.oidc
    if oidc is not None:
        known = registration(oidc, settings.service.public_url)
        yield _asked(
            "sign-in", "the directory", lambda: probes.directory(known, utc_now), "answers, and is the one set"
        )


def trial_mode(settings: Settings, reading: Reading, now: datetime) -> Iterator[Finding]:
    """Whether GOV.UK Notify sends to everybody: it does not say so when asked, only when it refuses somebody."""
    if not any(isinstance(one, GovukNotify) for one in (*settings.sms, settings.email)):
        return
    newest = reading.list_notifications((), _NEWEST)
    refused = [told for note in newest if note.created_at > now - _LATELY and (told := team_only(note.reason))]
    if refused:
        found, _, remedy = refused[0].partition(" Remedy: ")
        yield bad(_NOTIFY, f"{counted(len(refused), 'message')} of this week failed: {found}", remedy)
    elif not any(note.state is NotificationState.DELIVERED and note.provider == "notify" for note in newest):
        words = (
            "in trial mode, or with a team-only or test key, it sends to its team or to nobody; asked, it does not say"
        )
        yield look(_NOTIFY, words, "`alertd drill`: a text that arrives on a phone of the rota proves it")


def _asked(what: str, whom: str, ask: Callable[[], Wrong | None], well: str = "is there and knows us") -> Finding:
    try:
        wrong = ask()
    except ConfigError as problem:
        return bad(what, str(problem), "mend the secret")
    if wrong is not None:
        return bad(what, f"{whom}: {wrong.found}", wrong.remedy)
    return good(what, f"{whom} {well}")
