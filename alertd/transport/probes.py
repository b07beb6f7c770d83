"""Asks brokers and providers whether they are there and know us. Nothing is sent to anybody, nothing is changed.

Each answers with what is wrong, in plain words without a secret, a number or an address of a person.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from notifications_python_client.errors import HTTPError
from notifications_python_client.notifications import NotificationsAPIClient
from pika.frame import Method
from pika.spec import Queue
from requests import RequestException
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from alertd.model.errors import ConfigError, DirectoryUnavailable
from alertd.transport.amqp_link import Link, LinkFailed
from alertd.transport.endpoint import Endpoint
from alertd.transport.oidc import Directory, Registration
from alertd.transport.smtp_connection import MailServerAddress, Refusal, connect
from alertd.transport.twilio_http import OneCall, pooled_session

SECONDS = 8.0
"""How long one of them may take to answer."""
_NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong, and what to do about it."""

    found: str
    remedy: str


def broker(endpoint: Endpoint, queue: str) -> int | None:
    """How many messages wait in a queue; None when it is not there yet.

    Raises:
        LinkFailed: the broker cannot be reached, or refuses us.
    """
    within = timedelta(seconds=SECONDS)
    try:
        with Link(endpoint) as link:
            channel = link.channel(within)

            def declare(done: Callable[[Method[Queue.DeclareOk]], None]) -> None:
                channel.queue_declare(queue, passive=True, callback=done)

            return int(link.ask(declare, within).method.message_count)
    except LinkFailed as failure:
        if failure.code == _NOT_FOUND:
            return None
        raise


def twilio(account_sid: str, auth_token: str, base_url: str) -> Wrong | None:
    """What is wrong with an account at Twilio; None when nothing is."""
    session = pooled_session(base_url, 1)
    call = OneCall(session, base_url, SECONDS)
    try:
        client: Any = Client(account_sid, auth_token, http_client=call)
        status = str(client.api.accounts(account_sid).fetch().status)
    except TwilioRestException as error:
        known = {401: "it does not know this account and token", 404: "it has no such account"}
        return Wrong(known.get(int(error.status), f"it answered {error.status}, code {error.code}"), _TWILIO_ACCOUNT)
    except TwilioException:
        return Wrong(f"it answered {call.status}", _TWILIO_ACCOUNT)
    except RequestException as error:
        return Wrong(f"it cannot be reached ({type(error).__name__})", _WAY_OUT)
    except (ValueError, KeyError, TypeError, AttributeError):
        return Wrong("its answer cannot be read", _WAY_OUT)
    finally:
        session.close()
    return (
        None if status == "active" else Wrong(f"the account is {status}", "log in at console.twilio.com: it says why")
    )


def notify(api_key: str, template_id: str, base_url: str, fields: Collection[str]) -> Wrong | None:
    """What is wrong with a service and template at GOV.UK Notify; None when nothing is.

    Args:
        api_key: As set.
        template_id: As set.
        base_url: As set.
        fields: That the template must hold and nothing else: `body` for texts, `subject` too for mails.
    """
    try:
        client: Any = NotificationsAPIClient(api_key, base_url=base_url, timeout=SECONDS)  # type: ignore[no-untyped-call]
        return _template(client.get_template(template_id), fields)
    except HTTPError as error:
        if isinstance(error.__cause__, RequestException) and error.response is None:
            return Wrong(f"it cannot be reached ({type(error.__cause__).__name__})", _WAY_OUT)
        return _NOTIFY.get(error.status_code) or Wrong(f"it answered {error.status_code}", _WAY_OUT)
    except AssertionError:
        return Wrong("the key is not of the form that it gives out", _NOTIFY_KEY)
    except (ValueError, KeyError, TypeError, AttributeError):
        return Wrong("its answer cannot be read", _WAY_OUT)


def _template(found: Mapping[str, Any], fields: Collection[str]) -> Wrong | None:
    """A template of another kind is refused at the first alert, one with words of its own makes a text too long."""
    kind = "email" if "subject" in fields else "sms"
    if found["type"] != kind:
        return Wrong(f"its template is for {found['type']}, not for {kind}", _NOTIFY_TEMPLATE)
    wrong = [name for name in sorted(fields) if str(found[name]).strip() != f"(({name}))"]
    if wrong:
        remedy = f"at Notify, under Templates, let its {wrong[0]} be (({wrong[0]})) and nothing else"
        return Wrong(f"its template's {wrong[0]} is not just (({wrong[0]}))", remedy)
    return None


def mail_server(server: MailServerAddress, sender: str) -> Wrong | None:
    """What is wrong with a mail server; None when nothing is.

    It is reached, encrypted and signed in as for a mail, and asked whether it takes one of ours; none is sent.
    """
    try:
        connection = connect(server, SECONDS)
    except Refusal as refusal:
        return _refused(refusal)
    except ConfigError as problem:
        return Wrong(str(problem), "mend email.password")
    except ssl.SSLCertVerificationError as error:
        return Wrong(f"its certificate is not to be trusted ({error.verify_message})", _CERTIFICATE)
    except OSError as error:
        return Wrong(f"it cannot be reached ({type(error).__name__})", f"check email.host and port. {_WAY_OUT}")
    return _takes(connection, sender)


def _takes(connection: smtplib.SMTP, sender: str) -> Wrong | None:
    try:
        code, _ = connection.mail(sender)
        connection.quit()
    except (OSError, smtplib.SMTPException) as error:
        return Wrong(f"it broke off ({type(error).__name__})", "look at the mail server's log")
    finally:
        connection.close()
    if code != _OK:
        return Wrong(f"it takes no mail from our address: MAIL answered {code}", "check email.from, and who may relay")
    return None


def _refused(refusal: Refusal) -> Wrong:
    found = f"{refusal.step} answered {refusal.code}" if refusal.code else f"{refusal.step} is not offered"
    return Wrong(found, _MAIL_STEPS.get(refusal.step, "look at the mail server's log"))


def directory(known: Registration, now: Callable[[], datetime]) -> Wrong | None:
    """What is wrong with the council's sign-in directory, as it tells of itself; None when nothing is.

    Whether it knows our client_id and secret shows only when somebody signs in.
    """
    try:
        Directory(known, now).look()
    except DirectoryUnavailable as trouble:
        return Wrong(str(trouble), f"check web.sign_in.oidc. {_WAY_OUT}")
    return None


_OK = 250
_WAY_OUT = "Check that this machine may reach it: name server, firewall, proxy"
_TWILIO_ACCOUNT = "copy Account SID and Auth Token from console.twilio.com anew"
_NOTIFY_KEY = (
    "make a live key at Notify (API integration, API keys) and put the whole of it, name included, into api_key"
)
_NOTIFY_TEMPLATE = "copy the ID of a template of the right kind from Notify (Templates) into template_id"
_NOTIFY = {
    400: Wrong("the template's id is no id", _NOTIFY_TEMPLATE),
    403: Wrong("it does not know this key, or this machine's clock is off by more than 30 seconds", _NOTIFY_KEY),
    404: Wrong("it has no such template", _NOTIFY_TEMPLATE),
}
_CERTIFICATE = (
    "let email.host be the name in its certificate; put the authority that signed it among this machine's "
    "(/usr/local/share/ca-certificates, update-ca-certificates)"
)
_MAIL_STEPS = {
    "STARTTLS": "turn encryption on at the server; or email.starttls: if_offered, where the way there is safe",
    "AUTH": "check email.username and email.password; leave both out where the server knows this machine",
    "CONNECT": "ask who runs the server whether this machine may use it",
    "EHLO": "ask who runs the server whether this machine may use it",
}
