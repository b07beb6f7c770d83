"""The acts that ask something: one page each, one question, and what its answer records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from alertd.model.contract import FIELDS
from alertd.model.errors import NotPossible
from alertd.model.values import FieldType
from alertd.service.pages.clock_view import POLICE
from alertd.service.pages.words import field_words, sentence, words

Choice = tuple[str, str]
"""What a form sends, and what people read."""
Button = tuple[str, str, str]
"""What it sends ("" for nothing), what people read, and how it is drawn ("", "go" or "grave")."""


@dataclass(frozen=True, slots=True)
class Question:
    """A page that asks, before something is recorded.

    Attributes:
        title: Heading.
        event: What is recorded.
        buttons: At least one.
        says: Lines above the form: what it will do.
        question: Above the choices.
        choices: One of these must be chosen, or with `several` at least one.
        text: Label of a text field; "" for none.
        hint: Below its label.
        needs_text: Why it cannot be left empty; "" when it can.
        input, keyboard: Type of the text field, and what a phone should offer for it.
        keeps_text: The text was given on the page before, and is carried along.
        timed: Ask when it was.
        grave: It cannot be undone, or ends something: a way back stands beside the button.
        field: With an answer: the field that it fills.
    """

    title: str
    event: str
    buttons: tuple[Button, ...] = (("", "Record", "go"),)
    says: tuple[str, ...] = ()
    question: str = ""
    choices: tuple[Choice, ...] = ()
    several: bool = False
    text: str = ""
    hint: str = ""
    needs_text: str = ""
    input: str = "text"
    keyboard: str = ""
    keeps_text: bool = False
    timed: bool = True
    grave: bool = False
    field: str = ""


_PROFESSIONALS = (
    ("custody/contacted_professional", "Custody staff"),
    ("ward/contacted_professional", "Ward or hospital staff"),
    ("other_professional/contacted_professional", "Another professional"),
)
_FAMILY = ("family/contacted_family", "The family")
_REFERENCE = "Reference"
SURE_FIRST = "ask"
"""The button that asks once more before two cases become one; also what the return key of a keyboard presses."""
FAMILY_SAFETY = {
    "": "Nobody has recorded that speaking to the family is safe. Until then a call to them does not count as contact.",
    "no": "It is on record that speaking to the family is not safe. A call to them does not count as contact.",
}
"""What is said above the family's name, by what is on record."""

POLICE_CALL = Question("Police have spoken to us", POLICE)

QUESTIONS: Mapping[str, Question] = {
    "police": POLICE_CALL,
    "attempted": Question(
        "Tried to make contact",
        "contact",
        question="Who did you try, and what came of it?",
        choices=(
            ("young_person/attempted_no_answer", "Young person: no answer"),
            ("young_person/attempted_declined", "Young person: did not want to speak"),
            ("family/attempted_no_answer", "Family: no answer"),
            ("family/attempted_declined", "Family: did not want to speak"),
            ("young_person/unsafe_deferred", "Put off: it was not safe"),
        ),
    ),
    "contacted": Question(
        "Spoke to somebody",
        "contact",
        question="Who did you speak to?",
        choices=(("young_person/contacted_young_person", "The young person"), _FAMILY, *_PROFESSIONALS),
    ),
    "family": Question(
        "Spoke to family or professionals",
        "contact",
        question="Who did you speak to?",
        choices=(_FAMILY, *_PROFESSIONALS),
    ),
    "safe": Question(
        "Is it safe to contact the family?",
        "safe_to_contact_recorded",
        question="Is it safe?",
        choices=(("yes", "Yes"), ("no", "No")),
        says=("While it is not known, a manager must decide within 24 hours.",),
    ),
    "consent": Question(
        "Consent",
        "consent_recorded",
        question="What was said?",
        choices=(
            ("given", "Given"),
            ("refused", "Refused"),
            ("pending", "Asked for, no answer yet"),
            ("not_sought_unsafe", "Not asked: it was not safe"),
        ),
    ),
    "decision": Question(
        "A manager has decided about contact",
        "contact_decided",
        text="Where the decision is written down",
        hint="A reference, if there is one. No names.",
    ),
    "mash-referred": Question(
        "Referred to MASH",
        "mash_referred",
        text="Reference of the referral",
        needs_text="Give the reference of the referral: without it the clock runs on.",
    ),
    "drm-listed": Question("Listed for the Daily Risk Management meeting", "drm_listed", text=_REFERENCE,
                           hint="If there is one."),
    "panel-listed": Question("Listed for the exploitation and risk panel", "panel_listed", text=_REFERENCE,
                             hint="If there is one."),
    "plan-agreed": Question("Plan agreed", "plan_agreed", text=_REFERENCE, hint="If there is one."),
    "return-interview": Question("Return interview held", "return_interview_held", text=_REFERENCE,
                                 hint="If there is one."),
    "false-alarm": Question(
        "Is this a false alarm?",
        "false_alarm",
        says=(
            "Everybody who was told is stood down, and every clock of this case ends.",
            "It stays on record. What comes in about this case afterwards counts again, and you can open it again.",
        ),
        buttons=(("", "Yes, it is a false alarm", "grave"),),
        timed=False,
        grave=True,
    ),
    "died": Question(
        "Has the young person died?",
        "contact",
        says=(
            "Every prompt and clock about reaching the young person ends. The duty manager is told.",
            "Support for the family and the panel stay. This cannot be taken back here.",
        ),
        buttons=(("", "Yes, the young person has died", "grave"),),
        grave=True,
    ),
    "close": Question(
        "Close this case?",
        "closed",
        says=("A closed case is not joined by news that names only the young person. You can open it again.",),
        buttons=(("", "Yes, close it", "grave"),),
        timed=False,
        grave=True,
    ),
    "reopen": Question(
        "Open this case again?",
        "reopened",
        says=("Its clocks and alerts count again from what is on record.",),
        buttons=(("", "Yes, open it again", "go"),),
        timed=False,
        grave=True,
    ),
    "release": Question(
        "Give the alert back?",
        "alert_released",
        says=("The team now on duty is told again, and the ladder begins anew.",),
        buttons=(("", "Yes, give it back", "grave"),),
        timed=False,
        grave=True,
    ),
}  # fmt: skip
"""By the last part of the address."""

