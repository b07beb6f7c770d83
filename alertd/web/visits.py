"""Who is at a page: cookies, sessions, and forms that only our own pages can send.

Every request below `/a` gets `request.state.visitor` (Visitor or None) and `request.state.csrf`, which each form
carries as a hidden field `csrf`; a POST has been read and checked before a page sees it, and its fields are
`request.state.form`. A page asks for its visitor by `require_visitor` or `require_sign_in`.

The cookie is SameSite=Lax, not Strict: with Strict, a link in a mail and the way back from the council's sign-in would
arrive without it. What Lax leaves open, the field and the Origin close.
"""

from __future__ import annotations

import asyncio
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote, urlsplit

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from alertd.model.errors import StoreError
from alertd.model.visitor import Visitor
from alertd.service.sessions import Sessions, new_token
from alertd.web.forms import Form, Malformed, read_form
from alertd.web.pages.render import page

ENTRY = "/a"
SIGN_IN = "/a/sign-in"
SIGN_OUT = "/a/sign-out"
OIDC = "/a/directory"
OIDC_BACK = "/a/directory/back"
HOME_BY_CODE = "/a/alert"
HOME = "/a/cases"
FILES = "/a/file/"

AT_ONCE = 4
"""Page requests that work with the store at the same time: a crowd at the pages leaves the loops their connections."""
_SELF_PACED = frozenset({ENTRY, SIGN_IN, OIDC, OIDC_BACK})
"""These may be held for half a minute, or wait for a provider: they take a turn only while they use the store."""
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_LOCAL = re.compile(r"/a(/[A-Za-z0-9_.~-]+)*(\?[A-Za-z0-9_.~%&=+-]*)?")
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Visit:
    """One request of a browser.

    Attributes:
        token: What its cookie holds; setting another one sets the cookie.
        turn: To be held while a self-paced page works with the store.
    """

    token: str
    turn: asyncio.Semaphore = field(repr=False)


@dataclass(frozen=True, slots=True)
class Visiting:
    """What the layer works with.

    Attributes:
        sessions: Who holds which cookie.
        public_url: Where people reach the pages; with https, cookies are bound to it.
        now: The present, aware UTC.
    """

    sessions: Sessions
    public_url: str
    now: Callable[[], datetime]

    @property
    def is_secure(self) -> bool:
        """Whether people come by https."""
        return self.public_url.startswith("https://")

    @property
    def cookie(self) -> str:
        """Name of the cookie; browsers take `__Host-` only from this very host, over https, for all of it."""
        return "__Host-alertd" if self.is_secure else "alertd"


def is_page(path: str) -> bool:
    """Whether a path belongs to the pages."""
    return path == ENTRY or path.startswith(f"{ENTRY}/")


