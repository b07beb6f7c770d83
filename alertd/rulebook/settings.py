"""The settings of `config/alertd.yaml`: what they are, and their JSON Schema.

Source: the contract of the outside ("Settings"); `alertd.rulebook.settings_file` reads and checks the file.
"""

from __future__ import annotations

from datetime import time, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from alertd.rulebook.quantities import Misread
from alertd.rulebook.sender_settings import CallSender, EmailSender, Part, SmsSender
from alertd.rulebook.setting_types import (
    AmqpUrl,
    ClockTime,
    FilePath,
    Identifier,
    KeptField,
    Length,
    Phone,
    SecretRef,
    SettingWord,
    StoreUrl,
    WebUrl,
)
from alertd.rulebook.web_settings import Web

FALLBACK_COHORT = "urgent case"
"""Cohort word where none is set: says nothing on a lock screen."""


class HeartbeatUrl(Part):
    """An address outside this machine whose owner notices when we fall silent.

    Attributes:
        url: Asked with GET. Whoever knows it can pretend that we live: it may stand elsewhere, like a secret.
        every: How often.
    """

    url: Identifier
    every: Length = timedelta(minutes=1)


class Service(Part):
    """Who runs this, and where people reach it.

    Attributes:
        borough: Letters in case references (`WF-UR-26-7QK4`).
        call_back: Landline or mobile that texts end with, as written.
        heartbeat: Asked while every loop is healthy; None tells nobody outside.
        contingency: File with rota, numbers and open clocks for when alertd is down, written anew every hour.
    """

    borough: Annotated[str, Field(pattern="^[A-Z]{2,3}$")]
    name: Annotated[str, Field(min_length=1, max_length=40)]
    public_url: WebUrl
    call_back: Phone
    timezone: Literal["Europe/London"] = "Europe/London"
    heartbeat: HeartbeatUrl | None = None
    contingency: FilePath | None = None


class Tls(Part):
    """Files for TLS to the broker; `cert` and `key` together make alertd show a certificate."""

    ca: FilePath
    cert: FilePath | None = None
    key: FilePath | None = None

    @model_validator(mode="after")
    def _pair(self) -> Self:
        if (self.cert is None) != (self.key is None):
            raise Misread("'cert' and 'key' go together", "name both files, or neither")
        return self


class Amqp(Part):
    """The broker and its queue."""

    url: AmqpUrl
    username: str | None = None
    password: SecretRef | None = None
    queue: Annotated[str, Field(min_length=1, max_length=200)] = "alertd.messages"
    prefetch: Annotated[int, Field(ge=1, le=65535)] = 400
    tls: Tls | None = None


class Spool(Part):
    """A folder that takes the place of a broker."""

    dir: FilePath


class Intake(Part):
    """Where messages come from: exactly one of a broker and a folder.

    Attributes:
        person_ref: `borough`: one reference means one person everywhere; `system`: only within one sender.
        silent_after: Sender (`source` of its messages) → how long it may be silent before the administrators hear.
        queue_age: How old the oldest message in hand may become before they hear.
    """

    person_ref: Literal["borough", "system"] = "borough"
    amqp: Amqp | None = None
    spool: Spool | None = None
    silent_after: dict[Annotated[str, Field(min_length=1, max_length=200)], Length] = Field(default_factory=dict)
    queue_age: Length = timedelta(minutes=2)

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.amqp is None) == (self.spool is None):
            raise Misread("messages come from exactly one place", "write either 'amqp:' or 'spool:'")
        return self


class Store(Part):
    """Where everything is kept; a relative SQLite path has been made absolute."""

    url: StoreUrl
    username: str | None = None
    password: SecretRef | None = None


class RestHours(Part):
    """Hours of rest, London time.

    Attributes:
        start, end: Between these only what may wake people disturbs.
        early: When a warning goes out that the morning would make too late.

    Source: "Who is woken" of the protocol's design: 22:00 to 07:30, brought forward to 21:00.
    """

    start: Annotated[ClockTime, Field(alias="from")] = time(22)
    end: Annotated[ClockTime, Field(alias="to")] = time(7, 30)
    early: ClockTime = time(21)