SAME = Question(
    "Same child as another case?",
    "same_child_as",
    text="Reference of the other case",
    hint="For example WF-UR-26-7QK4",
    needs_text="Give the reference of the other case.",
    buttons=((SURE_FIRST, "They are the same child", ""), ("different", "They are not the same", "")),
    timed=False,
    grave=True,
)


def join_question(one: str, other: str) -> Question:
    """The page between saying that two cases are one child's and making them one case."""
    return replace(
        SAME,
        title=f"Make {one} and {other} one case?",
        says=("All that was recorded of either then belongs to both. This cannot be undone.",),
        keeps_text=True,
        buttons=(("same", "Yes, make them one case", "grave"),),
    )


def answer_question(name: str) -> Question:
    """The page that asks for a missing field, with the input that its type needs."""
    spec = FIELDS[name]
    title = field_words(name)
    asked = Question(sentence(title), "field_answered", field=name, timed=False)
    choose = f"Which {'are' if spec.type is FieldType.WORDS else 'is'} right?"
    if spec.words:
        choices = tuple((word, sentence(words(word))) for word in spec.words)
        return replace(asked, question=choose, choices=choices, several=spec.type is FieldType.WORDS)
    return replace(asked, **_INPUTS.get(spec.type, _TEXT))


_TEXT: Mapping[str, Any] = {"text": "Answer", "needs_text": "Give an answer."}
_SEVERAL: Mapping[str, Any] = {
    "text": "Answer",
    "hint": "Several with a comma between them.",
    "needs_text": "Give an answer.",
}
_INPUTS: Mapping[FieldType, Mapping[str, Any]] = {
    FieldType.TRUTH: {"question": "Is it so?", "choices": (("yes", "Yes"), ("no", "No"))},
    FieldType.TIME: {"timed": True},
    FieldType.DATE: {"text": "Date", "input": "date", "needs_text": "Give the date."},
    FieldType.NUMBER: {"text": "Number", "keyboard": "numeric", "needs_text": "Give a whole number."},
    FieldType.WORDS: _SEVERAL,
    FieldType.REFS: _SEVERAL,
}


def fitted(question: Question, *, waits: bool, safe: str) -> Question:
    """A question as a case needs it.

    Args:
        question: As it is asked of any case.
        waits: Nobody has accepted its alert: the police's call can be recorded and the alert accepted in one press.
        safe: What is on record about speaking to the family, which a question about contact says first.
    """
    if question is POLICE_CALL and waits:
        return replace(question, buttons=(("accept", "Record, and accept the alert", "go"), ("", "Record only", "")))
    if question in (QUESTIONS["attempted"], QUESTIONS["contacted"], QUESTIONS["family"]) and safe in FAMILY_SAFETY:
        return replace(question, says=(FAMILY_SAFETY[safe],))
    return question


def chosen(question: Question, choices: tuple[str, ...]) -> tuple[str, ...]:
    """What was chosen, if it may be.

    Raises:
        NotPossible: nothing was chosen, or something that is not among the choices.
    """
    known = [value for value, _ in question.choices]
    if not choices or any(each not in known for each in choices):
        raise NotPossible("Choose one of the answers.")
    return choices if question.several else choices[:1]
