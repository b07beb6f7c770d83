"""The secrets that settings name: read when they are needed, or every reason why they cannot be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from pydantic import BaseModel

from alertd.model.errors import ConfigError
from alertd.rulebook.secret import Secret
from alertd.rulebook.settings import Settings
from alertd.store import Keyring, load_master

T = TypeVar("T")


def tried(problems: list[str], make: Callable[[], T]) -> T | None:
    """Make something, or add why it cannot be made."""
    try:
        return make()
    except ConfigError as problem:
        problems.append(str(problem))
        return None


def secret_problems(settings: Settings) -> list[str]:
    """Why secrets that the settings name cannot be read; never a secret itself."""
    problems: list[str] = []
    for secret in _secrets(settings):
        tried(problems, secret.resolve)
    return problems


def _secrets(part: object) -> Iterator[Secret]:
    if isinstance(part, Secret):
        yield part
    elif isinstance(part, BaseModel):
        for _, value in part:
            yield from _secrets(value)
    elif isinstance(part, tuple):
        for value in part:
            yield from _secrets(value)


def read_keyring(settings: Settings) -> Keyring:
    """The keyring of `privacy.encryption_key`.

    Raises:
        ConfigError: there is none, it cannot be read, or it is no key.
    """
    key = settings.privacy.encryption_key
    if key is None:
        raise ConfigError(
            "privacy.encryption_key is missing, and nothing is stored without it: make a key with "
            "`head -c 32 /dev/urandom | base64`, keep it in a file, and write 'encryption_key: {file: PATH}'"
        )
    return Keyring(load_master(key.resolve()))
