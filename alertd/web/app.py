"""The application behind the one listener.

Source: CONTRACT, HTTP.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ExceptionHandler

from alertd.web.gate import Count
from alertd.web.headers import STRICT, Headers
from alertd.web.hooks import INBOUND, STATUS, Twilio, TwilioHooks
from alertd.web.notify_hooks import NOTIFY, Notify, NotifyHook
from alertd.web.visits import Visiting, Visits, is_page
from alertd.web.voice import VOICE, Voice, VoiceHooks

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages for people.

    Attributes:
        routes: Every address below `/a`.
        visiting: Finds out who is at them.
        service: Name of the service, at the top of each.
    """

    routes: Sequence[BaseRoute]
    visiting: Visiting
    service: str


@dataclass(frozen=True, slots=True)
class Providers:
    """What the hooks of each provider work with; None where it is not used, and has no hooks.

    Attributes:
        twilio: For texts by Twilio.
        voice: For calls by Twilio.
        notify: For GOV.UK Notify.
    """

    twilio: Twilio | None = None
    voice: Voice | None = None
    notify: Notify | None = None

    def routes(self, count: Count) -> list[BaseRoute]:
        """Their addresses."""
        found: list[BaseRoute] = []
        if self.twilio is not None:
            hooks = TwilioHooks(self.twilio, count)
            found.append(Route(INBOUND, hooks.inbound, methods=["POST"]))
            found.append(Route(STATUS, hooks.status, methods=["POST"]))
        if self.voice is not None:
            found.append(Route(VOICE, VoiceHooks(self.voice, count).voice, methods=["POST"]))
        if self.notify is not None:
            found.append(Route(NOTIFY, NotifyHook(self.notify, count).take, methods=["POST"]))
        return found


_NOBODY = Providers()


def make_app(
    registry: CollectorRegistry,
    troubles: Callable[[], Mapping[str, str]],
    count: Count,
    providers: Providers = _NOBODY,
    pages: Pages | None = None,
) -> Starlette:
    """Put the application together.

    Args:
        registry: Figures for `/metrics`.
        troubles: What keeps alertd from its work now, by part, in plain words; empty when it is ready. Called from
            any thread; nothing personal.
        count: Counts webhooks: hook, and what became of it.
        providers: What their hooks work with.
        pages: For people; None where only machines ask.
    """

    def healthz(_: Request) -> Response:
        return PlainTextResponse("alive\n")

    def readyz(_: Request) -> Response:
        found = troubles()
        lines = "".join(f"{part}: {why}\n" for part, why in sorted(found.items()))
        return PlainTextResponse(lines or "ready\n", 503 if found else 200)

    def metrics(_: Request) -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    routes: list[BaseRoute] = [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]
    routes += providers.routes(count)
    middleware = [Middleware(Headers, is_secure=pages is not None and pages.visiting.is_secure)]
    if pages is not None:
        routes.extend(pages.routes)
        middleware.append(Middleware(Visits, visiting=pages.visiting))
    handlers: Mapping[Any, ExceptionHandler] = {Exception: _failed(count)}
    app = Starlette(routes=routes, middleware=middleware, exception_handlers=handlers)
    app.router.redirect_slashes = False  # it would send people to the address behind the proxy
    if pages is not None:
        app.state.service = pages.service
    return app


def _failed(count: Count) -> ExceptionHandler:
    """Answer for a fault of alertd: logged without its text, which may be personal, and counted."""

    def answer(request: Request, fault: Exception) -> Response:
        path = request.scope["path"]
        hook = path.rpartition("/")[2] if path in (INBOUND, STATUS, VOICE, NOTIFY) else "other"
        _log.error("request_failed", hook=hook, exc_info=fault)
        count(hook, "failed")
        return PlainTextResponse(_FAULT if is_page(request.scope["path"]) else "a fault of alertd\n", 500, STRICT)

    return answer


_FAULT = (
    "Something went wrong in alertd, and it may not have been recorded. Open the page again and look; "
    "or answer by text instead: Y and the code accepts.\n"
)
