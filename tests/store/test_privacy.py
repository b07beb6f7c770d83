"""Nothing personal can be read from a database file, whatever was stored."""

from __future__ import annotations

from pathlib import Path

import pytest

from alertd.model.case import MessageOutcome
from alertd.model.errors import StoreError
from alertd.model.ids import CaseId, Version
from alertd.model.message import Unreadable
from alertd.model.values import Value
from alertd.service.ports import Attempt, CaseChange, Rank
from alertd.store import Keyring, migrate, open_store
from tests.store.rows import NOW, case_row, incident, incident_tokens, make_case, notification, status, status_tokens

PLANTED: dict[str, Value] = {
    "person.name": "Tamsin Quillfeather",
    "person.date_of_birth": "2011-03-04",
    "person.nhs_number": "999 123 4567",
    "person.ref": "P-PLANT-1",
    "incident.crime_ref": "CR-PLANT-2",
    "custody.suite": "Suite Plantagenet",
    "incident.offence": ("planted_offence",),
    "hospital.site": "Plantain Royal",
}
ABOUT = {"person.ref": "P-PLANT-3", "custody.ref": "C-PLANT-4"}
TELLTALE = (
    "Quillfeather", "2011-03-04", "999 123 4567", "PLANT", "Plantagenet", "planted", "Plantain", "07700 900123",
    "PlantSource", "plant-id", "plant-record",
)  # fmt: skip


def fill(url: str, keyring: Keyring) -> None:
    store = open_store(url, None, None, keyring)
    message = incident("plant-id-1", PLANTED, source="PlantSource", record="plant-record", case_ref="WF-UR-26-PLANT")
    make_case(store, "c1", message=message)
    orphan = status("plant-id-2", {"value": "planted value", "at": NOW}, about=ABOUT)
    with store.write(Rank.INTAKE) as writing:
        writing.add_messages([(orphan, status_tokens("r", ["a"]), MessageOutcome.ORPHAN)])
        lost = writing.quarantine_add(Unreadable("PlantSource", "plant-id-3", "not JSON", b"Quillfeather PLANT", NOW))
        writing.quarantine_settle(lost, "p1", "rang about Tamsin Quillfeather", NOW)
        writing.add_notifications([notification("n1")])
        writing.add_attempts([Attempt("n1", 1, NOW, "refused", "07700 900123 is not valid", NOW)])
        writing.record_version(Version("0123456789ab"), "- person: Quillfeather\n  sms: 07700 900123", NOW)
    with store.read() as reading:
        assert "Tamsin Quillfeather" in reading.personal_values([CaseId("c1")])
    store.close()


def test_planted_values_are_nowhere_in_the_files(tmp_path: Path, keyring: Keyring) -> None:
    url = f"sqlite:///{tmp_path / 'alertd.db'}"
    migrate(url)
    fill(url, keyring)
    files = [path for path in tmp_path.iterdir() if path.is_file()]
    content = b"".join(path.read_bytes() for path in files)
    assert b"WF-UR-26-C1" in content, "the search must be able to find what is stored in the clear"
    found = [each for each in TELLTALE for encoding in ("utf-8", "utf-16-le") if each.encode(encoding) in content]
    assert found == []


def test_a_case_whose_key_is_removed_is_erased(tmp_path: Path, keyring: Keyring) -> None:
    url = f"sqlite:///{tmp_path / 'alertd.db'}"
    migrate(url)
    store = open_store(url, None, None, keyring)
    make_case(store, "c1")
    make_case(store, "c2")
    with store._engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM keys WHERE owner = 'c1'")
    with store.read() as reading:
        erased, kept = reading.case(CaseId("c1")), reading.case(CaseId("c2"))
    assert erased is not None
    assert kept is not None
    assert (len(erased.messages), len(kept.messages)) == (0, 1)
    store.close()


def test_content_moved_to_another_message_does_not_open(tmp_path: Path, keyring: Keyring) -> None:
    url = f"sqlite:///{tmp_path / 'alertd.db'}"
    migrate(url)
    store = open_store(url, None, None, keyring)
    own = incident_tokens("r")
    with store.write(Rank.INTAKE) as writing:
        seqs = writing.add_messages([(incident(f"m{n}"), own, MessageOutcome.ACTED) for n in range(2)])
        writing.put_case(CaseChange(case_row("c1"), strong=own.strong, messages=seqs))
    with store._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE messages SET sealed = (SELECT sealed FROM messages WHERE seq = 1)")
    with pytest.raises(StoreError, match="cannot be decrypted"), store.read() as reading:
        reading.case(CaseId("c1"))
    store.close()
