"""What settings hold: paths, addresses, rates, secrets, each read from the text in the file."""

from __future__ import annotations

import re
from datetime import time, timedelta
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BeforeValidator, GetPydanticSchema, PlainSerializer, ValidationInfo, WithJsonSchema
from pydantic_core import core_schema

from alertd.model.contract import DROPPED_AT_INTAKE, SETTINGS
from alertd.rulebook import quantities
from alertd.rulebook.people_blocks import mail_address, shown_number, telephone
from alertd.rulebook.quantities import Exposed, Misread, NotAWord
from alertd.rulebook.schema_parts import LENGTH, TIME
from alertd.rulebook.secret import SOURCES, Secret
from alertd.rulebook.suggestions import allowed, did_you_mean

_RATE = re.compile(r"(\d{1,5})/(s|min|h)", re.ASCII)
_SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0}
_LISTEN = re.compile(r"(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):(\d{1,5})", re.ASCII)
_SENDER = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
_CREDENTIAL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", re.ASCII)
FOLDER = "folder"
"""Key in pydantic's context: the folder against which relative paths count."""


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Misread("a single text is expected here", "write it without brackets or dashes")
    return value


def _path(value: object, info: ValidationInfo) -> Path:
    context = info.context or {}
    return Path(context.get(FOLDER, ".")) / Path(_text(value)).expanduser()


def _duration(value: object) -> timedelta:
    found = quantities.length(_text(value))
    if not found:
        raise Misread("this is no time at all", "write how long, such as '20 seconds'")
    return found


def _off(value: object) -> object:
    return None if value == "off" else value


def _rate(value: object) -> float:
    found = _RATE.fullmatch(_text(value).replace(" ", ""))
    if not found or found[1].strip("0") == "":
        raise Misread(f"'{value}' is not a rate", "write a number of messages and a unit, such as 10/s or 60/min")
    return int(found[1]) / _SECONDS[found[2]]


def _phone(value: object) -> str:
    """Check a UK number and leave it as written: it is shown to people."""
    return shown_number(_text(value))


def _listen(value: object) -> str:
    found = _LISTEN.fullmatch(_text(value))
    if not found or not 0 < int(found[2]) < 65536:
        raise Misread(f"'{value}' is not an address to listen on", "write host and port, such as 127.0.0.1:8026")
    return found[0]


def _sender(value: object) -> str:
    written = _text(value).replace(" ", "")
    if _SENDER.fullmatch(written) and not written.startswith("+44"):
        return written
    return telephone(written)


def _caller(value: object) -> str:
    """Check the number that calls come from: the network takes no name in its place."""
    return telephone(_text(value).replace(" ", ""))


def refuse_password(url: str) -> str:
    """Give back an address without a password in it; raises Misread for one with, and never repeats it."""
    try:
        parts = urlsplit(url)
        held = parts.password is not None
    except ValueError:
        raise Misread("this is not an address", "write it like amqp://127.0.0.1:5672/%2F") from None
    if held or "@" in parts.netloc:
        remedy = "take it out, and write 'username:' and 'password: {file: PATH}' beside 'url:'"
        raise Exposed("this address holds a user name or password", remedy)
    return url


def _address(*schemes: str) -> BeforeValidator:
    def read(value: object) -> str:
        url = refuse_password(_text(value))
        parts = urlsplit(url)
        if parts.scheme not in schemes or not parts.netloc:
            raise Misread(
                f"'{url}' is not an address of this kind", f"begin it with {' or '.join(schemes)}, then ://host"
            )
        return url

    return BeforeValidator(read)


_SQLITE = "sqlite:///"
_POSTGRES = "postgresql+psycopg://"


def _store_url(value: object, info: ValidationInfo) -> str:
    url = _text(value)
    if url.startswith(_SQLITE) and len(url) > len(_SQLITE):
        return _SQLITE + str(_path(url.removeprefix(_SQLITE), info))
    if not url.startswith(_POSTGRES):
        remedy = f"begin it with {_SQLITE} and a path, or with {_POSTGRES}"
        raise Misread("this is not the address of a store that alertd knows", remedy)
    return refuse_password(url)


