"""`run`, `migrate`: the daemon in the foreground, and the store's schema."""

from __future__ import annotations

from typing import Annotated

import typer

from alertd.cli.opening import config_path, settings_of
from alertd.cli.options import Config
from alertd.cli.screen import good
from alertd.daemon.parts import migrate_store
from alertd.daemon.running import run_daemon
from alertd.daemon.secrets_read import read_keyring
from alertd.store import open_store


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command()(run)
    app.command()(migrate)


def run(*, config: Config = None) -> None:
    """Run the daemon in the foreground: SIGTERM drains and ends it, SIGHUP reloads the rules."""
    raise typer.Exit(run_daemon(config_path(config)))


def migrate(
    *,
    check: Annotated[bool, typer.Option("--check", help="Only say whether it must be done; exit 1 if so.")] = False,
    config: Config = None,
) -> None:
    """Bring the store to this program's schema; what it holds stays, and a new one is made."""
    settings = settings_of(config)
    store = settings.store
    if not check:
        migrate_store(settings)
    password = store.password.resolve() if store.password else None
    open_store(store.url, store.username, password, read_keyring(settings)).close()
    good("The store holds the schema of this program.")
