"""Twilio's signature on a webhook: who holds the account's secret has sent it, to this address, as it stands.

Source: Twilio, "Validating Signatures from Twilio": base64 of HMAC-SHA1, under the account's secret, over the address
with its query, then every field's name and value in the order of the names.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable

Fields = Iterable[tuple[str, str]]
"""Name and value of every field of the form, empty ones included, in any order."""


def signature(url: str, fields: Fields, token: str) -> str:
    """Sign a request as Twilio does.

    Args:
        url: The public address that the provider was given, with its query: never one made from the Host header.
        fields: The form's; of a name that stands there more than once, each value counts once, in order.
        token: The account's secret.
    """
    signed = url + "".join(name + value for name, value in sorted(set(fields)))
    mac = hmac.new(token.encode(), signed.encode(), hashlib.sha1)
    return base64.b64encode(mac.digest()).decode()


def is_signed(given: str, url: str, fields: Fields, tokens: Iterable[str]) -> bool:
    """Whether a signature is that of one of the accounts; it takes as long for a wrong one as for a right one.

    Args:
        given: As the request has it, any text.
        url: As in `signature`.
        fields: As in `signature`.
        tokens: The secrets of the accounts in use.
    """
    listed = tuple(fields)
    right = [hmac.compare_digest(given.encode(), signature(url, listed, token).encode()) for token in tokens]
    return any(right)
