"""What an order line costs in one period: price of the period's first day, price basis, scales, parts, yearly values.

Rules B10, B13, C6, C9; amounts here are before the line's discount, which the totals take off (B2).
"""

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from tui_billing.domain.format import number
from tui_billing.domain.interval_schedule import MONTHS, BillingPeriod
from tui_billing.domain.money import r2
from tui_billing.domain.orders import IntervalTerms, OrderLine, PriceBasis, ScaleMode
from tui_billing.domain.proration import WHOLE, part_of, prorated
from tui_billing.domain.scales import scaled_amount, scaled_parts, whole_price

FLAT_UNIT = "pauschal"


class Priced(NamedTuple):
    """How a line is printed so that quantity x price / price unit gives exactly `amount` (B2)."""

    amount: Decimal
    quantity: Decimal
    unit: str
    unit_price: Decimal
    price_unit: Decimal
    note: str = ""


def price_on(line: OrderLine, period: BillingPeriod | None) -> Decimal:
    """The unit price valid on the first day of the period (C9.1), not on the day of the run."""
    if period is None or not line.price_changes:
        return line.unit_price
    valid = [c for c in line.price_changes if c.valid_from <= period.start]
    return max(valid, key=lambda c: c.valid_from).unit_price if valid else line.unit_price


def periods_per_year(terms: IntervalTerms) -> int | None:
    """How many periods make a year, where that is a whole number."""
    months = MONTHS.get(terms.unit, 0) * terms.every
    return 12 // months if months and 12 % months == 0 else None


def year_share(value: Decimal, period: BillingPeriod, terms: IntervalTerms) -> Decimal:
    """One period's part of a year's value: r2(value / n), the remainder on the year's last period (B13)."""
    count = periods_per_year(terms)
    if count is None:
        return prorated(value, _years_in(period, terms))
    share = r2(value / count)
    return value - share * (count - 1) if _year_position(period, terms, count) == count - 1 else share


def _year_position(period: BillingPeriod, terms: IntervalTerms, count: int) -> int:
    """0 for the first period of the contract's year, of the calendar year in the calendar's grid."""
    if terms.aligned:
        return (period.full_start.month - 1) // (12 // count)
    return period.k % count


def _years_in(period: BillingPeriod, terms: IntervalTerms) -> Fraction:
    months = MONTHS.get(terms.unit, 0) * terms.every
    return Fraction(months, 12) if months else Fraction((period.full_end - period.full_start).days + 1, 365)


def line_amount(line: OrderLine, period: BillingPeriod | None, terms: IntervalTerms | None) -> Decimal:
    """The line's gross line amount (before discount) for this period, in cents."""
    price = price_on(line, period)
    if period is None or terms is None:
        return r2(line.yearly_value) if line.yearly_value is not None else prorated(_unrounded(line, price), WHOLE)
    part = part_of(period, terms)
    if line.yearly_value is not None:
        return prorated(year_share(line.yearly_value, period, terms), part)
    amount = _unrounded(line, price)
    if line.price_basis is PriceBasis.YEAR:
        return prorated(year_share(prorated(amount, WHOLE), period, terms), part)
    if line.price_basis is PriceBasis.MONTH:
        part *= _years_in(period, terms) * 12
    return prorated(amount, part)


def _unrounded(line: OrderLine, price: Decimal) -> Fraction:
    """Quantity x price / price unit; only the steps of a graduated price are cents already, as they are printed."""
    if line.scale and line.scale_mode is ScaleMode.GRADUATED:
        return Fraction(scaled_amount(line.quantity, line.price_unit, line.scale, line.scale_mode))
    if line.scale:
        price = whole_price(line.quantity, line.scale)
    return Fraction(line.quantity) * Fraction(price) / Fraction(line.price_unit)


def price_line(line: OrderLine, period: BillingPeriod | None, terms: IntervalTerms | None) -> Priced:
    """The line as it is printed: the order's quantity with the period's price where a price of at most 6 decimals fits.

    Where none does, one flat position whose note names the quantity, so that every printed figure adds up.
    """
    amount = line_amount(line, period, terms)
    price = price_on(line, period)
    plain = not line.scale and line.yearly_value is None and line.price_basis is PriceBasis.PERIOD
    if plain and (period is None or terms is None or part_of(period, terms) == WHOLE):
        return Priced(amount, line.quantity, line.unit, price, line.price_unit)
    if line.yearly_value is not None:
        return Priced(amount, Decimal(1), FLAT_UNIT, amount, Decimal(1))
    if line.quantity == 0:
        return Priced(amount, line.quantity, line.unit, price, line.price_unit)
    note = _steps_note(line)
    for digits in (2, 4, 6):
        fitting = round(abs(amount) * line.price_unit / abs(line.quantity), digits)
        if r2(abs(line.quantity) * fitting / line.price_unit) == abs(amount):
            signed = fitting if (amount < 0) == (line.quantity < 0) else -fitting
            return Priced(amount, line.quantity, line.unit, signed, line.price_unit, note)
    return Priced(amount, Decimal(1), FLAT_UNIT, amount, Decimal(1), note or f"{number(line.quantity)} {line.unit}")


def _steps_note(line: OrderLine) -> str:
    """What a graduated price is made of: 99 × 10,00 + 51 × 9,00."""
    if not line.scale or line.scale_mode is not ScaleMode.GRADUATED:
        return ""
    parts = scaled_parts(line.quantity, line.scale, line.scale_mode)
    return " + ".join(f"{number(q)} × {number(p, min_decimals=2)}" for q, p in parts) if len(parts) > 1 else ""
