"""Placeholders in the clerk's texts (rules C7, E6): literal replacement in one pass, never str.format."""

import re
from collections.abc import Mapping
from datetime import date

from tui_billing.domain.format import day

_BRACES = re.compile(r"\{\{|\}\}|\{([^{}\n]*)\}")
_NAME = re.compile(r"[^\W\d_][\w -]*")
_MONTHS_DE = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"
_MONTHS_EN = "January February March April May June July August September October November December"


def fill(text: str, values: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """The text with known placeholders replaced, and the names of unknown ones, which stay as typed.

    Keys match in any case; {{ and }} give literal braces; inserted text is not looked at again. What is no name,
    such as {0} or {von.__class__}, is plain text and not reported.
    """
    known = {key.lower(): value for key, value in values.items()}
    unknown: list[str] = []

    def one(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0][0]
        name = match[1].strip()
        value = known.get(name.lower())
        if value is not None:
            return value
        if _NAME.fullmatch(name) and name not in unknown:
            unknown.append(name)
        return match[0]

    return _BRACES.sub(one, text), tuple(unknown)


def contains(text: str, key: str) -> bool:
    """Whether the placeholder stands in the text; {{key}} is literal text and does not count."""
    return any(m[1] is not None and m[1].strip().lower() == key.lower() for m in _BRACES.finditer(text))


def period_values(
    start: date | None, end: date | None, billing_period_text: str = "", language: str = "de"
) -> dict[str, str]:
    """Values of the period's placeholders (rule C7); both ends inclusive, empty where there is no period."""
    values = {"Abrechnungszeitraum": billing_period_text}
    names = ("von", "bis", "Monat", "Quartal", "Halbjahr", "Jahr", "KW", "Leistungszeitraum")
    if start is None or end is None:
        return values | dict.fromkeys(names, "")
    months = (_MONTHS_EN if language == "en" else _MONTHS_DE).split()
    first, last = day(start, language), day(end, language)
    return values | {
        "von": first,
        "bis": last,
        "Monat": _span(f"{months[start.month - 1]} {start.year}", f"{months[end.month - 1]} {end.year}"),
        "Quartal": _span(_quarter(start, language), _quarter(end, language)),
        "Halbjahr": _span(_half_year(start, language), _half_year(end, language)),
        "Jahr": _span(str(start.year), str(end.year)),
        "KW": _span(_week(start, language), _week(end, language), sign="-"),
        "Leistungszeitraum": first if start == end else f"{first}-{last}",
    }


def _span(first: str, last: str, sign: str = "/") -> str:
    return first if first == last else f"{first}{sign}{last}"


def _quarter(value: date, language: str) -> str:
    n = (value.month + 2) // 3
    return f"Q{n} {value.year}" if language == "en" else f"{n}. Quartal {value.year}"


def _half_year(value: date, language: str) -> str:
    n = 1 if value.month <= 6 else 2
    return f"H{n} {value.year}" if language == "en" else f"{n}. Halbjahr {value.year}"


def _week(value: date, language: str) -> str:
    """ISO week with the year that the week belongs to."""
    year, week, _ = value.isocalendar()
    return f"{'week' if language == 'en' else 'KW'} {week}/{year}"
