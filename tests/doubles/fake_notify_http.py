"""The HTTP side of the fake Notify. Requests are judged as the provider's documentation says."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import jwt

from tests.doubles import fake_notify_state
from tests.doubles.fake_notify_state import (
    FIELDS,
    PAGE,
    SECRET,
    SERVICE,
    TEMPLATES,
    FakeNotification,
    Fault,
    Received,
    State,
    stamp,
)

_MOBILE = re.compile(r"\+447[0-9]{9}")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[a-z]+")
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
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are written apart: the second would wait 40 ms for the peer
    shared: State

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self._may("POST"):
            self._post(self.path.rpartition("/")[2], body)

    def do_GET(self) -> None:
        if not self._may("GET"):
            return
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        if parts.path == "/v2/notifications":
            self._list("notifications", self._notifications(query), query, {"reference", "template_type"})
        elif parts.path == "/v2/received-text-messages":
            self._list("received_text_messages", self._received(), query, set())
        else:
            self._problem(404, "NoResultFound", f"{parts.path} is no path of the provider")

    # --- who asks

    def _may(self, method: str) -> bool:
        """Remember a request; refuse it when its token is wrong."""
        with self.shared.lock:
            self.shared.requests.append(f"{method} {self.path}")
        trouble = _token_trouble(self.headers.get("Authorization", ""))
        if trouble:
            self._error(403, "AuthError", trouble)
        return not trouble

    # --- sending

    def _post(self, kind: str, body: bytes) -> None:
        try:
            asked = json.loads(body)
        except ValueError:
            self._problem(400, "ValidationError", "Invalid JSON supplied in POST data")
            return
        if trouble := _trouble(kind, asked):
            error, message = trouble
            self._problem(400, error, message)
            return
        to = asked["phone_number" if kind == "sms" else "email_address"]
        with self.shared.lock:
            fault = self._fault(to)
            now = fake_notify_state.utc_now()
            made = FakeNotification(kind, to, asked["reference"], asked["personalisation"], now)
            if fault is None or fault.taken:
                self.shared.notifications.append(made)
        if fault is not None:
            self._go_wrong(fault)
        else:
            self._answer(201, _made(made))

    def _fault(self, to: str) -> Fault | None:
        if to in self.shared.faults_by_address:
            return self.shared.faults_by_address[to]
        return self.shared.faults.popleft() if self.shared.faults else None

    def _go_wrong(self, fault: Fault) -> None:
        if fault.raw is not None:
            self._send(fault.status, fault.raw, dict(fault.headers))
        elif fault.status:
            self._error(fault.status, fault.error, fault.message, dict(fault.headers))
        elif fault.hang:
            self.shared.released.wait(60)
            self.close_connection = True
        else:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    # --- lists

    def _notifications(self, query: Mapping[str, str]) -> list[Json]:
        with self.shared.lock:
            return [
                _listed(each)
                for each in reversed(self.shared.notifications)
                if query.get("template_type") in (None, each.kind) and query.get("reference") in (None, each.reference)
            ]

    def _received(self) -> list[Json]:
        with self.shared.lock:
            return [_as_received(each) for each in reversed(self.shared.received)]

    def _list(self, name: str, rows: Sequence[Json], query: Mapping[str, str], known: set[str]) -> None:
        """Answer with a page: newest first, those older than a given one."""
        if unknown := set(query) - known - {"older_than"}:
            self._problem(400, "ValidationError", f"Additional properties are not allowed ({unknown})")
            return
        ids = [row["id"] for row in rows]
        begin = ids.index(query["older_than"]) + 1 if query.get("older_than") in ids else 0
        page = list(rows[begin : begin + PAGE])
        here = f"http://{self.headers['Host']}{urlsplit(self.path).path}"
        more = {"next": f"{here}?older_than={page[-1]['id']}"} if page else {}
        self._answer(200, {name: page, "links": {"current": here, **more}})

    # --- answers

    def _problem(self, status: int, error: str, message: str) -> None:
        """Refuse what alertd should never have asked, and hold it against it."""
        with self.shared.lock:
            self.shared.problems.append(f"{self.command} {urlsplit(self.path).path}: {message}")
        self._error(status, error, message)

    def _error(self, status: int, error: str, message: str, headers: Mapping[str, str] = {}) -> None:
        body = {"status_code": status, "errors": [{"error": error, "message": message}]}
        self._send(status, json.dumps(body).encode(), headers)

    def _answer(self, status: int, body: Json) -> None:
        self._send(status, json.dumps(body).encode())

    def _send(self, status: int, body: bytes, headers: Mapping[str, str] = {}) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _token_trouble(header: str) -> str:
    """Why a request is not authorised; "" when it is."""
    scheme, _, token = header.partition(" ")
    if scheme != "Bearer":
        return "Unauthorized: authentication bearer scheme must be used"
    try:
        claims = jwt.decode(token, SECRET, algorithms=["HS256"], options={"verify_iat": False})
    except jwt.InvalidTokenError:
        return "Invalid token: API key not found"
    if claims.get("iss") != SERVICE:
        return "Invalid token: service not found"
    if abs(time.time() - claims["iat"]) > 30:  # noqa: TID251  # the edge of a test
        return "Error: Your system clock must be accurate to within 30 seconds"
    return ""


def _trouble(kind: str, asked: Json) -> tuple[str, str] | None:
    """What the provider would object to in a request to send: the error's name and message."""
    field, pattern = ("phone_number", _MOBILE) if kind == "sms" else ("email_address", _MAIL)
    if unknown := set(asked) - {field, "template_id", "personalisation", "reference"}:
        return "ValidationError", f"Additional properties are not allowed ({', '.join(sorted(unknown))})"
    if not pattern.fullmatch(str(asked.get(field))):
        return "ValidationError", f"{field} Not a valid one"
    if not isinstance(asked.get("reference"), str):
        return "ValidationError", "reference is not of type string"
    return _template_trouble(kind, asked)


