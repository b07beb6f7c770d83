"""For those who have signed in: the set of rules that waits for a second person, and their standing for it.

Source: CONTRACT, `alertd approve`: "by signed-in page, or by a code sent to that person's own number".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from alertd.core.wording import moment
from alertd.model.errors import AlertdError, NotPossible
from alertd.model.rule_loads import RuleLoad
from alertd.model.visitor import Visitor
from alertd.service.approving import Approving
from alertd.web.pages.render import page
from alertd.web.pages.site import TRY_AGAIN, filled, for_signed_in
from alertd.web.pages.typed_form import Typed
from alertd.web.visits import HOME

RULES = "/a/rules"
_MOST_LINES = 20
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RuleSets:
    """What the page works with.

    Attributes:
        approving: The verbs of whoever stands for a set.
        now: The present, aware UTC.
        new_id: A new unguessable name.
    """

    approving: Approving
    now: Callable[[], datetime]
    new_id: Callable[[], str]


def rule_routes(sets: RuleSets) -> Sequence[BaseRoute]:
    """The page and its one button."""
    pages = RulePages(sets)
    return (
        Route(RULES, for_signed_in(pages.look), methods=["GET"]),
        Route(RULES, for_signed_in(pages.approve), methods=["POST"]),
    )


class RulePages:
    """The endpoints; what they do to the store runs on a thread of its own."""

    def __init__(self, sets: RuleSets) -> None:
        self._sets = sets

    async def look(self, request: Request, visitor: Visitor) -> Response:
        """Show what waits, and what it changes."""
        return await run_in_threadpool(self._shown, request, visitor)

    async def approve(self, request: Request, visitor: Visitor) -> Response:
        """Stand for it."""
        typed = filled(request)
        return typed if isinstance(typed, Response) else await run_in_threadpool(self._approve, request, visitor, typed)

    def _approve(self, request: Request, visitor: Visitor, typed: Typed) -> Response:
        sets = self._sets
        try:
            # The button carries the set that was read: one that has come since is not approved unseen.
            load = sets.approving.by_page(typed.button, visitor.person, sets.now())
        except NotPossible as why:
            return self._shown(request, visitor, str(why), 409)
        except AlertdError as trouble:
            _log.error("press_failed", act="approve", reason=type(trouble).__name__)
            return self._shown(request, visitor, TRY_AGAIN, 503)
        _log.info("rules_approved", version=load.version)
        return RedirectResponse(RULES, 303)

    def _shown(self, request: Request, visitor: Visitor, trouble: str = "", status: int = 200) -> Response:
        try:
            load = self._sets.approving.asked("")
        except NotPossible:
            says = "No changed rules wait for anybody."
            return page(request, "notice", status=status, heading="Rules", says=f"{trouble} {says}".strip())
        return page(
            request, "rules", status=status, load=load, trouble=trouble, form=self._sets.new_id(), home=HOME,
            tried=moment(load.at), may=visitor.person not in load.people, changes=load.report.changes[:_MOST_LINES],
            more=max(0, len(load.report.changes) - _MOST_LINES), by=_author(load),
        )  # fmt: skip


def _author(load: RuleLoad) -> str:
    return load.author or (f"user {load.account} of the server" if load.account else "nobody who gave a name")
