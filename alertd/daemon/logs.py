"""Logs: past-tense events with fields, JSON under systemd or in a pipe, pretty on a terminal; nothing personal."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from types import TracebackType

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_PLACES = 12
"""Frames of a fault that are told, the innermost last."""


def configure_logs(environ: Mapping[str, str]) -> None:
    """Set up logs on standard error for the whole process.

    Args:
        environ: `JOURNAL_STREAM` and `INVOCATION_ID` say that systemd started it.
    """
    under_systemd = "JOURNAL_STREAM" in environ or "INVOCATION_ID" in environ
    pretty = sys.stderr.isatty() and not under_systemd
    last: Processor = structlog.dev.ConsoleRenderer() if pretty else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            without_values,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.getLogger("pika").setLevel(logging.CRITICAL)  # what it has to say comes back as BrokerUnavailable


def without_values(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Tell of a fault only its type and where it was raised: its text and its variables may be personal."""
    fault = event.pop("exc_info", None)
    if isinstance(fault, BaseException):
        event["fault"] = type(fault).__name__
        event["at"] = _places(fault.__traceback__)
    return event


def _places(at: TracebackType | None) -> list[str]:
    found = []
    while at is not None:
        code = at.tb_frame.f_code
        found.append(f"{at.tb_frame.f_globals.get('__name__', '?')}.{code.co_qualname}:{at.tb_lineno}")
        at = at.tb_next
    return found[-_PLACES:]
