"""One email as bytes: headers that cannot be broken out of, and an identity that a repeat shares.

Source: RFC 5322; RFC 3834, section 5 (Auto-Submitted).
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from alertd.model.delivery import Outgoing


def mail(outgoing: Outgoing, from_: str, now: datetime) -> EmailMessage:
    """Compose the message.

    Args:
        outgoing: What and to whom.
        from_: Our address; its domain makes the Message-ID.
        now: Aware UTC, for its date.

    Raises:
        ValueError: An address is none, or not ASCII.
    """
    composed = EmailMessage(policy=SMTP)
    composed["From"] = _address(from_)
    composed["To"] = _address(outgoing.address)
    composed["Subject"] = " ".join(outgoing.subject.split())
    composed["Date"] = now
    composed["Message-ID"] = message_id(outgoing.key, from_)
    composed["Auto-Submitted"] = "auto-generated"
    composed.set_content(outgoing.body, cte="quoted-printable")
    return composed


def message_id(key: str, from_: str) -> str:
    """The same for the same key, so that two copies of an in-doubt message can be told to be one."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{from_.rpartition('@')[2]}>"


def _address(text: str) -> Address:
    if not (text.isascii() and text.isprintable()):
        raise ValueError("not a mail address in ASCII")
    try:
        address = Address(addr_spec=text)
    except (MessageError, IndexError) as error:  # the parser's ways of saying so
        raise ValueError("not a mail address") from error
    if not (address.username and address.domain):
        raise ValueError("not a mail address")
    return address
