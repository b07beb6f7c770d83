"""Reads the settings of a block one by one, so that one refused value hides none of the others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self, TypeVar, cast

from alertd.model.conditions import Another, Count
from alertd.model.values import Kind
from alertd.rulebook import scalars
from alertd.rulebook.problems import Broken, Fault, Place, Report
from alertd.rulebook.scalars import Read
from alertd.rulebook.suggestions import allowed, did_you_mean, nearest
from alertd.rulebook.tree import Entries, Entry, Node

T = TypeVar("T")
D = TypeVar("D")


@dataclass(frozen=True, slots=True)
class Reference:
    """A block named by another: one of the kinds must hold the id."""

    kinds: tuple[str, ...]
    id: str
    place: Place


@dataclass(frozen=True, slots=True)
class Use:
    """A definition used where records of `kind` are judged; `cross` when other cases may be looked at there."""

    definition: str
    kind: Kind
    cross: bool
    place: Place


@dataclass(frozen=True, slots=True)
class TemplateUse:
    """A template and a channel that some block sends it over."""

    template: str
    channel: str
    place: Place


@dataclass(frozen=True, slots=True)
class CalendarUse:
    """A calendar file whose shifts are a rota's."""

    rota: str
    file: str
    place: Place


@dataclass(frozen=True, slots=True)
class _Stray:
    entry: Entry
    what: str
    asked: list[str]
    around: tuple[Settings, ...]


@dataclass
class Reading:
    """One load: where problems go, and what blocks said about each other, to be checked once all are read."""

    report: Report
    words: dict[str, tuple[str, ...]] = field(default_factory=dict)
    references: list[Reference] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    templates: list[TemplateUse] = field(default_factory=list)
    calendars: list[CalendarUse] = field(default_factory=list)
    leaves: list[tuple[Count | Another, Place]] = field(default_factory=list)
    given: dict[str, Place] = field(default_factory=dict)
    labels: list[tuple[str, Place]] = field(default_factory=list)
    includes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    listed: list[tuple[str, str, Place]] = field(default_factory=list)
    compared: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    places: dict[tuple[str, str], Place] = field(default_factory=dict)
    open: list[Settings] = field(default_factory=list)
    strays: list[_Stray] = field(default_factory=list)

    def refer(self, *kinds: str) -> Read[str]:
        """Read an id of another block of one of these kinds; whether it exists is checked at the end."""

        def read(node: Node) -> str:
            name = scalars.text(node)
            self.references.append(Reference(kinds, name, node.place))
            return name

        return read

    def settle_strays(self) -> None:
        """Tell every unknown setting, now that the blocks around it have said what they know."""
        for stray in self.strays:
            self._tell(stray)
        self.strays.clear()

    def _tell(self, stray: _Stray) -> None:
        key = stray.entry.key
        for outer in reversed(stray.around):
            if key.value in outer.asked and not nearest(key.value, stray.asked):
                message = f"'{key.value}' is not a setting of {stray.what}: it belongs to {outer.what}"
                self.report.error("E010", key.place, message, f"move it to the left, in line with '{outer.first}'")
                return
        message = f"'{key.value}' is not a setting of {stray.what}{did_you_mean(key.value, stray.asked)}"
        self.report.error("E010", key.place, message, allowed(stray.asked))


class Settings:
    """The settings of one block, each asked for once; on leaving, what nobody asked for is an error.

    A refused value is handed back as None under its own type, so that reading goes on; leaving the `with`, or `close`,
    raises Broken before anything built from it can be used.
    """

    def __init__(self, reading: Reading, node: Node, what: str) -> None:
        if not isinstance(node, Entries):
            raise Fault("E014", node.place, f"{what} is written as settings", "write 'name: value' lines here")
        self._reading = reading
        self._entries = node.entries
        self._broken = False
        self._missing: dict[str, Fault] = {}
        self.place = next((entry.key.place for entry in node.entries.values()), node.place)
        self.what = what
        self.asked: list[str] = []

    def __enter__(self) -> Self:
        self._reading.open.append(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self.close()
            else:
                self._tell_missing([])
        finally:
            self._reading.open.pop()

    def close(self) -> None:
        """End the asking: what nobody asked for is an error.

        Leaving the `with` does this; before that it is for going on only with values that are all there.

        Raises:
            Broken: something was refused.
        """
        strays = [entry for key, entry in self._entries.items() if key not in self.asked]
        around = tuple(outer for outer in self._reading.open if outer is not self)
        self._reading.strays += [_Stray(entry, self.what, self.asked, around) for entry in strays]
        self._tell_missing(strays)
        if strays or self._broken:
            raise Broken(f"{self.what} cannot be used")

    def _tell_missing(self, strays: list[Entry]) -> None:
        """Tell what is missing, but for what a misspelt setting was meant to be."""
        meant = {nearest(stray.key.value, self.asked) for stray in strays}
        for key, fault in self._missing.items():
            if key not in meant:
                self._reading.report.note(fault)
        self._missing.clear()

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    @property
    def first(self) -> str:
        """Name of the first setting written."""
        return next(iter(self._entries), "")

    def place_of(self, key: str) -> Place:
        """Where a setting's name stands; the block's own place when it is not written."""
        return self._entries[key].key.place if key in self._entries else self.place

    def need(self, key: str, read: Read[T], remedy: str = "", instead: object = None) -> T:
        """Read a setting that must be there; `instead` stands in for a refused value while reading goes on."""
        if key in self._entries:
            return cast("T", self._read(key, read, instead))
        self.asked.append(key)
        message = f"'{key}' is missing from {self.what}"
        self._missing[key] = Fault("E011", self.place, message, remedy or f"add a line '{key}: …'")
        self._broken = True
        return cast("T", instead)

    def may(self, key: str, read: Read[T], default: D) -> T | D:
        """Read a setting that may be left out."""
        if key in self._entries:
            return self._read(key, read, default)
        self.asked.append(key)
        return default

    def refuse(self, fault: Fault) -> None:
        """Note a fault of this block."""
        self._reading.report.note(fault)
        self._broken = True

    def _read(self, key: str, read: Read[T], instead: D) -> T | D:
        self.asked.append(key)
        node = self._entries[key].value
        try:
            if node is not None:
                return read(node)
        except Fault as fault:
            self._reading.report.note(fault)
        except Broken:
            pass
        self._broken = True
        return instead


def exactly_one(settings: Settings, keys: Iterable[str]) -> str:
    """Say which one of the settings is written.

    Raises:
        Fault: none (E011) or several (E014).
    """
    names = list(keys)
    written = [key for key in names if key in settings]
    if len(written) > 1:
        message = f"{' and '.join(repr(key) for key in written)} cannot stand together in {settings.what}"
        raise Fault("E014", settings.place_of(written[1]), message, "keep one of them")
    if not written:
        raise Fault("E011", settings.place, f"{settings.what} needs one of: {', '.join(names)}", "add one of them")
    return written[0]
