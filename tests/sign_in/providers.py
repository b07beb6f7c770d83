"""The council's directory: a real provider of OpenID Connect in this process, and one that forges what it is told."""

from __future__ import annotations

import base64
import json
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from alertd.transport.oidc import Directory, Registration
from alertd.web.sign_in_directory import ByDirectory, DirectoryPages, Sealing
from tests.service.stage import KEYRING
from tests.sign_in.door import Door

CLIENT = "alertd-of-this-test"
SECRET = "a secret of this test"
OID = "11111111-2222-3333-4444-555555555555"

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of its own use of older parts of a library
    import oidc_provider_mock


def new_key(kid: str) -> RSAKey:
    """A key to sign with."""
    return RSAKey.generate_key(2048, {"kid": kid}, auto_kid=False)


KEY = new_key("one")
"""Made once: it takes a while."""


@contextmanager
def provider_mock(*, lasts: timedelta = timedelta(hours=1)) -> Iterator[str]:
    """A provider that knows one person; its issuer."""
    users = [oidc_provider_mock.User(sub="subject-of-robin", claims={"oid": OID})]
    with (
        warnings.catch_warnings(),
        oidc_provider_mock.run_server_in_thread(user_claims=users, access_token_max_age=lasts) as server,
    ):
        warnings.simplefilter("ignore")
        yield f"http://localhost:{server.server_port}"


def consent(url: str, sub: str = "subject-of-robin", **more: str) -> str:
    """Be the person at the provider; the address with which the browser is sent back."""
    answer = requests.post(url, data={"sub": sub, **more}, allow_redirects=False, timeout=10)
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


def path_of(url: str) -> str:
    """A path with its query."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def with_directory(door: Door, issuer: str, claim: str = "oid") -> Door:
    """A door that people also come in to by the directory."""
    known = Registration(issuer, CLIENT, lambda: SECRET, claim, f"{door.url}/a/directory/back")
    sealing = Sealing(KEYRING.seal_own, KEYRING.open_own)
    directory = Directory(known, lambda: door.world.now)
    title = "Sign in with your work account"
    by = ByDirectory(
        directory, door.accounts, door.sessions, sealing, title, door.url, door.count, lambda: door.world.now
    )
    door.directory = DirectoryPages(by)
    return door


@dataclass
class Forger:
    """A provider whose ID tokens hold what a test says.

    Attributes:
        claims: Put over the right ones; None leaves one out.
        algorithm: By which it signs; "none" signs nothing.
        key: It signs with this, and publishes `published`.
        about: Put over what it says of itself.
        answer: Given for the code instead of tokens: status and body.
        asked: Forms that came to the token endpoint, and their Authorization.
    """

    now: datetime
    claims: dict[str, Any] = field(default_factory=dict)
    algorithm: str = "RS256"
    key: RSAKey = field(default_factory=lambda: KEY)
    published: RSAKey | None = None
    about: dict[str, Any] = field(default_factory=dict)
    answer: tuple[int, bytes] | None = None
    asked: list[tuple[dict[str, str], str]] = field(default_factory=list)
    nonce: str = ""
    issuer: str = ""

    def reply(self, path: str) -> Mapping[str, Any]:
        """What a GET is answered."""
        if path == "/jwks":
            return {"keys": [(self.published or self.key).as_dict(private=False)]}
        ends = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/jwks"}
        return {"issuer": self.issuer, **{name: self.issuer + end for name, end in ends.items()}, **self.about}

    def token(self) -> str:
        """An ID token."""
        now = int(self.now.timestamp())
        right = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": "subject-of-robin",
            "oid": OID,
            "iat": now,
            "exp": now + 3600,
            "nonce": self.nonce,
        }
        claims = {name: value for name, value in {**right, **self.claims}.items() if value is not None}
        header = {"alg": self.algorithm, "kid": self.key.kid or "one"}
        if self.algorithm == "HS256":
            return jwt.encode(header, claims, OctKey.import_key(SECRET), algorithms=["HS256"])
        if self.algorithm == "none":
            signed = jwt.encode({**header, "alg": "RS256"}, claims, self.key)
            head = json.dumps(header).encode()
            return f"{_b64(head)}.{signed.split('.')[1]}."
        return jwt.encode(header, claims, self.key)


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@contextmanager
def forging(forger: Forger) -> Iterator[Forger]:
    """Let it listen."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send(200, json.dumps(forger.reply(self.path)).encode())

        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
            forger.asked.append(({k: v[0] for k, v in form.items()}, self.headers.get("authorization", "")))
            if forger.answer is not None:
                self._send(*forger.answer)
                return
            tokens = {"access_token": "x", "token_type": "Bearer", "id_token": forger.token()}
            self._send(200, json.dumps(tokens).encode())

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    forger.issuer = f"http://127.0.0.1:{server.server_port}"
    try:
        yield forger
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
