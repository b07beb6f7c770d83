"""The careful headers of every answer: strict for machines, as strict as forms allow for people.

Pages load style and script from this host alone, none inline, and send forms nowhere else; nothing of an answer is
kept, framed, or told to another site. `Referrer-Policy: same-origin`, not `no-referrer`: with that, browsers send
`Origin: null` with our own forms, and we could not tell them from another site's.

Source: W3C, Content Security Policy Level 3; Fetch, "append a request Origin header"; OWASP, "HTTP Headers".
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from alertd.web.visits import is_page

_COMMON = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
STRICT: Mapping[str, str] = {
    **_COMMON,
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Referrer-Policy": "no-referrer",
}
PAGES: Mapping[str, str] = {
    **_COMMON,
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Referrer-Policy": "same-origin",
}
_HTTPS_ONLY = "max-age=31536000"


class Headers:
    """Puts them on every answer; a page may say otherwise of its own files.

    Args:
        app: The application.
        is_secure: Whether people come by https, and are to come by nothing else for a year.
    """

    def __init__(self, app: ASGIApp, *, is_secure: bool = False) -> None:
        self._app = app
        self._more = {"Strict-Transport-Security": _HTTPS_ONLY} if is_secure else {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        of_pages = scope["type"] == "http" and is_page(scope["path"])

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if of_pages:
                    for name, value in PAGES.items():
                        headers.setdefault(name, value)
                else:
                    headers.update(STRICT)
                headers.update(self._more)
            await send(message)

        await self._app(scope, receive, with_headers)
