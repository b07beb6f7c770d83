"""The sign of life to somebody outside this machine, who notices when it stays away."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import requests

from alertd.model.errors import ConfigError

LIMIT = 5.0
"""Seconds that a request may take to connect, and to be answered."""


def ask(url: Callable[[], str]) -> str:
    """Ask the address once, following no redirect to elsewhere.

    Args:
        url: Reads the address, which is a secret: it stands in no log and no answer.

    Returns:
        "" when it was taken, else why not, in plain words.
    """
    try:
        address = url()
        if urlsplit(address).scheme not in ("https", "http"):
            return "the address does not begin with https://"
        answer = requests.get(address, timeout=LIMIT, allow_redirects=False, headers={"User-Agent": "alertd"})
    except ConfigError as problem:
        return str(problem)
    except (requests.RequestException, ValueError) as failure:
        return type(failure).__name__  # its text repeats the address
    return "" if answer.status_code // 100 == 2 else f"it answered {answer.status_code}"
