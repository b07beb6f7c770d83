"""The running daemon's pages: a code from a text opens its alert, and accepts it, and the ladder ends."""

from __future__ import annotations

import re
from html import unescape

import requests

from alertd.transport.endpoint import Endpoint
from tests.doubles.fake_twilio import FakeTwilio
from tests.doubles.mailserver import MailServer
from tests.doubles.waiting import eventually
from tests.e2e.conftest import Run
from tests.e2e.incidents import incident
from tests.e2e.installation import Installation, publish
from tests.e2e.test_settings import MASH_MAIL, MASH_PHONE
from tests.e2e.test_webhooks import code_in

ORIGIN = "https://urgent.example.gov.uk"


class Phone:
    """A browser behind the TLS proxy, which stands here for https."""

    def __init__(self, listen: str) -> None:
        self._at = f"http://{listen}"
        self._cookie = ""

    def ask(self, path: str, **fields: str) -> requests.Response:
        """Open a page, or send a form of it."""
        headers = {"Cookie": self._cookie, "Origin": ORIGIN}
        method = "POST" if fields else "GET"
        at = self._at + path
        answer = requests.request(method, at, data=fields, headers=headers, allow_redirects=False, timeout=20)
        if found := re.match(r"(__Host-alertd=[^;]+);", answer.headers.get("set-cookie", "")):
            self._cookie = found[1]
        return answer

    def hidden(self, path: str) -> dict[str, str]:
        """The hidden fields of a page."""
        found = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', self.ask(path).text)
        return {name: unescape(value) for name, value in found}


def test_a_code_and_ones_own_number_accept_an_alert_on_a_page(
    run: Run, installation: Installation, endpoint: Endpoint, fake_twilio: FakeTwilio, mail_server: MailServer
) -> None:
    daemon = run().consuming()
    assert publish(endpoint, incident("custody")) == ()
    code = code_in(fake_twilio.expect(MASH_PHONE).body)
    mail_server.expect(MASH_MAIL)
    phone = Phone(installation.settings.web.listen)

    wrong = phone.ask("/a", code=code, number="07700 900999", **phone.hidden("/a"))
    entered = phone.ask("/a", code=code, number="07700 900101", **phone.hidden("/a"))
    accepted = phone.ask("/a/alert/accept", **phone.hidden("/a/alert"))

    assert (wrong.status_code, entered.status_code, accepted.status_code) == (403, 303, 303)
    assert "You accepted" in phone.ask(accepted.headers["location"]).text
    assert wrong.headers["strict-transport-security"]
    with installation.store.read() as reading:
        ((_, alert),) = reading.list_alerts(open_only=False, limit=10)
    assert alert.accepted_by == "mash_duty_phone"
    assert fake_twilio.expect(MASH_PHONE, f"Not you? Reply N{code}.").body.startswith("Accepted WF-UR-26-")
    eventually(installation.is_quiet)
    fake_twilio.assert_nothing_else()
    figures = requests.get(f"http://{installation.settings.web.listen}/metrics", timeout=10).text
    assert 'alertd_sign_ins_total{result="wrong",way="code"} 1.0' in figures
    assert 'alertd_sign_ins_total{result="in",way="code"} 1.0' in figures
    mail_server.assert_nothing_else()
    daemon.stop()
    assert "coming_in_tried" in daemon.log
    for personal in (MASH_PHONE, "900101", "900999", code, "mash_duty_phone"):
        assert personal not in daemon.log
