"""A story of rules/stories, played to a live daemon: its loops, its broker, its providers; only time is pretended."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import closing
from pathlib import Path

from alertd.core.on_call import on_call
from alertd.daemon.parts import Parts
from alertd.daemon.rehearsal import Stage
from alertd.daemon.verb_settings import intake_settings, voice_of
from alertd.model.ids import RoleId
from alertd.model.values import Kind
from alertd.rulebook.story import Act, Step, Story
from alertd.service.messages import write_event
from alertd.service.people import People
from alertd.store import migrate, open_store
from alertd.transport.endpoint import Endpoint
from tests.doubles.fake_twilio import FakeTwilio
from tests.doubles.mailserver import MailServer
from tests.doubles.waiting import eventually
from tests.e2e.installation import Installation, publish

Sent = tuple[str, str, str]
"""Channel, address, words: without what is drawn at random."""
_RANDOM = re.compile(r"WF-UR-\d\d-\w{4}|(?<=\b[YPNAC])\d{6}\b|(?<=\bcode )\d{6}\b|\b\d{6}\b")


class LiveStory:
    """Plays stories to the daemon of an installation."""

    def __init__(self, installation: Installation, endpoint: Endpoint, texts: FakeTwilio, mails: MailServer) -> None:
        self._installation = installation
        self._endpoint = endpoint
        self._texts = texts
        self._mails = mails
        self._names = 0
        self._seen: Counter[Sent] = Counter()

    def play(self, story: Story, parts: Parts) -> list[Counter[Sent]]:
        """Play it; what was sent at each step."""
        return [self._played(step, parts) for step in story.steps]

    def _played(self, step: Step, parts: Parts) -> Counter[Sent]:
        self._run_until(step, parts)
        self._installation.stand_still(step.at)
        self._give(step, parts)
        self._settle(parts)
        sent = self._sent()
        new, self._seen = sent - self._seen, sent
        return new

    def _run_until(self, step: Step, parts: Parts) -> None:
        """Stop at every moment before a step at which something falls due."""
        while True:
            self._settle(parts)
            now = self._installation.now()
            with parts.store.read() as reading:
                times = (reading.next_wake(now), parts.handovers.next(now))
            due = min((at for at in times if at is not None and at > now), default=step.at)
            if due >= step.at:
                return
            self._installation.stand_still(due)

    def _settle(self, parts: Parts) -> None:
        def is_quiet() -> bool:
            due = parts.handovers.due(self._installation.now())
            return not due and self._installation.is_quiet()

        eventually(is_quiet, within=30, what="everything that is due is done")

    # --- input

    def _give(self, step: Step, parts: Parts) -> None:
        match step.act:
            case Act.INCIDENT:
                self._publish(Kind.INCIDENT, step, {})
            case Act.STATUS:
                with parts.store.read() as reading:
                    [case] = reading.list_cases(2)
                self._publish(Kind.STATUS, step, {"about": {"case_ref": case.ref}})
            case Act.ACCEPT:
                self._accept(step, parts)
            case Act.NONE:
                pass
            case _:
                raise NotImplementedError(step.act)

    def _publish(self, kind: Kind, step: Step, more: dict[str, object]) -> None:
        self._names += 1
        record = {"system": "story", "ref": f"n{self._names:06d}", **step.data.get("record", {})}
        data = {**more, **step.data, "record": record}
        name = step.id or f"m{self._names:06d}"
        body = write_event(kind, data, source=step.source or "story", sent_at=step.at, message_id=name)
        before = self._installation.taken()
        assert publish(self._endpoint, body) == ()
        eventually(lambda: self._installation.taken() > before, within=20, what="it is taken in")

    def _accept(self, step: Step, parts: Parts) -> None:
        """Accept as `alertd accept` does, from a process that is not the daemon's."""
        now, book = self._installation.now(), parts.rules.book()
        person = on_call(book, RoleId(str(step.data["by"])), now).people[0]
        with parts.store.read() as reading:
            [(case, _)] = reading.list_alerts(open_only=True, limit=2)
        People(parts.store, parts.intake, parts.rules.ruling).accept(case.ref, person.id, now)

    # --- output

    def _sent(self) -> Counter[Sent]:
        texts = (("sms", text.to, text.body) for text in self._texts.texts())
        mails = (("email", mail.recipients[0], f"{mail.mail['Subject']}\n{mail.text}") for mail in self._mails.received)
        return Counter((by, to, plain(words)) for by, to, words in (*texts, *mails))


def rehearsed(story: Story, parts: Parts, folder: Path) -> list[Counter[Sent]]:
    """What the story runner sends at each step, under the same rules."""
    url = f"sqlite:///{folder}/rehearsal.db"
    migrate(url)
    rules, found = parts.rules.present, []
    with closing(open_store(url, None, None, parts.keyring)) as store:
        settings = intake_settings(parts.settings, rules.synonyms)
        stage = Stage(rules.ruling, rules.texts, store, voice_of(parts.settings), settings)
        for step in story.steps:
            before = len(stage.keeper.kept)
            stage.play(step)
            kept = stage.keeper.kept[before:]
            found.append(Counter((o.channel.value, o.address, plain(_words(o.subject, o.body))) for o in kept))
    return found


def _words(subject: str, body: str) -> str:
    return f"{subject}\n{body}" if subject else body


def plain(words: str) -> str:
    """Words without references and codes, which are drawn at random, and without the line ends of mail."""
    return _RANDOM.sub("*", words).strip()
