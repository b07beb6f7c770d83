"""A reload takes effect as a whole, or not at all; then somebody hears why."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from alertd.daemon.bench import Bench
from alertd.daemon.figures import Figures
from alertd.daemon.going_back import go_back
from alertd.daemon.heartbeat import last_refusal
from alertd.daemon.parts import Options, Parts, open_parts
from alertd.daemon.reload import Reload, record_version
from alertd.daemon.rule_trial import Trial, Tried, try_rules
from alertd.daemon.troubles import Troubles
from alertd.model.differences import Change, Difference, Differences
from alertd.model.errors import MatcherError, NotPossible
from alertd.model.ids import PersonId, Version
from alertd.model.rule_loads import LoadState, RuleLoad
from alertd.rulebook.settings import Reload as ReloadSettings
from alertd.rulebook.settings import Settings
from alertd.service.approving import Approving
from alertd.service.intake import Arrival
from alertd.service.losses import Answer, answer
from alertd.service.messages import Properties
from alertd.service.ports import Rank
from alertd.service.rule_loads import RuleLoads, version_in_force, waiting
from tests.daemon.conftest import NOW, now
from tests.e2e.incidents import incident

KEPT = "scenario_13_young_adult.test.yaml"
AUTHOR, SECOND, THIRD = PersonId("manager_ash"), PersonId("manager_birch"), PersonId("manager_cedar")
RETIRED = "  severity: urgent\n  status: live\n", "  severity: urgent\n  status: retired\n"


@pytest.fixture
def bench(parts: Parts, folder: Path, troubles: Troubles, figures: Figures) -> Iterator[Bench]:
    """The set in force is on record; of the stories one is left, for each takes its time."""
    for story in (folder / "rules" / "stories").glob("*.test.yaml"):
        if story.name != KEPT:
            story.unlink()
    record_version(parts, parts.rules.present)
    bench = Bench(troubles, figures, now)
    yield bench
    bench.close()


@pytest.fixture
def reload(parts: Parts, bench: Bench, troubles: Troubles, figures: Figures) -> Reload:
    return Reload(parts, bench, troubles, figures, partial(try_rules, parts.settings))


def change(path: Path, edit: Callable[[str], str]) -> None:
    before = path.read_text()
    path.write_text(edit(before))
    assert path.read_text() != before


def change_number(folder: Path) -> None:
    change(folder / "config" / "people.yaml", lambda text: text.replace("+447700900101", "+447700900109"))


def retire(folder: Path) -> None:
    """Take a live urgent rule out of force, and leave its story out that would notice."""
    change(folder / "rules" / "disclosure.yaml", lambda text: text.replace(*RETIRED, 1))


def spoil_beyond_reading(folder: Path) -> None:
    """Nest deeper than the parser of templates can go."""
    change(folder / "templates" / "urgent_response.sms.j2", lambda text: f"{text}{{{{ {'(' * 5000}1{')' * 5000} }}}}")


def told(parts: Parts, troubles: Troubles) -> dict[str, str]:
    """What was told about rules, by role."""
    troubles.write(parts.store)
    with parts.store.read() as reading:
        return {row.key.role: dict(row.note)["source"] for row in reading.waiting(NOW, 10) if row.key.about == "rules"}


def loads(parts: Parts) -> tuple[RuleLoad, ...]:
    with parts.store.read() as reading:
        return reading.rule_loads(10)


# --- passed, or refused


def test_changed_files_come_into_force_under_another_version_and_on_record(
    reload: Reload, parts: Parts, folder: Path, troubles: Troubles, figures: Figures
) -> None:
    before = parts.rules.present
    parts.intake.take([Arrival(incident("custody"), Properties(), NOW - timedelta(hours=1))], NOW)
    change_number(folder)
    change(folder / "rules" / "clocks.yaml", lambda text: text.replace("due: 48 hours", "due: 50 hours"))
    change(folder / "templates" / "urgent_response.sms.j2", lambda text: "ALERT " + text)

    assert reload()

    assert parts.rules.book().version != before.book.version
    assert parts.rules.ruling().terms.plan.book is parts.rules.book()
    assert figures.registry.get_sample_value("alertd_rules_info", {"version": parts.rules.book().version}) == 1
    assert told(parts, troubles) == {}
    new, old = loads(parts)
    assert (new.state, new.version, new.before) == (LoadState.IN_FORCE, parts.rules.book().version, before.book.version)
    assert (old.state, old.version) == (LoadState.REPLACED, before.book.version)
    assert new.account == folder.owner()
    assert new.report.messages == 1
    assert [clock for clock, _ in new.report.clocks] == ["contact_48h_professionals", "contact_48h_young_person"]
    parts.planner.plan(NOW)
    parts.deliver.send_due(NOW, parts.now)
    assert '"text":"ALERT' in (folder / "var" / "outbox" / "messages.jsonl").read_text()


def test_files_with_an_error_leave_the_old_ones_in_force_and_the_owner_hears(
    reload: Reload, parts: Parts, folder: Path, troubles: Troubles, figures: Figures
) -> None:
    before = parts.rules.present
    change(folder / "rules" / "custody.yaml", lambda text: text.replace("severity: urgent", "severity: urgnt"))

    assert not reload()

    assert parts.rules.present is before
    said = told(parts, troubles)
    assert said.keys() == {"rules_admin", "head_of_service"}
    assert all("custody.yaml:" in text and "E012" in text for text in said.values())
    assert figures.registry.get_sample_value("alertd_rules_rejected_total") == 1
    assert loads(parts)[0].state is LoadState.REFUSED


def test_a_story_that_fails_stops_a_set(reload: Reload, parts: Parts, folder: Path, troubles: Troubles) -> None:
    before = parts.rules.present
    change(folder / "rules" / "stories" / KEPT, lambda text: text.replace("to: mash,", "to: panel_coordinator,"))
    change_number(folder)

    assert not reload()

    assert parts.rules.present is before
    assert re.search(rf"{KEPT}:\d+: the story '.*' fails: expected .*, came ", told(parts, troubles)["rules_admin"])


def test_a_reload_under_which_a_running_clock_would_vanish_is_refused(
    reload: Reload, parts: Parts, folder: Path, troubles: Troubles
) -> None:
    parts.intake.take([Arrival(incident("custody"), Properties(), NOW)], NOW)
    for path in (folder / "rules").rglob("*.yaml"):
        path.write_text(re.sub(r"\bgolden_hour\b", "golden_hours", path.read_text()))
    before = parts.rules.present

    assert not reload()

    assert parts.rules.present is before
    assert "running clocks would vanish: golden_hour." in told(parts, troubles)["rules_admin"]


def test_a_set_without_a_text_that_an_open_alert_still_needs_is_refused(
    reload: Reload, parts: Parts, folder: Path, troubles: Troubles
) -> None:
    parts.intake.take([Arrival(incident("custody"), Properties(), NOW)], NOW)
    called, texted = "golden_hour_missed, by: [sms, call]", "golden_hour_missed, by: [sms]"
    change(folder / "rules" / "ladders.yaml", lambda text: text.replace(called, texted))
    (folder / "templates" / "golden_hour_missed.call.j2").unlink()

    assert not reload()

    needed = "what is under way needs what would vanish: template golden_hour_missed.call.j2."
    assert needed in told(parts, troubles)["rules_admin"]


def test_a_refusal_never_repeats_what_a_file_about_people_holds(
    reload: Reload, parts: Parts, folder: Path, troubles: Troubles
) -> None:
    with (folder / "config" / "people.yaml").open("a") as people:
        people.write('\n- person: Wren Ashdown\n  sms: "07700 900 77"\n')

    with capture_logs() as logs:
        assert not reload()

    text = told(parts, troubles)["rules_admin"]
    with parts.store.read() as reading:
        kept = last_refusal(reading)
    assert re.search(r"people\.yaml:\d+: E\d+ see 'alertd check'\.", text)
    for said in (text, repr(logs), repr(kept), repr(loads(parts))):
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
    assert "RecursionError" in told(parts, troubles)["rules_admin"]


# --- a start


def test_a_start_with_a_template_that_nothing_can_read_goes_by_the_last_good_set(
    parts: Parts, settings: Settings, folder: Path
) -> None:
    record_version(parts, parts.rules.present)
    spoil_beyond_reading(folder)

    with open_parts(settings, options=Options(now=now)) as again:
        assert again.rules.book().version == parts.rules.book().version
        assert "RecursionError" in again.rules.present.refused


def test_a_start_is_no_way_around_the_trial_of_changed_files(parts: Parts, settings: Settings, folder: Path) -> None:
    record_version(parts, parts.rules.present)
    change_number(folder)

    with open_parts(settings, options=Options(now=now)) as again:
        assert again.rules.book().version == parts.rules.book().version
        assert again.rules.present.awaited not in (None, parts.rules.book().version)
        assert not again.rules.present.refused


# --- what waits for people; the trial's own answer is prepared, for it is the same each time


@pytest.fixture
def prepared(parts: Parts, folder: Path) -> Tried:
    """A set without a live urgent rule that the set in force has."""
    retire(folder)
    tried = try_rules(parts.settings, Trial(NOW, parts.rules.book().version))
    assert tried.errors == ()
    return tried


def answering(parts: Parts, bench: Bench, troubles: Troubles, tried: Tried) -> Reload:
    return Reload(parts, bench, troubles, Figures(), lambda _: tried)


def test_a_retired_urgent_rule_waits_for_a_second_person(
    parts: Parts, bench: Bench, troubles: Troubles, prepared: Tried
) -> None:
    reload = answering(parts, bench, troubles, prepared)
    before = parts.rules.present

    assert not reload(author=AUTHOR)

    assert parts.rules.present is before
    said = told(parts, troubles)
    assert said.keys() == {"rules_admin", "mash_manager"}
    assert (
        f"retires disclosure_cohort: a second person must stand for it. Remedy: alertd approve {prepared.version}"
        in (said["rules_admin"])
    )
    approving = Approving(parts.store, parts.keyring.token)
    with pytest.raises(NotPossible, match="somebody else must stand for it"):
        approving.by_page(prepared.version, AUTHOR, NOW)
    approving.by_page(prepared.version, SECOND, NOW)

    assert reload(stored=prepared.version)

    assert parts.rules.book().version == prepared.version
    load = loads(parts)[0]
    assert (load.state, load.author, load.people) == (LoadState.IN_FORCE, AUTHOR, frozenset({AUTHOR, SECOND}))


def test_without_an_author_two_people_stand_for_it(
    parts: Parts, bench: Bench, troubles: Troubles, prepared: Tried
) -> None:
    reload = answering(parts, bench, troubles, prepared)
    approving = Approving(parts.store, parts.keyring.token)
    assert not reload()
    approving.by_page(prepared.version, SECOND, NOW)
    assert not reload()
    with pytest.raises(NotPossible, match="already"):
        approving.by_page(prepared.version, SECOND, NOW)
    approving.by_page(prepared.version, THIRD, NOW)
    assert reload()


def test_a_team_of_one_can_do_without(parts: Parts, bench: Bench, troubles: Troubles, prepared: Tried) -> None:
    alone = parts.settings.model_copy(update={"reload": ReloadSettings(second_person=False)})
    assert answering(replace(parts, settings=alone), bench, troubles, prepared)()


def test_other_files_set_aside_what_waits_and_keep_who_stands_for_it(
    parts: Parts, bench: Bench, troubles: Troubles, prepared: Tried
) -> None:
    reload = answering(parts, bench, troubles, prepared)
    assert not reload(author=AUTHOR)
    Approving(parts.store, parts.keyring.token).by_page(prepared.version, SECOND, NOW)
    broken = Tried(version=Version("0123456789ab"), errors=("clocks.yaml:1: E001 no.",))
    assert not answering(parts, bench, troubles, broken)()
    with parts.store.read() as reading:
        assert waiting(reading) is None
    assert reload()
    assert loads(parts)[0].people == {AUTHOR, SECOND}


def test_a_set_that_loses_alerts_waits_for_a_reason(
    parts: Parts, bench: Bench, troubles: Troubles, prepared: Tried
) -> None:
    lost = Change(
        Difference.LOST, "WF-UR-26-7QK4", "disclosure_cohort", "mash", NOW, None, "rules/disclosure.yaml:9: …"
    )
    losing = replace(prepared, urgent=(), differences=Differences(10, (lost,), {"mash": (3, 1)}))
    reload = answering(parts, bench, troubles, losing)

    assert not reload()

    assert "its dry run loses 1 of the last day's alerts" in told(parts, troubles)["rules_admin"]
    with parts.store.read() as reading:
        found = waiting(reading)
    assert found is not None
    assert found.report.by_role == (("mash", 3, 1),)
    assert found.report.changes[0].startswith("lost: WF-UR-26-7QK4 disclosure_cohort to mash, 14:10 Thu 26 Nov → never")
    assert reload.waits_for(found)
    with parts.store.write(Rank.PEOPLE) as writing:
        answer(Answer(prepared.version, "another team is told by telephone", AUTHOR, NOW, 1), writing)
    assert not reload.waits_for(found)
    assert reload(stored=prepared.version)
    assert loads(parts)[0].report.because == "another team is told by telephone"


def test_an_engine_that_cannot_take_the_rules_leaves_the_one_before_at_work(
    parts: Parts, bench: Bench, troubles: Troubles, prepared: Tried, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench(parts.rules.book())
    engine = bench.engine_pid

    def cannot(_: object) -> object:
        raise MatcherError("no")

    monkeypatch.setattr(bench, "compiled", cannot)
    assert not answering(parts, bench, troubles, replace(prepared, urgent=()))()
    assert bench.engine_pid == engine
    assert loads(parts)[0].report.errors == ("no.",)


# --- going back, and following


def test_going_back_is_followed_by_the_daemon_and_the_files_stay_out(
    reload: Reload, parts: Parts, folder: Path, troubles: Troubles
) -> None:
    first = parts.rules.book().version
    with pytest.raises(NotPossible, match="no set was in force before"):
        go_back(parts, "", "a test", AUTHOR, "root")
    change_number(folder)
    assert reload()
    second = parts.rules.book().version
    assert not reload.follow()

    with pytest.raises(NotPossible, match="say why"):
        go_back(parts, "", " ", AUTHOR, "root")
    with pytest.raises(NotPossible, match="names no set that was in force"):
        go_back(parts, "f" * 12, "a test", AUTHOR, "root")
    load = go_back(parts, first[:6], "the desk's phone is dead", AUTHOR, "root")

    assert (load.version, load.before) == (first, second)
    assert parts.rules.book().version == second
    assert reload.follow()
    assert parts.rules.book().version == first
    assert [each.state for each in loads(parts)] == [LoadState.IN_FORCE, LoadState.ROLLED_BACK, LoadState.REPLACED]
    assert not reload()
    assert "the desk's phone is dead (manager_ash)" in told(parts, troubles)["rules_admin"]
    assert reload(author=AUTHOR)
    assert parts.rules.book().version == second


def test_a_set_that_another_machine_has_put_in_force_meanwhile_is_followed(
    parts: Parts, bench: Bench, troubles: Troubles, prepared: Tried
) -> None:
    def tried_while_the_other_machine_was_faster(_: Trial) -> Tried:
        load = RuleLoad(0, prepared.version, parts.rules.book().version, NOW, LoadState.IN_FORCE)
        RuleLoads(parts.store).put_in_force(load, prepared.text)
        return prepared

    assert Reload(parts, bench, troubles, Figures(), tried_while_the_other_machine_was_faster)()
    assert parts.rules.book().version == prepared.version
    assert [each.state for each in loads(parts)] == [LoadState.IN_FORCE, LoadState.REPLACED]
    assert told(parts, troubles) == {}


def test_a_set_that_this_machine_cannot_take_is_told_once_and_not_followed(
    reload: Reload, parts: Parts, troubles: Troubles
) -> None:
    first = parts.rules.book().version
    strange = Version("0123456789ab")
    with parts.store.write(Rank.TICK) as writing:
        writing.record_version(strange, json.dumps({"rules/a.yaml": "- rule: half"}), NOW)
        writing.set_note("rules_in_force", strange)
    assert not reload.follow()
    assert not reload.follow()
    assert parts.rules.book().version == first
    assert f"{strange} is in force by the record" in told(parts, troubles)["rules_admin"]
    with parts.store.read() as reading:
        assert version_in_force(reading) == strange
