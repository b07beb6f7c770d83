"""Settings of the pages: where they listen, who stands in front, how people sign in."""

from __future__ import annotations

import ipaddress
import re
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema

from alertd.rulebook.quantities import Misread
from alertd.rulebook.sender_settings import Part
from alertd.rulebook.setting_types import Length, Listen, SecretRef, WebUrl

CLAIMS = ("oid", "sub")
"""Names of a person that a directory gives once and never to anybody else."""
_LOOPBACK = ("127.0.0.1", "localhost", "::1")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _network(value: object) -> Network:
    if isinstance(value, ipaddress.IPv4Network | ipaddress.IPv6Network):
        return value
    try:
        return ipaddress.ip_network(str(value))
    except ValueError:
        remedy = "write an address or a network, such as 127.0.0.1 or 10.1.2.0/24"
        raise Misread(f"'{value}' is not an address of a proxy", remedy) from None


def _claim(value: object) -> str:
    if value in CLAIMS:
        return str(value)
    message = f"'{value}' does not name a person for good: an address can be changed, or given to somebody else"
    raise Misread(message, "write oid (Microsoft Entra's object id) or sub (any other provider)")


def _issuer(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise Misread("sign-in over http can be read and changed on its way", "write the issuer's https:// address")
    return value


ProxyNetwork = Annotated[
    Network,
    BeforeValidator(_network),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "description": "address or network of a proxy", "pattern": "^[0-9a-fA-F.:/]+$"}),
]
_ISSUER = {
    "type": "string",
    "description": "https:// address of the directory",
    "pattern": f"^(https://|http://({'|'.join(map(re.escape, _LOOPBACK))})).+$",
}


class Oidc(Part):
    """Sign-in by the council's own directory (OpenID Connect, such as Microsoft Entra).

    Attributes:
        issuer: As the directory names itself, `https://login.microsoftonline.com/TENANT/v2.0`.
        claim: Which of its claims names a person in `alertd user add`; never a mail address.
        title: On the button.
    """

    issuer: Annotated[WebUrl, AfterValidator(_issuer), WithJsonSchema(_ISSUER)]
    client_id: Annotated[str, Field(min_length=1, max_length=200)]
    client_secret: SecretRef
    claim: Annotated[str, BeforeValidator(_claim), WithJsonSchema({"enum": list(CLAIMS)})] = "oid"
    title: Annotated[str, Field(min_length=1, max_length=60)] = "Sign in with your work account"


class SignIn(Part):
    """Sign-in to pages.

    Attributes:
        idle: How long it lasts without a request.
        longest: How long at most.
        local: Whether accounts with a password of their own may be used.
        oidc: The council's directory; None when there is none.
    """

    idle: Length = timedelta(minutes=30)
    longest: Length = timedelta(hours=12)
    local: bool = True
    oidc: Oidc | None = None


class Web(Part):
    """Pages and webhooks.

    Attributes:
        trusted_proxies: Whose word on who asks is taken (`X-Forwarded-For`); nobody's when empty.
    """

    listen: Listen = "127.0.0.1:8026"
    trusted_proxies: tuple[ProxyNetwork, ...] = ()
    sign_in: SignIn = SignIn()
