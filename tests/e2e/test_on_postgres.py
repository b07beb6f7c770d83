"""The whole on PostgreSQL, once: killed between sending and settling, then receipts and replies, each with its replay.

What each of them does in every case is tested on SQLite, and the store's promises on both (`store/contract`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import requests

from alertd.model.case import Facts, NotificationState
from alertd.model.values import Channel
from alertd.transport.endpoint import Endpoint
from tests.doubles.broker import Broker
from tests.doubles.fake_twilio import FakeTwilio
from tests.doubles.mailserver import MailServer
from tests.doubles.waiting import eventually
from tests.e2e.conftest import Run, running
from tests.e2e.crash_points import Point
from tests.e2e.incidents import incident
from tests.e2e.installation import Installation, publish
from tests.e2e.test_kill import LEASES_RAN_OUT
from tests.e2e.test_settings import MASH_MAIL, MASH_PHONE
from tests.e2e.test_webhooks import INBOUND, OURS, SECOND_MAIL, SECOND_PHONE, code_in


@pytest.fixture
def installation(
    make_installation: Callable[[str, str | None], Installation], broker: Broker, vhost: str, postgres_url: str
) -> Installation:
    return make_installation(broker.url(vhost), postgres_url)


@pytest.fixture
def run(installation: Installation) -> Iterator[Run]:
    with running(installation) as start:
        yield start


def only_case(installation: Installation) -> Facts:
    with installation.store.read() as reading:
        (row,) = reading.list_cases(10)
        facts = reading.case(row.id)
    assert facts is not None
    return facts


def states(installation: Installation) -> list[str]:
    return sorted(n.state.value for n in installation.notifications() if n.channel is Channel.SMS)


def test_a_kill_receipts_and_replies_on_postgresql(
    run: Run, installation: Installation, endpoint: Endpoint, fake_twilio: FakeTwilio, mail_server: MailServer
) -> None:
    fake_twilio.hooks = f"http://{installation.settings.web.listen}"
    doomed = run(crash_at=Point.AFTER_SEND).consuming()
    assert publish(endpoint, incident("custody")) == ()
    doomed.died()
    assert NotificationState.SENDING in {note.state for note in installation.notifications()}
    run(later=LEASES_RAN_OUT).consuming()
    text = fake_twilio.expect(MASH_PHONE)
    code = code_in(text.body)
    eventually(installation.is_quiet)

    # A text that did not arrive goes to the next contact, once however often and late its reports come.
    for status, fault in (("sent", None), ("undelivered", 30003), ("undelivered", 30003), ("sent", None)):
        assert fake_twilio.report(text, status, fault).status_code == 204
    second = fake_twilio.expect(SECOND_PHONE, code)
    for _ in range(2):
        assert fake_twilio.report(second, "delivered").status_code == 204
    eventually(installation.is_quiet)
    assert states(installation) == ["delivered", "refused"]
    mail_server.expect(MASH_MAIL)
    mail_server.expect(SECOND_MAIL)

    # A reply accepts, is confirmed, and changes nothing when it is replayed; a forged one never does.
    form = {"From": MASH_PHONE, "Body": f"Y{code}", "MessageSid": "SM1"}
    assert fake_twilio.post(INBOUND, form, "forged").status_code == 403
    for _ in range(2):
        assert fake_twilio.reply(INBOUND, SECOND_PHONE, OURS, f"P{code}", sid="SM2").status_code == 200
    assert "Police contact" in fake_twilio.expect(SECOND_PHONE, f"Not you? Reply N{code}.").body
    eventually(installation.is_quiet)
    case = only_case(installation)
    assert [alert.accepted_by for alert in case.alerts] == ["mash_second_phone"]
    golden = next(clock for clock in case.clocks if clock.clock == "golden_hour")
    assert golden.stopped_at is not None
    figures = requests.get(f"{fake_twilio.hooks}/metrics", timeout=10).text
    for line in ('hook="inbound",result="forged"} 1.0', 'hook="inbound",result="replayed"} 1.0'):
        assert f"alertd_webhooks_total{{{line}" in figures
    assert 'alertd_ack_seconds_count{role="mash"} 1.0' in figures
    fake_twilio.assert_nothing_else()
