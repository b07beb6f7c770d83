"""The page for when alertd is down: one file without links, that any browser shows and any printer prints."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import NamedTemporaryFile

from jinja2 import Environment, PackageLoader, StrictUndefined

from alertd.core.calendar import local
from alertd.core.wording import moment, time_left
from alertd.service.contingency import Contingency, everyone

MODE = 0o640
"""It holds names and numbers of staff: for alertd's user and group alone."""
_PAGES = Environment(loader=PackageLoader("alertd.transport", "pages"), autoescape=True, undefined=StrictUndefined)
_PAGES.filters["moment"] = moment
_PAGES.filters["day"] = lambda at: f"{local(at):%a %d %b}"
_PAGES.filters["clock"] = lambda at: f"{local(at):%H:%M}"


def page(found: Contingency, service: str) -> str:
    """Write the page."""
    template = _PAGES.get_template("contingency.html.j2")
    return template.render(
        found=found, service=service, people=everyone(found.rosters), left=lambda due: time_left(due, found.at)
    )


def write_page(path: Path, text: str) -> None:
    """Put the page where people find it, whole or not at all.

    Raises:
        OSError: it cannot be written there; the page before it stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False) as fresh:
        try:
            fresh.write(text)
            fresh.flush()
            os.fsync(fresh.fileno())
            Path(fresh.name).chmod(MODE)
            Path(fresh.name).replace(path)
        except OSError:
            Path(fresh.name).unlink(missing_ok=True)
            raise
