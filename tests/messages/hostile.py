"""Bodies that no sender should send, by name; what reads messages must survive them all.

Each holds SECRET wherever a value stands that no note, reason or log may repeat.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.messages.samples import changed, event, incident_data, status_data

SECRET = "Zsecretz"

_PLACES = (
    "setting",
    "occurred_at",
    "incident",
    "incident.offence",
    "incident.cad_date",
    "person.ref",
    "person.name",
    "person.date_of_birth",
    "person.age",
    "person.age_disputed",
    "person.associates",
    "custody.booked_in_at",
    "record.version",
    "case_ref",
)
_STATUS_PLACES = ("about", "about.case_ref", "at", "contact", "contact.outcome", "value", "by", "record")

_VALUES: dict[str, str] = {
    "a number": "17.25",
    "a huge number": "9" * 5000,
    "a number without end": "1e999",
    "NaN": "NaN",
    "minus Infinity": "-Infinity",
    "a list in a list": f'[["{SECRET}"], [[]]]',
    "an object": f'{{"{SECRET}": {{"a": []}}}}',
    "a list of every type": f'[null, true, 1, -2.5, "{SECRET}", {{}}, []]',
    "64 KB of text": json.dumps(SECRET * 8192),
    "a lone surrogate": f'"\\ud800{SECRET}\\udfff"',
    "control characters": f'"\\u0000\\u0007{SECRET}\\u001b[2J"',
    "right-to-left override": f'"\\u202e{SECRET}\\u200b\\ufeff"',
    "markup": f'"<script>{SECRET}</script>\'; DROP TABLE message; --"',
    "a template": f'"{{{{ {SECRET}.__class__.__mro__ }}}}"',
    "the first year": '"0001-01-01T00:00:00+14:00"',
    "the last year": '"9999-12-31T23:59:59-14:00"',
    "blank": '" \\u00a0\\t"',
    "combining marks": json.dumps(SECRET + "\u0301" * 500),
}


def hostile_bodies() -> list[tuple[str, bytes]]:
    """Name and bytes of every hostile body; names differ."""
    return [*_not_documents(), *_bad_bytes(), *_deep_and_long(), *_envelopes(), *_twice(), *_values()]


def _not_documents() -> Iterator[tuple[str, bytes]]:
    yield "nothing", b""
    yield "a space", b" "
    yield "NUL bytes", bytes(64)
    yield "every byte", bytes(range(256))
    yield "a word", SECRET.encode()
    yield "null", b"null"
    yield "a string", json.dumps(SECRET).encode()
    yield "a list", b"[1, 2]"
    yield "a bare NaN", b"NaN"
    yield "XML", f"<?xml version='1.0'?><message>{SECRET}</message>".encode()
    yield "two documents", _whole() + b"\n" + _whole()
    yield "a comment", b"/* " + SECRET.encode() + b" */" + _whole()
    yield "single quotes", _whole().replace(b'"', b"'")
    yield "a comma too many", _whole()[:-1] + b",}"
    for part in (1, 2, 3):
        yield f"cut after {part} quarters", _whole()[: len(_whole()) * part // 4]


def _bad_bytes() -> Iterator[tuple[str, bytes]]:
    whole = _whole()
    for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp037", "utf-7"):
        yield f"in {encoding}", whole.decode().encode(encoding)
    yield "a byte order mark", b"\xef\xbb\xbf" + whole
    yield "two byte order marks", b"\xef\xbb\xbf" * 2 + whole
    yield "Latin 1 in a name", whole.replace(b"Kai Example", "Zoë Example".encode("latin-1"))
    yield "Latin 1 in a reference", whole.replace(b"P-1001", "P-é".encode("latin-1"))
    yield "overlong UTF-8", whole.replace(b"P-1001", b"P-\xc0\xaf")
    yield "surrogates in UTF-8", whole.replace(b"P-1001", b"P-\xed\xa0\x80")
    yield "a raw line break in a text", whole.replace(b"P-1001", b"P-\n1")
    yield "a raw NUL in a text", whole.replace(b"P-1001", b"P-\x001")
    yield "bytes in a field's name", whole.replace(b'"ward"', b'"w\xffrd"')


def _deep_and_long() -> Iterator[tuple[str, bytes]]:
    for depth in (31, 33, 1_000, 100_000):
        yield f"lists {depth} deep", b'{"data":' + b"[" * depth + b"]" * depth + b"}"
        yield f"lists {depth} deep, left open", b"[" * depth
        yield f"objects {depth} deep", b'{"a":' * depth + b"1" + b"}" * depth
    yield "brackets in a text", json.dumps(changed("person.ref", "[{" * 100)).encode()
    yield "escaped quotes left open", b'{"a":"' + b'\\"' * 100_000
    yield "a backslash at the end", b'{"a":"' + b"[" * 40 + b"\\"
    yield "256 KiB and a byte", _whole().ljust(256 * 1024 + 1)
    yield "a megabyte", b'{"data":"' + b"x" * 1_000_000 + b'"}'
    yield (
        "thousands of fields",
        json.dumps(changed("custody", {f"f{'x' * (n % 30)}{n}": n for n in range(5000)})).encode(),
    )
    yield "a field's name of 64 KB", json.dumps(changed(SECRET * 8000, 1)).encode()
    yield "65 associates", json.dumps(changed("person.associates", [f"P{n}" for n in range(65)])).encode()
    yield "10,000 offences", json.dumps(changed("incident.offence", [f"{SECRET}{n}" for n in range(10_000)])).encode()
    yield "10,000 indicators", json.dumps(changed("missing.indicators", [f"word{n}" for n in range(10_000)])).encode()


def _envelopes() -> Iterator[tuple[str, bytes]]:
    values: dict[str, Any] = {
        "absent": None,
        "empty": "",
        "blank": "  ",
        "a number": 7,
        "a list": [SECRET],
        "an object": {SECRET: 1},
        "too long": SECRET * 100,
        "with a line break": f"{SECRET}\nZ",
        "with an escape": "\x1b[2J",
        "a lone surrogate": "\ud800",
    }
    for attribute in ("id", "source", "type", "time", "data", "specversion"):
        for name, value in values.items():
            yield f"{attribute}: {name}", json.dumps(event(incident_data(), **{attribute: value})).encode()
    yield "data in base 64", json.dumps({**event(None), "data_base64": "e30="}).encode()
    yield "data as text", json.dumps(event(json.dumps(incident_data()))).encode()
    yield "a person that is text", json.dumps(changed("person", SECRET)).encode()
    yield "a person that is a list", json.dumps(changed("person", [{}])).encode()
    yield "a status without an event", json.dumps(event({"about": {}}, "status")).encode()
    yield "a status with an unknown event", json.dumps(changed("event", SECRET, "status")).encode()
    yield "a status in an incident's type", json.dumps(event(status_data())).encode()


def _twice() -> Iterator[tuple[str, bytes]]:
    whole = _whole().decode()
    for name in ("id", "type", "data"):
        yield f"{name} twice", whole.replace(f'"{name}":', f'"{name}": "{SECRET}", "{name}":', 1).encode()
    for name in ("person", "setting", "ref", "booked_in_at"):
        yield f"{name} twice in the data", whole.replace(f'"{name}":', f'"{name}": "{SECRET}", "{name}":', 1).encode()


def _values() -> Iterator[tuple[str, bytes]]:
    marker = "a place for a value"
    for kind, places in (("incident", _PLACES), ("status", _STATUS_PLACES)):
        for place in places:
            frame = json.dumps(changed(place, marker, kind))
            for name, value in _VALUES.items():
                yield f"{kind} {place}: {name}", frame.replace(json.dumps(marker), value).encode()


def _whole() -> bytes:
    return json.dumps(event(incident_data())).encode()
