"""`quarantine`: messages that could not be read, until a person settles or replays them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from alertd.cli.list_first import ListFirst
from alertd.cli.opening import mending, opened, person_named
from alertd.cli.options import As, AsJson, Config, Everything, Limit
from alertd.cli.screen import bad, good, say, show_facts, show_json, show_table, when
from alertd.model.errors import NotPossible
from alertd.service.ports import QuarantineRow

Id = Annotated[int, typer.Argument(metavar="ID", help="Number of the message.")]

quarantine = typer.Typer(
    help="Messages that could not be read and that nobody has settled, newest first.", cls=ListFirst
)


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.add_typer(quarantine, name="quarantine")


@quarantine.command("list")
def list_quarantine(
    *, everything: Everything = False, limit: Limit = 50, as_json: AsJson = False, config: Config = None
) -> None:
    """Messages that could not be read and that nobody has settled, newest first."""
    with opened(config) as parts, parts.store.read() as reading:
        rows = reading.quarantine(open_only=not everything, limit=limit)
        waiting = reading.statistics(parts.now())["open_quarantine"]
    if as_json:
        show_json({"open": waiting, "messages": [_data(row) for row in rows]})
        return
    columns = ("ID", "RECEIVED", "SOURCE", "SETTLED", "REASON")
    lines = [(str(r.id), when(r.received_at), r.source, when(r.settled_at), r.reason) for r in rows]
    show_table(columns, lines, "Every message could be read, or is settled.")
    if waiting:
        say()
        say(f"Waiting for a person: {waiting}. Ring the sender, then settle it:")
        say("  alertd quarantine settle ID --reason TEXT --as PERSON")
        say("  alertd quarantine replay ID --as PERSON      when the cause is mended here")


def _data(row: QuarantineRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "source": row.source,
        "message_id": row.message_id,
        "reason": row.reason,
        "received_at": row.received_at,
        "settled_at": row.settled_at,
        "settled_by": row.settled_by,
        "settled_why": row.settled_why,
    }


@quarantine.command("show")
def show(id_: Id, *, as_json: AsJson = False, config: Config = None) -> None:
    """Show one: source, time, reason, size. What it says stays sealed, as it may name a child."""
    with opened(config) as parts, parts.store.read() as reading:
        found = reading.quarantined(id_)
    if found is None:
        raise NotPossible(f"there is no unreadable message {id_}: `alertd quarantine --all` lists them")
    row, raw = found
    data = {**_data(row), "bytes": len(raw)}
    if as_json:
        show_json(data)
        return
    show_facts(
        [
            ("id", str(row.id)),
            ("source", row.source),
            ("message id", row.message_id),
            ("received", when(row.received_at)),
            ("reason", row.reason),
            ("size", f"{len(raw):,} bytes"),
            ("settled", f"{when(row.settled_at)} by {row.settled_by}: {row.settled_why}" if row.settled_at else "no"),
        ]
    )


@quarantine.command("replay")
def replay(
    ids: Annotated[list[int], typer.Argument(metavar="ID...", help="Numbers of the messages.")],
    by: As,
    *,
    config: Config = None,
) -> None:
    """Take messages again, by the present rules and as received the first time; those that can be read are settled."""
    failed = 0
    with opened(config) as parts:
        now = parts.now()
        person = person_named(parts.rules.book(), by, now)
        verbs = mending(parts)
        for id_ in ids:
            result = verbs.replay(id_, person, now)
            if result.outcome is None:
                failed += 1
                bad(f"{id_}: still cannot be read: {result.reason}")
            else:
                good(f"{id_}: taken, {result.outcome.replace('_', ' ')}; settled by {person}")
    if failed:
        raise typer.Exit(1)


@quarantine.command("settle")
def settle(
    id_: Id,
    by: As,
    *,
    reason: Annotated[str, typer.Option("--reason", help="What was done: rung the sender, sent again, no matter.")],
    config: Config = None,
) -> None:
    """Settle a message that needs nothing more; its bytes are kept for the time that the settings say."""
    if not reason.strip():
        raise NotPossible("a reason is needed: what was done about it")
    with opened(config) as parts:
        now = parts.now()
        person = person_named(parts.rules.book(), by, now)
        mending(parts).settle(id_, reason.strip(), person, now)
    good(f"{id_}: settled by {person}")
