"""The one error tree; each leaf says what its loop does.

AlertdError
├── ConfigError            exit, every problem at once
├── MessageError           quarantine
│   ├── Undecodable
│   └── InvalidMessage
├── MatcherError           the reference decides; alarm
├── StoreError
│   ├── StoreUnavailable   retry, nothing acknowledged meanwhile
│   ├── StaleWrite         redo from fresh revisions
│   └── SchemaMismatch     exit; run `alertd migrate`
├── BrokerUnavailable      retry with backoff
├── DirectoryUnavailable   tell who signs in; other ways in stay open
├── SignInRefused          tell who signs in, and log why
└── NotPossible            tell the person who asked

Expected failures to send are values (`alertd.model.delivery`), not exceptions.
"""

from __future__ import annotations


class AlertdError(Exception):
    """Anything that alertd raises on purpose."""


class ConfigError(AlertdError):
    """Settings or rules cannot be used; the text lists every problem with its remedy."""


class MessageError(AlertdError):
    """A message cannot be read; it is quarantined with its raw bytes and this reason."""


class Undecodable(MessageError):
    """The bytes are not the JSON of an envelope, or pass a limit."""


class InvalidMessage(MessageError):
    """The envelope, the `data` object or the person cannot be read."""


class MatcherError(AlertdError):
    """The engine did not answer; the reference evaluator decides and someone is told."""


class StoreError(AlertdError):
    """The store refused or failed."""


class StoreUnavailable(StoreError):
    """The store cannot be reached or written just now; try again, acknowledge nothing."""


class StaleWrite(StoreError):
    """A revision read before matching has moved on; decide again."""


class SchemaMismatch(StoreError):
    """The database holds another schema than this program knows; run `alertd migrate`."""


class BrokerUnavailable(AlertdError):
    """RabbitMQ cannot be reached or refuses; try again with backoff."""


class DirectoryUnavailable(AlertdError):
    """The council's directory does not answer, or not as one does; nobody can sign in by it just now."""


class SignInRefused(AlertdError):
    """The directory's answer proves nobody's identity; the text says why and holds nothing that was sent."""


class NotPossible(AlertdError):
    """What a person asked for cannot be done as things stand; the text says why, and what to do instead."""
