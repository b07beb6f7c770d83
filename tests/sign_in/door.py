"""The real door to the real pages on a pretend clock, and browsers that come to it."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape
from http.cookies import SimpleCookie
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import httpx
from argon2 import PasswordHasher
from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp

from alertd.model.access import AccountRole
from alertd.model.ids import PersonId, Token
from alertd.model.rulebook import RuleBook
from alertd.service.accounts import Accounts, NewAccount
from alertd.service.approving import Approving
from alertd.service.entry import Entry
from alertd.service.read_log import ReadLog
from alertd.service.sessions import Limits, Sessions
from alertd.service.tries import Tries
from alertd.store import SqlStore
from alertd.web.app import Pages, make_app
from alertd.web.pages.routes import page_routes
from alertd.web.pages.rule_pages import RuleSets, rule_routes
from alertd.web.pages.site import Site
from alertd.web.sign_in import ComingIn, sign_in_routes
from alertd.web.sign_in_directory import DirectoryPages
from alertd.web.slowing import Slowing
from alertd.web.visits import Visiting
from tests.service.stage import KEYRING, shipped_voice
from tests.service.world import World, custody, new_world
from tests.web.provider import FORM

URL = "https://urgent.example.gov.uk"
PHONE, PHONE_TWO, STRANGER = "07700 900101", "07700 900102", "07700 900999"
LOGIN, PASSWORD = "robin.ash", "kettle marble Thursday"
LIMITS = Limits(timedelta(minutes=30), timedelta(hours=12))
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PROXY = "10.9.8.7"


@dataclass
class Door:
    """The application, and what stands behind it.

    Attributes:
        world: Store, rules and the clock.
        held: How long each try was held, in seconds; the pretend clock went on for as long.
        counted: Tries by way and result.
        evened: How long each wrong answer was kept back, in seconds.
        url: Where people reach it.
    """

    world: World
    url: str = URL
    local: bool = True
    directory: DirectoryPages | None = None
    held: list[float] = field(default_factory=list)
    counted: Counter[tuple[str, str]] = field(default_factory=Counter)
    evened: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        assert isinstance(self.world.store, SqlStore)
        self.store = store = self.world.store

        def book() -> RuleBook:
            return self.world.book

        self.sessions = Sessions(store, KEYRING.token, book, LIMITS)
        self.accounts = Accounts(store, KEYRING.token, book, QUICK)
        self.log = ReadLog(store)
        self.tries = Tries(store, KEYRING.token)
        self.slowing = Slowing(self.tries, lambda: self.world.now, self._wait, self._even)

    @property
    def app(self) -> ASGIApp:
        """As the daemon puts it together."""
        world = self.world
        coming = ComingIn(
            sessions=self.sessions,
            entry=Entry(self.store, lambda: world.book),
            accounts=self.accounts if self.local else None,
            directory=self.directory,
            slowing=self.slowing,
            proxies=[ip_network(PROXY)],
            call_back="020 7946 0123",
            count=self.count,
            now=lambda: world.now,
        )
        site = Site(
            store=world.store,
            people=lambda: world.people,
            ruling=lambda: world.rules.ruling,
            cohort_words=shipped_voice().cohort_words,
            viewed=self.log.saw,
            accepted=lambda *_: None,
            changed=lambda: None,
            now=lambda: world.now,
            new_id=lambda: "form-of-this-test",
        )
        visiting = Visiting(self.sessions, self.url, lambda: world.now)
        sets = RuleSets(Approving(self.store, KEYRING.token), site.now, site.new_id)
        routes = (*sign_in_routes(coming), *page_routes(site), *rule_routes(sets))
        pages = Pages(routes, visiting, "Urgent Response")
        return make_app(CollectorRegistry(), dict, lambda *_: None, pages=pages)

    def count(self, way: str, result: str) -> None:
        """Count a try."""
        self.counted[(way, result)] += 1

    async def _wait(self, seconds: float) -> None:
        self.held.append(seconds)
        self.world.now += timedelta(seconds=seconds)

    async def _even(self, seconds: float) -> None:
        self.evened.append(seconds)

    def alert(self, child: str = "P1") -> str:
        """Let a child be booked in; the code of the alert."""
        self.world.told(self.world.incident(custody(child)))
        case = self.world.case(child)
        assert case is not None
        return case.alerts[-1].code

    def account(self, login: str = LOGIN, role: AccountRole = AccountRole.STAFF, person: str = "manager_ash") -> Token:
        """Add an account with the password of these tests."""
        return self.accounts.add(login, PASSWORD, NewAccount(PersonId(person), role), self.world.now).key

    def later(self, **how_long: float) -> None:
        """Let time pass."""
        self.world.now += timedelta(**how_long)


@dataclass
class Browser:
    """A browser: keeps cookies, and fills the forms that it is shown.

    Attributes:
        door: Where it goes.
        address: Where it comes from.
        cookies: What it keeps.
        more: Headers sent with everything.
    """

    door: Door
    address: str = "192.0.2.1"
    cookies: dict[str, str] = field(default_factory=dict)
    more: dict[str, str] = field(default_factory=dict)

    def ask(self, path: str, method: str = "GET", body: bytes = b"", **headers: str) -> httpx.Response:
        """Make one request; redirects are not followed."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        kept = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())} if self.cookies else {}
        answer = self._asked(method, path, body, {**kept, **self.more, **named})
        for header in answer.headers.get_list("set-cookie"):
            for name, morsel in SimpleCookie(header).items():
                self.cookies[name] = morsel.value
                if morsel["max-age"] == "0":
                    del self.cookies[name]
        return answer

    def _asked(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> httpx.Response:
        transport = httpx.ASGITransport(app=self.door.app, raise_app_exceptions=False, client=(self.address, 4711))
        sent = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]

        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(transport=transport, base_url=self.door.url) as client:
                return await client.request(method, path, content=body, headers=sent)

        return asyncio.run(ask())

    def post(self, path: str, fields: Mapping[str, str], **headers: str) -> httpx.Response:
        """Send a form as a browser does that stands on a page of this site."""
        sent = {"Content_Type": FORM, "Origin": self.door.url, "Sec_Fetch_Site": "same-origin", **headers}
        return self.ask(path, "POST", urlencode(fields).encode(), **{k: v for k, v in sent.items() if v})

    def fill(self, path: str, **fields: str) -> httpx.Response:
        """Open a page, fill its first form that goes elsewhere than out, and send it."""
        html = self.ask(path).text
        return self.post(urlsplit(path).path, {**hidden(html), **fields})

    def enter(self, code: str, number: str = PHONE, path: str = "/a") -> httpx.Response:
        """Type a code and a number."""
        return self.fill(path, code=code, number=number)

    def sign_in(self, login: str = LOGIN, password: str = PASSWORD, path: str = "/a/sign-in") -> httpx.Response:
        """Type a login and a password."""
        return self.fill(path, login=login, password=password)

    def leave(self) -> httpx.Response:
        """Press what is at the top of every page."""
        html = self.ask("/a/cases").text or self.ask("/a/alert").text
        return self.post("/a/sign-out", {"csrf": hidden(html)["csrf"]})

    @property
    def is_in(self) -> bool:
        """Whether all cases are open to it."""
        return self.ask("/a/cases").status_code == 200

    @property
    def is_at_alert(self) -> bool:
        """Whether the alert of a code is open to it."""
        return self.ask("/a/alert").status_code == 200


def hidden(html: str) -> dict[str, str]:
    """Hidden fields of a page."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html)
    return {name: unescape(value) for name, value in found}


def new_door(folder: Path) -> Door:
    """A door on a database of its own; it is Thursday 26 November 2026, 14:10 in London."""
    world = new_world(folder)
    world.at("11-26 14:10")
    return Door(world)
