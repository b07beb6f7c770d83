"""Health, figures, and the headers of every answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from prometheus_client import CollectorRegistry

from alertd.web.app import make_app
from alertd.web.server import Server
from tests.web.provider import PATHS, Provider, asked


def test_alive_says_no_more_than_that(provider: Provider) -> None:
    provider.troubles = {"feed": "no messages"}
    answer = provider.ask("/healthz")
    assert (answer.status_code, answer.text) == (200, "alive\n")


def test_ready_while_nothing_is_amiss_else_what_is(provider: Provider) -> None:
    assert provider.ask("/readyz").text == "ready\n"
    provider.troubles = {"tick": "stuck", "feed": "no messages since 14:00"}
    answer = provider.ask("/readyz")
    assert (answer.status_code, answer.text) == (503, "feed: no messages since 14:00\ntick: stuck\n")


def test_figures_are_those_of_the_registry(provider: Provider) -> None:
    answer = provider.ask("/metrics")
    assert "alertd_test 7.0" in answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=")


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/no/such/page", *PATHS.values()])
def test_every_answer_is_kept_by_nobody_and_framed_by_nobody(path: str, provider: Provider) -> None:
    headers = provider.ask(path).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "server" not in headers


@pytest.mark.parametrize("path", PATHS.values())
def test_without_twilio_there_are_no_hooks(path: str) -> None:
    app = make_app(CollectorRegistry(), dict, lambda *_: None)
    assert asked(app, "POST", path, b"", {}).status_code == 404


@contextmanager
def served(listen: str = "127.0.0.1:0") -> Iterator[Server]:
    server = Server(make_app(CollectorRegistry(), dict, lambda *_: None), listen)
    try:
        yield server
    finally:
        server.stop(5)


def test_a_server_answers_from_the_moment_it_is_made_until_it_is_stopped() -> None:
    with served() as server:
        url = f"http://127.0.0.1:{server.port}/healthz"
        assert httpx.get(url, timeout=10).text == "alive\n"
        assert server.stop(5)
        assert not server.is_running
        with pytest.raises(httpx.TransportError):
            httpx.get(url, timeout=1)


def test_a_port_in_use_is_told_to_whoever_starts_it() -> None:
    with served() as server, pytest.raises(OSError, match="in use"), served(f"127.0.0.1:{server.port}"):
        pass


def test_a_listener_on_ipv6_answers() -> None:
    with served("[::1]:0") as server:
        assert httpx.get(f"http://[::1]:{server.port}/readyz", timeout=10).text == "ready\n"
