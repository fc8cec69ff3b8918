"""Dates as clerks type them (rule F1). dateutil.parser is never used: it reads 1.3.26 as 3 January."""

import calendar
import re
from collections.abc import Callable
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from tui_billing.domain.inputs.common import Read, refused
from tui_billing.domain.messages import N_
from tui_billing.domain.texts import fold

_NUMERIC = re.compile(r"([0-9]{1,2})([./,-] ?| )([0-9]{1,2})(?:\2([0-9]{2}|[0-9]{4})|\.|)")
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_COMPACT = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{2}|[0-9]{4})?")
_DAY = re.compile(r"([0-9]{1,2})\.?")
_NAMED = re.compile(r"([0-9]{1,2})(?:\. ?| )([a-z]{3,9})\.?(?: ?([0-9]{4}|[0-9]{2}))?")
_STEP = re.compile(r"([+-]) ?([0-9]{1,4})([a-z]?)")

_MONTHS = (
    ("januar", "jaenner", "january"),
    ("februar", "feber", "february"),
    ("maerz", "mrz", "march"),
    ("april",),
    ("mai", "may"),
    ("juni", "june"),
    ("juli", "july"),
    ("august",),
    ("september",),
    ("oktober", "october"),
    ("november",),
    ("dezember", "december"),
)
_WORDS: dict[str, Callable[[date], date]] = {
    **dict.fromkeys(("h", "heute", "today"), lambda today: today),
    **dict.fromkeys(("m", "morgen", "tomorrow"), lambda today: today + timedelta(days=1)),
    **dict.fromkeys(("g", "gestern", "yesterday"), lambda today: today - timedelta(days=1)),
    "uebermorgen": lambda today: today + timedelta(days=2),
    "vorgestern": lambda today: today - timedelta(days=2),
    **dict.fromkeys(("u", "ultimo"), lambda today: today + relativedelta(day=31)),
}
_UNITS = {"": "days", "t": "days", "d": "days", "w": "weeks", "m": "months", "j": "years", "y": "years"}
_FIRST_YEAR, _LAST_YEAR = 1900, 2199


def parse_date(text: str, today: date) -> Read[date]:
    """A day from 1.3.26, 010326, 0103, 1/3/26, 2026-03-01, 15, 1. März, +14, -7, +1m, -1j, h, ultimo.

    What is left out comes from `today`; years 00-69 mean 20xx, 70-99 mean 19xx.
    """
    typed = " ".join(fold(text).split())
    if not typed:
        return refused("DATUM_FEHLT", N_("Bitte ein Datum eingeben, zum Beispiel 1.3. oder 010326."), text)
    if typed in _WORDS:
        return _WORDS[typed](today), []
    if (step := _STEP.fullmatch(typed)) and not _has_foreign_digit(text):
        return _moved(text, today, step)
    parts = None if _has_foreign_digit(text) else _parts(typed)
    if parts is None:
        return refused(
            "DATUM_UNGUELTIG",
            N_("„{typed}“ ist kein Datum. Möglich sind 1.3., 1.3.26, 010326, 2026-03-01, +14, +1m, heute, ultimo."),
            text,
        )
    return _existing(text, parts, today)


def _has_foreign_digit(text: str) -> bool:
    """Digits of other scripts, which folding would turn into ASCII ones."""
    return any(c.isnumeric() and not c.isascii() for c in text)


def _parts(typed: str) -> tuple[str, str, str] | None:
    """Day, month and year as typed; empty where left out."""
    if iso := _ISO.fullmatch(typed):
        return iso[3], iso[2], iso[1]
    if compact := _COMPACT.fullmatch(typed):
        return compact[1], compact[2], compact[3] or ""
    if numeric := _NUMERIC.fullmatch(typed):
        return numeric[1], numeric[3], numeric[4] or ""
    if only := _DAY.fullmatch(typed):
        return only[1], "", ""
    if (named := _NAMED.fullmatch(typed)) and (month := _month(named[2])):
        return named[1], month, named[3] or ""
    return None


def _month(name: str) -> str:
    """The month whose name begins like this, three letters at least; nothing where none or two do."""
    hits = {n for n, names in enumerate(_MONTHS, start=1) if any(full.startswith(name) for full in names)}
    return str(hits.pop()) if len(hits) == 1 else ""


def _existing(text: str, parts: tuple[str, str, str], today: date) -> Read[date]:
    """The day where the calendar has it."""
    day, month = int(parts[0]), int(parts[1] or today.month)
    year = int(parts[2] or today.year)
    if len(parts[2]) == 2:
        year += 2000 if year < 70 else 1900
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return refused("DATUM_JAHR_UNGUELTIG", N_("„{typed}“: Das Jahr muss zwischen 1900 und 2199 liegen."), text)
    if not 1 <= month <= 12:
        return refused("DATUM_MONAT_UNGUELTIG", N_("„{typed}“: Den Monat {month} gibt es nicht."), text, month=month)
    if not 1 <= day <= calendar.monthrange(year, month)[1]:
        return refused(
            "DATUM_TAG_UNGUELTIG",
            N_("„{typed}“: Der Monat {month}.{year} hat keinen Tag {day}."),
            text,
            day=day,
            month=f"{month:02d}",
            year=year,
        )
    return date(year, month, day), []


def _moved(text: str, today: date, step: re.Match[str]) -> Read[date]:
    """Today moved by days, weeks, months or years; months and years clamp to the month's end."""
    unit = _UNITS.get(step[3])
    count = int(step[1] + step[2])
    if unit is None:
        return refused("DATUM_UNGUELTIG", N_("„{typed}“: Nach der Zahl steht t, w, m oder j."), text)
    try:
        moved = today + relativedelta(**{unit: count})  # type: ignore[arg-type]
    except (OverflowError, ValueError):
        moved = date.max
    if not _FIRST_YEAR <= moved.year <= _LAST_YEAR:
        return refused("DATUM_JAHR_UNGUELTIG", N_("„{typed}“: Das Jahr muss zwischen 1900 und 2199 liegen."), text)
    return moved, []
