"""One invented message for each setting, complete enough for the shipped rules to act on."""

from __future__ import annotations

import json
from typing import Any

from tests.messages.samples import event

_PERSON = {"age": 15, "home_borough": "Waltham Forest", "safe_to_contact": "yes", "age_disputed": False}
_OFFENCE = {"offence": ["wounding_gbh"], "weapon": "knife_sharp", "injury": "serious"}

_BLOCKS: dict[str, dict[str, Any]] = {
    "custody": {
        "incident": {"offence": ["bladed_article"], "weapon": "knife_sharp", "injury": "none"},
        "custody": {"ref": "CU-1", "force": "Metropolitan Police", "booked_in_at": "2026-11-26T14:00:00Z"},
    },
    "hospital_ae": {
        "incident": _OFFENCE,
        "hospital": {"ref": "H-1", "site": "whipps_cross", "presented_at": "2026-11-26T13:50:00Z",
                     "injury_cause": "stabbing"},
    },
    "hospital_ward": {
        "incident": _OFFENCE,
        "hospital": {"ref": "H-2", "site": "royal_london", "presented_at": "2026-11-26T11:50:00Z",
                     "injury_cause": "stabbing"},
    },
    "community": {"incident": _OFFENCE, "occurred_at": "2026-11-26T13:30:00Z"},
    "missing_return": {
        "missing": {"ref": "M-1", "state": "found", "found_at": "2026-11-26T12:00:00Z", "indicators": ["county_lines"]},
    },
    "disclosure": {
        "disclosure": {"ref": "D-1", "said_at": "2026-11-26T13:00:00Z", "to": "school", "risk": "weapon",
                       "immediate_danger": False},
    },
}  # fmt: skip

SETTINGS = tuple(_BLOCKS)


def incident(setting: str, number: int = 1, **attributes: object) -> bytes:
    """The body of a setting's message; another number is another child, incident and record."""
    blocks = json.loads(json.dumps(_BLOCKS[setting]).replace('-1"', f'-{number}"'))
    person = {**_PERSON, "ref": f"P-{setting}-{number}", "part_played": "victim"}
    record = {"system": f"{setting}-feed", "ref": f"R-{number}", "version": 1}
    # A ward of its own: three serious incidents in one ward are a matter of their own.
    incident_ref = {"ref": f"INC-{setting}-{number}", "ward": f"{setting} {number}", **blocks.pop("incident", {})}
    data = {"record": record, "setting": setting, "person": person, "incident": incident_ref, **blocks}
    given = {"id": f"{setting}-{number}", "source": f"{setting}-feed", "time": "2026-11-26T14:09:00Z", **attributes}
    return json.dumps(event(data, **given)).encode()