def _secret(value: object, info: ValidationInfo) -> Secret:
    if not isinstance(value, dict):
        remedy = "write {file: PATH}, {env: NAME} or {credential: NAME}"
        raise Exposed("a secret is never written in the file itself", remedy)
    if len(value) != 1 or not set(value) <= set(SOURCES) or not isinstance(next(iter(value.values())), str):
        raise Misread("a secret names exactly one place", "write {file: PATH}, {env: NAME} or {credential: NAME}")
    kind, where = next(iter(value.items()))
    if kind == "credential" and not _CREDENTIAL.fullmatch(where):
        raise Misread("a credential's name is one word", "use letters, digits, '-' and '_'")
    return Secret(kind, str(_path(where, info)) if kind == "file" else where)


def _identifier(value: object, info: ValidationInfo) -> Secret:
    """An account's name: no secret, but kept out of sight like one, and allowed in the file."""
    return Secret("plain", value) if isinstance(value, str) else _secret(value, info)


def one_of(words: tuple[str, ...]) -> BeforeValidator:
    """Let only these words pass."""

    def read(value: object) -> str:
        written = _text(value)
        if written not in words:
            message = f"'{written}' is not one of the words allowed here{did_you_mean(written, words)}"
            raise NotAWord(message, allowed(words))
        return written

    return BeforeValidator(read)


def _schema(description: str, **more: object) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "description": description, **more})


_SECRET_SCHEMA = {
    "type": "object",
    "properties": {source: {"type": "string"} for source in SOURCES},
    "minProperties": 1,
    "maxProperties": 1,
    "additionalProperties": False,
}
_NUMBER = {
    "type": ["string", "number"],  # an editor takes +447700900001 for a number
    "description": "telephone number that calls come from",
    "pattern": "^[+]?[0-9 ]+$",
}


def _like(schemes: str) -> str:
    """Pattern of an address without a password."""
    return f"^{schemes}://[^@/]+(/.*)?$"


_STORE_SCHEMA = _schema(
    "sqlite:/// or postgresql+psycopg:// address", pattern=f"^{_SQLITE}.+$|{_like('postgresql[+]psycopg')}"
)
_IS_SECRET = GetPydanticSchema(lambda _kind, _handler: core_schema.is_instance_schema(Secret))
_HIDDEN = PlainSerializer(str, return_type=str)

KeptField = Annotated[str, one_of(DROPPED_AT_INTAKE), WithJsonSchema({"enum": list(DROPPED_AT_INTAKE)})]
SettingWord = Annotated[str, one_of(SETTINGS), WithJsonSchema({"enum": list(SETTINGS)})]
FilePath = Annotated[Path, BeforeValidator(_path), _schema("path, relative to this file")]
Length = Annotated[timedelta, BeforeValidator(_duration), WithJsonSchema(LENGTH)]
LengthOrOff = Annotated[
    Length | None, BeforeValidator(_off), WithJsonSchema({"anyOf": [LENGTH, {"enum": ["off", False]}]})
]
Rate = Annotated[
    float, BeforeValidator(_rate), _schema("messages a second, such as 10/s", pattern=f"^{_RATE.pattern}$")
]
ClockTime = Annotated[
    time, BeforeValidator(lambda value: quantities.time_of_day(_text(value))), _schema("HH:MM", pattern=TIME["pattern"])
]
Listen = Annotated[str, BeforeValidator(_listen), _schema("host:port", pattern=f"^{_LISTEN.pattern}$")]
Phone = Annotated[str, BeforeValidator(_phone), _schema("UK telephone number")]
SenderNumber = Annotated[str, BeforeValidator(_sender), _schema("number that texts come from")]
CallerNumber = Annotated[str, BeforeValidator(_caller), WithJsonSchema(_NUMBER)]
Mail = Annotated[
    str, BeforeValidator(lambda value: mail_address(_text(value))), _schema("mail address", pattern="^[^@ ]+@[^@ ]+$")
]
AmqpUrl = Annotated[
    str, _address("amqp", "amqps"), _schema("amqp:// address without a password", pattern=_like("amqps?"))
]
WebUrl = Annotated[str, _address("https", "http"), _schema("https:// address", pattern=_like("https?"))]
StoreUrl = Annotated[str, BeforeValidator(_store_url), _STORE_SCHEMA]
SecretRef = Annotated[Secret, _IS_SECRET, BeforeValidator(_secret), _HIDDEN, WithJsonSchema(_SECRET_SCHEMA)]
Identifier = Annotated[
    Secret,
    _IS_SECRET,
    BeforeValidator(_identifier),
    _HIDDEN,
    WithJsonSchema({"anyOf": [{"type": "string"}, _SECRET_SCHEMA]}),
]
