"""The HTTP side of the fake Twilio."""

from __future__ import annotations

import base64
import json
import re
import socket
import threading
from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from tests.doubles.fake_twilio_state import (
    ACCOUNT,
    TOKEN,
    VERSION,
    FakeMessage,
    Fault,
    Memory,
    Request,
    State,
    Taken,
    new_sid,
    utc_now,
)
from tests.doubles.twilio_openapi import answer_problems, form_problems

_ROOT = f"/{VERSION}/Accounts/{ACCOUNT}"
_AUTHORISATION = "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
Json = dict[str, object]


class FakeServer:
    """Listens on a free loopback port."""

    def __init__(self, state: State) -> None:
        class Handler(_Handler):
            shared = state

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def now(self) -> datetime:
        """The provider's clock."""
        return utc_now()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a client may keep its connection open after the test


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # connections are kept, as the provider does
    disable_nagle_algorithm = True  # head and body are written apart: the second would wait 40 ms for the peer
    shared: State

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if self._note("GET", parts.path, dict(parse_qsl(parts.query, keep_blank_values=True))):
            self._get(parts.path, dict(parse_qsl(parts.query)))

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        form = _form(parse_qsl(self.rfile.read(length).decode(), keep_blank_values=True))
        if self._note("POST", self.path, form):
            self._post(self.path, form)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _note(self, method: str, path: str, form: Mapping[str, str]) -> bool:
        """Remember a request; answer it when it is not allowed or malformed, and say whether it may go on."""
        authorised = self.headers.get("Authorization") == _AUTHORISATION
        problems = tuple(form_problems(method, path, form))
        with self.shared.lock:
            self.shared.requests.append(Request(method, path, form, authorised, problems))
        if self.shared.down:
            self._error(503, 20503)
            return False
        if not authorised:
            self._error(401, 20003)
        elif problems:
            self._error(400, 21211 if any(problem.startswith("To") for problem in problems) else 20001)
        return authorised and not problems

    def _post(self, path: str, form: Mapping[str, str]) -> None:
        with self.shared.lock:
            fault = self._fault(form["To"])
            made = self._make(path, form) if fault is None or fault.taken is Taken.YES else None
        if fault is not None and fault.late and made is not None:
            self.shared.released.wait(fault.late)
            self._answer(201, _as_json(path, made))
        elif fault is not None:
            self._go_wrong(fault)
        elif made is not None:
            self._answer(201, _as_json(path, made))

    def _fault(self, number: str) -> Fault | None:
        if number in self.shared.faults_by_number:
            return self.shared.faults_by_number[number]
        return self.shared.faults.popleft() if self.shared.faults else None

    def _make(self, path: str, form: Mapping[str, str]) -> FakeMessage:
        call = path.endswith("/Calls.json")
        made = FakeMessage(new_sid("CA" if call else "SM"), form, utc_now())
        (self.shared.calls if call else self.shared.messages).append(made)
        return made

    def _go_wrong(self, fault: Fault) -> None:
        if fault.raw is not None:
            self._send(fault.status, fault.raw)
        elif fault.status:
            self._error(fault.status, fault.code, fault.retry_after)
        elif fault.hang:
            self.shared.released.wait(60)
            self.close_connection = True
        else:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    def _get(self, path: str, query: Mapping[str, str]) -> None:
        is_calls = path == f"{_ROOT}/Calls.json"
        with self.shared.lock:
            memory = self.shared.memory
            held = self.shared.calls if is_calls else self.shared.messages + self.shared.received
            newest_first = [] if memory is Memory.FORGETS else sorted(held, key=_created, reverse=True)
        if memory is Memory.SILENT:
            self._error(503, 20503)
            return
        if is_calls or path == f"{_ROOT}/Messages.json":
            self._answer(200, _page(path, _matching(newest_first, query), int(query.get("PageSize", "50"))))
            return
        if path == f"{_ROOT}.json":
            self._answer(200, {"sid": ACCOUNT, "status": self.shared.account_status})
            return
        match = re.fullmatch(rf"{_ROOT}/Messages/(\w+)\.json", path)
        found = next((one for one in newest_first if match is not None and one.sid == match[1]), None)
        if found is None:
            self._error(404, 20404)
        else:
            self._answer(200, _as_json(path, found))

    def _error(self, status: int, code: int, retry_after: str = "") -> None:
        body = {"code": code, "message": "as the test wants it", "more_info": "", "status": status}
        self._send(status, json.dumps(body).encode(), {"Retry-After": retry_after} if retry_after else {})

    def _answer(self, status: int, body: Json) -> None:
        problems = answer_problems(self.command, urlsplit(self.path).path, status, body)
        assert not problems, problems
        self._send(status, json.dumps(body).encode())

    def _send(self, status: int, body: bytes, headers: Mapping[str, str] = {}) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _form(fields: list[tuple[str, str]]) -> dict[str, str]:
    """Fields by name; of a list that is sent as a field for each of its values, one value a line."""
    form: dict[str, str] = {}
    for name, value in fields:
        form[name] = f"{form[name]}\n{value}" if name in form else value
    return form


def _matching(messages: list[FakeMessage], query: Mapping[str, str]) -> list[FakeMessage]:
    """Filter as the provider does: one that has no sending date yet passes no filter by date."""
    after = query.get("DateSent>")
    return [
        one
        for one in messages
        if query.get("To") in (None, one.to)
        and query.get("From") in (None, one.form.get("From"))
        and (after is None or (one.sent_at is not None and one.sent_at.isoformat() >= after))
    ]


def _created(one: FakeMessage) -> datetime:
    return one.created_at


def _page(path: str, messages: list[FakeMessage], size: int) -> Json:
    uri = f"{path}?PageSize={size}&Page=0"
    return {
        "calls" if path.endswith("/Calls.json") else "messages": [_as_json(path, one) for one in messages[:size]],
        "page": 0,
        "page_size": size,
        "start": 0,
        "end": min(size, len(messages)),
        "uri": uri,
        "first_page_uri": uri,
        "next_page_uri": None,
        "previous_page_uri": None,
    }


def _as_json(path: str, made: FakeMessage) -> Json:
    return _call(made) if path.endswith("/Calls.json") else _message(made)


def _message(made: FakeMessage) -> Json:
    return {
        "sid": made.sid,
        "account_sid": ACCOUNT,
        "api_version": VERSION,
        "to": made.to,
        "from": made.form.get("From"),
        "body": made.body,
        "status": made.status,
        "direction": made.direction,
        "date_created": format_datetime(made.created_at),
        "date_updated": format_datetime(made.created_at),
        "date_sent": None if made.sent_at is None else format_datetime(made.sent_at),
        "error_code": made.error_code,
        "error_message": None,
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": "1",
        "price": None,
        "price_unit": None,
        "uri": f"{_ROOT}/Messages/{made.sid}.json",
        "subresource_uris": {"media": f"{_ROOT}/Messages/{made.sid}/Media.json"},
    }


def _call(made: FakeMessage) -> Json:
    return {
        "sid": made.sid,
        "account_sid": ACCOUNT,
        "api_version": VERSION,
        "to": made.to,
        "from": made.form.get("From"),
        "status": made.status,
        "direction": "outbound-api",
        "date_created": format_datetime(made.created_at),
        "date_updated": format_datetime(made.created_at),
        "uri": f"{_ROOT}/Calls/{made.sid}.json",
    }
