"""gettext with German as the source: `_` translates at the moment of showing, so --lang works at once."""

import gettext
from pathlib import Path

from tui_billing.domain.messages import Problem

LOCALE = Path(__file__).parent / "locale"

_current: gettext.NullTranslations = gettext.NullTranslations()


def use_language(language: str) -> None:
    """Speak German (the source) or another language that has a catalogue."""
    global _current
    _current = (
        gettext.translation("tui_billing", LOCALE, languages=[language], fallback=True)
        if language != "de"
        else gettext.NullTranslations()
    )


def _(message: str) -> str:
    """The text in the language of this session."""
    return _current.gettext(message) if message else ""


def ngettext(one: str, many: str, count: int) -> str:
    """Singular or plural in the language of this session."""
    return _current.ngettext(one, many, count)


def say(problem: Problem) -> str:
    """A problem as the sentence that the clerk reads."""
    text = _(problem.text)
    return text.format(**problem.params) if problem.params else text
