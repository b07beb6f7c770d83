"""The addresses of the pages."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.routing import BaseRoute, Route

from alertd.web.pages.case_pages import CasePages
from alertd.web.pages.code_pages import CodePages
from alertd.web.pages.handover_pages import HANDOVER, HandoverPages
from alertd.web.pages.render import file
from alertd.web.pages.site import Site, for_code, for_signed_in
from alertd.web.visits import HOME, HOME_BY_CODE


def page_routes(site: Site) -> Sequence[BaseRoute]:
    """Every page that shows or changes something of a case; how people come in is another's matter."""
    cases, codes, lists = CasePages(site), CodePages(site), HandoverPages(site)
    look, press = ["GET"], ["POST"]
    return (
        Route("/a/file/{name}", file),
        Route(HOME, for_signed_in(cases.cases), methods=look),
        Route("/a/case/{ref}", for_signed_in(cases.case), methods=look),
        Route("/a/case/{ref}/{act}", for_signed_in(cases.ask), methods=look),
        Route("/a/case/{ref}/{act}", for_signed_in(cases.act), methods=press),
        Route("/a/case/{ref}/{act}/{field}", for_signed_in(cases.ask), methods=look),
        Route("/a/case/{ref}/{act}/{field}", for_signed_in(cases.act), methods=press),
        Route(HANDOVER, for_signed_in(lists.look), methods=look),
        Route(f"{HANDOVER}/{{number}}", for_signed_in(lists.confirm), methods=press),
        Route(HOME_BY_CODE, for_code(codes.alert), methods=look),
        Route(f"{HOME_BY_CODE}/police", for_code(codes.ask_police), methods=look),
        Route(f"{HOME_BY_CODE}/{{act}}", for_code(codes.act), methods=press),
    )
