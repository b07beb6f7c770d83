"""The store that the settings name, opened."""

from __future__ import annotations

from alertd.daemon.secrets_read import read_keyring
from alertd.rulebook.settings import Settings
from alertd.store import Keyring, SqlStore, open_store


def store_of(settings: Settings, keyring: Keyring) -> SqlStore:
    """Open the store; whoever asks closes it; errors as `open_store_alone`."""
    store = settings.store
    return open_store(store.url, store.username, store.password.resolve() if store.password else None, keyring)


def open_store_alone(settings: Settings) -> SqlStore:
    """Open the store and nothing else of the installation; whoever asks closes it.

    Raises:
        ConfigError: a secret of the store cannot be read.
        SchemaMismatch: the store must be migrated first.
        StoreUnavailable: the store cannot be reached.
    """
    return store_of(settings, read_keyring(settings))
