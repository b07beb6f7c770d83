"""A whole installation in a folder of a test's own: shipped rules, people and texts, with the test's servers."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from textwrap import dedent

from alertd.daemon.clock import utc_now
from alertd.daemon.parts import migrate_store, read_settings
from alertd.daemon.secrets_read import read_keyring
from alertd.model.case import Notification, NotificationState
from alertd.rulebook.sender_settings import Twilio
from alertd.service.messages import Properties
from alertd.shipped import shipped
from alertd.store import SqlStore, new_master, open_store
from alertd.transport.endpoint import Endpoint
from alertd.transport.publisher import Letter, Publisher, Unpublished
from tests.doubles.fake_twilio_state import ACCOUNT
from tests.doubles.private import free_port

TOKEN_VARIABLE = "TEST_TWILIO_TOKEN"
_UNDER_WAY = (NotificationState.PENDING, NotificationState.SENDING, NotificationState.IN_DOUBT)
_SQLITE = "store: {{url: 'sqlite:///{root}/var/alertd.db'}}"


@dataclass(frozen=True, slots=True)
class Servers:
    """Where the test's servers listen."""

    amqp: str
    twilio: str
    smtp_port: int


class Installation:
    """A folder with settings, rules, templates and keys, and a store beside them.

    Args:
        root: An empty folder.
        servers: The test's servers.
        store: URL of a PostgreSQL database with its user; None is a SQLite file in the folder.
        shift: Pretended minus real time.
    """

    def __init__(self, root: Path, servers: Servers, store: str | None, shift: timedelta) -> None:
        self.root = root
        self.shift = shift
        self.clock: Path | None = None
        for name in ("config", "rules", "templates"):
            shutil.copytree(shipped(name), root / name)
        (root / "key").write_text(new_master())
        self.config = root / "config" / "alertd.yaml"
        self.config.write_text(_settings(servers, _postgres(store) if store else _SQLITE.format(root=root)))
        self.settings = read_settings(self.config)
        migrate_store(self.settings)
        self.store = self._open()

    def _open(self) -> SqlStore:
        store = self.settings.store
        return open_store(store.url, store.username, None, read_keyring(self.settings))

    def close(self) -> None:
        """Give back connections to the store."""
        self.store.close()

    def keep_stories(self, *names: str) -> None:
        """Leave out every other story: a reload plays them all, and each takes its time."""
        for story in (self.root / "rules" / "stories").glob("*.test.yaml"):
            if story.name.partition(".")[0] not in names:
                story.unlink()

    def call_by_twilio(self) -> None:
        """Let calls go by the provider that texts go by; before the daemon starts."""
        sms = self.settings.sms[0]
        assert isinstance(sms, Twilio)
        call = (
            f"call: {{provider: twilio, account_sid: {ACCOUNT}, auth_token: {{env: {TOKEN_VARIABLE}}}, "
            f'from: "{sms.sender}", base_url: "{sms.base_url}", rate: 50/s}}'
        )
        self.config.write_text(self.config.read_text().replace("call: off", call))
        self.settings = read_settings(self.config)

    def now(self) -> datetime:
        """The pretended present, aware UTC."""
        return datetime.fromisoformat(self.clock.read_text()) if self.clock else utc_now() + self.shift

    def no_receipts(self) -> None:
        """Ask providers for no reports, so that none is missed; before the daemon starts."""
        self.config.write_text(
            self.config.read_text().replace("  rate: 50/s", "  rate: 50/s\n  status_callback: false", 1)
        )
        self.settings = read_settings(self.config)

    def stand_still(self, at: datetime) -> None:
        """Let time stand still at a moment, for the daemons started from now on and for those that run already so."""
        self.clock = self.clock or self.root / "clock"
        new = self.clock.with_suffix(".new")
        new.write_text(at.isoformat())
        new.replace(self.clock)  # never half a time

    def totals(self) -> Mapping[str, int]:
        """What became of the messages, as the store counts."""
        with self.store.read() as reading:
            return reading.message_totals()

    def taken(self) -> int:
        """How many messages the store has counted."""
        return self.totals().get("received", 0)

    def notifications(self, *states: NotificationState) -> tuple[Notification, ...]:
        """Messages to people in these states; all of them when none is named."""
        with self.store.read() as reading:
            return reading.list_notifications(states, 10_000)

    def is_quiet(self) -> bool:
        """Whether everything that is due has been decided, planned and answered."""
        now = self.now()
        with self.store.read() as reading:
            idle = not (reading.waiting(now, 1) or reading.due_cases(now, 1) or reading.rechecks(1))
            return idle and not reading.list_notifications(_UNDER_WAY, 1)


def _postgres(url: str) -> str:
    """A database of the test's server; its user stands apart, as the settings want it."""
    scheme, _, rest = url.partition("://")
    user, _, where = rest.partition("@")
    return f"store: {{url: '{scheme}://{where}', username: {user}}}"


def _settings(servers: Servers, store: str) -> str:
    return dedent(f"""\
        service:
          borough: WF
          name: Urgent Response
          public_url: "https://urgent.example.gov.uk"
          call_back: "020 7946 0123"
        intake: {{amqp: {{url: "{servers.amqp}"}}}}
        {store}
        rules: ../rules
        templates: ../templates
        people: people.yaml
        sms:
          provider: twilio
          account_sid: {ACCOUNT}
          auth_token: {{env: {TOKEN_VARIABLE}}}
          from: "+447700900001"
          base_url: "{servers.twilio}"
          rate: 50/s
        email:
          provider: smtp
          host: 127.0.0.1
          port: {servers.smtp_port}
          starttls: never
          from: alerts@example.gov.uk
        call: off
        web: {{listen: "127.0.0.1:{free_port()}"}}
        privacy:
          encryption_key: {{file: ../key}}
          cohort_words: {{custody: custody, hospital_ae: A&E, hospital_ward: ward}}
        """)


def publish(endpoint: Endpoint, *bodies: bytes) -> tuple[Unpublished, ...]:
    """Publish bodies with confirms."""
    with Publisher(endpoint) as publisher:
        return publisher.publish([Letter(body, Properties()) for body in bodies])
