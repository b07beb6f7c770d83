"""Days on record, as a whole alertd lived through them; and the shipped rules as somebody edits them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from shutil import copytree

from alertd.daemon.replaying import OnProgress, compare
from alertd.daemon.rules_in_force import RuleSet, load_rules
from alertd.model.differences import Differences
from alertd.model.ids import PersonId, RoleId
from alertd.model.rulebook import Person
from alertd.model.shifts import Swap
from alertd.rulebook.reference import Reference
from alertd.service.people import Fact
from alertd.service.ports import Rank
from alertd.shipped import shipped
from alertd.store import SqlStore
from tests.service.stage import KEYRING, TODAY, new_database, shipped_settings
from tests.service.world import World, at, custody, hospital

SINCE, UNTIL = at("11-26 14:00"), at("11-28 15:00")


def live_through(folder: Path) -> World:
    """Live through three days: accepted at once and late, done and left undone, put right, and a swap."""
    world = World(new_database(folder))
    world.at("11-26 14:10").told(world.incident(custody("P1"), id="one"))
    world.at("11-26 14:17").accept(world.only_case().row.ref)
    _record(world.at("11-26 14:40"), 0, "police_contacted_mash")
    _swap(world)
    world.at("11-27 02:10").told(world.incident(hospital("P2", presented="11-27 02:00"), id="two"))
    world.at("11-27 02:12").accept(world.all_facts()[-1].row.ref, "edt_duty_phone")
    _record(world.at("11-27 11:00"), 1, "contact", contact_with="young_person", outcome="contacted_young_person")
    world.at("11-27 12:00").told(world.incident(_of_an_adult(), id="adult"))
    for name in ("P3", "P4"):
        world.at("11-27 23:05").told(world.incident(custody(name, booked="11-27 22:55"), id=name))
    world.at("11-28 00:52")
    for facts in world.all_facts()[-2:]:
        world.accept(facts.row.ref, "edt_duty_phone")
    return world.at("11-28 15:00")


def _of_an_adult() -> dict[str, object]:
    """An incident that no rule acts on, as most are that feeds bring."""
    person = {"ref": "P9", "age": 41, "part_played": "suspect_arrested", "home_borough": "Waltham Forest"}
    return custody("P9", booked="11-27 11:55", incident={"offence": ["other"]}) | {"person": person}


def _record(world: World, place: int, event: str, **fields: str) -> None:
    case = world.all_facts()[place].row.ref
    world.people.record(case, Fact(event, world.now, **fields), PersonId("mash_duty_phone"), world.now)
    world.settle()


def _swap(world: World) -> None:
    with world.store.write(Rank.PEOPLE) as writing:
        role, person, by = RoleId("duty_manager"), PersonId("manager_cedar"), PersonId("edt_duty_phone")
        writing.add_swap(Swap(0, role, person, world.now, at("11-28 07:30"), by, world.now))


def rules_in(folder: Path) -> RuleSet:
    """The rules of a folder, with people and templates as shipped."""
    settings = shipped_settings().model_copy(update={"rules": (folder,)})
    return load_rules(settings, KEYRING.token, Reference, TODAY)


def edited(folder: Path, file: str, old: str, new: str) -> tuple[RuleSet, int]:
    """The shipped rules with one passage changed, and the number of its line."""
    rules = Path(copytree(shipped("rules"), folder / "rules", dirs_exist_ok=True))
    text = (rules / file).read_text()
    assert old in text, f"{file} holds no '{old}'"
    (rules / file).write_text(text.replace(old, new))
    return rules_in(rules), text[: text.index(old)].count("\n") + 1


def looked_at_twice(rules: RuleSet) -> RuleSet:
    """The same rules and a person more, whom nobody asks for: no part of a replay can be known to be alike."""
    somebody = Person(PersonId("nobody_asks_for"))
    book = replace(rules.book, people={**rules.book.people, somebody.id: somebody})
    plan = replace(rules.ruling.terms.plan, book=book)
    return replace(rules, book=book, ruling=replace(rules.ruling, terms=replace(rules.ruling.terms, plan=plan)))


def replayed(
    store: SqlStore, before: RuleSet, after: RuleSet, *, processes: int = 1, on_progress: OnProgress = lambda *_: None
) -> Differences:
    """What differs over all that was lived through, with the lines of the rules' own files."""
    texts = tuple({str(path): path.read_text() for path in _files(rules)} for rules in (before, after))
    return compare(
        store,
        before,
        after,
        SINCE,
        UNTIL,
        texts=(texts[0], texts[1]),
        processes=processes,
        on_progress=on_progress,
    )


def _files(rules: RuleSet) -> list[Path]:
    places = {rule.header.where.rpartition(":")[0] for rule in rules.book.rules.values()}
    return sorted({path for place in places for path in Path(place).parent.glob("*.yaml")})
