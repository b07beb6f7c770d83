"""Where a request comes from, as far as that can be believed."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from starlette.requests import Request

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_HOST_BITS = 64
"""Of an IPv6 address: a household or a telephone has all of them to itself."""


def network_of(request: Request, trusted: Iterable[Network]) -> str:
    """The network by which tries are counted: an IPv4 address, or the first half of an IPv6 one.

    Args:
        request: Any.
        trusted: Proxies whose `X-Forwarded-For` is believed: the last address in it that is none of theirs.
    """
    proxies = tuple(trusted)
    forwarded = ",".join(request.headers.getlist("x-forwarded-for"))
    chain = [*forwarded.split(","), request.client.host if request.client is not None else ""]
    address = _address(chain.pop())
    while chain and address is not None and _is_among(address, proxies):
        before = _address(chain.pop())
        if before is None:
            break
        address = before
    return _network(address)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(text.strip().strip("[]"))
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, ipaddress.IPv6Address) else found


def _is_among(address: ipaddress.IPv4Address | ipaddress.IPv6Address, networks: Iterable[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


def _network(address: ipaddress.IPv4Address | ipaddress.IPv6Address | None) -> str:
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, _HOST_BITS), strict=False))
    return str(address) if address is not None else "unknown"
