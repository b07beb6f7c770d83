from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from alertd.core.calendar import RestHours
from alertd.core.outgoing import Desk, Hold, InDigest, NobodyThere, SendNow, Verdict, channels, digest_at, judge_line
from alertd.model.case import LineState
from alertd.model.ids import HoursId, PersonId, RoleId, RotaId
from alertd.model.rulebook import Hours, Override, Role, Rota, RuleBook
from alertd.model.values import Channel, Rest, Severity
from tests.core.book import small_book
from tests.core.make import london, obligation

DAY, NIGHT = london("2026-11-26 14:10"), london("2026-11-26 23:10")
SATURDAY = london("2026-11-28 10:00")
ALL = frozenset(Channel)


def _office() -> RuleBook:
    """The small book with a role that closes and leaves nobody in its place."""
    book = small_book()
    role = Role(RoleId("drm"), "DRM", "manager_rota", HoursId("mash_hours"))
    lonely = Role(RoleId("lonely"), "Nobody", "empty")
    return replace(
        book,
        roles={**book.roles, role.id: role, lonely.id: lonely},
        rotas={**book.rotas, RotaId("empty"): Rota(RotaId("empty"))},
    )


def _desk(**more: object) -> Desk:
    return replace(Desk(_office(), RestHours(), ALL, {}), **more)  # type: ignore[arg-type]


def _judge(now: datetime, role: str = "duty_manager", desk: Desk | None = None, **more: object) -> Verdict:
    return judge_line(obligation(role=role, **more), now, desk or _desk())  # type: ignore[arg-type]  # by name


def _who(verdict: Verdict) -> list[tuple[str, str, tuple[Channel, ...]]]:
    assert isinstance(verdict, SendNow | InDigest)
    return [(each.role, each.person.id, each.channels) for each in verdict.recipients]


def test_by_day_a_line_goes_at_once_to_who_is_on_call() -> None:
    assert _who(_judge(DAY)) == [("duty_manager", "manager", (Channel.SMS, Channel.EMAIL))]


def test_the_duty_role_is_the_team_open_at_that_hour() -> None:
    by = (Channel.SMS, Channel.EMAIL, Channel.CALL)
    assert _who(_judge(DAY, "safeguarding_duty", by=by))[0][:2] == ("mash", "desk")
    assert _who(_judge(NIGHT, "safeguarding_duty", by=by, rest=Rest.WAKE)) == [
        ("edt", "night", (Channel.SMS, Channel.CALL))
    ]


def test_at_night_only_what_may_wake_goes_and_the_rest_waits_for_the_digest() -> None:
    assert _judge(NIGHT) == Hold(london("2026-11-27 07:30"), "rest_hours")
    assert isinstance(_judge(NIGHT, rest=Rest.WAKE), SendNow)


def test_what_is_for_the_digest_waits_for_it_even_by_day() -> None:
    assert _judge(DAY, digest=True) == Hold(london("2026-11-27 07:30"), "digest")


def test_a_closed_role_is_told_on_its_next_working_day() -> None:
    assert _judge(SATURDAY, "drm") == Hold(london("2026-11-30 07:30"), "closed")
    assert _judge(london("2026-12-24 18:00"), "drm") == Hold(london("2026-12-29 07:30"), "closed")
    assert isinstance(_judge(DAY, "drm"), SendNow)


def test_a_swap_keeps_a_closed_role_within_reach() -> None:
    swap = Override(SATURDAY, SATURDAY + timedelta(hours=1), (PersonId("head"),))
    desk = _desk(swaps={RoleId("drm"): (swap,)})
    assert _who(_judge(SATURDAY, "drm", desk)) == [("drm", "head", (Channel.SMS, Channel.EMAIL))]


def test_a_held_line_goes_by_mail_to_who_stands_there_that_day_before_the_office_opens() -> None:
    morning = london("2026-11-27 07:30")
    found = _judge(morning, "drm", state=LineState.HELD)
    assert _who(found) == [("drm", "manager", (Channel.EMAIL,))]
    assert _who(_judge(morning, state=LineState.HELD)) == [("duty_manager", "manager", (Channel.EMAIL,))]


def test_a_held_line_of_somebody_without_mail_reaches_nobody() -> None:
    assert _judge(DAY, "mash_manager", state=LineState.HELD) == NobodyThere()


def test_an_office_that_never_opens_is_asked_now() -> None:
    book = _office()
    never = replace(book, hours={HoursId("mash_hours"): Hours(HoursId("mash_hours"), {})})
    assert _judge(DAY, "drm", _desk(book=never), state=LineState.HELD) == NobodyThere()
    assert digest_at(RoleId("drm"), DAY, _desk(book=never)) > DAY + timedelta(days=29)


def test_only_channels_with_a_provider_and_an_address_are_used() -> None:
    desk = _desk(usable=frozenset({Channel.EMAIL}))
    assert _who(_judge(DAY, desk=desk)) == [("duty_manager", "manager", (Channel.EMAIL,))]
    assert _judge(DAY, desk=_desk(usable=frozenset({Channel.CALL}))) == NobodyThere()


def test_the_backup_is_told_when_nobody_here_can_be() -> None:
    by_mail = _judge(NIGHT, "safeguarding_duty", by=(Channel.EMAIL,), rest=Rest.WAKE)
    assert _who(by_mail) == [("safeguarding_backup", "second", (Channel.EMAIL,))]


def test_a_role_with_nobody_and_no_backup_is_nobody_there() -> None:
    assert _judge(DAY, "lonely") == NobodyThere()


def test_somebody_whose_number_is_silent_is_told_by_other_ways() -> None:
    desk = _desk(silent=frozenset({PersonId("manager")}))
    assert _who(_judge(DAY, desk=desk)) == [("duty_manager", "manager", (Channel.EMAIL,))]


def test_a_number_that_is_refused_for_good_is_left_out_on_its_channel_alone() -> None:
    desk = _desk(bad=frozenset({(PersonId("manager"), Channel.SMS)}))
    assert _who(_judge(DAY, desk=desk)) == [("duty_manager", "manager", (Channel.EMAIL,))]
    other = _desk(bad=frozenset({(PersonId("desk"), Channel.SMS), (PersonId("manager"), Channel.CALL)}))
    assert _judge(DAY, desk=other) == _judge(DAY)


@pytest.mark.parametrize(
    ("by", "more", "told"),
    [
        ((Channel.SMS,), {}, (Channel.SMS, Channel.EMAIL)),
        ((Channel.SMS, Channel.CALL), {}, (Channel.SMS, Channel.CALL, Channel.EMAIL)),
        ((Channel.SMS, Channel.EMAIL), {"ladder": True}, (Channel.SMS, Channel.EMAIL, Channel.CALL)),
        ((Channel.SMS, Channel.EMAIL), {}, (Channel.SMS, Channel.EMAIL)),
        ((Channel.SMS, Channel.EMAIL, Channel.CALL), {"ladder": True}, (Channel.SMS, Channel.EMAIL, Channel.CALL)),
        ((Channel.CALL,), {"ladder": True}, (Channel.CALL,)),
        ((Channel.SMS,), {"severity": Severity.HIGH}, (Channel.SMS,)),
    ],
)
def test_while_texts_are_slow_what_is_urgent_goes_by_another_channel_too(
    by: tuple[Channel, ...], more: dict[str, object], told: tuple[Channel, ...]
) -> None:
    row = obligation(by=by, **{"severity": Severity.URGENT, **more})  # type: ignore[arg-type]
    assert channels(row, _desk(slow_texts=True)) == told
    assert channels(row, _desk()) == by
