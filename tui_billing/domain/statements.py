"""The statement of one customer in a batch (rule D5): figures, rows, payments; rendered as Sammelaufstellung."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tui_billing.domain.documents import ZERO, DocumentKind
from tui_billing.domain.parties import Party, PaymentTerms


@dataclass(frozen=True, kw_only=True, slots=True)
class StatementRow:
    """One document of the batch with signed amounts."""

    document_id: int
    number: str
    kind: DocumentKind
    batch_date: date
    net: Decimal
    tax: Decimal
    gross: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class StatementPayment:
    """One payment counted in this statement; Skonto taken stands as a line of its own (is_skonto).

    With `is_prepaid` it is the part that a document of the statement names as paid before; `text` is its number.
    """

    payment_id: int
    paid_date: date
    text: str
    amount: Decimal
    is_skonto: bool = False
    is_prepaid: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """carry_over = former_amount - payments; amount_due = carry_over + gross of the rows (invoiced + taxes)."""

    batch_number: int
    close_date: date
    seller: Party
    buyer: Party
    language: str = "de"
    terms: PaymentTerms = PaymentTerms()
    due_date: date | None = None
    period_from: date | None = None
    former_amount: Decimal = ZERO
    payments: Decimal = ZERO
    carry_over: Decimal = ZERO
    invoiced: Decimal = ZERO
    taxes: Decimal = ZERO
    amount_due: Decimal = ZERO
    rows: tuple[StatementRow, ...] = ()
    payment_rows: tuple[StatementPayment, ...] = ()
