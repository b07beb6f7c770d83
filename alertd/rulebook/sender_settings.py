"""Settings of what leaves: texts, mails, calls, each by one of its providers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from alertd.rulebook.setting_types import (
    CallerNumber,
    FilePath,
    Identifier,
    LengthOrOff,
    Mail,
    Rate,
    SecretRef,
    SenderNumber,
    WebUrl,
)

_UUID = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"


class Part(BaseModel):
    """Settings that stand together; unknown names are refused, and nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Twilio(Part):
    """Texts by Twilio.

    Attributes:
        status_callback: Whether Twilio is to report to our webhook; None: unless it is polled.
        poll: How often to ask for replies and receipts where no webhook can be reached; None never.
        rate: Messages a second.
    """

    provider: Literal["twilio"]
    account_sid: Identifier
    auth_token: SecretRef
    sender: Annotated[SenderNumber, Field(alias="from")]
    base_url: WebUrl = "https://api.twilio.com"
    status_callback: bool | None = None
    poll: LengthOrOff = None
    rate: Rate = 10.0

    @property
    def calls_back(self) -> bool:
        """Whether Twilio reports to our webhook."""
        return self.poll is None if self.status_callback is None else self.status_callback


class TwilioVoice(Part):
    """Calls by Twilio.

    Attributes:
        rate: Calls a second; Twilio queues what comes faster than the account may dial.
    """

    provider: Literal["twilio"]
    account_sid: Identifier
    auth_token: SecretRef
    sender: Annotated[CallerNumber, Field(alias="from")]
    base_url: WebUrl = "https://api.twilio.com"
    rate: Rate = 1.0


class GovukNotify(Part):
    """Texts or mails by GOV.UK Notify.

    Attributes:
        template_id: A template whose whole text is `((body))`; for email its subject is `((subject))`.
        callback_token: The bearer token that its callbacks carry; None takes no callbacks.
        poll: How often to ask for replies and receipts where no callback can reach us; None never.
    """

    provider: Literal["notify"]
    api_key: SecretRef
    template_id: Annotated[str, Field(pattern=_UUID)]
    base_url: WebUrl = "https://api.notifications.service.gov.uk"
    callback_token: SecretRef | None = None
    poll: LengthOrOff = None
    rate: Rate = 10.0


class Capture(Part):
    """Nothing leaves: messages are written to a folder."""

    provider: Literal["capture"]
    dir: FilePath


class Smtp(Part):
    """Mail by SMTP."""

    provider: Literal["smtp"]
    host: Annotated[str, Field(min_length=1)]
    port: Annotated[int, Field(ge=1, le=65535)] = 25
    starttls: Literal["required", "if_offered", "never"] = "required"
    username: str | None = None
    password: SecretRef | None = None
    sender: Annotated[Mail, Field(alias="from")]
    rate: Rate = 10.0


SmsSender = Annotated[Twilio | GovukNotify | Capture, Field(discriminator="provider")]
EmailSender = Annotated[Smtp | GovukNotify | Capture, Field(discriminator="provider")]
CallSender = Annotated[TwilioVoice | Capture, Field(discriminator="provider")]
