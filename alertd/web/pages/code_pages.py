"""For those who have typed the code of a text: that alert with its four buttons, or that list with its one.

Source: CONTRACT, HTTP: "shows only what the SMS showed, allows accept, hand on, police have spoken".
"""

from __future__ import annotations

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from alertd.model.errors import AlertdError, NotPossible
from alertd.model.visitor import Visitor
from alertd.service.finding import present
from alertd.service.pages.acts import Press
from alertd.service.pages.code_page import CodePage, code_page
from alertd.service.pages.confirmation import confirmation
from alertd.web.pages.questions import POLICE_CALL, fitted
from alertd.web.pages.render import page
from alertd.web.pages.site import TRY_AGAIN, Site, done, filled, not_there
from alertd.web.pages.typed_form import Typed, days, fact_of, moment_of
from alertd.web.visits import HOME_BY_CODE

_log = structlog.get_logger(__name__)


class CodePages:
    """The endpoints; what they do to the store runs on a thread of its own."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def alert(self, request: Request, visitor: Visitor) -> Response:
        """Show the alert, or the hand-over list."""
        return await run_in_threadpool(self._alert, request, visitor)

    async def ask_police(self, request: Request, visitor: Visitor) -> Response:
        """Ask when the police spoke to us."""
        return await run_in_threadpool(self._ask_police, request, visitor, Typed(self._site.new_id()))

    async def act(self, request: Request, visitor: Visitor) -> Response:
        """Do what was pressed, and go back to the alert."""
        typed = filled(request)
        return typed if isinstance(typed, Response) else await run_in_threadpool(self._act, request, visitor, typed)

    def _alert(
        self, request: Request, visitor: Visitor, trouble: str = "", form: str = "", status: int = 200
    ) -> Response:
        id_ = form or self._site.new_id()
        try:
            shown, said = self._shown(visitor, request.query_params.get("done", ""))
        except NotPossible as why:
            made = self._site.handover(visitor)
            if made is None:
                return not_there(request, str(why))
            at = f"{HOME_BY_CODE}/confirm"
            return page(request, "handover", status=status, page=made, action=at, trouble=trouble, form=id_)
        return page(request, "code", status=status, page=shown, confirmation=said, trouble=trouble, form=id_)

    def _shown(self, visitor: Visitor, came_from: str) -> tuple[CodePage, str]:
        site, now = self._site, self._site.now()
        ruling = site.ruling()
        with site.store.read() as reading:
            shown = code_page(visitor, ruling, site.cohort_words, now, reading)
            found = reading.alert_by_code(visitor.code)
            facts = present(reading, found[0]) if came_from and found is not None else None
        book = ruling.terms.plan.book
        return shown, confirmation(came_from, visitor.person, facts, book, now) if facts is not None else ""

    def _ask_police(
        self, request: Request, visitor: Visitor, typed: Typed, trouble: str = "", status: int = 200
    ) -> Response:
        try:
            shown, _ = self._shown(visitor, "")
        except NotPossible as why:
            return not_there(request, str(why))
        return page(
            request, "act", status=status, act=fitted(POLICE_CALL, waits=shown.alert.state == "open", safe=""),
            ref=shown.ref, back=HOME_BY_CODE, action=f"{HOME_BY_CODE}/police", typed=typed, trouble=trouble,
            form=typed.form, days=days(self._site.now()),
        )  # fmt: skip

    def _act(self, request: Request, visitor: Visitor, typed: Typed) -> Response:
        name = request.path_params["act"]
        try:
            if not self._do(name, visitor.code, typed, self._site.press(visitor, typed)):
                return not_there(request, "There is no such page.")
        except NotPossible as why:
            self._site.changed()
            return self._again(request, visitor, typed, str(why), 409)
        except AlertdError as trouble:
            _log.error("press_failed", act=name, reason=type(trouble).__name__)
            return self._again(request, visitor, typed, TRY_AGAIN, 503)
        self._site.changed()
        return done(HOME_BY_CODE, typed)

    def _again(self, request: Request, visitor: Visitor, typed: Typed, trouble: str, status: int) -> Response:
        if request.path_params["act"] == "police":
            return self._ask_police(request, visitor, typed, trouble, status)
        return self._alert(request, visitor, trouble, typed.form, status)

    def _do(self, name: str, code: str, typed: Typed, press: Press) -> bool:
        """Do it; False when there is no such act."""
        acts = self._site.acts
        match name:
            case "confirm":
                acts.confirm_list(code, press)
            case "accept":
                acts.accept(code, press)
            case "accept-police":
                acts.accept_after_police(code, press.now, press)
            case "hand-on":
                acts.hand_on(code, press)
            case "release":
                acts.release(code, press)
            case "police" if typed.button == "accept":
                acts.accept_after_police(code, moment_of(typed, press.now), press)
            case "police":
                acts.record(code, fact_of(POLICE_CALL, typed, press.now), press)
            case _:
                return False
        return True
