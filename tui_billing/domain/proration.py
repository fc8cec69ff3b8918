"""What a part of a period costs (rules C5.2, C5.3, C6): one rounding, at the end."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

from tui_billing.domain.interval_schedule import MONTHS, BillingPeriod
from tui_billing.domain.money import r2_exact
from tui_billing.domain.month_steps import last_of_month
from tui_billing.domain.orders import IntervalTerms, Proration

WHOLE = Fraction(1)


def part_of(period: BillingPeriod, terms: IntervalTerms) -> Fraction:
    """Which part of the whole period this is, by the order's method; 1 for a whole period and for `voll`."""
    if not period.is_part or terms.proration is Proration.FULL:
        return WHOLE
    months = MONTHS.get(terms.unit, 0) * terms.every
    if terms.proration is Proration.THIRTY_360 and months:
        return min(WHOLE, Fraction(_days_360(period), months * 30))
    days = (period.end - period.start).days + 1
    return Fraction(days, (period.full_end - period.full_start).days + 1)


def _days_360(period: BillingPeriod) -> int:
    """Days of a part where every month has 30, both ends counted; a month's last day is the 30th."""
    start, end = period.start, period.end
    last = 30 if end == last_of_month(end) else min(end.day, 30)
    return 360 * (end.year - start.year) + 30 * (end.month - start.month) + last - min(start.day, 30) + 1


def used_part(billed: BillingPeriod, end: date, terms: IntervalTerms) -> Fraction:
    """Which part of what was billed falls to the days up to `end` (inclusive); what was billed may be a part itself."""
    return part_of(billed._replace(end=min(end, billed.end)), terms) / part_of(billed, terms)


def prorated(amount: Decimal | Fraction, part: Fraction) -> Decimal:
    """The part's amount in cents: exact until this one rounding."""
    return r2_exact(Fraction(amount) * part)


def unused_amount(amount: Decimal, part: Fraction) -> Decimal:
    """What is given back of what was billed: full minus prorated, so that both add up (C5.3)."""
    return amount - prorated(amount, part)