def _template_trouble(kind: str, asked: Json) -> tuple[str, str] | None:
    if asked.get("template_id") not in TEMPLATES.values():
        return "BadRequestError", "Template not found"
    if asked["template_id"] != TEMPLATES[kind]:
        return "BadRequestError", f"this template is not suitable for {kind} notification"
    given = asked.get("personalisation")
    if not isinstance(given, dict) or set(given) != FIELDS[kind] or not all(isinstance(v, str) for v in given.values()):
        return "BadRequestError", "Missing personalisation: body"
    return None


def _made(made: FakeNotification) -> Json:
    return {
        "id": made.id,
        "reference": made.reference,
        "content": {**made.personalisation, "from_number": "GOVUK"},
        "uri": f"https://api.notifications.service.gov.uk/v2/notifications/{made.id}",
        "template": {"id": TEMPLATES[made.kind], "version": 1, "uri": "https://example.gov.uk"},
        "scheduled_for": None,
    }


def _listed(each: FakeNotification) -> Json:
    is_text = each.kind == "sms"
    return {
        "id": each.id,
        "reference": each.reference,
        "type": each.kind,
        "phone_number": each.to if is_text else None,
        "email_address": None if is_text else each.to,
        "status": each.status,
        "template": {"id": TEMPLATES[each.kind], "version": 1, "uri": "https://example.gov.uk"},
        "body": each.body,
        "subject": each.personalisation.get("subject"),
        "created_at": stamp(each.created_at),
        "sent_at": None,
        "completed_at": None,
        "scheduled_for": None,
    }


def _as_received(each: Received) -> Json:
    return {
        "id": each.id,
        "user_number": each.number.removeprefix("+"),
        "notify_number": "07700900001",
        "created_at": stamp(each.created_at),
        "service_id": SERVICE,
        "content": each.text,
    }
