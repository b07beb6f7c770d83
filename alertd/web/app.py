"""The application behind the one listener.

Source: CONTRACT, HTTP.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, ExceptionHandler, Message, Receive, Scope, Send

from alertd.web.gate import Count
from alertd.web.hooks import INBOUND, STATUS, Twilio, TwilioHooks
from alertd.web.notify_hooks import NOTIFY, Notify, NotifyHook
from alertd.web.voice import VOICE, Voice, VoiceHooks

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_log = structlog.get_logger(__name__)


class Headers:
    """Puts the same careful headers on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        await self._app(scope, receive, with_headers)


def make_app(
    registry: CollectorRegistry,
    troubles: Callable[[], Mapping[str, str]],
    count: Count,
    twilio: Twilio | None = None,
    voice: Voice | None = None,
    notify: Notify | None = None,
) -> Starlette:
    """Put the application together.

    Args:
        registry: Figures for `/metrics`.
        troubles: What keeps alertd from its work now, by part, in plain words; empty when it is ready. Called from
            any thread; nothing personal.
        count: Counts webhooks: hook, and what became of it.
        twilio: What its hooks work with; None when texts do not go by Twilio, and there are none.
        voice: The same for calls.
        notify: The same for GOV.UK Notify.
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
    if twilio is not None:
        hooks = TwilioHooks(twilio, count)
        routes.append(Route(INBOUND, hooks.inbound, methods=["POST"]))
        routes.append(Route(STATUS, hooks.status, methods=["POST"]))
    if voice is not None:
        routes.append(Route(VOICE, VoiceHooks(voice, count).voice, methods=["POST"]))
    if notify is not None:
        routes.append(Route(NOTIFY, NotifyHook(notify, count).take, methods=["POST"]))
    handlers: Mapping[Any, ExceptionHandler] = {Exception: _failed(count)}
    return Starlette(routes=routes, middleware=[Middleware(Headers)], exception_handlers=handlers)


def _failed(count: Count) -> ExceptionHandler:
    """Answer for a fault of alertd: logged without its text, which may be personal, and counted."""

    def answer(request: Request, fault: Exception) -> Response:
        path = request.scope["path"]
        hook = path.rpartition("/")[2] if path in (INBOUND, STATUS, VOICE, NOTIFY) else "other"
        _log.error("request_failed", hook=hook, exc_info=fault)
        count(hook, "failed")
        return PlainTextResponse("a fault of alertd\n", 500)

    return answer
