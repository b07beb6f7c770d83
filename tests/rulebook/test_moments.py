"""Times as people type them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.core.calendar import local
from alertd.model.errors import NotPossible
from alertd.rulebook.moments import beginning, ending, past, typed

NOW = datetime(2026, 7, 10, 14, 0, tzinfo=UTC)  # 15:00 in London


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("now", NOW),
        ("14:40", datetime(2026, 7, 10, 13, 40, tzinfo=UTC)),
        ("9:05", datetime(2026, 7, 10, 8, 5, tzinfo=UTC)),
        ("today 14:40", datetime(2026, 7, 10, 13, 40, tzinfo=UTC)),
        ("Yesterday 23:10", datetime(2026, 7, 9, 22, 10, tzinfo=UTC)),
        ("yesterday, 23:10", datetime(2026, 7, 9, 22, 10, tzinfo=UTC)),
        ("20 minutes ago", NOW - timedelta(minutes=20)),
        ("2 hours ago", NOW - timedelta(hours=2)),
        ("2026-07-10 14:40", datetime(2026, 7, 10, 13, 40, tzinfo=UTC)),
        ("2026-07-10T14:40:00+01:00", datetime(2026, 7, 10, 13, 40, tzinfo=UTC)),
        ("2026-07-10T13:40:00Z", datetime(2026, 7, 10, 13, 40, tzinfo=UTC)),
    ],
)
def test_a_time_means_what_a_person_in_london_means_by_it(text: str, meant: datetime) -> None:
    assert past(text, NOW) == meant


@pytest.mark.parametrize("text", ["15:01", "today 23:10", "tomorrow 08:00", "2027-01-01 10:00"])
def test_a_time_to_come_is_refused_with_what_was_understood(text: str) -> None:
    with pytest.raises(NotPossible, match=r"understood as \d\d:\d\d .* still to come"):
        past(text, NOW)
    assert typed(text, NOW) > NOW


@pytest.mark.parametrize("text", "|soon|25:00|14.40|1m ago|2 months ago|2026-02-30 10:00|yesterday".split("|"))
def test_what_is_no_time_is_refused_with_examples(text: str) -> None:
    with pytest.raises(NotPossible, match="yesterday 23:10"):
        typed(text, NOW)


@pytest.mark.parametrize("text", ["2026-10-25 01:30", "2027-03-28 01:30"])
def test_a_time_that_the_change_of_clocks_repeats_or_skips_is_refused(text: str) -> None:
    with pytest.raises(NotPossible, match="offset"):
        typed(text, NOW)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)), st.integers(0, 1439))  # noqa: DTZ001
def test_a_clock_time_is_today_or_refused(now: datetime, minute: int) -> None:
    text = f"{minute // 60:02}:{minute % 60:02}"
    try:
        at = past(text, now)
    except NotPossible:
        return
    assert at <= now
    assert f"{local(at):%F %H:%M}" == f"{local(now):%F} {text}"


def test_a_day_alone_is_the_whole_day_in_london() -> None:
    assert beginning("2026-07-01", NOW) == datetime(2026, 6, 30, 23, 0, tzinfo=UTC)
    assert ending(" 2026-07-01", NOW) == datetime(2026, 7, 1, 23, 0, tzinfo=UTC)


def test_where_a_stretch_begins_and_ends_may_be_a_time() -> None:
    assert beginning("2 hours ago", NOW) == ending("2 hours ago", NOW) == NOW - timedelta(hours=2)
    with pytest.raises(NotPossible, match="calendar"):
        beginning("2026-02-30 10:00", NOW)
