"""What may stand there is listed once each, and not without end."""

from __future__ import annotations

from alertd.rulebook.suggestions import allowed


def test_a_word_that_is_allowed_for_two_reasons_is_listed_once() -> None:
    assert allowed(["incident", "status", "incident"]) == "allowed: incident, status"


def test_a_long_list_ends_with_how_many_more_there_are() -> None:
    assert allowed([f"w{n}" for n in range(42)]).endswith("w39 and 2 more")
