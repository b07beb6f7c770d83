"""Which roles are told of something, over what, and who is of use in them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from alertd.core.addressed import Use, channels_of, lacking, members_of, passed_over, uses_of
from alertd.core.on_call import DUTY
from alertd.model.ids import PersonId, RoleId, RotaId, RuleId
from alertd.model.rulebook import Notify, Override, Person, Role, Rota, RuleBook, RuleStatus
from alertd.model.values import Channel, Rest
from tests.core.book import small_book
from tests.core.make import NOW
from tests.core.test_coverage import Shifts, weekly

SMS, EMAIL, CALL = Channel.SMS, Channel.EMAIL, Channel.CALL
MANAGER = RoleId("duty_manager")


def _uses(book: RuleBook, role: RoleId) -> set[tuple[tuple[Channel, ...], bool]]:
    return {(use.by, use.always) for use in uses_of(book)[role]}


def test_what_live_rules_ladders_and_alertd_itself_tell_a_role_counts() -> None:
    book = small_book()
    assert {((SMS, EMAIL), True), ((SMS, CALL), True), ((CALL,), True)} <= _uses(book, DUTY)
    assert ((SMS, CALL), True) in _uses(book, RoleId("head_of_service")), "the exhausted role is rung again and again"
    assert ((EMAIL,), False) in _uses(book, RoleId("rules_admin"))
    assert RoleId("nobody") not in uses_of(replace(book, roles={}))


def test_a_draft_rule_tells_nobody() -> None:
    book = small_book()
    rule = next(rule for rule in book.rules.values() if rule.notifies)
    drafts = {id_: replace(each, status=RuleStatus.DRAFT) for id_, each in book.rules.items()}
    only = replace(book, rules={RuleId("one"): replace(rule, status=RuleStatus.LIVE)}, clocks={}, ladders={}, roles={})
    none = replace(only, rules=drafts)
    assert set(uses_of(only)) == {role for notify in rule.notifies for role in notify.roles}
    assert uses_of(none) == {}


def test_an_urgent_rule_wakes_its_duty_role_and_whom_it_says() -> None:
    book = small_book()
    urgent = next(rule for rule in book.rules.values() if rule.severity == "urgent" and rule.status == "live")

    def told(*notifies: Notify) -> RuleBook:
        rule = replace(urgent, then=notifies)
        return replace(book, rules={rule.id: rule}, clocks={}, ladders={}, roles={})

    boss, admin = RoleId("boss"), RoleId("admin")
    first = told(Notify((boss, admin), "t", (SMS,)))
    assert (_uses(first, boss), _uses(first, admin)) == ({((SMS,), True)}, {((SMS,), False)})
    woken = told(Notify((DUTY,), "t", (SMS,)), Notify((DUTY, admin), "t", (EMAIL,), rest=Rest.WAKE))
    assert _uses(woken, admin) == {((EMAIL,), True)}


def test_a_breach_that_is_told_counts_and_one_that_climbs_is_its_ladders() -> None:
    book = small_book()
    clock = next(iter(book.clocks.values()))
    boss = RoleId("boss")
    told = replace(clock, breach=Notify((boss,), "t", (EMAIL,)), breach_ladder=None, warn=())
    only = replace(book, rules={}, clocks={clock.id: told}, ladders={}, roles={})
    assert _uses(only, boss) == {((EMAIL,), False)}
    assert uses_of(replace(only, clocks={clock.id: replace(told, breach=None)})) == {}


def test_channels_come_once_each_and_by_night_only_those_that_wake() -> None:
    uses = (Use(DUTY, (SMS, EMAIL), False), Use(DUTY, (CALL, SMS), True))
    assert channels_of(uses) == (SMS, EMAIL, CALL)
    assert channels_of(uses, always=True) == (CALL, SMS)


def test_members_stand_in_rotas_behind_routing_and_behind_backups_whatever_the_hour() -> None:
    assert set(members_of(small_book(), DUTY)) == {"desk", "night", "second"}
    assert members_of(small_book(), RoleId("nobody")) == ()


def test_members_of_every_sort_of_rota_are_found_and_those_who_have_left_are_not() -> None:
    book = small_book()
    desk, night, head = PersonId("desk"), PersonId("night"), PersonId("head")
    rotas = {
        RotaId("turns"): weekly(desk),
        RotaId("calendar"): Rota(
            RotaId("calendar"), calendar=Shifts((Override(NOW, NOW + timedelta(hours=1), (night,)),))
        ),
        RotaId("swapped"): Rota(
            RotaId("swapped"),
            always=(PersonId("gone"),),
            overrides=(Override(NOW, NOW + timedelta(hours=1), (head,)),),
        ),
    }
    roles = {
        RoleId("a"): Role(RoleId("a"), "A", "turns", backup="b"),
        RoleId("b"): Role(RoleId("b"), "B", "calendar", backup="swapped"),
        RoleId("c"): Role(RoleId("c"), "C", "c", backup="c"),
    }
    made = replace(book, rotas=rotas, roles=roles)
    assert set(members_of(made, RoleId("a"))) == {desk, night, head}
    assert members_of(made, RoleId("c")) == (), "a circle ends"
    same = replace(made, rotas={**rotas, RotaId("c"): weekly(head)})
    assert members_of(same, RoleId("c")) == (head,), "where a rota and a role share a name the rota is meant"


def _person(**ways: str) -> Person:
    return Person(PersonId("ann"), **ways)


def test_a_role_told_by_telephone_needs_people_with_one() -> None:
    uses = (Use(DUTY, (SMS, EMAIL), True), Use(DUTY, (CALL,), True))
    assert lacking(_person(email="a@example.gov.uk"), uses) == (SMS, CALL)
    assert lacking(_person(call="+447700900001"), uses) == ()
    assert lacking(_person(sms="+447700900001"), uses) == ()
    assert lacking(_person(), (Use(DUTY, (EMAIL,), False),)) == (EMAIL,)
    assert lacking(_person(email="a@example.gov.uk"), (Use(DUTY, (EMAIL,), False),)) == ()
    assert lacking(_person(), ()) == ()


def test_who_is_passed_over_by_one_way_is_said() -> None:
    ring = Use(DUTY, (CALL,), True)
    uses = (Use(DUTY, (SMS, EMAIL), True), ring)
    assert passed_over(_person(sms="+447700900001"), uses) == (ring,)
    assert passed_over(_person(sms="+447700900001", call="+447700900001"), uses) == ()
