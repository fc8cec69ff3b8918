"""Rechnungsstapel: customer batches, receivable entries and payments."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from tui_billing.domain.documents import ZERO, DocumentKind
from tui_billing.domain.messages import N_


class BatchState(StrEnum):
    OPEN = "open"
    PRINTED = "printed"
    DUMMY = "dummy"


BATCH_STATE_NAMES: dict[BatchState, str] = {
    BatchState.OPEN: N_("offen"),
    BatchState.PRINTED: N_("gedruckt"),
    BatchState.DUMMY: N_("gedruckt (Dummy)"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class InvoiceBatch:
    """A batch with its unique number; `printed_order` counts prints over all batches (D5: in print order)."""

    id: int = 0
    rev: int = 0
    number: int = 0
    close_date: date = date(1970, 1, 1)
    description: str = ""
    state: BatchState = BatchState.OPEN
    override_rules: bool = False
    exclude_on_close_date: bool = False
    manual: bool = False
    customer_ids: tuple[int, ...] = ()
    printed_at: str = ""
    printed_order: int = 0
    created_at: str = ""
    created_by: str = ""
    file: str = ""
    file_hash: str = ""
    """The combined print file as it was printed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchRow:
    """One document in a batch; unique by document."""

    id: int = 0
    rev: int = 0
    batch_id: int = 0
    customer_id: int = 0
    document_id: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchStatement:
    """What was printed for one customer of a batch: figures as sent and the archived file."""

    id: int = 0
    rev: int = 0
    batch_id: int = 0
    customer_id: int = 0
    former_amount: Decimal = ZERO
    payments: Decimal = ZERO
    carry_over: Decimal = ZERO
    invoiced: Decimal = ZERO
    taxes: Decimal = ZERO
    amount_due: Decimal = ZERO
    file: str = ""
    file_hash: str = ""
    printed_at: str = ""
    payment_ids: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ReceivableEntry:
    """Gebuchte Debitorentransaktion of one document: its own dates, the document keeps the printed ones (A9)."""

    id: int = 0
    rev: int = 0
    document_id: int = 0
    customer_id: int = 0
    number: str = ""
    kind: DocumentKind = DocumentKind.INVOICE
    amount: Decimal = ZERO
    net: Decimal = ZERO
    tax: Decimal = ZERO
    batch_date: date = date(1970, 1, 1)
    due_date: date | None = None
    paid_date: date | None = None
    batch_id: int | None = None
    cancelled: bool = False
    prepaid: Decimal = ZERO
    """What the document says was paid before it was made: it is owed no more (BR-CO-16)."""

    @property
    def owed(self) -> Decimal:
        """The document's payable amount, signed."""
        return self.amount - self.prepaid


@dataclass(frozen=True, kw_only=True, slots=True)
class Allocation:
    """Part of a payment that settles a document; `skonto` is the discount taken with it."""

    document_id: int
    amount: Decimal
    skonto: Decimal = ZERO


@dataclass(frozen=True, kw_only=True, slots=True)
class Payment:
    """A payment received (a return is a counter-entry with a negative amount); `paid_date` is Bezahlt am."""

    id: int = 0
    rev: int = 0
    number: str = ""
    customer_id: int = 0
    amount: Decimal = ZERO
    skonto: Decimal = ZERO
    paid_date: date = date(1970, 1, 1)
    text: str = ""
    reference: str = ""
    allocations: tuple[Allocation, ...] = ()
    returns: int | None = None
    created_at: str = ""
