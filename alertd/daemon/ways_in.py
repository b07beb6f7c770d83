"""The way in that the settings name: a broker's queue or a folder."""

from __future__ import annotations

from pathlib import Path

from alertd.daemon.clock import Now
from alertd.rulebook.settings import Amqp, Settings
from alertd.transport.amqp import Consumer, Limits
from alertd.transport.endpoint import Endpoint, Tls, endpoint
from alertd.transport.feed import Heard, Take
from alertd.transport.queues import Queues
from alertd.transport.spool import Spool

_GUEST = "guest"
"""RabbitMQ's own account for programs on the same machine."""


def amqp_endpoint(amqp: Amqp) -> Endpoint:
    """Where the broker of the settings is, and who alertd is there.

    Without a user name alertd shows its certificate when it has one (EXTERNAL), else it is RabbitMQ's guest.

    Raises:
        ConfigError: the address cannot be used.
    """
    tls = Tls(amqp.tls.ca, amqp.tls.cert, amqp.tls.key) if amqp.tls else None
    has_certificate = amqp.tls is not None and amqp.tls.cert is not None
    username = amqp.username or ("" if has_certificate else _GUEST)
    password = amqp.password.resolve if amqp.password else lambda: _GUEST
    return endpoint(amqp.url, username, password, tls)


def amqp_queues(amqp: Amqp) -> Queues:
    """The queue that is read, and the one beside it for what the broker gives up on."""
    stem = amqp.queue.removesuffix(".messages")
    return Queues(messages=amqp.queue, quarantine=f"{stem}.quarantine")


def way_in(settings: Settings, take: Take, now: Now, heard: Heard) -> Consumer | Spool:
    """Make the feed that the settings name.

    Raises:
        ConfigError: the broker's address cannot be used.
    """
    if settings.intake.amqp is not None:
        amqp = settings.intake.amqp
        limits = Limits(prefetch=amqp.prefetch)
        return Consumer(amqp_endpoint(amqp), take, now, heard, amqp_queues(amqp), limits)
    # A message names a child: once its case is stored, encrypted, no copy in clear text is to stay.
    return Spool(spool_folder(settings), take, now, heard, keep=False)


def spool_folder(settings: Settings) -> Path:
    """The folder that takes the place of a broker."""
    spool = settings.intake.spool
    if spool is None:
        raise ValueError("the settings name no spool")
    return spool.dir
