"""The daemon counts swaps that a command has recorded, and notices cover that runs out, before it has."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from alertd.core.on_call import on_call
from alertd.daemon.cover import TOLD_BEFORE, gaps_ahead, tell_gaps
from alertd.daemon.parts import Options, Parts, open_parts, read_settings
from alertd.daemon.reload import record_version
from alertd.daemon.troubles import Troubles
from alertd.daemon.turns import PlanTurn
from alertd.model.ids import PersonId, RoleId
from alertd.service.swaps import Swapping, Wanted
from tests.daemon.conftest import NOW, now

MANAGER, HEAD = RoleId("duty_manager"), PersonId("violence_reduction_head")


def _swap(parts: Parts) -> None:
    wanted = Wanted(MANAGER, HEAD, NOW, NOW + timedelta(weeks=3))
    Swapping(parts.store, parts.desk).set(wanted, HEAD, NOW)


def _answers(parts: Parts) -> list[str]:
    desk = parts.desk(NOW)
    return [person.id for person in on_call(desk.book, MANAGER, NOW, desk.swaps).people]


def test_a_swap_recorded_by_a_command_counts_in_the_running_daemon_at_its_next_turn(parts: Parts) -> None:
    with open_parts(parts.settings, options=Options(now=now)) as command:
        _swap(command)
    assert _answers(parts) != [HEAD]
    PlanTurn(parts, Troubles(now), lambda: None)()
    assert _answers(parts) == [HEAD]


def test_a_command_knows_the_swaps_on_record_from_the_start(parts: Parts) -> None:
    _swap(parts)
    with open_parts(parts.settings, options=Options(now=now)) as command:
        assert _answers(command) == [HEAD]


def _calendar(folder: Path, last: str) -> Parts:
    """An installation whose managers on duty stand in a calendar that ends, with nobody behind them."""
    rotas, roles = folder / "config/rotas.yaml", folder / "config/roles.yaml"
    before, _, after = rotas.read_text().partition("- rota: managers_on_duty\n")
    rest = after.partition("- rota: mash_management\n")[2]
    rotas.write_text(f"{before}- rota: managers_on_duty\n  ical: managers.ics\n\n- rota: mash_management\n{rest}")
    alone = "  rota: managers_on_duty\n"
    roles.write_text(roles.read_text().replace(f"{alone}  backup: mash_manager\n", alone))
    shift = f"BEGIN:VEVENT\nDTSTART:20260101T000000Z\nDTEND:{last}T000000Z\nSUMMARY:Jo Cedar\nEND:VEVENT"
    (folder / "config/managers.ics").write_text(f"BEGIN:VCALENDAR\n{shift}\nEND:VCALENDAR\n")
    return open_parts(read_settings(folder / "config/alertd.yaml"), migrate=True, options=Options(now=now))


def test_a_calendar_that_runs_out_is_told_once_a_day_before_it_has(folder: Path) -> None:
    last = f"{NOW + timedelta(days=10):%Y%m%d}"
    with _calendar(folder, last) as parts:
        told = Troubles(now)
        for _ in range(2):
            tell_gaps(parts, told, NOW)
        assert told.write(parts.store) == 1
        tell_gaps(parts, told, NOW + timedelta(days=1))
        assert told.write(parts.store) == 1
        with parts.store.read() as reading:
            texts = [dict(line.note)["source"] for line in reading.waiting(NOW, 9)]
        assert texts[0].startswith("Nobody can be reached for duty_manager from 00:00 ")


def test_cover_that_ends_later_is_no_trouble_yet_and_a_swap_mends_it(folder: Path) -> None:
    with _calendar(folder, f"{NOW + TOLD_BEFORE + timedelta(days=1):%Y%m%d}") as parts:
        assert gaps_ahead(parts, NOW) == ()
        (gap,) = gaps_ahead(parts, NOW, timedelta(days=20))
        assert gap.role == MANAGER
        _swap(parts)
        with parts.store.read() as reading:
            parts.swaps.learn(reading, NOW)
        assert gaps_ahead(parts, NOW, timedelta(days=20)) == ()


def test_the_last_good_set_brings_its_calendar_along(folder: Path) -> None:
    with _calendar(folder, f"{NOW + timedelta(days=10):%Y%m%d}") as parts:
        record_version(parts, parts.rules.present)
        version = parts.rules.book().version
    (folder / "config/managers.ics").write_text("no calendar")
    settings = read_settings(folder / "config/alertd.yaml")
    with open_parts(settings, options=Options(now=now)) as again:
        assert again.rules.present.refused
        assert "managers.ics:1: E038" in again.rules.present.refused
        assert again.rules.book().version == version
        assert _answers(again) == ["manager_cedar"]
