"""Coming in: by the code of an alert and one's own number, by a password, by the council's directory; and leaving.

What was typed is never logged, and no answer says which part of it was wrong.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from alertd.model.visitor import Visitor
from alertd.service.accounts import Accounts, login_of
from alertd.service.entry import Entry, code_typed
from alertd.service.numbers import as_number
from alertd.service.sessions import Sessions, new_token
from alertd.service.tries import LONGEST
from alertd.web.client_address import Network, network_of
from alertd.web.pages.render import page
from alertd.web.sign_in_directory import DirectoryPages
from alertd.web.slowing import Slowing, TooMany
from alertd.web.visits import ENTRY, HOME, HOME_BY_CODE, OIDC, OIDC_BACK, SIGN_IN, SIGN_OUT, safe_next

Count = Callable[[str, str], None]
"""Counts a try to come in: which way, and what became of it."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ComingIn:
    """What these pages work with.

    Attributes:
        sessions: Lets people in and out.
        entry: By a code.
        accounts: By a password; None where that is switched off.
        directory: By the council's directory; None where there is none.
        slowing: Holds tries after wrong ones.
        proxies: Whose word on where a request comes from is taken.
        call_back: The desk's number, shown to whoever cannot get in.
        count: Counts tries.
        now: The present, aware UTC.
    """

    sessions: Sessions
    entry: Entry
    accounts: Accounts | None
    directory: DirectoryPages | None
    slowing: Slowing
    proxies: Iterable[Network]
    call_back: str
    count: Count
    now: Callable[[], datetime]


def sign_in_routes(coming: ComingIn) -> Sequence[BaseRoute]:
    """Every way in, and the way out."""
    pages = SignInPages(coming)
    look, press = ["GET"], ["POST"]
    routes = [
        Route(ENTRY, pages.entry, methods=look),
        Route(ENTRY, pages.enter, methods=press),
        Route(SIGN_OUT, pages.sign_out, methods=press),
    ]
    if coming.accounts is not None or coming.directory is not None:
        routes.append(Route(SIGN_IN, pages.sign_in, methods=look))
    if coming.accounts is not None:
        routes.append(Route(SIGN_IN, pages.prove, methods=press))
    if coming.directory is not None:
        routes.append(Route(OIDC, coming.directory.begin, methods=look))
        routes.append(Route(OIDC_BACK, coming.directory.finish, methods=look))
    return routes


class SignInPages:
    """The pages; what they do to the store runs on a thread of its own."""

    def __init__(self, coming: ComingIn) -> None:
        self._coming = coming
        self._one_password = asyncio.Semaphore(1)  # each takes a core and 46 MiB for a moment

    # --- by a code

    async def entry(self, request: Request) -> Response:
        """The start: type the code of a text, or go on to sign in."""
        visitor: Visitor | None = request.state.visitor
        if visitor is not None:
            return RedirectResponse(HOME if visitor.is_signed_in else HOME_BY_CODE, 303)
        return self._entry(request, safe_next(request.query_params.get("next", ""), ""))

    async def enter(self, request: Request) -> Response:
        """Take a code and a number."""
        form, coming = request.state.form, self._coming
        code, number = code_typed(form.get("code")), as_number(form.get("number"))

        def judge() -> str | None:
            person = coming.entry.admit(code, number)
            return None if person is None else coming.sessions.enter(person, code, coming.now())

        wanted = safe_next(form.get("next"), "")
        try:
            name = f"number|{number}" if number else ""
            token = await coming.slowing.judged(request.state.visit.turn, self._network(request), name, judge)
        except TooMany:
            return self._entry(request, wanted, _too_many(coming.count, "code"), 429)
        if token is None:
            self._tell("code", "wrong")
            return self._entry(request, wanted, _NOT_BOTH, 403)
        self._tell("code", "in")
        return await self._let_in(request, token, wanted if wanted.startswith(HOME_BY_CODE) else HOME_BY_CODE)

    def _entry(self, request: Request, wanted: str, trouble: str = "", status: int = 200) -> Response:
        form = getattr(request.state, "form", None)
        can_sign_in = self._coming.accounts is not None or self._coming.directory is not None
        return page(
            request,
            "enter",
            status=status,
            trouble=trouble,
            code=form.get("code") if form is not None else "",
            number=form.get("number") if form is not None else "",
            wanted=wanted,
            sign_in=SIGN_IN if can_sign_in else "",
            call_back=self._coming.call_back,
        )

    # --- by a password

    async def sign_in(self, request: Request) -> Response:
        """Sign in, which opens all cases."""
        visitor: Visitor | None = request.state.visitor
        wanted = safe_next(request.query_params.get("next", ""), HOME)
        if visitor is not None and visitor.is_signed_in:
            return RedirectResponse(wanted, 303)
        return self._sign_in(request, wanted)

    async def prove(self, request: Request) -> Response:
        """Take a login and a password."""
        form, coming = request.state.form, self._coming
        wanted = safe_next(form.get("next"), HOME)
        login, accounts = login_of(form.get("login"))[:200], coming.accounts

        def judge() -> str | None:
            account = accounts.prove(login, form.get("password")) if accounts is not None else None
            return None if account is None else coming.sessions.sign_in(account, coming.now())

        try:
            token = await coming.slowing.judged(self._one_password, self._network(request), f"login|{login}", judge)
        except TooMany:
            return self._sign_in(request, wanted, _too_many(coming.count, "password"), 429)
        if token is None:
            self._tell("password", "wrong")
            return self._sign_in(request, wanted, _NO_LOGIN, 403)
        self._tell("password", "in")
        return await self._let_in(request, token, wanted)

    def _sign_in(self, request: Request, wanted: str, trouble: str = "", status: int = 200) -> Response:
        form = getattr(request.state, "form", None)
        directory = self._coming.directory
        return page(
            request,
            "sign_in",
            status=status,
            trouble=trouble,
            login=form.get("login") if form is not None else "",
            wanted=wanted,
            local=self._coming.accounts is not None,
            directory=directory.title if directory is not None else "",
            directory_at=OIDC,
            start=ENTRY,
        )

    # --- in and out

    async def sign_out(self, request: Request) -> Response:
        """Leave."""
        await self._leave(request)
        request.state.visit.token = new_token()
        return RedirectResponse(ENTRY, 303)

    async def _let_in(self, request: Request, token: str, to: str) -> Response:
        """Give the browser the cookie of its new session; one that it had before ends."""
        await self._leave(request)
        request.state.visit.token = token
        return RedirectResponse(to, 303)

    async def _leave(self, request: Request) -> None:
        if request.state.visitor is not None:
            await run_in_threadpool(self._coming.sessions.leave, request.state.visit.token)

    def _network(self, request: Request) -> str:
        return network_of(request, self._coming.proxies)

    def _tell(self, way: str, result: str) -> None:
        _log.info("coming_in_tried", way=way, result=result)
        self._coming.count(way, result)


def _too_many(count: Count, way: str) -> str:
    _log.warning("coming_in_tried", way=way, result="too_many")
    count(way, "too_many")
    return _BUSY


_NOT_BOTH = (
    "This code and this number do not open an alert together. One of them may be mistyped; or the alert was stood "
    "down, or its case is closed."
)
_NO_LOGIN = "This name and this password do not open an account together."
_BUSY = f"Many wrong tries are being held just now. Wait {LONGEST.seconds} seconds, and press again."
