"""`web` in alertd.yaml: who stands in front, how people sign in."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from alertd.rulebook.problems import format_problem
from alertd.rulebook.settings_file import load_settings, settings_from_text
from alertd.rulebook.web_settings import Web
from alertd.shipped import shipped

ISSUER = "https://login.example.org/tenant/v2.0"
OIDC = f'oidc: {{issuer: "{ISSUER}", client_id: alertd, client_secret: {{file: secret}}}}'


def whole(web: str) -> str:
    """The shipped settings with another `web`."""
    text = (shipped("config") / "alertd.yaml").read_text(encoding="utf-8")
    before, _, rest = text.partition("\nweb:\n")
    after = rest[rest.index("\nrest:") :]
    return f"{before}\nweb: {web}{after}"


def web(text: str) -> Web:
    loaded = settings_from_text(whole(text))
    assert loaded.settings is not None, [*map(format_problem, loaded.problems)]
    return loaded.settings.web


def problems(text: str) -> str:
    loaded = settings_from_text(whole(text))
    assert loaded.settings is None
    return "\n".join(map(format_problem, loaded.problems))


def test_as_shipped_people_sign_in_by_a_password_and_no_proxy_is_believed() -> None:
    found = load_settings(shipped("config") / "alertd.yaml").settings
    assert found is not None
    asked = found.web.sign_in
    assert (asked.idle, asked.longest) == (timedelta(minutes=30), timedelta(hours=12))
    assert (asked.local, asked.oidc, found.web.trusted_proxies) == (True, None, ())


def test_the_lines_behind_the_hash_are_right(tmp_path: Path) -> None:
    text = (shipped("config") / "alertd.yaml").read_text(encoding="utf-8")
    text = text.replace("  sign_in: {idle: 30 minutes, longest: 12 hours}\n", "")
    lines = text.splitlines(keepends=True)
    at = lines.index("  # sign_in:\n")
    lines[at - 1 : at + 6] = [line.replace("  # ", "  ", 1) for line in lines[at - 1 : at + 6]]
    path = tmp_path / "alertd.yaml"
    path.write_text("".join(lines), encoding="utf-8")
    loaded = load_settings(path)
    assert loaded.settings is not None, [*map(format_problem, loaded.problems)]
    assert loaded.settings.web.sign_in.oidc is not None
    assert not loaded.settings.web.sign_in.local
    assert loaded.settings.web.trusted_proxies == (ip_network("127.0.0.1"),)


def test_a_directory_is_named_by_its_issuer_and_people_by_a_claim_that_never_changes() -> None:
    oidc = web(f"{{sign_in: {{local: no, {OIDC}}}}}").sign_in.oidc
    assert oidc is not None
    assert (oidc.issuer, oidc.client_id, oidc.claim) == (ISSUER, "alertd", "oid")
    assert "Secret" not in str(oidc.model_dump(exclude={"client_secret"}))


def test_proxies_are_addresses_or_networks() -> None:
    found = web("{trusted_proxies: [127.0.0.1, 10.0.0.0/8, 2001:db8::/32]}").trusted_proxies
    assert found == (ip_network("127.0.0.1"), ip_network("10.0.0.0/8"), ip_network("2001:db8::/32"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{trusted_proxies: [proxy.example.org]}", "is not an address of a proxy"),
        ("{trusted_proxies: [10.0.0.1/8]}", "is not an address of a proxy"),
        (f"{{sign_in: {{{OIDC[:-1]}, claim: email}}}}}}", "does not name a person for good"),
        (f"{{sign_in: {{{OIDC[:-1]}, claim: preferred_username}}}}}}", "does not name a person for good"),
        (f"{{sign_in: {{{OIDC.replace('https', 'http')}}}}}", "can be read and changed on its way"),
        (f"{{sign_in: {{{OIDC.replace('{file: secret}', 'open')}}}}}", "a secret is never written in the file itself"),
        ("{sign_in: {oidc: {issuer: x}}}", "is not an address of this kind"),
        ("{sign_in: {local: perhaps}}", "neither yes nor no"),
        ("{sign_in: {idle: never}}", "idle"),
        ("{sign_in: {pasword: x}}", "is not a setting here"),
    ],
)
def test_what_is_wrong_is_said_with_a_remedy(text: str, said: str) -> None:
    assert said in problems(text)
