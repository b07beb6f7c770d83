"""The pages, wired to an opened installation."""

from __future__ import annotations

from collections.abc import Callable

from alertd.daemon.parts import Parts
from alertd.rulebook.web_settings import Oidc
from alertd.service.accounts import Accounts
from alertd.service.approving import Approving
from alertd.service.entry import Entry
from alertd.service.pages.acts import Accepted
from alertd.service.people import People
from alertd.service.read_log import ReadLog
from alertd.service.sessions import Limits, Sessions
from alertd.service.tries import Tries
from alertd.transport.oidc import Directory, Registration
from alertd.web.app import Pages
from alertd.web.pages.routes import page_routes
from alertd.web.pages.rule_pages import RuleSets, rule_routes
from alertd.web.pages.site import Site
from alertd.web.sign_in import ComingIn, sign_in_routes
from alertd.web.sign_in_directory import ByDirectory, DirectoryPages, Sealing
from alertd.web.slowing import Slowing
from alertd.web.visits import OIDC_BACK, Visiting


def accounts_of(parts: Parts) -> Accounts:
    """The verbs of accounts on an opened installation."""
    return Accounts(parts.store, parts.keyring.token, parts.rules.book)


def sessions_of(parts: Parts) -> Sessions:
    """Who has come in to an opened installation."""
    asked = parts.settings.web.sign_in
    return Sessions(parts.store, parts.keyring.token, parts.rules.book, Limits(asked.idle, asked.longest))


def make_pages(
    parts: Parts, changed: Callable[[], None], count: Callable[[str, str], None], accepted: Accepted
) -> Pages:
    """Put the pages together.

    Args:
        parts: The installation.
        changed: Called when a press may have made something to do.
        count: Counts tries to come in: which way, and what became of it.
        accepted: Told of each alert that a press accepts: by which role, and how long it waited.
    """
    coming = _coming_in(parts, count)
    visiting = Visiting(coming.sessions, parts.settings.service.public_url, parts.now)
    routes = (*sign_in_routes(coming), *page_routes(_site(parts, changed, accepted)), *rule_routes(_rule_sets(parts)))
    return Pages(routes, visiting, parts.settings.service.name)


def _site(parts: Parts, changed: Callable[[], None], accepted: Accepted) -> Site:
    return Site(
        store=parts.store,
        people=lambda: People(parts.store, parts.intake, parts.rules.ruling),
        ruling=parts.rules.ruling,
        cohort_words=dict(parts.settings.privacy.cohort_words),
        viewed=ReadLog(parts.store).saw,
        accepted=accepted,
        changed=changed,
        now=parts.now,
        new_id=parts.new_id,
    )


def _rule_sets(parts: Parts) -> RuleSets:
    return RuleSets(Approving(parts.store, parts.keyring.token), parts.now, parts.new_id)


def _coming_in(parts: Parts, count: Callable[[str, str], None]) -> ComingIn:
    settings, hashed = parts.settings, parts.keyring.token
    accounts, sessions = accounts_of(parts), sessions_of(parts)
    return ComingIn(
        sessions=sessions,
        entry=Entry(parts.store, parts.rules.book),
        accounts=accounts if settings.web.sign_in.local else None,
        directory=_directory(parts, accounts, sessions, count),
        slowing=Slowing(Tries(parts.store, hashed), parts.now),
        proxies=settings.web.trusted_proxies,
        call_back=settings.service.call_back,
        count=count,
        now=parts.now,
    )


def registration(oidc: Oidc, public_url: str) -> Registration:
    """How this installation is known to the council's directory."""
    back = f"{public_url.rstrip('/')}{OIDC_BACK}"
    return Registration(oidc.issuer, oidc.client_id, oidc.client_secret.resolve, oidc.claim, back)


def _directory(
    parts: Parts, accounts: Accounts, sessions: Sessions, count: Callable[[str, str], None]
) -> DirectoryPages | None:
    oidc = parts.settings.web.sign_in.oidc
    if oidc is None:
        return None
    public_url = parts.settings.service.public_url.rstrip("/")
    return DirectoryPages(
        ByDirectory(
            directory=Directory(registration(oidc, public_url), parts.now),
            accounts=accounts,
            sessions=sessions,
            sealing=Sealing(parts.keyring.seal_own, parts.keyring.open_own),
            title=oidc.title,
            public_url=public_url,
            count=count,
            now=parts.now,
        )
    )
