"""Coming in by the council's directory: there and back.

What the answer must match goes with the browser, sealed, in a cookie of its own for ten minutes: any machine can take
the answer, and nobody else's browser can bring it.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from alertd.model.errors import DirectoryUnavailable, SignInRefused, StoreError
from alertd.service.accounts import Accounts
from alertd.service.sessions import Sessions
from alertd.transport.oidc import Directory, Pending
from alertd.web.pages.render import page
from alertd.web.visits import HOME, OIDC_BACK, safe_next

LASTS = timedelta(minutes=10)
"""How long somebody may take at the directory."""
AT_ONCE = 2
"""Sign-ins that ask the directory at the same time: a slow one holds back nobody but those who sign in by it."""
WHAT = "directory sign-in"
"""What the sealed cookie is bound to."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Sealing:
    """Seals what goes with a browser, and opens it again; `open_` raises StoreError for what is not ours."""

    seal: Callable[[bytes, str], bytes]
    open_: Callable[[bytes, str], bytes]


@dataclass(frozen=True, slots=True)
class ByDirectory:
    """What these pages work with.

    Attributes:
        directory: Asked who somebody is.
        accounts: Whom it may let in.
        sessions: Lets them in.
        sealing: For the cookie.
        title: On the button.
        public_url: Where people come back to.
        count: Counts tries.
        now: The present, aware UTC.
    """

    directory: Directory
    accounts: Accounts
    sessions: Sessions
    sealing: Sealing
    title: str
    public_url: str
    count: Callable[[str, str], None]
    now: Callable[[], datetime]


class DirectoryPages:
    """The two addresses of a sign-in by the directory."""

    def __init__(self, by: ByDirectory) -> None:
        self._by = by
        self._asking = asyncio.Semaphore(AT_ONCE)
        self._is_secure = by.public_url.startswith("https://")
        self._cookie = "__Host-alertd-directory" if self._is_secure else "alertd-directory"

    @property
    def title(self) -> str:
        """On the button."""
        return self._by.title

    async def begin(self, request: Request) -> Response:
        """Send the browser to the directory."""
        try:
            async with self._asking:
                url, pending = await run_in_threadpool(self._by.directory.begin)
        except DirectoryUnavailable as trouble:
            return self._unavailable(request, trouble)
        wanted = safe_next(request.query_params.get("next", ""), HOME)
        until = (self._by.now() + LASTS).timestamp()
        kept = json.dumps([pending.state, pending.nonce, pending.verifier, wanted, until]).encode()
        sealed = base64.urlsafe_b64encode(self._by.sealing.seal(kept, WHAT)).decode()
        answer = RedirectResponse(url, 303)
        self._keep(answer, sealed, int(LASTS.total_seconds()))
        return answer

    async def finish(self, request: Request) -> Response:
        """Take the directory's answer, once."""
        answer = await self._finished(request)
        self._keep(answer, "", 0)
        return answer

    async def _finished(self, request: Request) -> Response:
        by = self._by
        try:
            pending, wanted = self._pending(request)
            query = request.scope["query_string"].decode("latin-1")
            back = f"{by.public_url.rstrip('/')}{OIDC_BACK}?{query}"
            async with self._asking:
                subject = await run_in_threadpool(by.directory.finish, pending, back)
        except DirectoryUnavailable as trouble:
            return self._unavailable(request, trouble)
        except SignInRefused as refused:
            self._tell("refused", str(refused))
            return page(request, "notice", status=403, heading="You are not signed in", says=_REFUSED)
        async with request.state.visit.turn:
            token = await run_in_threadpool(self._let_in, request, subject)
        if token is None:
            self._tell("unknown")
            says = _UNKNOWN.format(subject=subject)
            return page(request, "notice", status=403, heading="No account here is open for you", says=says)
        self._tell("in")
        request.state.visit.token = token
        return RedirectResponse(wanted, 303)

    def _let_in(self, request: Request, subject: str) -> str | None:
        by = self._by
        account = by.accounts.of_directory(by.directory.issuer, subject)
        if account is None:
            return None
        if request.state.visitor is not None:
            by.sessions.leave(request.state.visit.token)
        return by.sessions.sign_in(account, by.now())

    def _pending(self, request: Request) -> tuple[Pending, str]:
        try:
            sealed = base64.urlsafe_b64decode(request.cookies.get(self._cookie, "").encode())
            kept = json.loads(self._by.sealing.open_(sealed, WHAT))
            state, nonce, verifier, wanted, until = kept
        except (StoreError, binascii.Error, ValueError):
            raise SignInRefused("this browser has begun no sign-in") from None
        if self._by.now().timestamp() >= until:
            raise SignInRefused("it took too long")
        return Pending(state, nonce, verifier), wanted

    def _keep(self, answer: Response, sealed: str, seconds: int) -> None:
        answer.set_cookie(
            self._cookie, sealed, max_age=seconds, path="/", secure=self._is_secure, httponly=True, samesite="lax"
        )

    def _unavailable(self, request: Request, trouble: DirectoryUnavailable) -> Response:
        self._tell("unavailable", str(trouble))
        heading = "The sign-in of your organisation does not answer"
        return page(request, "notice", status=503, heading=heading, says=_UNAVAILABLE)

    def _tell(self, result: str, why: str = "") -> None:
        _log.info("coming_in_tried", way="directory", result=result, **({"reason": why} if why else {}))
        self._by.count("directory", result)


_REFUSED = (
    f"The sign-in of your organisation was not finished, or took longer than {LASTS.seconds // 60} minutes. Try again "
    "from the start."
)
_UNAVAILABLE = (
    "Try again in a moment. The code of a text with your own number lets you in meanwhile, and so does a password, if "
    "you have one here."
)
_UNKNOWN = (
    "Your organisation knows you, and alertd does not yet, or not any more. Give this to whoever runs alertd: "
    "alertd user add {subject} --directory --person YOUR-ID"
)
