"""Documents with amounts: invoices, credit and debit memos, cancellations and corrections."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from tui_billing.domain.messages import N_
from tui_billing.domain.parties import Address, InvoiceFormat, Party, PaymentTerms

ZERO = Decimal(0)


class DocumentKind(StrEnum):
    """Kinds of documents (rule A7)."""

    INVOICE = "invoice"
    CREDIT_MEMO = "credit_memo"
    DEBIT_MEMO = "debit_memo"
    CANCELLATION = "cancellation"
    CORRECTION = "correction"
    SELF_BILLING = "self_billing"


SECOND_KINDS = (DocumentKind.CANCELLATION, DocumentKind.CORRECTION)
"""Documents that refer to one that went before."""


class DocumentState(StrEnum):
    """angelegt (may be edited), festgeschrieben (never changed again), storniert."""

    OPEN = "open"
    FINAL = "final"
    CANCELLED = "cancelled"


class VatCategory(StrEnum):
    """UNCL 5305 codes that this program knows."""

    STANDARD = "S"
    ZERO_RATED = "Z"
    EXEMPT = "E"
    REVERSE_CHARGE = "AE"
    INTRA_COMMUNITY = "K"
    EXPORT = "G"
    OUT_OF_SCOPE = "O"


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One position. `net` is signed and computed (rule B2); with gross prices it is the line's gross amount.

    Quantities have at most 4 decimals, prices at most 6; `price_unit` 100 means a price per 100 units.
    """

    position: int = 0
    article: str = ""
    name: str = ""
    description: str = ""
    quantity: Decimal = Decimal(1)
    unit: str = "Stück"
    unit_price: Decimal = ZERO
    price_unit: Decimal = Decimal(1)
    discount_percent: Decimal = ZERO
    vat_category: VatCategory = VatCategory.STANDARD
    vat_rate: Decimal = Decimal(19)
    service_from: date | None = None
    service_to: date | None = None
    net: Decimal = ZERO


@dataclass(frozen=True, kw_only=True, slots=True)
class Adjustment:
    """A discount or charge on the whole document: `percent` of the lines' sum, or a fixed `amount` (positive)."""

    text: str = ""
    percent: Decimal | None = None
    amount: Decimal | None = None
    is_charge: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class VatRow:
    """Net and tax of one (category, rate); `adjustment` its part of discounts (negative) and charges."""

    category: VatCategory
    rate: Decimal
    net: Decimal
    tax: Decimal
    adjustment: Decimal = ZERO