class Reload(Part):
    """How changed rules, people and templates come into force.

    Attributes:
        watch: Whether changed files are noticed by themselves; else only `systemctl reload` and `alertd reload`.
        quiet: How long they must rest before they are tried: nobody saves twenty files at once.
        second_person: Whether a set that adds, may narrow or retires a live urgent rule waits for a second person.
    """

    watch: bool = True
    quiet: Length = timedelta(seconds=2)
    second_person: bool = True


class Retention(Part):
    """How long texts of alerts and settled unreadable messages are kept."""

    alerts: Length = timedelta(days=90)
    quarantine: Length = timedelta(days=7)


class Privacy(Part):
    """What is kept of people, and which words stand on a lock screen.

    Attributes:
        keep: Fields that an owner has agreed to keep although intake drops them.
        cohort_words: Setting → word; a setting without one is `FALLBACK_COHORT`.
    """

    keep: tuple[KeptField, ...] = ()
    retention: Retention = Retention()
    encryption_key: SecretRef | None = None
    cohort_words: dict[SettingWord, Annotated[str, Field(min_length=1, max_length=16)]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _key(self) -> Self:
        if self.keep and self.encryption_key is None:
            raise Misread("fields are kept and no key encrypts them", "add 'encryption_key: {file: PATH}'")
        return self

    def cohort(self, setting: str) -> str:
        """The word for a setting that a lock screen may show."""
        return self.cohort_words.get(setting, FALLBACK_COHORT)


def _as_list(value: object) -> object:
    return [value] if isinstance(value, dict) else value


def _off(value: object) -> object:
    return None if value == "off" else value


class Settings(Part):
    """Everything in `alertd.yaml`; paths are absolute or relative to the working folder, times are London's.

    Attributes:
        rules: Folders or files of rules.
        people: `people.yaml`; hours, roles and rotas stand beside it.
        sms: One sender, or two tried in order.
        call: None makes no calls.
    """

    service: Service
    intake: Intake
    store: Store
    rules: Annotated[tuple[FilePath, ...], BeforeValidator(lambda value: [value] if isinstance(value, str) else value)]
    templates: FilePath
    people: FilePath
    sms: Annotated[tuple[SmsSender, ...], BeforeValidator(_as_list), Field(min_length=1, max_length=2)]
    email: EmailSender
    call: Annotated[CallSender | None, BeforeValidator(_off)] = None
    web: Web = Web()
    rest: RestHours = RestHours.model_validate({})
    reload: Reload = Reload()
    privacy: Privacy = Privacy()

    @property
    def config(self) -> Path:
        """The folder with people, hours, roles and rotas."""
        return self.people.parent


def settings_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of `alertd.yaml`, for editors.

    Shorthands that the file allows (`off`, one sender without a list) are allowed by the schema too.
    """
    schema = Settings.model_json_schema(by_alias=True)
    properties = schema["properties"]
    properties["sms"] = {"anyOf": [properties["sms"]["items"], properties["sms"]]}
    properties["rules"] = {"anyOf": [properties["rules"]["items"], properties["rules"]]}
    properties["call"] = {"anyOf": [{"const": "off"}, properties["call"]]}
    properties["sms"]["anyOf"][1] |= {"minItems": 1, "maxItems": 2}
    schema["$defs"]["Intake"]["oneOf"] = [{"required": ["amqp"]}, {"required": ["spool"]}]
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    loosened: dict[str, Any] = _loosened(schema)
    return loosened


def _loosened(part: Any) -> Any:  # noqa: ANN401 - any piece of a schema
    """Let a text come as the number or truth that an editor takes it for, and a number as text.

    What follows a pattern is never taken for either.
    """
    if isinstance(part, list):
        return [_loosened(each) for each in part]
    if not isinstance(part, dict):
        return part
    loose = {name: _loosened(each) for name, each in part.items()}
    is_free = "pattern" not in loose or loose["type"] == "integer"
    if loose.get("type") in ("string", "integer", "boolean") and is_free:
        loose["type"] = ["string", "number", "boolean"]
    return loose
