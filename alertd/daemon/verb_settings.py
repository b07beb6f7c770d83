"""What settings mean to the verbs of the service, which know nothing of the file."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from alertd.rulebook.settings import Settings
from alertd.service.casework import IntakeSettings
from alertd.service.texts import Voice


def intake_settings(settings: Settings, synonyms: Mapping[str, str]) -> IntakeSettings:
    """How messages are read under these settings."""
    return IntakeSettings(
        prefix=prefix_of(settings),
        by_system=settings.intake.person_ref == "system",
        keep=frozenset(settings.privacy.keep),
        synonyms=synonyms,
        watched=frozenset(settings.intake.silent_after),
    )


def prefix_of(settings: Settings) -> str:
    """What case references begin with: the borough and the service's own letters, `WF-UR`."""
    return f"{settings.service.borough}-UR"


def voice_of(settings: Settings) -> Voice:
    """What every text shares under these settings."""
    url = settings.service.public_url.rstrip("/")
    return Voice(
        service=settings.service.name,
        call_back=settings.service.call_back,
        host=urlsplit(url).netloc,
        link=url,
        cohort_words=dict(settings.privacy.cohort_words),
    )
