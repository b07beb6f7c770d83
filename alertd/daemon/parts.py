"""Everything that the settings describe, opened and wired: what the daemon and every command work with."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Self

from alertd.core.calendar import local
from alertd.core.outgoing import Desk
from alertd.daemon.clock import Now, random_id, utc_now
from alertd.daemon.rules_in_force import Judge, RulesInForce, load_rules, loaded, set_in_force
from alertd.daemon.secrets_read import read_keyring, secret_problems, tried
from alertd.daemon.senders import Captured, Senders, Ways, confirming, senders
from alertd.daemon.stores import store_of
from alertd.daemon.verb_settings import intake_settings, prefix_of, voice_of
from alertd.model.case import Notification
from alertd.model.delivery import Outcome, Outgoing
from alertd.model.errors import ConfigError
from alertd.model.ids import Token
from alertd.rulebook.problems import Weight, format_problem
from alertd.rulebook.reference import Reference
from alertd.rulebook.settings import Settings
from alertd.rulebook.settings_file import load_settings
from alertd.service.addresses import Addresses
from alertd.service.awaiting import Unconfirmed
from alertd.service.composing import Composer
from alertd.service.deliver import Deliver
from alertd.service.fail_over import FailOver
from alertd.service.handover import Handovers
from alertd.service.intake import Intake
from alertd.service.means import Lanes, Means
from alertd.service.other_ways import OtherWays
from alertd.service.reach import Reach
from alertd.service.receipts import Receipts
from alertd.service.sending import Planner
from alertd.service.swaps import StoredSwaps
from alertd.service.tick import Tick
from alertd.store import Keyring, SqlStore
from alertd.store import migrate as bring_up_to_date
from alertd.transport.engaged import EngagedPhones
from alertd.transport.twilio_voice import ENGAGED_SECONDS

Settled = Callable[[Notification, Outcome], None]


def _nothing_shown(_: Outgoing) -> None:
    pass


def _nothing_late(_: timedelta) -> None:
    pass


def _nothing_settled(note: Notification, outcome: Outcome) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Options:
    """How the parts are to work; as they stand, for one command.

    Attributes:
        judge: Makes who judges by a rule book: the reference alone, or two judges.
        now: The present, aware UTC.
        new_id: A new unguessable name.
        captured: Shown each message that a capturing sender keeps.
        settled: Told each outcome of a send.
        lanes: Sends run on them; None sends on the caller's thread.
        clock_acted_on: Told how late each clock's warning or missed deadline was acted on.
    """

    judge: Judge = Reference
    now: Now = utc_now
    new_id: Callable[[], str] = random_id
    captured: Captured = _nothing_shown
    settled: Settled = _nothing_settled
    lanes: Lanes | None = None
    clock_acted_on: Callable[[timedelta], None] = _nothing_late


_ONE_COMMAND = Options()


@dataclass(frozen=True, slots=True)
class Parts:
    """An opened installation; a context manager that closes it.

    Attributes:
        settings: As read.
        store: Open and of this program's schema.
        keyring: Of `privacy.encryption_key`.
        rules: Rules, people and templates in force.
        senders: Ways out by channel, in the order tried.
        engaged: Phones that are being called by this process.
        reach: Which numbers are not to be used, and whether texts are slow, as far as it was learned.
        swaps: Who answers for whom, as far as it was learned.
        desk: Who can be told at a moment, over what, and when nobody may be woken.
        fail_over: How providers have fared.
        tick, handovers, planner, deliver: The verbs of time and of sending.
        composer: Finds addresses and writes texts.
        receipts, unconfirmed: The verbs of what providers report, and of what they do not.
        now: The present, aware UTC.
        new_id: A new unguessable name.
    """

    settings: Settings
    store: SqlStore
    keyring: Keyring
    rules: RulesInForce
    senders: Senders
    engaged: EngagedPhones
    reach: Reach
    swaps: StoredSwaps
    desk: Callable[[datetime], Desk]
    fail_over: FailOver
    tick: Tick
    handovers: Handovers
    planner: Planner
    deliver: Deliver
    composer: Composer
    receipts: Receipts
    unconfirmed: Unconfirmed
    now: Now
    new_id: Callable[[], str]
    _closing: ExitStack = field(repr=False)

    @property
    def intake(self) -> Intake:
        """Intake under the rules and synonyms in force now: what one intake takes is read and judged by one set."""
        present = self.rules.present
        settings = intake_settings(self.settings, present.synonyms)
        return Intake(self.store, lambda: present.ruling, settings, self.new_id)

    def close(self) -> None:
        """Give back every connection."""
        self._closing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def read_settings(path: Path) -> Settings:
    """Read `alertd.yaml`.

    Raises:
        ConfigError: every problem of the file at once, each with its place and remedy.
    """
    loaded = load_settings(path)
    if loaded.settings is None:
        errors = [each for each in loaded.problems if each.severity is Weight.ERROR]
        raise ConfigError("\n".join(map(format_problem, errors)))
    return loaded.settings


def open_parts(settings: Settings, *, migrate: bool = False, options: Options = _ONE_COMMAND) -> Parts:
    """Open everything that settings describe.

    Args:
        settings: Checked settings.
        migrate: Bring the store to this program's schema first; a new one is made.
        options: How the parts are to work.

    Raises:
        ConfigError: secrets, rules or senders cannot be used: every problem at once. Files with errors in them are no
            problem as long as a set that was in force before is on record; `rules.present.refused` says so.
        SchemaMismatch: the store must be migrated first.
        StoreUnavailable: the store cannot be reached.
    """
    problems = secret_problems(settings)
    keyring = tried(problems, lambda: read_keyring(settings))
    hashed = keyring.token if keyring else lambda text: Token(text.encode())
    with ExitStack() as undone:
        closing = undone.enter_context(ExitStack())
        today = local(options.now()).date()
        rules, refused = loaded(problems, lambda: load_rules(settings, hashed, options.judge, today))
        engaged = EngagedPhones(ENGAGED_SECONDS)
        made = tried(problems, lambda: senders(Ways(settings, options.now, options.captured, closing, engaged)))
        if problems or keyring is None or made is None:
            raise ConfigError("\n".join(dict.fromkeys([*problems, *([str(refused)] if refused else [])])))
        if migrate:
            migrate_store(settings)
        store = store_of(settings, keyring)
        closing.callback(store.close)
        rules = set_in_force(store, settings, keyring, options.judge, rules, refused)
        opened = _Opened(store, keyring, RulesInForce(rules), made, engaged)
        parts = _wired(settings, options, opened, closing.pop_all())
        undone.pop_all()
    return parts


def migrate_store(settings: Settings) -> None:
    """Bring the store to this program's schema, keeping what it holds; a new one is made.

    Raises:
        StoreUnavailable: it cannot be reached or written.
    """
    store = settings.store
    bring_up_to_date(store.url, store.username, store.password.resolve() if store.password else None)


@dataclass(frozen=True, slots=True)
class _Opened:
    store: SqlStore
    keyring: Keyring
    rules: RulesInForce
    senders: Senders
    engaged: EngagedPhones


def _wired(settings: Settings, options: Options, opened: _Opened, closing: ExitStack) -> Parts:
    store, rules, ways, hashed = opened.store, opened.rules, opened.senders, opened.keyring.token
    composer = Composer(rules.book, rules.texts, voice_of(settings))
    usable, reach, swaps = frozenset(ways), Reach(store, hashed), StoredSwaps()
    with store.read() as reading:
        swaps.learn(reading, options.now())
    means = Means(
        ways, options.new_id, monotonic, hashed, confirming(settings, ways), options.lanes, on_settled=options.settled
    )

    def desk(_: datetime) -> Desk:
        present = rules.present
        return reach.at(Desk(present.book, present.ruling.terms.rest, usable, swaps.by_role()))

    other_ways = OtherWays(composer, ways, desk, options.new_id)
    return Parts(
        settings=settings,
        store=store,
        keyring=opened.keyring,
        rules=rules,
        senders=ways,
        engaged=opened.engaged,
        reach=reach,
        swaps=swaps,
        desk=desk,
        tick=Tick(store, rules.ruling, prefix_of(settings), options.new_id, options.clock_acted_on),
        handovers=Handovers(store, rules.book),
        fail_over=means.fail_over,
        planner=Planner(store, desk, options.new_id),
        deliver=Deliver(store, composer, desk, means),
        composer=composer,
        receipts=Receipts(store, other_ways, Addresses(composer.person, hashed)),
        unconfirmed=Unconfirmed(store, other_ways),
        now=options.now,
        new_id=options.new_id,
        _closing=closing,
    )
