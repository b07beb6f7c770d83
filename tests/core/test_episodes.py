from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from alertd.core.episodes import Episode, episodes, urgent_runs
from alertd.core.fold import fold
from alertd.model.case import Alert, AlertState, Run
from alertd.model.ids import RoleId, RuleId
from alertd.model.message import Message
from alertd.model.rulebook import Notify, RuleStatus
from alertd.model.values import Channel
from tests.core.book import small_book
from tests.core.make import after, custody, episode, run, status, stored

BOOK = small_book()


def _episodes(runs: Sequence[Run], *acts: Message, known: Sequence[Alert] = ()) -> list[Episode]:
    messages = [stored(number, each) for number, each in enumerate((custody(), *acts))]
    return episodes(runs, fold(messages), BOOK, known)


def _act(event: str, at: datetime, number: int = 1, reference: str = "") -> Message:
    return status(event, record=f"A-{number}", at=at, by="desk", reference=reference)


def _states(found: Sequence[Episode]) -> list[AlertState]:
    return [each.alert.state for each in found]


CUSTODY = run("custody_cohort")
SERIOUS = run("serious_violence", known_at=after(5))


def test_urgent_rules_that_match_together_join_one_alert_with_their_reasons_in_order() -> None:
    (found,) = _episodes([SERIOUS, CUSTODY])
    assert found.alert.reasons == ("custody_cohort", "serious_violence")
    assert (found.alert.opened_at, found.alert.duty, found.alert.ladder) == (
        after(),
        "safeguarding_duty",
        "default_urgent",
    )
    assert found.alert.code == ""
    assert found.open_at(after(500))


def test_only_live_urgent_rules_that_tell_somebody_make_an_alert() -> None:
    assert urgent_runs([run("death"), run("contact_clocks"), run("gone"), run(asks=True)], BOOK) == []
    silent = replace(BOOK.rules[RuleId("custody_cohort")], then=())
    shadow = replace(BOOK.rules[RuleId("custody_cohort")], status=RuleStatus.SHADOW)
    for rule in (silent, shadow):
        assert urgent_runs([CUSTODY], replace(BOOK, rules={**BOOK.rules, rule.id: rule})) == []


def test_an_acceptance_closes_the_alert_and_names_who_accepted() -> None:
    (found,) = _episodes([CUSTODY], _act("alert_accepted", after(10)))
    assert (found.alert.state, found.alert.closed_at, found.alert.accepted_by) == (
        AlertState.ACCEPTED,
        after(10),
        "desk",
    )
    assert (found.open_at(after(9)), found.open_at(after(10))) == (True, False)


def test_a_second_acceptance_changes_nothing() -> None:
    (found,) = _episodes([CUSTODY], _act("alert_accepted", after(10)), _act("alert_accepted", after(20), 2))
    assert found.alert.closed_at == after(10)


def test_an_acceptance_counts_from_when_it_was_received_not_from_when_it_is_said_to_have_been() -> None:
    late = status("alert_accepted", at=after(30), happened_at=after(1))
    assert _episodes([CUSTODY], late)[0].alert.closed_at == after(30)


def test_a_new_urgent_rule_after_acceptance_opens_the_next_alert() -> None:
    found = _episodes([CUSTODY, run("serious_violence", known_at=after(20))], _act("alert_accepted", after(10)))
    assert _states(found) == [AlertState.ACCEPTED, AlertState.OPEN]
    assert [each.alert.episode for each in found] == [1, 2]
    assert found[1].alert.reasons == ("serious_violence",)


def test_an_urgent_rule_known_before_the_acceptance_is_covered_by_it() -> None:
    assert _states(_episodes([CUSTODY, SERIOUS], _act("alert_accepted", after(5)))) == [AlertState.ACCEPTED]


def test_a_release_opens_the_same_alert_again_for_another_round() -> None:
    acts = (_act("alert_accepted", after(10)), _act("alert_released", after(20), 2))
    (found,) = _episodes([CUSTODY], *acts)
    assert (found.alert.state, found.alert.accepted_by, found.alert.closed_at) == (AlertState.OPEN, "", None)
    assert found.alert.rounds == (after(), after(20))


def test_releasing_what_nobody_accepted_changes_nothing() -> None:
    assert _episodes([CUSTODY], _act("alert_released", after(5)))[0].alert.rounds == (after(),)


