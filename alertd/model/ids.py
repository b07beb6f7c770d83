"""Identifiers, each a type of its own so that one is never passed for another."""

from __future__ import annotations

from typing import NewType

CaseId = NewType("CaseId", str)
"""Internal identity of a case, random, never shown; survives a change of reference."""

CaseRef = NewType("CaseRef", str)
"""Public reference of a case (`WF-UR-26-7QK4`): random and short, derived from nobody."""

RuleId = NewType("RuleId", str)
ClockId = NewType("ClockId", str)
LadderId = NewType("LadderId", str)
RoleId = NewType("RoleId", str)
RotaId = NewType("RotaId", str)
HoursId = NewType("HoursId", str)
PersonId = NewType("PersonId", str)
ListId = NewType("ListId", str)
DefinitionId = NewType("DefinitionId", str)

ExprId = NewType("ExprId", str)
"""Name of a compiled condition: `rule:ID`, `stop:CLOCK:N` or `where:LEAF`."""

LeafId = NewType("LeafId", str)
"""Name of a `count` or `another` condition, stable for one text of that condition."""

Token = NewType("Token", bytes)
"""Keyed hash (HMAC-SHA256, 32 bytes) of a normalised identifier; the only form in which one is matched."""

Version = NewType("Version", str)
"""Content hash of a loaded rule set, 12 hexadecimal digits."""
