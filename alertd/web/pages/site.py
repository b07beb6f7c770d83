"""What the pages work with, and who may see which."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from alertd.model.access import CaseRead
from alertd.model.visitor import Visitor
from alertd.service.casework import Ruling
from alertd.service.pages.acts import Accepted, Acts, Press
from alertd.service.pages.handover_page import HandoverPage, handover_page, list_for
from alertd.service.people import People
from alertd.service.ports import Store
from alertd.web.pages.render import page
from alertd.web.pages.typed_form import Typed, typed_form
from alertd.web.visits import HOME, HOME_BY_CODE, require_sign_in, require_visitor

TRY_AGAIN = "This could not be recorded just now. What you typed is still here: please press again."
Handler = Callable[[Request, Visitor], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Site:
    """What the pages work with.

    Attributes:
        store: For what stands.
        people: The verbs of people.
        ruling: Rules in force, and rest hours.
        cohort_words: Setting → word that may stand on a lock screen.
        viewed: Writes down that somebody has seen a case.
        accepted: Told of each alert that a press accepts: by which role, and how long it waited.
        changed: Called when a press may have made something to do.
        now: The present, aware UTC.
        new_id: A new unguessable name.
    """

    store: Store
    people: Callable[[], People]
    ruling: Callable[[], Ruling]
    cohort_words: dict[str, str]
    viewed: Callable[[CaseRead], None]
    accepted: Accepted
    changed: Callable[[], None]
    now: Callable[[], datetime]
    new_id: Callable[[], str]

    @property
    def acts(self) -> Acts:
        """What presses do."""
        return Acts(self.store, self.people, lambda: self.ruling().terms.plan.book, self.accepted)

    def handover(self, visitor: Visitor) -> HandoverPage | None:
        """The hand-over list that a visitor may see now."""
        now, book = self.now(), self.ruling().terms.plan.book
        with self.store.read() as reading:
            made = list_for(visitor, reading)
            return None if made is None else handover_page(made, visitor, book, self.cohort_words, now, reading)

    def press(self, visitor: Visitor, typed: Typed) -> Press:
        """A press, now."""
        return Press(visitor.person, typed.form, self.now(), visitor.is_signed_in)


def for_signed_in(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """Let those in who have signed in; who typed a code is asked to sign in first."""

    async def answer(request: Request) -> Response:
        return await handler(request, require_sign_in(request))

    return answer


def for_code(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """Let those in who have typed a code; who has signed in has no alert of their own, but all of them."""

    async def answer(request: Request) -> Response:
        visitor = require_visitor(request, HOME_BY_CODE)
        return RedirectResponse(HOME, 303) if visitor.is_signed_in else await handler(request, visitor)

    return answer


def filled(request: Request) -> Typed | Response:
    """The form of a request, which has been read and checked; a page that says so when it is not whole."""
    typed = typed_form(request.state.form)
    if typed.form:
        return typed
    says = "The form did not arrive whole. Nothing was recorded: please open the page again and send it once more."
    return page(request, "notice", status=400, heading="This could not be read", says=says)


def not_there(request: Request, says: str) -> Response:
    """A page that says what there is none of."""
    return page(request, "notice", status=404, heading="Not found", says=says)


def done(path: str, typed: Typed) -> Response:
    """Back to a page after something was recorded; the page finds out by the form's id what that was."""
    return RedirectResponse(f"{path}?{urlencode({'done': typed.form})}", 303)
