"""Sign-in by the council's directory: OpenID Connect, authorization code with PKCE, state and nonce.

Source: OpenID Connect Core 1.0, 3.1 (flow and ID token validation); RFC 7636 (PKCE); RFC 9700 (best practice).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from alertd.model.errors import ConfigError, DirectoryUnavailable, SignInRefused

WELL_KNOWN = "/.well-known/openid-configuration"
ALGORITHMS = ("RS256", "PS256", "ES256")
"""How ID tokens may be signed: never "none", never by a secret that both sides know."""
LEEWAY = timedelta(seconds=60)
_SECONDS = 5.0
_KEPT_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Registration:
    """How alertd is known to the directory.

    Attributes:
        issuer: As the directory names itself.
        client_id: Of this installation.
        client_secret: Asks for the secret; raises ConfigError when it cannot be read.
        claim: Which claim names a person.
        back: Our own address to which people come back.
    """

    issuer: str
    client_id: str
    client_secret: Callable[[], str]
    claim: str
    back: str


@dataclass(frozen=True, slots=True)
class Pending:
    """A sign-in under way, to be kept by the browser, sealed: what its answer must match."""

    state: str
    nonce: str
    verifier: str


class Directory:
    """The directory, as one client of it sees it.

    Args:
        registration: How alertd is known there.
        now: The present, aware UTC.
    """

    def __init__(self, registration: Registration, now: Callable[[], datetime]) -> None:
        self._known = registration
        self._now = now
        self._kept: dict[str, tuple[float, dict[str, Any]]] = {}

    @property
    def issuer(self) -> str:
        """Whose names for people these are."""
        return self._known.issuer

    def look(self) -> None:
        """See whether it answers, is the one that it should be, and names what a sign-in needs.

        Raises:
            DirectoryUnavailable: it does not; the text says what is missing.
        """
        for name in ("authorization_endpoint", "token_endpoint"):
            self._endpoint(name)
        self._keys()
        self._session().close()

    def begin(self) -> tuple[str, Pending]:
        """Where to send the browser, and what its answer must match.

        Raises:
            DirectoryUnavailable: it does not answer, or not as a directory does.
        """
        pending = Pending(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48))
        with self._session() as session:
            url, _ = session.create_authorization_url(
                self._endpoint("authorization_endpoint"),
                state=pending.state,
                nonce=pending.nonce,
                code_verifier=pending.verifier,
            )
        return str(url), pending

    def finish(self, pending: Pending, answer: str) -> str:
        """Who has come back: the directory's name for them.

        Args:
            pending: From `begin`, of this same browser.
            answer: The address with which the browser came back.

        Raises:
            SignInRefused: the answer is not one to ours, or not the directory's; its text says why, for the log.
            DirectoryUnavailable: it does not answer, or not as a directory does.
        """
        if given := parse_qs(urlsplit(answer).query).get("error"):
            raise SignInRefused("cancelled" if given == ["access_denied"] else "error of the directory")
        claims = self._checked(self._id_token(pending, answer), pending.nonce)
        subject = claims.get(self._known.claim)
        if not isinstance(subject, str) or not subject:
            raise SignInRefused(f"no {self._known.claim} claim")
        return subject

    def _id_token(self, pending: Pending, answer: str) -> str:
        try:
            with self._session() as session:
                token = session.fetch_token(
                    self._endpoint("token_endpoint"),
                    authorization_response=answer,
                    state=pending.state,
                    code_verifier=pending.verifier,
                    allow_redirects=False,
                )
        except AuthlibBaseError as refused:
            raise SignInRefused(_reason(refused)) from None
        except (requests.RequestException, ValueError, TypeError) as fault:
            raise DirectoryUnavailable(f"no answer to the code ({type(fault).__name__})") from fault
        found = token.get("id_token") if isinstance(token, dict) else None
        if not isinstance(found, str):
            raise SignInRefused("no ID token")
        return found

    def _checked(self, id_token: str, nonce: str) -> Mapping[str, Any]:
        rules = jwt.JWTClaimsRegistry(
            now=int(self._now().timestamp()),
            leeway=int(LEEWAY.total_seconds()),
            iss={"essential": True, "value": self._known.issuer},
            aud={"essential": True, "value": self._known.client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            claims = self._decoded(id_token)
            rules.validate(claims)
        except (JoseError, ValueError) as wrong:
            claim = getattr(wrong, "claim", "")
            raise SignInRefused(f"ID token: {type(wrong).__name__}{f' {claim}' if claim else ''}") from None
        if claims.get("azp", self._known.client_id) != self._known.client_id:
            raise SignInRefused("ID token: another client's")
        return claims

    def _decoded(self, id_token: str) -> dict[str, Any]:
        try:
            return jwt.decode(id_token, self._keys(), algorithms=ALGORITHMS).claims
        except (InvalidKeyIdError, ValueError):
            # The directory changes its keys now and then: one look at those it has now.
            return jwt.decode(id_token, self._keys(fresh=True), algorithms=ALGORITHMS).claims

    # --- what the directory says of itself

    def _keys(self, *, fresh: bool = False) -> KeySet:
        found = self._json(self._endpoint("jwks_uri"), fresh=fresh)
        try:
            return KeySet.import_key_set(found)  # type: ignore[arg-type]  # checked there
        except (JoseError, ValueError, KeyError, TypeError) as fault:
            raise DirectoryUnavailable("its keys cannot be read") from fault

    def _endpoint(self, name: str) -> str:
        about = self._json(self._known.issuer.rstrip("/") + WELL_KNOWN)
        if about.get("issuer") != self._known.issuer:
            raise DirectoryUnavailable("it names itself otherwise than web.sign_in.oidc.issuer does")
        url = about.get(name)
        scheme = urlsplit(self._known.issuer).scheme
        if not isinstance(url, str) or urlsplit(url).scheme not in ("https", scheme):
            raise DirectoryUnavailable(f"it names no usable {name}")
        return url

    def _json(self, url: str, *, fresh: bool = False) -> dict[str, Any]:
        at, kept = self._kept.get(url, (0.0, None))
        if kept is not None and not fresh and monotonic() - at < _KEPT_SECONDS:
            return kept
        try:
            answer = requests.get(url, timeout=_SECONDS)
            answer.raise_for_status()
            found = answer.json()
        except (requests.RequestException, ValueError) as fault:
            raise DirectoryUnavailable(f"it does not answer ({type(fault).__name__})") from fault
        if not isinstance(found, dict):
            raise DirectoryUnavailable("it does not answer as a directory does")
        self._kept[url] = (monotonic(), found)
        return found

    def _session(self) -> OAuth2Session:
        known = self._known
        try:
            secret = known.client_secret()
        except ConfigError as problem:
            raise DirectoryUnavailable("web.sign_in.oidc.client_secret cannot be read") from problem
        return OAuth2Session(
            known.client_id,
            secret,
            scope="openid",
            redirect_uri=known.back,
            code_challenge_method="S256",
            default_timeout=_SECONDS,
        )


def _reason(refused: AuthlibBaseError) -> str:
    """Authlib's word for it; its description may repeat what the browser sent."""
    return f"answer: {refused.error or type(refused).__name__}"[:80]