def test_handing_on_counts_only_while_the_alert_is_open() -> None:
    handed = (
        _act("alert_handed_on", after(3)),
        _act("alert_accepted", after(10), 2),
        _act("alert_handed_on", after(20), 3),
    )
    assert _episodes([CUSTODY], *handed)[0].hand_ons == (after(3),)


def test_an_act_before_any_alert_changes_nothing() -> None:
    assert _episodes([], _act("alert_accepted", after(1))) == []
    assert _states(_episodes([CUSTODY], _act("alert_accepted", after(-1)))) == [AlertState.OPEN]


def _known(number: int, code: str) -> Alert:
    return replace(episode().alert, episode=number, code=code)


def test_the_code_of_an_old_alert_cannot_accept_the_new_one() -> None:
    runs = [CUSTODY, run("serious_violence", known_at=after(20))]
    known = [_known(1, "111111"), _known(2, "222222")]
    acts = (_act("alert_accepted", after(10)), _act("alert_accepted", after(30), 2, reference="111111"))
    assert _states(_episodes(runs, *acts, known=known)) == [AlertState.ACCEPTED, AlertState.OPEN]
    acts = (_act("alert_accepted", after(10)), _act("alert_accepted", after(30), 2, reference="222222"))
    assert _states(_episodes(runs, *acts, known=known)) == [AlertState.ACCEPTED, AlertState.ACCEPTED]


def test_an_act_without_a_known_code_is_about_the_newest_alert() -> None:
    runs = [CUSTODY, run("serious_violence", known_at=after(20))]
    acts = (_act("alert_accepted", after(10)), _act("alert_accepted", after(30), 2, reference="999999"))
    assert _states(_episodes(runs, *acts)) == [AlertState.ACCEPTED, AlertState.ACCEPTED]


def test_the_code_of_an_alert_that_is_not_there_any_more_accepts_nothing() -> None:
    known = [_known(3, "333333")]
    found = _episodes([CUSTODY], _act("alert_accepted", after(10), reference="333333"), known=known)
    assert _states(found) == [AlertState.OPEN]


def test_code_and_ladder_on_record_stay_with_their_alert() -> None:
    known = replace(_known(1, "482193"), ladder="another_ladder")
    (found,) = _episodes([CUSTODY], known=[known])
    assert (found.alert.code, found.alert.ladder) == ("482193", "another_ladder")


def test_an_alert_is_withdrawn_when_its_last_reason_ends() -> None:
    ended = replace(CUSTODY, ended_at=after(30))
    assert _states(_episodes([ended, SERIOUS])) == [AlertState.OPEN]
    (found,) = _episodes([ended, replace(SERIOUS, ended_at=after(40))])
    assert (found.alert.state, found.alert.closed_at) == (AlertState.WITHDRAWN, after(40))


def test_an_accepted_alert_that_is_withdrawn_keeps_when_it_was_accepted() -> None:
    (found,) = _episodes([replace(CUSTODY, ended_at=after(30))], _act("alert_accepted", after(10)))
    assert (found.alert.state, found.alert.closed_at) == (AlertState.WITHDRAWN, after(10))


def test_a_rule_that_matches_again_after_withdrawal_opens_the_next_alert() -> None:
    again = replace(run(known_at=after(60)), episode=2)
    found = _episodes([replace(CUSTODY, ended_at=after(30)), again])
    assert _states(found) == [AlertState.WITHDRAWN, AlertState.OPEN]


def test_an_end_is_of_the_alert_that_its_run_joined() -> None:
    runs = [replace(CUSTODY, ended_at=after(50)), run("serious_violence", known_at=after(20))]
    found = _episodes(runs, _act("alert_accepted", after(10)))
    assert _states(found) == [AlertState.WITHDRAWN, AlertState.OPEN]


def test_without_the_duty_role_the_first_role_told_is_the_duty_of_the_alert() -> None:
    tell = Notify((RoleId("head_of_service"), RoleId("duty_manager")), "urgent_response", (Channel.SMS,))
    rule = replace(BOOK.rules[RuleId("custody_cohort")], then=(tell,))
    book = replace(BOOK, rules={**BOOK.rules, rule.id: rule})
    found = episodes([CUSTODY], fold([stored(1, custody())]), book, ())
    assert found[0].alert.duty == "head_of_service"
