"""Due dates and lateness (rule C10): the printed day is the raw one, lateness follows § 193 BGB."""

from collections.abc import Container
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from tui_billing.domain.parties import PaymentTerms


def due_date(invoice_date: date, terms: PaymentTerms) -> date:
    """The day after the invoice is day 1 (§ 187(1) BGB); months first, clamped to the month's end (§ 188(3))."""
    return invoice_date + relativedelta(months=terms.months) + timedelta(days=terms.days)


def skonto_date(invoice_date: date, terms: PaymentTerms) -> date | None:
    """The last day for Skonto as printed, or None where none is granted."""
    return invoice_date + timedelta(days=terms.skonto_days) if terms.skonto_percent > 0 else None


def next_working_day(day: date, holidays: Container[date] = ()) -> date:
    """The day itself, or the first later one that is no Saturday, Sunday or holiday (§ 193 BGB)."""
    while day.weekday() >= 5 or day in holidays:
        day += timedelta(days=1)
    return day


def days_late(due: date, paid: date, holidays: Container[date] = ()) -> int:
    """Days after the last day in time; 0 where it was in time. A due day on a weekend ends on the next working day."""
    return max(0, (paid - next_working_day(due, holidays)).days)


def skonto_in_time(last_day: date, paid: date, holidays: Container[date] = ()) -> bool:
    """Whether Skonto may still be taken; § 193 BGB moves a weekend's last day on to the next working day."""
    return days_late(last_day, paid, holidays) == 0
