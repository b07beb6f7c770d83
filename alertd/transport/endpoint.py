"""Where RabbitMQ is and how alertd proves who it is."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pika
from pika.credentials import ExternalCredentials, PlainCredentials

from alertd.model.errors import ConfigError

_PORTS = {"amqp": 5672, "amqps": 5671}


@dataclass(frozen=True, slots=True)
class Tls:
    """TLS towards the broker; its certificate and host name are always verified.

    Attributes:
        ca: PEM file of the authorities to trust; None trusts the system's.
        cert: PEM file of alertd's own certificate chain; None shows none.
        key: PEM file of its private key; None when `cert` holds it.
    """

    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None

    def context(self) -> ssl.SSLContext:
        """Build the context, TLS 1.2 or newer.

        Raises:
            ConfigError: A file cannot be read or holds no certificate or key.
        """
        try:
            context = ssl.create_default_context(cafile=self.ca)
            if self.cert is not None:
                context.load_cert_chain(self.cert, self.key)
        except OSError as error:  # ssl.SSLError is one
            raise ConfigError(f"the broker's TLS files cannot be used: {error}; check ca, cert and key") from error
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One RabbitMQ virtual host and the account on it.

    Attributes:
        host: Name or address; with TLS, the name in its certificate.
        port: TCP port.
        vhost: Virtual host, unescaped.
        username: Account; empty takes the identity from the TLS certificate (mechanism EXTERNAL).
        password: Asked at every connection, so that a changed secret needs no restart.
        tls: None for plain TCP.
        heartbeat: Silence of twice this plus 10 s is a dead connection: 5 to 10 s notice one within 30 s.
    """

    host: str
    port: int = 5672
    vhost: str = "/"
    username: str = "guest"
    password: Callable[[], str] = field(default=lambda: "guest", repr=False)
    tls: Tls | None = None
    heartbeat: timedelta = timedelta(seconds=8)

    def parameters(self) -> pika.ConnectionParameters:
        """What pika needs for one attempt to connect; repeating is the caller's business.

        Raises:
            ConfigError: The TLS files cannot be used.
        """
        plain = PlainCredentials(self.username, self.password(), erase_on_connect=True) if self.username else None
        return pika.ConnectionParameters(
            host=self.host,
            port=self.port,
            virtual_host=self.vhost,
            credentials=plain or ExternalCredentials(),
            heartbeat=int(self.heartbeat.total_seconds()),
            ssl_options=None if self.tls is None else pika.SSLOptions(self.tls.context(), self.host),
            connection_attempts=1,
            socket_timeout=5,
            stack_timeout=10,
            client_properties={"connection_name": "alertd"},
        )


def endpoint(url: str, username: str, password: Callable[[], str], tls: Tls | None = None) -> Endpoint:
    """Read an `amqp://host:port/vhost` URL (`amqps` with TLS); no path means the virtual host "/".

    Raises:
        ConfigError: It is no such URL, or holds a name or password.

    Source: the RabbitMQ URI specification.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ConfigError("intake.amqp.url is not a URL: write amqp://HOST:5672/%2F") from error
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ConfigError("intake.amqp.url must begin amqp:// or amqps:// and name a host: amqp://HOST:5672/%2F")
    if parts.username or parts.password:
        raise ConfigError("intake.amqp.url holds a name or password: give them as username and password: {file: …}")
    secured = (tls or Tls()) if parts.scheme == "amqps" else tls
    vhost = unquote(parts.path[1:]) or "/"
    return Endpoint(parts.hostname, port or _PORTS[parts.scheme], vhost, username, password, secured)
