"""The quarantine and the outbox: looked at, replayed, settled, sent again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from alertd.cli.opening import opened
from alertd.model.case import NotificationState
from alertd.service.intake import Arrival
from alertd.service.messages import Properties, encode_incident
from alertd.service.ports import Rank
from tests.cli.installation import Installation

EDT = "edt_duty_phone"
THEN = datetime(2026, 11, 2, 3, 4, tzinfo=UTC)


def unreadable(night: Installation) -> int:
    (row,) = night.json("quarantine")["messages"]
    return int(row["id"])


def test_the_quarantine_lists_source_and_reason_and_counts_what_waits(night: Installation) -> None:
    found = night.json("quarantine")
    assert found["open"] == 1
    assert found["messages"][0]["source"] == "ambulance/feed"
    assert "Waiting for a person: 1" in night.done("quarantine")


def test_a_message_in_quarantine_is_shown_without_its_content(night: Installation) -> None:
    said = night.done("quarantine", "show", unreadable(night))
    assert "size        " in said
    assert "%%" not in said
    assert "there is no unreadable message 99" in night.refused("quarantine", "show", "99")


def test_settling_needs_a_reason_and_is_done_once(night: Installation) -> None:
    id_ = unreadable(night)
    assert "reason is needed" in night.refused("quarantine", "settle", id_, "--reason", " ", "--as", EDT)
    night.done("quarantine", "settle", id_, "--reason", "rang them, sent again", "--as", EDT)
    assert night.json("quarantine")["messages"] == []
    (row,) = night.json("quarantine", "--all")["messages"]
    assert (row["settled_by"], row["settled_why"]) == (EDT, "rang them, sent again")
    assert "settled already" in night.refused("quarantine", "settle", id_, "--reason", "x", "--as", EDT)


def test_replaying_what_still_cannot_be_read_leaves_it_where_it_is(night: Installation) -> None:
    id_ = unreadable(night)
    assert "still cannot be read" in night.refused("quarantine", "replay", id_, "--as", EDT)
    assert night.json("quarantine")["open"] == 1
    assert night.json("status")["messages"]["received"] == 16


def test_replaying_after_a_mend_takes_the_message_with_its_first_time(night: Installation) -> None:
    # As a version of alertd with a fault had refused it.
    body = encode_incident({"person.age": 15}, source="police/custody", sent_at=THEN, message_id="Q-1")
    with opened(night.config) as parts:
        parts.intake.refuse(Arrival(body, Properties(), THEN), "a fault of alertd", THEN)
    newest = night.json("quarantine")["messages"][0]
    assert "taken, acted" in night.done("quarantine", "replay", newest["id"], "--as", EDT)
    assert THEN in {datetime.fromisoformat(line["opened_at"]) for line in night.json("cases")}
    assert night.json("quarantine")["open"] == 1
    assert night.json("status")["messages"]["adds_up"]


def sent(night: Installation) -> str:
    return str(night.json("outbox", "--all")["messages"][0]["id"])


def put_into(night: Installation, id_: str, state: NotificationState) -> None:
    with opened(night.config) as parts, parts.store.write(Rank.DELIVER) as writing:
        note = writing.notification(id_)
        assert note is not None
        assert writing.set_notification(replace(note, state=state, reason="refused_by_provider"), note.state)


def test_the_outbox_is_empty_when_all_is_sent_and_all_shows_everything(night: Installation) -> None:
    assert night.json("outbox")["messages"] == []
    assert {line["state"] for line in night.json("outbox", "--all")["messages"]} == {"sent"}


def test_what_failed_is_listed_counted_and_sent_again(night: Installation) -> None:
    id_ = sent(night)
    put_into(night, id_, NotificationState.REFUSED)
    assert night.json("outbox")["stuck"]["refused"] == 1
    assert "Stuck: 1 refused" in night.done("outbox")
    assert "`alertd outbox`" in night.refused("status")
    assert "goes again" in night.done("outbox", "retry", id_[:10])
    assert night.json("outbox")["messages"][0]["state"] == "pending"


def test_what_is_in_doubt_goes_again_marked_as_a_repeat(night: Installation) -> None:
    id_ = sent(night)
    put_into(night, id_, NotificationState.IN_DOUBT)
    assert "marked as a repeat" in night.done("outbox", "retry", id_)


def test_what_was_sent_is_not_sent_again(night: Installation) -> None:
    assert "only what failed" in night.refused("outbox", "retry", sent(night))


def test_an_id_must_mean_one_message(night: Installation) -> None:
    assert "there is no message zzz" in night.refused("outbox", "show", "zzz")
    assert "give more of the id" in night.refused("outbox", "show", _shared_beginning(night))


def _shared_beginning(night: Installation) -> str:
    beginnings = [line["id"][:1] for line in night.json("outbox", "--all")["messages"]]
    return str(next(one for one in beginnings if beginnings.count(one) > 1))


def test_a_message_is_shown_with_every_try_and_without_its_address(night: Installation) -> None:
    data = night.json("outbox", "show", sent(night))
    assert [attempt["outcome"] for attempt in data["tries"]] == ["sent"]
    said = night.done("outbox", "show", sent(night))
    assert "Tries" in said
    assert "@" not in said.replace("#", "").partition("Tells of")[0]
