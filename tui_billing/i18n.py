"""gettext with German as the source: `_` translates at the moment of showing, so --lang works at once."""

import gettext
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from tui_billing.domain.format import day, number
from tui_billing.domain.messages import Clause, Problem, Term

LOCALE = Path(__file__).parent / "locale"

_current: gettext.NullTranslations = gettext.NullTranslations()
_language = "de"


def use_language(language: str) -> None:
    """Speak German (the source) or another language that has a catalogue."""
    global _current, _language
    _language = language or "de"
    _current = (
        gettext.translation("tui_billing", LOCALE, languages=[language], fallback=True)
        if language != "de"
        else gettext.NullTranslations()
    )


def language() -> str:
    """The language of this session: "de" or "en"."""
    return _language


def _(message: str) -> str:
    """The text in the language of this session."""
    return _current.gettext(message) if message else ""


def ngettext(one: str, many: str, count: int) -> str:
    """Singular or plural in the language of this session."""
    return _current.ngettext(one, many, count)


def speak(text: str, params: Mapping[str, Any]) -> str:
    """A message id of the domain with its parameters filled in: days and amounts as the reader writes them."""
    return _(text).format(**{key: _shown(value) for key, value in params.items()}) if params else _(text)


def _shown(value: Any) -> Any:
    if isinstance(value, date):
        return day(value, _language)
    if isinstance(value, Decimal):
        exponent = value.as_tuple().exponent
        return number(value, _language, min_decimals=max(0, -exponent) if isinstance(exponent, int) else 0)
    if isinstance(value, Clause):
        return speak(value.text, value.params)
    return _(value) if isinstance(value, Term) else value


def say(problem: Problem) -> str:
    """A problem as the sentence that the clerk reads."""
    return speak(problem.text, problem.params)
