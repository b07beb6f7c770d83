"""Texts and mails by GOV.UK Notify: sent once under our own reference, and found again by it.

Source: GOV.UK Notify, "REST API documentation": send a text message, send an email, get message status.
"""

from __future__ import annotations

import time
from datetime import datetime

from alertd.model.delivery import CannotSay, Found, InDoubt, LookUp, NotFound, Outcome, Outgoing, RetryLater, Sent
from alertd.model.values import Channel
from alertd.service.means import LANES
from alertd.transport.notify_answers import outcome_of, said
from alertd.transport.notify_http import Client, NotifyAccount, ask
from alertd.transport.twilio_http import pooled_session

TYPES = {Channel.SMS: "sms", Channel.EMAIL: "email"}


class NotifySender:
    """Sends texts or mails, and finds them again; may be used by several threads at once.

    Args:
        account: Whose, and by which template.
    """

    name = "notify"

    def __init__(self, account: NotifyAccount) -> None:
        self._account = account
        self._session = pooled_session(account.base_url, LANES)

    def send(self, outgoing: Outgoing) -> Outcome:
        """Send once; never later than `outgoing.deadline`."""
        seconds = min(self._account.limit.total_seconds(), outgoing.deadline - time.monotonic())
        if seconds <= 0:
            return RetryLater("no time was left to send it")
        answer = ask(self._account, self._session, seconds, lambda client: self._post(client, outgoing))
        if not isinstance(answer, str):
            return outcome_of(answer)
        return Sent(answer) if answer else InDoubt("the answer names no message")

    def look_up(self, outgoing: Outgoing, since: datetime) -> LookUp:  # noqa: ARG002  # the reference is exact
        """Ask for the message by its reference."""
        seconds = min(self._account.limit.total_seconds(), outgoing.deadline - time.monotonic())
        if seconds <= 0:
            return CannotSay("no time was left to ask")
        answer = ask(self._account, self._session, seconds, lambda client: _found(client, outgoing))
        return answer if isinstance(answer, Found | NotFound) else CannotSay(said(answer))

    def close(self) -> None:
        """Give back connections."""
        self._session.close()

    def _post(self, client: Client, outgoing: Outgoing) -> str:
        template, key = self._account.template_id, outgoing.key
        if outgoing.channel is Channel.EMAIL:
            fields = {"subject": outgoing.subject, "body": outgoing.body}
            answer = client.send_email_notification(outgoing.address, template, fields, reference=key)
        else:
            fields = {"body": outgoing.body}
            answer = client.send_sms_notification(outgoing.address, template, fields, reference=key)
        return str(answer.get("id") or "")


def _found(client: Client, outgoing: Outgoing) -> Found | NotFound:
    answer = client.get_all_notifications(template_type=TYPES[outgoing.channel], reference=outgoing.key)
    held = [each for each in answer["notifications"] if each["reference"] == outgoing.key]
    return Found(str(held[0]["id"])) if held else NotFound()
