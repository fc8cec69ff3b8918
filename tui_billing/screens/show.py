"""Values as the screens show them, in the language of the session."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from tui_billing.domain import format as fmt
from tui_billing.domain.plans import Reason
from tui_billing.i18n import _, language, speak


def eur(value: Decimal) -> str:
    """1.234,50 € for sentences."""
    return fmt.money(value, language())


def amount(value: Decimal) -> str:
    """1.234,50 for columns."""
    return fmt.money(value, language(), symbol=False)


def amount_width(values: Iterable[Decimal], least: int) -> int:
    """Cells that a column of these amounts takes: the largest or the most negative decides."""
    known = list(values) or [Decimal(0)]
    return max(least, len(amount(max(known))), len(amount(min(known))))


def text_width(texts: Iterable[str], least: int, most: int) -> int:
    """Cells that a column of these short texts (numbers of orders or customers) takes, within bounds."""
    return min(most, max(least, max((len(text) for text in texts), default=0)))


def count(value: int) -> str:
    """10.000."""
    return fmt.number(Decimal(value), language())


def day(value: date | None) -> str:
    """22.11.2026."""
    return fmt.day(value, language())


def day_width() -> int:
    """Cells of a column of such days: 22.11.2026, English 22 Nov 2026."""
    return len(day(date(2026, 11, 22)))


def short_day(value: date | None) -> str:
    """22.11.26 for columns."""
    return fmt.day_short(value)


def period(first: date, last: date) -> str:
    """01.11.–30.11.2026, English 1 Nov–30 Nov 2026; the year once where it is the same."""
    start = day(first)
    if first.year == last.year:
        start = start[:-4].rstrip()
    return f"{start}–{day(last)}"


def period_width() -> int:
    """Cells of a column of such periods, both years in it."""
    return 2 * day_width() + 1


def stamp(value: str) -> str:
    """A timestamp of the files (UTC) as local day and minute."""
    if not value:
        return ""
    from datetime import datetime

    try:
        moment = datetime.fromisoformat(value).astimezone()
    except ValueError:
        return value
    return moment.strftime("%d.%m.%y %H:%M")


def yes_no(value: bool) -> str:
    """Ja or Nein."""
    return _("Ja") if value else _("Nein")


def reason(value: Reason) -> str:
    """The outcome of one rule as a sentence."""
    return speak(value.text, value.params)


def rate(value: Decimal) -> str:
    """19 %, English 19%."""
    return fmt.percent(value, language())


def price(value: Decimal) -> str:
    """37,50 with as many decimals as it has, at least two."""
    return fmt.number(value, language(), min_decimals=2)


def plain_number(value: Decimal) -> str:
    """2,5 for fields."""
    return fmt.number(value, language())
