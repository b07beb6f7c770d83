"""A reload takes effect as a whole, or not at all; then somebody hears why."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from alertd.daemon.bench import Bench
from alertd.daemon.figures import Figures
from alertd.daemon.heartbeat import last_refusal
from alertd.daemon.parts import Options, Parts, open_parts
from alertd.daemon.reload import Reload, record_version
from alertd.daemon.troubles import Troubles
from alertd.rulebook.settings import Settings
from alertd.service.intake import Arrival
from alertd.service.messages import Properties
from tests.daemon.conftest import NOW, now
from tests.e2e.incidents import incident


@pytest.fixture
def reload(parts: Parts, troubles: Troubles, figures: Figures) -> Iterator[Reload]:
    bench = Bench(troubles, figures, now)
    yield Reload(parts, bench, troubles, figures)
    bench.close()


def change(path: Path, edit: Callable[[str], str]) -> None:
    before = path.read_text()
    path.write_text(edit(before))
    assert path.read_text() != before


def spoil_beyond_reading(folder: Path) -> None:
    """Nest deeper than the parser of templates can go."""
    change(folder / "templates" / "urgent_response.sms.j2", lambda text: f"{text}{{{{ {'(' * 5000}1{')' * 5000} }}}}")


def told(parts: Parts, troubles: Troubles) -> list[str]:
    """What the administrators are told."""
    troubles.write(parts.store)
    with parts.store.read() as reading:
        return [dict(row.note)["source"] for row in reading.waiting(NOW, 10) if row.key.about == "rules"]


def test_changed_files_come_into_force_under_another_version(
    reload: Reload, parts: Parts, folder: Path, troubles: Troubles, figures: Figures
) -> None:
    before = parts.rules.present
    change(folder / "config" / "people.yaml", lambda text: text.replace("+447700900101", "+447700900109"))

    assert reload()

    assert parts.rules.book().version != before.book.version
    assert parts.rules.ruling().terms.plan.book is parts.rules.book()
    assert figures.registry.get_sample_value("alertd_rules_info", {"version": parts.rules.book().version}) == 1
    assert told(parts, troubles) == []


def test_files_with_an_error_leave_the_old_ones_in_force_and_name_the_first(
    reload: Reload, parts: Parts, folder: Path, troubles: Troubles, figures: Figures
) -> None:
    before = parts.rules.present
    change(folder / "rules" / "custody.yaml", lambda text: text.replace("severity: urgent", "severity: urgnt"))

    assert not reload()

    assert parts.rules.present is before
    [text] = told(parts, troubles)
    assert "custody.yaml:" in text
    assert "E012" in text
    assert figures.registry.get_sample_value("alertd_rules_rejected_total") == 1


def test_a_reload_under_which_a_running_clock_would_vanish_is_refused(
    reload: Reload, parts: Parts, folder: Path, troubles: Troubles
) -> None:
    parts.intake.take([Arrival(incident("custody"), Properties(), NOW)], NOW)
    for path in (folder / "rules").rglob("*.yaml"):
        path.write_text(path.read_text().replace("golden_hour\n", "golden_hours\n"))
    before = parts.rules.present

    assert not reload()

    assert parts.rules.present is before
    [text] = told(parts, troubles)
    assert "running clocks would vanish: golden_hour." in text


def test_templates_and_people_are_reloaded_with_the_rules(reload: Reload, parts: Parts, folder: Path) -> None:
    change(folder / "templates" / "urgent_response.sms.j2", lambda text: "ALERT " + text)
    parts.intake.take([Arrival(incident("custody"), Properties(), NOW)], NOW)
    parts.planner.plan(NOW)

    assert reload()
    parts.deliver.send_due(NOW, parts.now)

    assert '"text":"ALERT' in (folder / "var" / "outbox" / "messages.jsonl").read_text()


def test_a_refusal_never_repeats_what_a_file_about_people_holds(
    reload: Reload, parts: Parts, folder: Path, troubles: Troubles
) -> None:
    with (folder / "config" / "people.yaml").open("a") as people:
        people.write('\n- person: Wren Ashdown\n  sms: "07700 900 77"\n')

    with capture_logs() as logs:
        assert not reload()

    [text] = told(parts, troubles)
    with parts.store.read() as reading:
        kept = last_refusal(reading)
    assert re.search(r"people\.yaml:\d+: E\d+ see 'alertd check'\.", text)
    for said in (text, repr(logs), repr(kept)):
        assert "people.yaml" in said
        assert "Ashdown" not in said
        assert "900 77" not in said


def test_a_template_that_nothing_can_read_leaves_the_old_ones_in_force(
    reload: Reload, parts: Parts, folder: Path, troubles: Troubles
) -> None:
    before = parts.rules.present
    spoil_beyond_reading(folder)

    assert not reload()

    assert parts.rules.present is before
    [text] = told(parts, troubles)
    assert "RecursionError" in text


def test_a_start_with_a_template_that_nothing_can_read_goes_by_the_last_good_set(
    parts: Parts, settings: Settings, folder: Path
) -> None:
    record_version(parts, parts.rules.present)
    spoil_beyond_reading(folder)

    with open_parts(settings, options=Options(now=now)) as again:
        assert again.rules.book().version == parts.rules.book().version
        assert "RecursionError" in again.rules.present.refused