@dataclass(frozen=True, kw_only=True, slots=True)
class Totals:
    """Stored sums, each rounded to cents: net = lines + adjustment, gross = net + tax, payable = gross - prepaid."""

    lines: Decimal = ZERO
    adjustment: Decimal = ZERO
    net: Decimal = ZERO
    tax: Decimal = ZERO
    gross: Decimal = ZERO
    payable: Decimal = ZERO
    rounding: Decimal = ZERO
    vat: tuple[VatRow, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """The document that a cancellation or correction refers to (§ 31(5) UStDV)."""

    document_id: int
    number: str
    invoice_date: date
    kind: DocumentKind = DocumentKind.INVOICE


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """A numbered document with snapshots of seller, buyer, rates and texts.

    Amounts are signed: credit memos, cancellations and corrections of invoices carry negative totals.
    `printed_at`, `mailed_at`: first time (UTC ISO) it left on paper or as a file, and by mail; either makes it final.
    """

    id: int = 0
    rev: int = 0
    number: str = ""
    kind: DocumentKind = DocumentKind.INVOICE
    state: DocumentState = DocumentState.OPEN
    document_type: str = ""
    customer_id: int = 0
    invoice_date: date = date(1970, 1, 1)
    due_date: date | None = None
    service_date: date | None = None
    period_from: date | None = None
    period_to: date | None = None
    seller: Party = Party()
    buyer: Party = Party()
    language: str = "de"
    currency: str = "EUR"
    invoice_format: InvoiceFormat = InvoiceFormat.PDF
    header_text: str = ""
    footer_text: str = ""
    buyer_order_reference: str = ""
    lines: tuple[Line, ...] = ()
    gross_prices: bool = False
    adjustments: tuple[Adjustment, ...] = ()
    prepaid: Decimal = ZERO
    exemption_reason: str = ""
    property_work: bool = False
    """Work on property for a private buyer: the note on his duty to keep the invoice is printed (§ 14b(1) s. 5)."""
    delivery_name: str = ""
    delivery_address: Address | None = None
    """Where the goods went, if not to the buyer's address (BG-13); it decides on an intra-Community supply (A5)."""
    terms: PaymentTerms = PaymentTerms()
    totals: Totals = Totals()
    reference: Reference | None = None
    order_id: int | None = None
    order_number: str = ""
    period_starts: tuple[date, ...] = ()
    created_at: str = ""
    final_at: str = ""
    printed_at: str = ""
    mailed_at: str = ""
    file: str = ""
    file_hash: str = ""

    @property
    def was_sent(self) -> bool:
        """Whether it has left the house, on any way."""
        return bool(self.printed_at or self.mailed_at)


@dataclass(frozen=True, kw_only=True, slots=True)
class GrossHead:
    """Of the totals, what a list shows."""

    gross: Decimal = ZERO


@dataclass(frozen=True, kw_only=True, slots=True)
class BuyerHead:
    """Of the buyer, what a list shows."""

    number: str = ""
    name: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class DocumentHead:
    """The few fields of a document that selections and lists need: read-only, and five times quicker to read."""

    id: int = 0
    rev: int = 0
    number: str = ""
    kind: DocumentKind = DocumentKind.INVOICE
    state: DocumentState = DocumentState.OPEN
    document_type: str = ""
    customer_id: int = 0
    invoice_date: date = date(1970, 1, 1)
    due_date: date | None = None
    buyer: BuyerHead = BuyerHead()
    totals: GrossHead = GrossHead()
    invoice_format: InvoiceFormat = InvoiceFormat.PDF
    final_at: str = ""
    printed_at: str = ""
    mailed_at: str = ""
    file: str = ""
    file_hash: str = ""

    @property
    def was_sent(self) -> bool:
        """Whether it has left the house, on any way."""
        return bool(self.printed_at or self.mailed_at)


@dataclass(frozen=True, kw_only=True, slots=True)
class DocumentType:
    """Belegart: a name for a kind of document with a number range of its own."""

    id: int = 0
    rev: int = 0
    name: str = ""
    kind: DocumentKind = DocumentKind.INVOICE
    number_range: str = "RE"


@dataclass(frozen=True, kw_only=True, slots=True)
class NumberRange:
    """Nummernkreis of one year (0 where the range does not restart): `last` is the last number drawn."""

    id: int = 0
    rev: int = 0
    name: str = ""
    year: int = 0
    last: int = 0


DEFAULT_RANGES: dict[DocumentKind, str] = {
    DocumentKind.INVOICE: "RE",
    DocumentKind.CREDIT_MEMO: "GS",
    DocumentKind.DEBIT_MEMO: "LA",
    DocumentKind.CANCELLATION: "ST",
    DocumentKind.CORRECTION: "KO",
    DocumentKind.SELF_BILLING: "SB",
}

TITLES: dict[DocumentKind, str] = {
    DocumentKind.INVOICE: N_("Rechnung"),
    DocumentKind.CREDIT_MEMO: N_("Kaufmännische Gutschrift"),
    DocumentKind.DEBIT_MEMO: N_("Belastung"),
    DocumentKind.CANCELLATION: N_("Stornorechnung"),
    DocumentKind.CORRECTION: N_("Rechnungskorrektur"),
    DocumentKind.SELF_BILLING: N_("Gutschrift"),
}

SHORT_TITLES: dict[DocumentKind, str] = {
    DocumentKind.INVOICE: N_("Rechnung"),
    DocumentKind.CREDIT_MEMO: N_("Gutschrift"),
    DocumentKind.DEBIT_MEMO: N_("Lastschrift"),
    DocumentKind.CANCELLATION: N_("Storno"),
    DocumentKind.CORRECTION: N_("Korrektur"),
    DocumentKind.SELF_BILLING: N_("Gutschrift"),
}
"""The words of the help text Rechnungsstapel, for columns; Lastschrift is a debit memo here."""

STATE_NAMES: dict[DocumentState, str] = {
    DocumentState.OPEN: N_("angelegt"),
    DocumentState.FINAL: N_("festgeschrieben"),
    DocumentState.CANCELLED: N_("storniert"),
}


def format_number(range_name: str, year: int, number: int) -> str:
    """RE-2026-00413; without a year where the range does not restart (KD-10004 style ranges pass year 0)."""
    return f"{range_name}-{year}-{number:05d}" if year else f"{range_name}-{number:05d}"
