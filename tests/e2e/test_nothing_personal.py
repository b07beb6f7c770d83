"""What a sender writes of a person is in no log, no figure, no text, no mail and no file of the running daemon."""

from __future__ import annotations

import json

import requests

from alertd.transport.endpoint import Endpoint
from tests.doubles.fake_twilio import FakeTwilio
from tests.doubles.mailserver import MailServer
from tests.doubles.waiting import eventually
from tests.e2e.conftest import Run
from tests.e2e.incidents import incident
from tests.e2e.installation import Installation, publish
from tests.e2e.test_settings import MASH_MAIL, MASH_PHONE

PLANTED = {
    "name": "Quillfeather Zanzibarova",
    "date_of_birth": "2011-03-17",
    "nhs_number": "9434765919",
    "ref": "PERSON-PLANT-77",
    "home_borough": "Waltham Forest",
}
CUSTODY = {"ref": "CUSTODY-PLANT-78", "suite": "Suiteplant Lane", "booked_in_at": "2026-11-26T14:00:00Z"}
INCIDENT = {
    "ref": "INCIDENT-PLANT-79",
    "crime_ref": "CRIME-PLANT-80",
    "ward": "Wardplant",
    "offence": ["bladed_article"],
    "summary": "Summaryplant: seen with a blade",
}
TRACES = (
    "Quillfeather", "Zanzibarova", "2011-03-17", "9434765919", "PERSON-PLANT", "CUSTODY-PLANT", "Suiteplant",
    "INCIDENT-PLANT", "CRIME-PLANT", "Wardplant", "Summaryplant",
)  # fmt: skip


def _planted() -> bytes:
    message = json.loads(incident("custody"))
    message["data"] |= {"person": PLANTED, "custody": CUSTODY, "incident": INCIDENT}
    return json.dumps(message).encode()


def _unreadable() -> bytes:
    return b'{"source": "police/custody", "data": "Quillfeather Zanzibarova 2011-03-17 PERSON-PLANT-77'


def test_planted_values_are_found_nowhere(
    run: Run, installation: Installation, endpoint: Endpoint, fake_twilio: FakeTwilio, mail_server: MailServer
) -> None:
    daemon = run().consuming()
    assert publish(endpoint, _planted(), _unreadable()) == ()
    said = [fake_twilio.expect(MASH_PHONE, "reply Y").body, fake_twilio.expect(MASH_PHONE, "Unreadable").body]
    said += [mail_server.expect(MASH_MAIL).text, mail_server.expect(MASH_MAIL).text]
    eventually(lambda: installation.taken() == 2 and installation.is_quiet())
    figures = requests.get(f"http://{installation.settings.web.listen}/metrics", timeout=10).text
    daemon.stop()

    files = [path for path in installation.root.rglob("alertd.db*") if path.is_file()]
    assert files
    places = {"log": daemon.log, "metrics": figures, "texts and mails": "\n".join(said)}
    places |= {path.name: path.read_bytes().decode("latin-1") for path in files}
    found = [
        (trace, where) for where, text in places.items() for trace in TRACES if trace.casefold() in text.casefold()
    ]
    assert found == []
    assert 'alertd_messages_total{result="quarantined"} 1.0' in figures