class Visits:
    """Finds out who is at a page, and lets no form of another site through."""

    def __init__(self, app: ASGIApp, visiting: Visiting) -> None:
        self._app = app
        self._visiting = visiting
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it."""
        if scope["type"] != "http" or not is_page(scope["path"]) or scope["path"].startswith(FILES):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        came = _cookie(request, self._visiting.cookie)
        visit = Visit(came or new_token(), self._turn)
        request.state.visit = visit
        request.state.visitor = None
        request.state.csrf = self._visiting.sessions.csrf(visit.token)

        async def with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and visit.token != came:
                MutableHeaders(scope=message).append("set-cookie", self._set(visit.token))
            await send(message)

        try:
            await self._answer(request, came, with_cookie)
        except StoreError as trouble:
            _log.error("page_failed", reason=type(trouble).__name__)
            await _unavailable(request)(scope, receive, with_cookie)

    async def _answer(self, request: Request, came: str, send: Send) -> None:
        if request.method == "POST" and (refused := await self._refused(request, came)) is not None:
            await refused(request.scope, request.receive, send)
            return
        self_paced = request.scope["path"] in _SELF_PACED
        async with self._turn:
            if came:
                visiting = self._visiting
                request.state.visitor = await run_in_threadpool(visiting.sessions.visitor, came, visiting.now())
            if not self_paced:
                await self._app(request.scope, request.receive, send)
        if self_paced:
            await self._app(request.scope, request.receive, send)

    async def _refused(self, request: Request, came: str) -> Response | None:
        """Read a form, and say why it is not taken; None when it is ours."""
        form = await read_form(request)
        if isinstance(form, Malformed):
            _log.warning("form_refused", reason=form.reason)
            return page(request, "notice", status=form.status, heading="This form could not be read", says=_READ)
        request.state.form = form
        if not came:
            _log.warning("form_refused", reason="no cookie")
            return page(request, "notice", status=403, heading="Nothing was done yet", says=_NO_COOKIE)
        if not self._is_ours(request, form):
            _log.warning("form_refused", reason="not ours")
            return page(request, "notice", status=403, heading="Nothing was done yet", says=_NOT_OURS)
        return None

    def _is_ours(self, request: Request, form: Form) -> bool:
        right = request.state.csrf
        given = form.get("csrf").encode("utf-8", "surrogatepass")
        return hmac.compare_digest(given, right.encode()) and self._is_from_here(request)

    def _is_from_here(self, request: Request) -> bool:
        """Whether the browser says that the form stood on a page of ours; browsers too old to say so are believed."""
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return False
        origin = request.headers.get("origin")
        if origin is None or origin == _origin(self._visiting.public_url):
            return True
        # At the machine itself, past the proxy that stands for public_url.
        host = request.headers.get("host", "")
        return origin == f"http://{host}" and urlsplit(origin).hostname in _LOOPBACK

    def _set(self, token: str) -> str:
        secure = "; Secure" if self._visiting.is_secure else ""
        return f"{self._visiting.cookie}={token}; Path=/; HttpOnly; SameSite=Lax{secure}"


def require_visitor(request: Request, back: str = "") -> Visitor:
    """Whoever is at a page; a page that answers for nobody goes no further.

    Args:
        request: Of a page.
        back: Where to go once they are in; the page itself when not given.

    Raises:
        HTTPException: nobody is: the browser is sent to come in, and back afterwards.
    """
    visitor: Visitor | None = request.state.visitor
    if visitor is None:
        raise _sent_to(ENTRY, request, back)
    return visitor


def require_sign_in(request: Request, back: str = "") -> Visitor:
    """As `require_visitor`, for somebody who signed in: who typed a code is asked to sign in first."""
    visitor: Visitor | None = request.state.visitor
    if visitor is None or not visitor.is_signed_in:
        raise _sent_to(SIGN_IN, request, back)
    return visitor


def safe_next(wanted: str, otherwise: str) -> str:
    """Where to go after coming in: a page of ours and nothing else, whatever was asked for."""
    is_ours = len(wanted) <= 500 and _LOCAL.fullmatch(wanted) and "/.." not in wanted
    return wanted if is_ours and urlsplit(wanted).path not in (ENTRY, SIGN_IN) else otherwise


def _sent_to(where: str, request: Request, back: str) -> HTTPException:
    query = request.scope["query_string"].decode("latin-1")
    here = request.scope["path"] + (f"?{query}" if query and request.method == "GET" else "")
    wanted = safe_next(back or here, "")
    location = f"{where}?next={quote(wanted, safe='')}" if wanted else where
    return HTTPException(303, headers={"Location": location})


def _cookie(request: Request, name: str) -> str:
    found = request.cookies.get(name, "")
    return found if _TOKEN.fullmatch(found) else ""


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _unavailable(request: Request) -> Response:
    answer = page(request, "notice", status=503, heading="alertd cannot reach its records just now", says=_STORE)
    answer.headers["Retry-After"] = "10"
    return answer


_READ = "Nothing was done. Go back, and send it again with less text."
_NO_COOKIE = (
    "Your browser did not send the small cookie that this page needs. Go to the start and try again. If it happens "
    "again, allow cookies for this site, or answer by text instead: Y and the code accepts."
)
_NOT_OURS = (
    "This form was open for too long, or did not come from this site. Go to the start and try again, or answer by text "
    "instead: Y and the code accepts."
)
_STORE = "Nothing was done. Try again in a moment, or answer by text instead: Y and the code accepts."
