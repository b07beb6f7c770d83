"""The addresses of the pages."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from alertd.model.visitor import Visitor
from alertd.web.pages.case_pages import CasePages
from alertd.web.pages.code_pages import CodePages
from alertd.web.pages.render import file
from alertd.web.pages.site import ALERT, HOME, LIST, Site, for_code, for_signed_in

ENTER = "/a/enter"
"""Where somebody comes in whom nobody knows yet."""


def page_routes(site: Site) -> Sequence[BaseRoute]:
    """Every page that shows or changes something of a case; how people come in is another's matter."""
    cases, codes = CasePages(site), CodePages(site)
    look, press = ["GET"], ["POST"]
    return (
        Route("/a/file/{name}", file),
        Route(HOME, home),
        Route(LIST, for_signed_in(cases.cases), methods=look),
        Route("/a/case/{ref}", for_signed_in(cases.case), methods=look),
        Route("/a/case/{ref}/{act}", for_signed_in(cases.ask), methods=look),
        Route("/a/case/{ref}/{act}", for_signed_in(cases.act), methods=press),
        Route("/a/case/{ref}/{act}/{field}", for_signed_in(cases.ask), methods=look),
        Route("/a/case/{ref}/{act}/{field}", for_signed_in(cases.act), methods=press),
        Route(ALERT, for_code(codes.alert), methods=look),
        Route(f"{ALERT}/police", for_code(codes.ask_police), methods=look),
        Route(f"{ALERT}/{{act}}", for_code(codes.act), methods=press),
    )


async def home(request: Request) -> Response:
    """Lead everybody to what they may see."""
    visitor: Visitor | None = getattr(request.state, "visitor", None)
    if visitor is None:
        return RedirectResponse(ENTER, 303)
    return RedirectResponse(LIST if visitor.is_signed_in else ALERT, 303)
