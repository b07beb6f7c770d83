"""The ways out that the settings name, ready to send."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta

from alertd.daemon.clock import Now
from alertd.model.delivery import Outgoing, Sender
from alertd.model.values import Channel
from alertd.rulebook.sender_settings import Capture, GovukNotify, Smtp, Twilio
from alertd.rulebook.sender_settings import TwilioVoice as VoiceSettings
from alertd.rulebook.settings import Settings
from alertd.service.means import SEND_SECONDS
from alertd.transport.capture import CaptureSender
from alertd.transport.engaged import EngagedPhones, OneAtATime
from alertd.transport.notify import NotifySender
from alertd.transport.notify_http import NotifyAccount
from alertd.transport.rate import Limiter, Rate, RateLimited
from alertd.transport.smtp import SmtpSender
from alertd.transport.smtp_connection import MailServerAddress, StartTls
from alertd.transport.twilio_account import TwilioAccount
from alertd.transport.twilio_sms import TwilioSms
from alertd.transport.twilio_voice import TwilioVoice, VoiceHook

STATUS_HOOK = "/hooks/twilio/status"
VOICE_HOOK = "/hooks/twilio/voice"
_LIMIT = timedelta(seconds=SEND_SECONDS)
_ADDRESS_RATE = Rate(per_second=1.0, burst=10)
"""One address: a ladder, its repeats and a digest at once, then one a second."""

Captured = Callable[[Outgoing], None]
Senders = Mapping[Channel, Sequence[Sender]]


@dataclass(frozen=True, slots=True)
class Ways:
    """What making a sender takes.

    Attributes:
        settings: Checked settings.
        now: Aware UTC.
        captured: Shown each message that a capturing sender keeps.
        closing: Told how to give back the connections.
        engaged: Phones that are being called.
    """

    settings: Settings
    now: Now
    captured: Captured
    closing: ExitStack
    engaged: EngagedPhones


def senders(ways: Ways) -> Senders:
    """Make the senders of every channel that has a provider, in the order in which they are tried.

    Raises:
        ConfigError: a secret cannot be read, or a provider is not part of this version.
    """
    settings = ways.settings
    found: dict[Channel, Sequence[Sender]] = {
        Channel.SMS: _told_apart([_sms(one, ways) for one in settings.sms]),
        Channel.EMAIL: (_email(settings.email, ways),),
    }
    if settings.call is not None:
        found[Channel.CALL] = (_call(settings.call, ways),)
    return found


def confirming(settings: Settings, made: Senders) -> frozenset[tuple[Channel, str]]:
    """Channel and name of every sender whose provider reports what becomes of a text or a call."""
    texts = zip(settings.sms, made[Channel.SMS], strict=True)
    found = [(Channel.SMS, sender.name) for one, sender in texts if _reports(one)]
    if isinstance(settings.call, VoiceSettings):
        found += [(Channel.CALL, sender.name) for sender in made[Channel.CALL]]
    return frozenset(found)


def _reports(one: Twilio | GovukNotify | Capture) -> bool:
    match one:
        case Capture():
            return False
        case Twilio():
            return one.calls_back or one.poll is not None
        case GovukNotify():
            return one.callback_token is not None or one.poll is not None


def _sms(one: Twilio | GovukNotify | Capture, ways: Ways) -> Sender:
    match one:
        case Capture():
            return _capture(one, ways)
        case Twilio():
            return _limited(_twilio(one, ways), one.rate)
        case GovukNotify():
            return _limited(_notify(one, ways), one.rate)


def _told_apart(made: list[Sender]) -> tuple[Sender, ...]:
    """Senders of one channel under names of their own: a message in doubt is looked up with the one that had it."""
    if len(made) == 2 and made[0].name == made[1].name:
        made[1].name = f"{made[1].name}-2"
    return tuple(made)


def _email(one: Smtp | GovukNotify | Capture, ways: Ways) -> Sender:
    match one:
        case Capture():
            return _capture(one, ways)
        case GovukNotify():
            return _limited(_notify(one, ways), one.rate)
        case Smtp():
            sender = SmtpSender(mail_server(one), one.sender, ways.now)
            ways.closing.callback(sender.close)
            return _limited(sender, one.rate)


def mail_server(one: Smtp) -> MailServerAddress:
    """Where mails go, and who we are there."""
    return MailServerAddress(
        host=one.host,
        port=one.port,
        starttls=StartTls(one.starttls),
        username=one.username or "",
        password=one.password.resolve if one.password else str,
        limit=_LIMIT,
    )


def _call(one: VoiceSettings | Capture, ways: Ways) -> Sender:
    match one:
        case Capture():
            return _capture(one, ways)
        case VoiceSettings():
            hook = VoiceHook(_public(ways, VOICE_HOOK))
            sender = TwilioVoice(twilio_account(one), one.sender, hook)
            ways.closing.callback(sender.close)
            return OneAtATime(_limited(sender, one.rate), ways.engaged)


def _capture(one: Capture, ways: Ways) -> Sender:
    return CaptureSender(one.dir, ways.now, ways.captured)


def _twilio(one: Twilio, ways: Ways) -> TwilioSms:
    sender = TwilioSms(twilio_account(one), one.sender, _public(ways, STATUS_HOOK) if one.calls_back else None)
    ways.closing.callback(sender.close)
    return sender


def twilio_account(one: Twilio | VoiceSettings) -> TwilioAccount:
    """An account as the settings describe it."""
    return TwilioAccount(
        account_sid=one.account_sid.resolve(),
        auth_token=one.auth_token.resolve,
        base_url=one.base_url,
        limit=_LIMIT,
    )


def _public(ways: Ways, hook: str) -> str:
    return ways.settings.service.public_url.rstrip("/") + hook


def _notify(one: GovukNotify, ways: Ways) -> NotifySender:
    sender = NotifySender(notify_account(one))
    ways.closing.callback(sender.close)
    return sender


def notify_account(one: GovukNotify) -> NotifyAccount:
    """A service at GOV.UK Notify as the settings describe it."""
    return NotifyAccount(one.api_key.resolve, one.template_id, one.base_url, _LIMIT)


def _limited(sender: Sender, per_second: float) -> RateLimited:
    return RateLimited(sender, Limiter(Rate(per_second, max(1, int(per_second))), _ADDRESS_RATE))
