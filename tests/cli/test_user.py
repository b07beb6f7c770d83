"""`user` and `audit reads`: who may sign in, and who saw what."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from alertd.daemon.parts import open_parts, read_settings
from alertd.model.access import CaseRead
from alertd.model.ids import PersonId
from alertd.service.read_log import ReadLog
from tests.cli.installation import Installation

WORDS = "kettle marble Thursday"
ISSUER = "https://login.example.org/tenant/v2.0"


def add(here: Installation, login: str = "robin.ash", *more: str) -> str:
    return here.done("user", "add", login, "--person", "manager_ash", *more, typed=f"{WORDS}\n")


def with_sign_in(here: Installation, *lines: str) -> None:
    """Write `web.sign_in` anew."""
    text = here.config.read_text(encoding="utf-8")
    old = "  sign_in: {idle: 30 minutes, longest: 12 hours}\n"
    assert old in text
    new = "".join(f"    {line}\n" for line in lines)
    here.config.write_text(text.replace(old, f"  sign_in:\n{new}"), encoding="utf-8")


def with_directory(here: Installation, *more: str) -> None:
    secret = here.root / "credentials/oidc"
    secret.write_text("a secret of this test", encoding="utf-8")
    with_sign_in(here, f'oidc: {{issuer: "{ISSUER}", client_id: alertd, client_secret: {{file: {secret}}}}}', *more)


def test_an_account_is_added_listed_disabled_and_opened_again(here: Installation) -> None:
    assert "robin.ash: may sign in as manager_ash, staff" in add(here, "Robin.Ash")
    (account,) = here.json("user", "list")["accounts"]
    assert account["may_sign_in"]
    assert (account["login"], account["person"], account["role"], account["by"]) == (
        "robin.ash", "manager_ash", "staff", "password",
    )  # fmt: skip
    assert "robin.ash: disabled" in here.done("user", "disable", "ROBIN.ASH")
    assert here.json("user")["accounts"][0]["may_sign_in"] is False
    add(here, "robin.ash", "--role", "admin")
    assert [(a["may_sign_in"], a["role"]) for a in here.json("user")["accounts"]] == [(True, "admin")]


def test_the_list_is_readable(here: Installation) -> None:
    assert "Nobody can sign in yet" in here.done("user")
    add(here)
    assert "manager_ash" in here.done("user")


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("short", "12 to 200 characters"),
        ("robin.ash is here", "can be guessed"),
        ("aaaaaaaaaaaaaaa", "can be guessed"),
        ("", "12 to 200"),
    ],
)
def test_a_weak_password_is_refused_and_not_repeated(password: str, said: str, here: Installation) -> None:
    output = here.refused("user", "add", "robin.ash", "--person", "manager_ash", typed=f"{password}\n")
    assert said in " ".join(output.split())
    assert not password or password not in output
    assert here.json("user")["accounts"] == []


def test_a_password_is_no_option(here: Installation) -> None:
    assert here("user", "add", "robin.ash", "--person", "manager_ash", "--password", WORDS).exit_code == 2


def test_an_account_needs_somebody_of_people_yaml_and_a_login(here: Installation) -> None:
    assert "manager_ash" in here.refused("user", "add", "x.y", "--person", "manager_ahs", typed=f"{WORDS}\n")
    assert "a login has" in here.refused("user", "add", "x y", "--person", "manager_ash", typed=f"{WORDS}\n")


def test_what_is_not_there_cannot_be_disabled(here: Installation) -> None:
    assert "there is no account 'nobody'" in here.refused("user", "disable", "nobody")


def test_somebody_of_the_directory_is_named_by_its_unchanging_id(here: Installation) -> None:
    with_directory(here)
    oid = "11111111-2222-3333-4444-555555555555"
    here.done("user", "add", oid, "--directory", "--person", "manager_ash")
    (account,) = here.json("user")["accounts"]
    assert (account["login"], account["by"]) == (oid, "directory")
    assert "no name that a directory gives" in here.refused(
        "user", "add", "robin.ash@example.gov.uk", "--directory", "--person", "manager_ash"
    )
    here.done("user", "disable", oid)
    assert here.json("user")["accounts"][0]["may_sign_in"] is False


def test_what_is_switched_off_cannot_be_added(here: Installation) -> None:
    said = here.refused("user", "add", "x-1", "--directory", "--person", "manager_ash")
    assert "no directory is set up" in said
    with_directory(here, "local: no")
    said = here.refused("user", "add", "robin.ash", "--person", "manager_ash", typed=f"{WORDS}\n")
    assert "switched off" in said


def saw(here: Installation, ref: str) -> None:
    with open_parts(read_settings(Path(here.config))) as parts:
        with parts.store.read() as reading:
            case = reading.case_by_ref(ref)
        assert case is not None
        at = datetime(2026, 11, 26, 3, 14, tzinfo=UTC)
        ReadLog(parts.store).saw(CaseRead(PersonId("manager_birch"), case, at, "case"))


def test_an_admin_sees_who_saw_which_case_and_nobody_else_does(here: Installation) -> None:
    ref = here.incident()
    saw(here, ref)
    assert "has no account with the role admin" in here.refused("audit", "reads", "--as", "manager_ash")
    add(here)
    here.refused("audit", "reads", "--as", "manager_ash")
    add(here, "robin.ash", "--role", "admin")
    (row,) = here.json("audit", "reads", "--as", "manager_ash")["reads"]
    assert (row["person"], row["case"], row["page"]) == ("manager_birch", ref, "case")
    assert here.json("audit", "reads", "--as", "manager_ash", "--person", "manager_ash")["reads"] == []
    assert ref in here.done("audit", "reads", "--as", "manager_ash", "--case", ref)
    assert "there is no case" in here.refused("audit", "reads", "--as", "manager_ash", "--case", "WF-UR-26-0000")
