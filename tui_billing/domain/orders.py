"""Orders and the container Intervallrechnungen: terms, price changes and the ledger of periods."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from tui_billing.domain.documents import ZERO, DocumentKind, VatCategory


class IntervalUnit(StrEnum):
    """What `every` counts."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"


class Timing(StrEnum):
    """vorschüssig: due at the period's start; nachschüssig: due at its end."""

    IN_ADVANCE = "in_advance"
    IN_ARREARS = "in_arrears"


class CatchUp(StrEnum):
    """What to do with several missed periods (rule C4)."""

    EACH = "each"
    COMBINED = "combined"
    NEXT_ONLY = "next_only"


class Proration(StrEnum):
    """How a part of a period is billed (rule C6)."""

    DAILY = "daily"
    THIRTY_360 = "30_360"
    FULL = "full"


class PriceBasis(StrEnum):
    """What the unit price is for."""

    PERIOD = "period"
    MONTH = "month"
    YEAR = "year"


class ScaleMode(StrEnum):
    """Staffelpreis: one price for the whole quantity, or each step its own (rule B10)."""

    WHOLE = "whole"
    GRADUATED = "graduated"


@dataclass(frozen=True, kw_only=True, slots=True)
class ScaleStep:
    """From this quantity on (inclusive) this price holds."""

    from_quantity: Decimal
    unit_price: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class PriceChange:
    """From this day on (inclusive, by period start) the line costs this (rule C9)."""

    valid_from: date
    unit_price: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderLine:
    """One position of an order; `order_value` instead of a price splits a year's value over its periods (B13)."""

    position: int = 0
    article: str = ""
    name: str = ""
    description: str = ""
    quantity: Decimal = Decimal(1)
    unit: str = "Stück"
    unit_price: Decimal = ZERO
    price_unit: Decimal = Decimal(1)
    price_basis: PriceBasis = PriceBasis.PERIOD
    price_changes: tuple[PriceChange, ...] = ()
    scale: tuple[ScaleStep, ...] = ()
    scale_mode: ScaleMode = ScaleMode.WHOLE
    yearly_value: Decimal | None = None
    discount_percent: Decimal = ZERO
    vat_category: VatCategory = VatCategory.STANDARD
    vat_rate: Decimal = Decimal(19)


@dataclass(frozen=True, kw_only=True, slots=True)
class IntervalTerms:
    """When the order is billed. `anchor` is the start of period 0; `end` is inclusive.

    With `aligned` the periods are calendar periods and the first may be a part (from `start` on).
    """

    every: int = 1
    unit: IntervalUnit = IntervalUnit.MONTH
    anchor: date = date(1970, 1, 1)
    start: date | None = None
    end: date | None = None
    timing: Timing = Timing.IN_ADVANCE
    month_end: bool = False
    aligned: bool = False
    proration: Proration = Proration.DAILY
    prorate_end: bool = False
    catch_up: CatchUp = CatchUp.EACH
    notice_months: int = 0
    renew_months: int = 0
    notice_received: date | None = None
    paused: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """An order; without `interval` it is billed by hand."""

    id: int = 0
    rev: int = 0
    number: str = ""
    customer_id: int = 0
    document_type: str = ""
    kind: DocumentKind = DocumentKind.INVOICE
    order_date: date | None = None
    header_text: str = ""
    footer_text: str = ""
    buyer_order_reference: str = ""
    lines: tuple[OrderLine, ...] = ()
    gross_prices: bool = False
    exemption_reason: str = ""
    property_work: bool = False
    """Both as on the document (§ 4, § 14b UStG), for every invoice of this order."""
    interval: IntervalTerms | None = None
    closed: bool = False
    note: str = ""


class PeriodState(StrEnum):
    """A period in the ledger is billed or waived; what is not in the ledger is still open."""

    BILLED = "billed"
    WAIVED = "waived"


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """One line of the ledger, unique by (order_id, period_start). Both ends inclusive."""

    id: int = 0
    rev: int = 0
    order_id: int = 0
    period_start: date = date(1970, 1, 1)
    period_end: date = date(1970, 1, 1)
    state: PeriodState = PeriodState.BILLED
    document_id: int | None = None
    creation_id: int | None = None
    reason: str = ""
