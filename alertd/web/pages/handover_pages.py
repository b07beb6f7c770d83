"""For those who have signed in: the list of the latest hand-over, and its confirmation.

Source: DOMAIN, "Who is woken", "Hand-over": the incoming team "confirms the list once".
"""

from __future__ import annotations

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from alertd.model.errors import AlertdError
from alertd.model.visitor import Visitor
from alertd.service.pages.handover_page import list_for
from alertd.web.pages.render import page
from alertd.web.pages.site import TRY_AGAIN, Site, done, filled, not_there
from alertd.web.pages.typed_form import Typed

HANDOVER = "/a/handover"
_REPLACED = "A newer list has taken its place: this one was not confirmed. Please look at the new one."
_log = structlog.get_logger(__name__)


class HandoverPages:
    """The endpoints; what they do to the store runs on a thread of its own."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def look(self, request: Request, visitor: Visitor) -> Response:
        """Show the list."""
        return await run_in_threadpool(self._look, request, visitor)

    async def confirm(self, request: Request, visitor: Visitor) -> Response:
        """Confirm the list that was looked at, and show it again."""
        typed = filled(request)
        return typed if isinstance(typed, Response) else await run_in_threadpool(self._confirm, request, visitor, typed)

    def _look(
        self, request: Request, visitor: Visitor, trouble: str = "", form: str = "", status: int = 200
    ) -> Response:
        shown = self._site.handover(visitor)
        if shown is None:
            return not_there(request, "The latest hand-over had no case to list.")
        at = f"{HANDOVER}/{shown.number}"
        id_ = form or self._site.new_id()
        return page(request, "handover", status=status, page=shown, action=at, trouble=trouble, form=id_)

    def _confirm(self, request: Request, visitor: Visitor, typed: Typed) -> Response:
        site = self._site
        with site.store.read() as reading:
            made = list_for(visitor, reading)
        if made is None or str(made.number) != request.path_params["number"]:
            return self._look(request, visitor, _REPLACED, status=409)
        try:
            site.acts.confirm_list(made.code, site.press(visitor, typed))
        except AlertdError as trouble:
            _log.error("press_failed", act="confirm", reason=type(trouble).__name__)
            return self._look(request, visitor, TRY_AGAIN, typed.form, 503)
        site.changed()
        return done(HANDOVER, typed)
