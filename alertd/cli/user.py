"""`user`: who may sign in to the pages."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from alertd.cli.list_first import ListFirst
from alertd.cli.opening import opened, person_named
from alertd.cli.options import AsJson, Config
from alertd.cli.screen import good, show_json, show_table, when
from alertd.daemon.pages import accounts_of
from alertd.daemon.parts import Parts
from alertd.model.access import Account, AccountRole
from alertd.model.errors import NotPossible
from alertd.service.accounts import NewAccount

Login = Annotated[
    str, typer.Argument(metavar="LOGIN", help="What they type; with --directory, the directory's own id for them.")
]
user = typer.Typer(help="Accounts for signing in to the pages, by login.", cls=ListFirst)


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.add_typer(user, name="user")


@user.command("add")
def add(
    login: Login,
    person: Annotated[str, typer.Option("--person", metavar="ID", help="Who they are in people.yaml.")],
    *,
    role: Annotated[AccountRole, typer.Option("--role", help="admin also reads who saw what.")] = AccountRole.STAFF,
    directory: Annotated[
        bool, typer.Option("--directory", help="They sign in by the council's directory, without a password here.")
    ] = False,
    config: Config = None,
) -> None:
    """Add an account, or give one a new password, person or role; whoever is signed in to it is signed out.

    The password is asked for, or read from standard input: one line.
    """
    with opened(config) as parts:
        now = parts.now()
        new = NewAccount(person_named(parts.rules.book(), person, now), role)
        if directory:
            account = accounts_of(parts).add_of_directory(_issuer(parts), login, new, now)
        elif parts.settings.web.sign_in.local:
            account = accounts_of(parts).add(login, _password(), new, now)
        else:
            raise NotPossible("passwords are switched off (web.sign_in.local): add --directory")
    good(f"{account.login}: may sign in as {account.person}, {account.role}")


@user.command("disable")
def disable(login: Login, *, config: Config = None) -> None:
    """Disable an account: whoever is signed in to it is signed out at once. `add` opens it again."""
    with opened(config) as parts:
        oidc = parts.settings.web.sign_in.oidc
        account = accounts_of(parts).disable(login, oidc.issuer if oidc else "", parts.now())
    good(f"{account.login}: disabled")


@user.command("list")
def list_accounts(*, as_json: AsJson = False, config: Config = None) -> None:
    """Accounts for signing in to the pages, by login."""
    with opened(config) as parts:
        people = parts.rules.book().people
        rows = [(each, "" if each.person in people else "not in people.yaml") for each in accounts_of(parts).listed()]
    if as_json:
        show_json({"accounts": [_data(account, trouble) for account, trouble in rows]})
        return
    columns = ("LOGIN", "PERSON", "ROLE", "BY", "ADDED", "DISABLED")
    lines = [(*_named(a, trouble), _way(a), when(a.created_at), when(a.disabled_at)) for a, trouble in rows]
    show_table(columns, lines, "Nobody can sign in yet: alertd user add LOGIN --person ID")


def _named(account: Account, trouble: str) -> tuple[str, str, str]:
    return account.login, f"{account.person} ({trouble})" if trouble else account.person, account.role.value


def _data(account: Account, trouble: str) -> dict[str, Any]:
    return {
        "login": account.login,
        "person": account.person,
        "role": account.role,
        "by": _way(account),
        "created_at": account.created_at,
        "disabled_at": account.disabled_at,
        "may_sign_in": account.disabled_at is None and not trouble,
    }


def _way(account: Account) -> str:
    return "password" if account.password else "directory"


def _issuer(parts: Parts) -> str:
    oidc = parts.settings.web.sign_in.oidc
    if oidc is None:
        raise NotPossible("no directory is set up: name it in alertd.yaml under web.sign_in.oidc")
    return oidc.issuer


def _password() -> str:
    if sys.stdin.isatty():
        typed: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        return typed
    return sys.stdin.readline().rstrip("\r\n")
