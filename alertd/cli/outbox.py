"""`outbox`: messages to people, what is stuck among them, and a second try."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.text import Text

from alertd.cli.case_sheet import note_data
from alertd.cli.list_first import ListFirst
from alertd.cli.opening import mending, opened
from alertd.cli.options import AsJson, Config, Everything, Limit
from alertd.cli.screen import good, heading, say, show_facts, show_json, show_table, when
from alertd.model.case import Notification, NotificationState
from alertd.service.mending import find_notification
from alertd.service.ports import Reading

STUCK = (NotificationState.IN_DOUBT, NotificationState.REFUSED, NotificationState.EXPIRED)
"""What a person should look at."""

_UNSETTLED = (NotificationState.PENDING, NotificationState.SENDING, *STUCK)
_SHOWN_ID = 12
Id = Annotated[str, typer.Argument(metavar="ID", help="Id of the message, or the beginning of it.")]

outbox = typer.Typer(help="Messages to people: those waiting, in doubt or failed, newest first.", cls=ListFirst)


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.add_typer(outbox, name="outbox")


@outbox.command("list")
def list_outbox(
    *, everything: Everything = False, limit: Limit = 50, as_json: AsJson = False, config: Config = None
) -> None:
    """Messages to people: those waiting, in doubt or failed, newest first."""
    with opened(config) as parts, parts.store.read() as reading:
        notes = reading.list_notifications(() if everything else _UNSETTLED, limit)
        found = [note_data(note, _ref(note, reading)) for note in notes]
        counts = reading.statistics(parts.now())
    stuck = {state.value: counts[f"notifications.{state}"] for state in STUCK}
    if as_json:
        show_json({"stuck": stuck, "messages": found})
        return
    columns = ("ID", "MADE", "CASE", "ROLE", "PERSON", "BY", "STATE", "TRIES", "TEXT")
    nothing = "Nothing was sent." if everything else "Nothing waits, and nothing failed."
    show_table(columns, map(_row, found), nothing)
    if any(stuck.values()):
        say()
        say("Stuck: " + ", ".join(f"{number} {state.replace('_', ' ')}" for state, number in stuck.items() if number))
        say("`alertd outbox show ID` says why; `alertd outbox retry ID` sends one again.")


def _row(data: dict[str, Any]) -> tuple[str | Text, ...]:
    style = "bold red" if data["state"] in STUCK else ""
    reason = f" ({data['reason']})" if data["reason"] else ""
    state = Text(f"{data['state'].replace('_', ' ')}{reason}", style=style)
    shown, tries = data["id"][:_SHOWN_ID], str(data["attempts"])
    made, case = when(data["created_at"]), data["case"] or "-"
    return shown, made, case, data["role"], data["person"], data["by"], state, tries, data["template"]


def _ref(note: Notification, reading: Reading) -> str | None:
    facts = reading.case(note.case) if note.case is not None else None
    return facts.row.ref if facts is not None else None


@outbox.command("show")
def show(id_: Id, *, as_json: AsJson = False, config: Config = None) -> None:
    """Show a message to a person: every try, and what it tells of. Neither its text nor the address is shown."""
    with opened(config) as parts, parts.store.read() as reading:
        note = find_notification(reading, id_)
        data = note_data(note, _ref(note, reading))
        tries = reading.attempts(note.id)
    names = ("number", "begun_at", "settled_at", "outcome", "detail")
    data["tries"] = [{name: getattr(attempt, name) for name in names} for attempt in tries]
    if as_json:
        show_json(data)
        return
    show_facts((name, _plain(data[name])) for name in data if name not in ("tries", "lines"))
    heading("Tells of")
    for line in data["lines"]:
        say(f"  {line}")
    heading("Tries")
    columns = ("NUMBER", "BEGUN", "SETTLED", "OUTCOME", "DETAIL")
    rows = [(str(t.number), when(t.begun_at), when(t.settled_at), t.outcome or "under way", t.detail) for t in tries]
    show_table(columns, rows, "None yet.")


def _plain(value: Any) -> str:  # noqa: ANN401  # plain data
    if hasattr(value, "tzinfo"):
        return when(value)
    return {True: "yes", False: "no"}.get(value, "" if value is None else str(value))


@outbox.command("retry")
def retry(id_: Id, *, config: Config = None) -> None:
    """Send a message again that failed or is in doubt; one in doubt goes marked as a repeat."""
    with opened(config) as parts:
        note = mending(parts).retry(id_, parts.now())
    repeat = ", marked as a repeat" if note.repeat else ""
    good(f"{note.id}: goes again to {note.person} by {note.channel}{repeat}")
