"""Texts from templates: Jinja2 in its sandbox, with only the fields of the channel, and nothing that can break out.

A value is never a template: it is put in as it stands, on one line, without control characters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from traceback import walk_tb

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from alertd.core.gsm7 import segments
from alertd.model.delivery import Rendered, Unrenderable
from alertd.model.errors import ConfigError
from alertd.model.values import Channel
from alertd.transport.plain_text import gsm7, lines, one_line

SUFFIX = ".j2"
_GIVES_WAY = ("host", "call_back")
_SUBJECT = "Subject:"
_FAILURES = (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError)
"""What an expression in a template can raise."""


class Renderer:
    """Renders the templates that it was given; nothing is read from disk later. Safe from any thread.

    Args:
        texts: File name (`urgent_response.sms.j2`) → template text.

    Raises:
        ConfigError: A template cannot be compiled; all of them are listed.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._templates: dict[str, Template] = {}
        problems = []
        for name, text in texts.items():
            try:
                self._templates[name] = _compiled(text)
            except TemplateSyntaxError as error:
                problems.append(f"{name}, line {error.lineno}: {error.message}")
        if problems:
            raise ConfigError("templates cannot be used:\n  " + "\n  ".join(problems))

    @classmethod
    def from_folder(cls, folder: Path) -> Renderer:
        """Read every `*.j2` of a folder.

        Raises:
            ConfigError: It cannot be read, or a template cannot be compiled.
        """
        try:
            return cls({path.name: path.read_text("utf-8") for path in sorted(folder.glob(f"*{SUFFIX}"))})
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"the templates in {folder} cannot be read: {error}") from error

    @property
    def names(self) -> set[str]:
        """Names of the templates, without channel and suffix."""
        return {name.removesuffix(SUFFIX).rpartition(".")[0] for name in self._templates}

    def has(self, template: str, channel: Channel) -> bool:
        """Whether there is such a template for such a channel."""
        return _file_name(template, channel) in self._templates

    def render(self, template: str, channel: Channel, context: Mapping[str, object]) -> Rendered | Unrenderable:
        """Make the text.

        An SMS is one line of GSM-7. When it is longer than one segment, `host` is left out, then `call_back` too;
        when that is not enough, `segments` says so.

        Args:
            template: Name without channel and suffix.
            channel: Which of its forms.
            context: Every field that the template uses: texts, truths, counts, lists of texts, lists of lines (mappings
                of texts). A missing one makes it unrenderable.
        """
        found = self._templates.get(_file_name(template, channel))
        if found is None:
            return Unrenderable(f"there is no template {_file_name(template, channel)}")
        fields = {name: _safe(value) for name, value in context.items()}
        try:
            return _FORMS[channel](found, fields)
        except _FAILURES as error:
            # The error's own text may quote a value.
            return Unrenderable(f"template {_file_name(template, channel)} failed: {type(error).__name__}")

    def failing_line(self, template: str, channel: Channel, context: Mapping[str, object]) -> int:
        """Line of the template at which `render` gives up on such a context; 1 when it does not."""
        found = self._templates.get(_file_name(template, channel))
        if found is None:
            return 1
        try:
            _FORMS[channel](found, {name: _safe(value) for name, value in context.items()})
        except _FAILURES as error:
            return _line_of(error)
        return 1


def _line_of(error: BaseException) -> int:
    """Line of a template where an error came up; Jinja puts the template's own lines into the traceback."""
    lines = [line for frame, line in walk_tb(error.__traceback__) if frame.f_code.co_filename == "<template>"]
    return lines[-1] if lines else 1


def context_names(text: str) -> set[str]:
    """Names that a template expects to be given.

    Raises:
        ConfigError: It cannot be parsed.
    """
    try:
        return meta.find_undeclared_variables(_ENVIRONMENT.parse(text))
    except TemplateSyntaxError as error:
        raise ConfigError(f"the template cannot be parsed: line {error.lineno}: {error.message}") from error


_ENVIRONMENT = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined,
    autoescape=False,  # plain text everywhere: an escaped apostrophe would be read aloud
    # White space is left to the templates, which say `{%-` where they want none.
)


@lru_cache(maxsize=512)
def _compiled(text: str) -> Template:
    """A template of a text; kept, so that a reload compiles only what was changed."""
    return _ENVIRONMENT.from_string(text)


def _file_name(template: str, channel: Channel) -> str:
    return f"{template}.{channel}{SUFFIX}"


def _safe(value: object) -> object:
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, Mapping):
        return {name: _safe(each) for name, each in value.items()}
    return [_safe(each) for each in value] if isinstance(value, Sequence) else value


def _sms(template: Template, fields: Mapping[str, object]) -> Rendered:
    best = Rendered("", "", segments=0)
    for dropped in _smaller(fields):
        body = gsm7(one_line(template.render({**fields, **dict.fromkeys(dropped, "")})))
        best = Rendered("", body, segments(body), dropped)
        if best.segments == 1:
            break
    return best


def _smaller(fields: Mapping[str, object]) -> Iterator[tuple[str, ...]]:
    """Nothing dropped, then one field more each time, as far as they are given."""
    given = tuple(name for name in _GIVES_WAY if fields.get(name))
    return (given[:count] for count in range(len(given) + 1))


def _email(template: Template, fields: Mapping[str, object]) -> Rendered:
    head, _, body = template.render(fields).lstrip().partition("\n")
    if not head.startswith(_SUBJECT):
        raise ValueError("an email template begins with a line Subject: …")
    return Rendered(one_line(head.removeprefix(_SUBJECT)), lines(body) + "\n")


def _call(template: Template, fields: Mapping[str, object]) -> Rendered:
    return Rendered("", one_line(template.render(fields)))


_FORMS = {Channel.SMS: _sms, Channel.EMAIL: _email, Channel.CALL: _call}
