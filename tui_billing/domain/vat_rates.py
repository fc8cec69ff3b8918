"""German VAT rates by date (rule B12): what counts is the day on which the supply is completed (§ 27(1) UStG)."""

from datetime import date
from decimal import Decimal
from typing import Literal

from tui_billing.domain.documents import Document, Line

RateKind = Literal["standard", "reduced"]

RATES: dict[RateKind, tuple[tuple[date, Decimal], ...]] = {
    "standard": (
        (date(1998, 4, 1), Decimal(16)),
        (date(2007, 1, 1), Decimal(19)),
        (date(2020, 7, 1), Decimal(16)),
        (date(2021, 1, 1), Decimal(19)),
    ),
    "reduced": (
        (date(1983, 7, 1), Decimal(7)),
        (date(2020, 7, 1), Decimal(5)),
        (date(2021, 1, 1), Decimal(7)),
    ),
}
"""(first day, rate in per cent), oldest first; each holds until the next begins."""


def rate_on(kind: RateKind, day: date) -> Decimal:
    """The rate for a supply completed on this day; before the table begins its first rate."""
    valid = [rate for first, rate in RATES[kind] if first <= day]
    return valid[-1] if valid else RATES[kind][0][1]


def adjusted_rate(rate: Decimal, supply_end: date) -> Decimal:
    """The rate of the same kind for the supply's last day: 19 <-> 16 and 7 <-> 5; any other rate stays."""
    if rate in (19, 16):
        return rate_on("standard", supply_end)
    if rate in (7, 5):
        return rate_on("reduced", supply_end)
    return rate


def supply_end(document: Document, line: Line | None = None) -> date:
    """The last day of the line's period, else the document's period or service date, else the last day of all lines'
    periods, else the invoice date."""
    if line and line.service_to:
        return line.service_to
    return document.period_to or document.service_date or _end_of_lines(document) or document.invoice_date


def _end_of_lines(document: Document) -> date | None:
    """Where the supply stands on every line only (A1), its last day."""
    ends = [line.service_to for line in document.lines if line.service_to]
    return max(ends) if ends and len(ends) == len(document.lines) else None
