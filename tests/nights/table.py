"""The months as tables: how many messages each role got, by day and by night."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from alertd.core.calendar import RestHours
from alertd.core.counting import by_role, counted
from alertd.daemon.rehearsal import Sending
from alertd.model.ids import RoleId
from alertd.model.values import Channel
from tests.nights.play import Months

LISTS = frozenset({"digest", "digest_breach", "handover"})
"""Lists of many cases, counted apart."""
_PARTS = ((False, "day"), (True, "night"))


def is_list(sending: Sending) -> bool:
    """Whether a message is a list of many cases."""
    return bool(sending.templates & LISTS)


def show(console: Console, title: str, months: Months, rest: RestHours) -> None:
    """Print one run: a line a role, and what a case costs."""
    sent = [(RoleId(each.to), each.by, each.at) for each in months.sent]
    table = Table("role", *(f"{channel} {word}" for _, word in _PARTS for channel in Channel), title=title)
    for role, parts in by_role(counted(sent, rest)).items():
        numbers = [parts.get(at_night, {}).get(channel, 0) for at_night, _ in _PARTS for channel in Channel]
        table.add_row(role, *(str(number or "-") for number in numbers))
    console.print(table)
    for name, figure in figures(months, rest).items():
        console.print(f"  {name}: {figure:.2f}")


def figures(months: Months, rest: RestHours) -> dict[str, float]:
    """What a case costs, as the design counts it."""
    cases, alone = len(months.facts), [each for each in months.sent if not is_list(each)]
    handed = [each for each in months.sent if "handover" in each.templates]
    rung = [each for each in alone if each.by is not Channel.EMAIL and rest.contains(each.at)]
    others = [each for each in rung if not is_duty(each)]
    return {
        "messages a case, morning lists included": (len(months.sent) - len(handed)) / cases,
        "messages a case, lists apart": len(alone) / cases,
        "hand-over lists, texts and mails, a case": len(handed) / cases,
        "texts and calls a case at night": len(rung) / cases,
        "of these to anybody but the team on duty": len(others) / cases,
    }


def is_duty(sending: Sending) -> bool:
    """Whether a message went to the team on duty, its second desk included."""
    return sending.to.removesuffix("_backup") in ("mash", "edt")
