"""Due dates and lateness (rule C10): the printed day is the raw one, lateness follows § 193 BGB."""

from collections.abc import Container
from datetime import date, timedelta
from functools import cache

from dateutil.easter import easter
from dateutil.relativedelta import relativedelta

from tui_billing.domain.parties import PaymentTerms


@cache
def nationwide_holidays(year: int) -> frozenset[date]:
    """The public holidays of all of Germany: New Year, 1 May, 3 October, Christmas, and those around Easter."""
    fixed = {date(year, 1, 1), date(year, 5, 1), date(year, 10, 3), date(year, 12, 25), date(year, 12, 26)}
    good_friday, easter_monday, ascension, whit_monday = -2, 1, 39, 50
    return frozenset(
        fixed | {easter(year) + timedelta(n) for n in (good_friday, easter_monday, ascension, whit_monday)}
    )


class _Nationwide:
    """Every day that is a holiday in all of Germany; those of single Länder are handed in instead."""

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and day in nationwide_holidays(day.year)


NATIONWIDE: Container[date] = _Nationwide()


def due_date(invoice_date: date, terms: PaymentTerms) -> date:
    """The day after the invoice is day 1 (§ 187(1) BGB); months first, clamped to the month's end (§ 188(3))."""
    return invoice_date + relativedelta(months=terms.months) + timedelta(days=terms.days)


def skonto_date(invoice_date: date, terms: PaymentTerms) -> date | None:
    """The last day for Skonto as printed, or None where none is granted."""
    return invoice_date + timedelta(days=terms.skonto_days) if terms.skonto_percent > 0 else None


def next_working_day(day: date, holidays: Container[date] = NATIONWIDE) -> date:
    """The day itself, or the first later one that is no Saturday, Sunday or holiday (§ 193 BGB)."""
    while day.weekday() >= 5 or day in holidays:
        day += timedelta(days=1)
    return day


def days_late(due: date, paid: date, holidays: Container[date] = NATIONWIDE) -> int:
    """Days after the last day in time; 0 where it was in time. A due day on a weekend ends on the next working day."""
    return max(0, (paid - next_working_day(due, holidays)).days)


def skonto_in_time(last_day: date, paid: date, holidays: Container[date] = NATIONWIDE) -> bool:
    """Whether Skonto may still be taken; § 193 BGB moves a weekend's last day on to the next working day."""
    return days_late(last_day, paid, holidays) == 0
