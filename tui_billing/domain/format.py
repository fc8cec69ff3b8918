"""Numbers and days as the reader of a document expects them (rule B9), without a locale of the machine."""

from datetime import date, datetime
from decimal import Decimal

from tui_billing.domain.money import r2

NBSP = "\u00a0"
_MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def money(value: Decimal, language: str = "de", symbol: bool = True) -> str:
    """1.234,50 € with a no-break space, English €1,234.50; minus in front, never -0,00."""
    text = _grouped(f"{abs(r2(value)):f}", language)
    minus = "-" if r2(value) < 0 else ""
    if not symbol:
        return minus + text
    return f"{minus}€{text}" if language == "en" else f"{minus}{text}{NBSP}€"


def number(value: Decimal, language: str = "de", min_decimals: int = 0) -> str:
    """A quantity or a price with its own decimals, at least `min_decimals`: 1.250 / 0,3245 / 3,75."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    minus, text = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, _, decimals = text.partition(".")
    decimals = decimals.ljust(min_decimals, "0")
    if not (whole + decimals).strip("0"):
        minus = ""
    return minus + _grouped(f"{whole}.{decimals}" if decimals else whole, language)


def percent(value: Decimal, language: str = "de") -> str:
    """19 % / 2,5 %; the English form has no blank."""
    return number(value, language) + ("%" if language == "en" else f"{NBSP}%")


def _grouped(text: str, language: str) -> str:
    """A plain unsigned decimal with signs for thousands and decimals."""
    whole, _, decimals = text.partition(".")
    thousands, point = (",", ".") if language == "en" else (".", ",")
    grouped = f"{int(whole or '0'):,}".replace(",", thousands)
    return grouped + (point + decimals if decimals else "")


def local_day(stamp: str) -> date:
    """The day of a timestamp of the files (UTC) where the clerk sits."""
    return datetime.fromisoformat(stamp).astimezone().date()


def day(value: date | None, language: str = "de") -> str:
    """22.11.2026, English 22 Nov 2026; nothing where there is no day."""
    if value is None:
        return ""
    if language == "en":
        return f"{value.day} {_MONTHS_EN[value.month - 1]} {value.year}"
    return f"{value.day:02d}.{value.month:02d}.{value.year:04d}"


def day_short(value: date | None) -> str:
    """22.11.26 for narrow columns."""
    return "" if value is None else f"{value.day:02d}.{value.month:02d}.{value.year % 100:02d}"
