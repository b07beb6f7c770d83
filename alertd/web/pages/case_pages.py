"""For those who have signed in: the list, a case, and every act on it.

Source: CONTRACT, HTTP.
"""

from __future__ import annotations

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from alertd.core.wording import moment
from alertd.model.access import CaseRead
from alertd.model.case import AlertState, Facts
from alertd.model.errors import AlertdError, NotPossible
from alertd.model.visitor import Visitor
from alertd.service.pages.acts import Press, find
from alertd.service.pages.case_page import can_answer, case_page, family_safety
from alertd.service.pages.confirmation import confirmation
from alertd.service.pages.list_page import list_page
from alertd.web.pages.questions import (
    QUESTIONS,
    SAME,
    Question,
    answer_question,
    fitted,
    join_question,
)
from alertd.web.pages.render import page
from alertd.web.pages.site import TRY_AGAIN, Site, done, filled, not_there
from alertd.web.pages.typed_form import Typed, days, fact_of, moment_of

AT_ONCE = frozenset({"accept", "accept-police", "hand-on"})
"""Acts that need no question: one press on the case's own page."""

_log = structlog.get_logger(__name__)


class CasePages:
    """The endpoints; what they do to the store runs on a thread of its own."""

    def __init__(self, site: Site) -> None:
        self._site = site

    # --- looking

    async def cases(self, request: Request, visitor: Visitor) -> Response:
        """Show the open cases."""
        return await run_in_threadpool(self._cases, request, visitor)

    async def case(self, request: Request, visitor: Visitor) -> Response:
        """Show one case."""
        return await run_in_threadpool(self._case, request, visitor)

    async def ask(self, request: Request, visitor: Visitor) -> Response:
        """Show the page of an act that asks something first."""
        return await run_in_threadpool(self._ask, request, visitor)

    def _cases(self, request: Request, visitor: Visitor) -> Response:
        site, now = self._site, self._site.now()
        with site.store.read() as reading:
            shown = list_page(site.ruling().terms.plan.book, site.cohort_words, now, reading)
        return page(request, "list", page=shown, handover=site.handover(visitor), as_of=moment(now))

    def _case(
        self, request: Request, visitor: Visitor, trouble: str = "", form: str = "", status: int = 200
    ) -> Response:
        site, now = self._site, self._site.now()
        ruling = site.ruling()
        try:
            with site.store.read() as reading:
                facts = find(reading, request.path_params["ref"])
                shown = case_page(facts, visitor.person, ruling, site.cohort_words, now, reading)
        except NotPossible as why:
            return not_there(request, str(why))
        site.viewed(CaseRead(visitor.person, facts.row.id, now, "case"))
        came_from = request.query_params.get("done", "")
        said = confirmation(came_from, visitor.person, facts, ruling.terms.plan.book, now) if came_from else ""
        return page(
            request, "case", status=status, page=shown, confirmation=said, trouble=trouble,
            form=form or site.new_id(), as_of=moment(now),
        )  # fmt: skip

    def _ask(self, request: Request, visitor: Visitor) -> Response:
        name = request.path_params["act"]
        if name in AT_ONCE:
            return self._case(request, visitor)
        typed = Typed(self._site.new_id(), text=request.query_params.get("with", "") if name == "same" else "")
        return self._question(request, typed)

    def _question(self, request: Request, typed: Typed, trouble: str = "", status: int = 200) -> Response:
        question = _question(request)
        try:
            with self._site.store.read() as reading:
                facts = find(reading, request.path_params["ref"])
        except NotPossible as why:
            return not_there(request, str(why))
        if question is None:
            return not_there(request, "There is no such page.")
        return self._form(request, _fitted(question, facts), facts.row.ref, typed, trouble, status)

    def _form(
        self, request: Request, question: Question, ref: str, typed: Typed, trouble: str = "", status: int = 200
    ) -> Response:
        return page(
            request, "act", status=status, act=question, ref=ref, back=f"/a/case/{ref}", action=request.url.path,
            typed=typed, trouble=trouble, form=typed.form, days=days(self._site.now()),
        )  # fmt: skip

    # --- acting

    async def act(self, request: Request, visitor: Visitor) -> Response:
        """Do what was pressed, and go back to the case."""
        typed = filled(request)
        return typed if isinstance(typed, Response) else await run_in_threadpool(self._act, request, visitor, typed)

    def _act(self, request: Request, visitor: Visitor, typed: Typed) -> Response:
        ref, name = request.path_params["ref"], request.path_params["act"]
        try:
            if name == "same" and typed.button not in ("same", "different"):
                return self._join(request, ref, typed)
            if not self._do(request, ref, typed, self._site.press(visitor, typed)):
                return not_there(request, "There is no such page.")
        except NotPossible as why:
            self._site.changed()
            return self._again(request, visitor, typed, str(why), 409)
        except AlertdError as trouble:
            _log.error("press_failed", act=name, reason=type(trouble).__name__)
            return self._again(request, visitor, typed, TRY_AGAIN, 503)
        self._site.changed()
        return done(f"/a/case/{ref}", typed)

    def _join(self, request: Request, ref: str, typed: Typed) -> Response:
        """Ask once more before two cases become one."""
        _needs(SAME, typed)
        one, other = self._site.acts.pair(ref, typed.text)
        return self._form(request, join_question(one, other), one, typed)

    def _again(self, request: Request, visitor: Visitor, typed: Typed, trouble: str, status: int) -> Response:
        """The same page with what went wrong, and with what was typed."""
        if request.path_params["act"] in AT_ONCE:
            return self._case(request, visitor, trouble, typed.form, status)
        return self._question(request, typed, trouble, status)

    def _do(self, request: Request, ref: str, typed: Typed, press: Press) -> bool:
        """Do it; False when there is no such act."""
        acts, question = self._site.acts, _question(request)
        match request.path_params["act"]:
            case "accept":
                acts.accept(ref, press)
            case "accept-police":
                acts.accept_after_police(ref, press.now, press)
            case "hand-on":
                acts.hand_on(ref, press)
            case "release":
                acts.release(ref, press)
            case "police" if typed.button == "accept":
                acts.accept_after_police(ref, moment_of(typed, press.now), press)
            case "same":
                _needs(SAME, typed)
                acts.same(ref, typed.text, press, different=typed.button == "different")
            case _ if question is not None:
                acts.record(ref, fact_of(question, typed, press.now), press)
            case _:
                return False
        return True


def _question(request: Request) -> Question | None:
    """The question of the address; None when there is none."""
    name, field = request.path_params["act"], request.path_params.get("field")
    if field is not None:
        return answer_question(field) if name == "answer" and can_answer(field) else None
    return SAME if name == "same" else QUESTIONS.get(name)


def _fitted(question: Question, facts: Facts) -> Question:
    waits = any(alert.state is AlertState.OPEN for alert in facts.alerts)
    return fitted(question, waits=waits, safe=family_safety(facts))


def _needs(question: Question, typed: Typed) -> None:
    if not typed.text:
        raise NotPossible(question.needs_text)
