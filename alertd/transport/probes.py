"""Asks brokers and providers whether they are there and know us. Nothing is sent to anybody, nothing is changed.

Each answers with what is wrong, in plain words without a secret, a number or an address of a person.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from notifications_python_client.errors import HTTPError
from notifications_python_client.notifications import NotificationsAPIClient
from pika.frame import Method
from pika.spec import Queue
from requests import RequestException
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from alertd.model.errors import ConfigError
from alertd.transport.amqp_link import Link, LinkFailed
from alertd.transport.endpoint import Endpoint
from alertd.transport.smtp_connection import MailServerAddress, Refusal, connect
from alertd.transport.twilio_http import OneCall, pooled_session

SECONDS = 8.0
"""How long one of them may take to answer."""
_SUSPENDED = "the account is"
_NOT_FOUND = 404


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


def twilio(account_sid: str, auth_token: str, base_url: str) -> str:
    """What is wrong with an account at Twilio; "" when nothing is."""
    session = pooled_session(base_url, 1)
    call = OneCall(session, base_url, SECONDS)
    try:
        client: Any = Client(account_sid, auth_token, http_client=call)
        status = str(client.api.accounts(account_sid).fetch().status)
    except TwilioRestException as error:
        known = {401: "it does not know this account and token", 404: "it has no such account"}
        return known.get(int(error.status), f"it answered {error.status}, code {error.code}")
    except TwilioException:
        return f"it answered {call.status}"
    except RequestException as error:
        return f"it cannot be reached ({type(error).__name__})"
    except (ValueError, KeyError, TypeError, AttributeError):
        return "its answer cannot be read"
    finally:
        session.close()
    return "" if status == "active" else f"{_SUSPENDED} {status}"


def notify(api_key: str, template_id: str, base_url: str) -> str:
    """What is wrong with a service and template at GOV.UK Notify; "" when nothing is."""
    try:
        client: Any = NotificationsAPIClient(api_key, base_url=base_url, timeout=SECONDS)  # type: ignore[no-untyped-call]
        client.get_template(template_id)
    except HTTPError as error:
        if isinstance(error.__cause__, RequestException) and error.response is None:
            return f"it cannot be reached ({type(error.__cause__).__name__})"
        known = {400: "the template's id is no id", 403: "it does not know this key", 404: "it has no such template"}
        return known.get(error.status_code, f"it answered {error.status_code}")
    except AssertionError:
        return "the key is not of the form that it gives out"
    return ""


def mail_server(server: MailServerAddress) -> str:
    """What is wrong with a mail server: reached, encrypted and signed in as for a mail; "" when nothing is."""
    try:
        connect(server, SECONDS).quit()
    except Refusal as refusal:
        return f"{refusal.step} answered {refusal.code}" if refusal.code else f"{refusal.step} is not offered"
    except ConfigError as problem:
        return str(problem)
    except OSError as error:
        return f"it cannot be reached, or its certificate is not to be trusted ({type(error).__name__})"
    return ""
