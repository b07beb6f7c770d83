"""What alertd depends on outside itself, asked whether it is there. Nothing is sent to anybody."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from alertd.daemon.findings import Finding, bad, good, look
from alertd.daemon.senders import mail_server
from alertd.daemon.ways_in import amqp_endpoint, spool_folder
from alertd.model.errors import ConfigError
from alertd.rulebook.sender_settings import Capture, GovukNotify, Smtp, Twilio, TwilioVoice
from alertd.rulebook.settings import Settings
from alertd.transport import probes
from alertd.transport.amqp_link import LinkFailed

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
                yield _asked(what, "GOV.UK Notify", partial(_notify, one))


def _twilio(one: Twilio | TwilioVoice) -> str:
    return probes.twilio(one.account_sid.resolve(), one.auth_token.resolve(), one.base_url)


def _notify(one: GovukNotify) -> str:
    return probes.notify(one.api_key.resolve(), one.template_id, one.base_url)


def probe_email(settings: Settings) -> Finding:
    """The sender of mails."""
    match settings.email:
        case Capture() as one:
            return _captured("mails", one.dir)
        case GovukNotify() as one:
            return _asked("mails", "GOV.UK Notify", partial(_notify, one))
        case Smtp() as one:
            return _asked("mails", f"the mail server {one.host}", lambda: probes.mail_server(mail_server(one)))


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


def _asked(what: str, whom: str, ask: Callable[[], str]) -> Finding:
    try:
        why = ask()
    except ConfigError as problem:
        return bad(what, str(problem), "mend the secret")
    if why:
        return bad(what, f"{whom}: {why}", "check the settings, the account and the way there")
    return good(what, f"{whom} is there and knows us")
