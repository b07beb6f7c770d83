"""People at pages: the real pages on a real store, core and rules; how they came in is what a test says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from alertd.core.clocks import state_now
from alertd.model.access import CaseRead
from alertd.model.case import Alert, Facts
from alertd.model.ids import PersonId
from alertd.model.visitor import Visitor
from alertd.web.forms import read_form
from alertd.web.pages.routes import page_routes
from alertd.web.pages.site import Site
from tests.service.stage import shipped_voice
from tests.service.world import World, custody, new_world
from tests.web.provider import FORM, asked

MASH, EDT, MANAGER = "mash_duty_phone", "edt_duty_phone", "manager_ash"


class _As:
    """Lets one visitor in, as the layer does that knows who is there, and has read and checked their form."""

    def __init__(self, app: ASGIApp, visitor: Visitor | None) -> None:
        self._app = app
        self._visitor = visitor

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        request.state.visitor, request.state.csrf = self._visitor, "csrf of this test"
        if request.method == "POST":
            request.state.form = await read_form(request)
        await self._app(scope, receive, send)


@dataclass
class Desk:
    """A world, and the pages on it.

    Attributes:
        viewed: What was written down of who has seen what.
        accepted: What was counted of acceptances.
        changes: How often the loops were told that something may be to do.
    """

    world: World
    viewed: list[CaseRead] = field(default_factory=list)
    accepted: list[tuple[str, timedelta]] = field(default_factory=list)
    changes: int = 0
    _forms: count[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self._site = Site(
            store=self.world.store,
            people=lambda: self.world.people,
            ruling=lambda: self.world.rules.ruling,
            cohort_words=shipped_voice().cohort_words,
            viewed=self.viewed.append,
            accepted=lambda role, waited: self.accepted.append((role, waited)),
            changed=self._changed,
            now=lambda: self.world.now,
            new_id=lambda: f"form-{next(self._forms):06d}",
        )
        self.app = Starlette(routes=page_routes(self._site))

    def _changed(self) -> None:
        self.changes += 1

    # --- people

    def nobody(self) -> Phone:
        """Somebody whom nobody knows."""
        return Phone(self, None)

    def staff(self, person: str = MASH) -> Phone:
        """Somebody who has signed in."""
        return Phone(self, Visitor(PersonId(person), "", self.world.now))

    def with_code(self, code: str, person: str = MASH) -> Phone:
        """Somebody who has typed the code of a text."""
        return Phone(self, Visitor(PersonId(person), code, self.world.now))

    # --- what stands

    def alert(self, child: str = "P1", **more: object) -> str:
        """Let a child be booked in; the reference of the case."""
        self.world.told(self.world.incident({**custody(child), **more}))
        return self.case(child).row.ref

    def case(self, child: str = "P1") -> Facts:
        """The case of a child as it stands."""
        found = self.world.case(child)
        assert found is not None
        return found

    def only_alert(self, child: str = "P1") -> Alert:
        """The one alert of a child's case."""
        (alert,) = self.case(child).alerts
        return alert

    def clocks(self, child: str = "P1") -> Mapping[str, str]:
        """Clock → how it stands."""
        return {c.clock: state_now(c, self.world.book, self.world.now).value for c in self.case(child).clocks}

    def statuses(self, child: str = "P1") -> list[Mapping[str, object]]:
        """What people recorded, in the order received."""
        return [m.message.fields for m in self.case(child).messages if m.message.source.startswith("person/")]


@dataclass
class Phone:
    """One person's browser, without script."""

    desk: Desk
    visitor: Visitor | None

    def ask(self, path: str, method: str = "GET") -> httpx.Response:
        """Ask for a page."""
        return asked(_As(self.desk.app, self.visitor), method, path, b"", {})

    def post(self, path: str, **fields: str | list[str]) -> httpx.Response:
        """Send a form, and let what follows from it happen."""
        body = urlencode({"csrf": "csrf of this test", **fields}, doseq=True).encode()
        answer = asked(_As(self.desk.app, self.visitor), "POST", path, body, {"Content-Type": FORM})
        self.desk.world.settle()
        return answer

    def fill(self, path: str, **fields: str | list[str]) -> httpx.Response:
        """Open a page, fill its form and send it; what follows when it leads somewhere."""
        found = hidden_form(self.ask(path).text)
        answer = self.post(path, **{"form": found, **fields})
        return self.ask(answer.headers["location"]) if answer.status_code == 303 else answer


def hidden_form(html: str) -> str:
    """The random id of a page's forms."""
    found = re.search(r'name="form" value="([^"]+)"', html)
    assert found is not None, html
    return found[1]


def seen(html: str) -> str:
    """What a person reads on a page."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", re.sub(r"(?s)<head>.*?</head>", "", html))).split())


def new_desk(folder: Path) -> Desk:
    """A desk on a database of its own; it is Thursday 26 November 2026, 14:10 in London."""
    world = new_world(folder)
    world.at("11-26 14:10")
    return Desk(world)
