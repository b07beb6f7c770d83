"""How a page is made: one environment, one layout, the same few facts on each."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from alertd.service.pages.words import sentence

FOLDER = Path(__file__).parent
FILES = {"alertd.css": "text/css", "alertd.js": "text/javascript"}
"""Everything that a page loads, from this host alone (`alertd.web.headers`)."""


def page(request: Request, name: str, *, status: int = 200, **fields: object) -> Response:
    """Render a page.

    Args:
        request: `state.visitor` and `state.csrf` are put into the page when they are there.
        name: Template, without `.html.j2`.
        status: HTTP status.
        fields: What the template names besides.
    """
    shared = {
        "visitor": getattr(request.state, "visitor", None),
        "csrf": getattr(request.state, "csrf", ""),
        "service": getattr(request.app.state, "service", "Urgent Response"),
        "version": version(),
    }
    text = environment().get_template(f"{name}.html.j2").render(**shared, **fields)
    return HTMLResponse(text, status)


@cache
def environment() -> Environment:
    """The templates; whatever is put into one is escaped, and a name that nothing fills is a fault."""
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["sentence"] = sentence
    return made


@cache
def content(name: str) -> bytes:
    """One of `FILES`, read once."""
    return (FOLDER / "files" / name).read_bytes()


@cache
def version() -> str:
    """Changes when one of `FILES` does, so that a phone may keep them."""
    return hashlib.sha256(b"".join(content(name) for name in sorted(FILES))).hexdigest()[:12]


def file(request: Request) -> Response:
    """Serve a style sheet or script; nothing in it is about anybody."""
    name = request.path_params["name"]
    if name not in FILES:
        return Response(status_code=404)
    return Response(content(name), media_type=FILES[name], headers={"Cache-Control": "public, max-age=31536000"})
