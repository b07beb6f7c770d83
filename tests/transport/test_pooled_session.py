"""A provider is reached by the proxy and with the certificates that the environment names."""

from __future__ import annotations

from pathlib import Path

import pytest
from requests.exceptions import ProxyError

from alertd.transport.twilio_http import OneCall, pooled_session
from tests.doubles.private import free_port

_PROVIDER = "https://sms.example.gov.uk"


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "http_proxy", "all_proxy", "no_proxy", "requests_ca_bundle", "curl_ca_bundle"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def test_a_proxy_of_the_environment_is_gone_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    plain = _PROVIDER.replace("https", "http")
    with pytest.raises(ProxyError):
        OneCall(pooled_session(plain, 1), plain, 1).request("GET", f"{plain}/2010-04-01/Accounts.json")


def test_a_host_that_needs_no_proxy_gets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example.gov.uk:3128")
    assert pooled_session(_PROVIDER, 1).proxies["https"] == "http://proxy.example.gov.uk:3128"
    monkeypatch.setenv("no_proxy", "sms.example.gov.uk")
    assert not pooled_session(_PROVIDER, 1).proxies


def test_certificates_are_verified_with_the_bundle_that_the_environment_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert pooled_session(_PROVIDER, 1).verify is True
    bundle = tmp_path / "borough.pem"
    bundle.touch()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    assert pooled_session(_PROVIDER, 1).verify == str(bundle)
