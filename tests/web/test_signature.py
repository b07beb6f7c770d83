"""Signatures, beside the provider's own library."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from alertd.transport.twilio_signature import is_signed, signature

URL = "https://urgent.example.gov.uk/hooks/twilio/status?ref=n1"
_TEXT = st.text(max_size=20)
_FORMS = st.dictionaries(_TEXT, st.lists(_TEXT, min_size=1, max_size=3), max_size=6)


class Form(dict[str, list[str]]):
    """A form whose names may stand there more than once, as the library reads it."""

    def getall(self, name: str) -> list[str]:
        return self[name]


@given(form=_FORMS, token=_TEXT, url=st.just(URL) | _TEXT)
def test_it_is_the_one_that_the_providers_library_makes(form: dict[str, list[str]], token: str, url: str) -> None:
    fields = [(name, value) for name, values in form.items() for value in values]
    ours = signature(url, fields, token)
    assert ours == RequestValidator(token).compute_signature(url, Form(form))
    assert is_signed(ours, url, reversed(fields), ["another", token])


@given(given_text=_TEXT, form=_FORMS)
def test_nothing_else_will_do(given_text: str, form: dict[str, list[str]]) -> None:
    fields = [(name, value) for name, values in form.items() for value in values]
    assert not is_signed(given_text, URL, fields, ["a secret"])
    assert not is_signed(signature(URL, fields, "a secret"), URL, fields, [])
