"""Open items: what each document still owes, and how a payment is spread over them.

Credits (negative documents) are open items too; a return takes an allocation back by one with the other sign.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tui_billing.domain.batches import Allocation, Payment, ReceivableEntry
from tui_billing.domain.documents import ZERO
from tui_billing.domain.due_dates import skonto_date, skonto_in_time
from tui_billing.domain.money import percent_of
from tui_billing.domain.parties import PaymentTerms


@dataclass(frozen=True, slots=True)
class OpenItem:
    """One document: amount, what payments and Skonto have settled, and the day of the last of them."""

    entry: ReceivableEntry
    paid: Decimal = ZERO
    skonto: Decimal = ZERO
    last_paid: date | None = None

    @property
    def open(self) -> Decimal:
        """What is still owed; negative for a credit."""
        return ZERO if self.entry.cancelled else self.entry.owed - self.paid - self.skonto


def open_items(entries: Iterable[ReceivableEntry], payments: Iterable[Payment]) -> tuple[OpenItem, ...]:
    """Every entry with what has been allocated to it, in the order of the entries."""
    paid: dict[int, Decimal] = {}
    skonto: dict[int, Decimal] = {}
    last: dict[int, date] = {}
    for payment in payments:
        for part in payment.allocations:
            paid[part.document_id] = paid.get(part.document_id, ZERO) + part.amount
            skonto[part.document_id] = skonto.get(part.document_id, ZERO) + part.skonto
            last[part.document_id] = max(last.get(part.document_id, payment.paid_date), payment.paid_date)
    return tuple(
        OpenItem(e, paid.get(e.document_id, ZERO), skonto.get(e.document_id, ZERO), last.get(e.document_id))
        for e in entries
    )


def unallocated(payment: Payment) -> Decimal:
    """The part of a payment's money that settles no document yet."""
    return payment.amount - sum((a.amount for a in payment.allocations), ZERO)


def skonto_on_offer(open_amount: Decimal, owed: Decimal, terms: PaymentTerms) -> Decimal:
    """The Skonto of a document that nothing has been paid on; part payments earn none (B8).

    `owed` is the document's payable amount, as it is printed beside the Skonto.
    """
    if not terms.skonto_percent or owed <= 0 or open_amount != owed:
        return ZERO
    return percent_of(owed, terms.skonto_percent)


def skonto_offered(item: OpenItem, terms: PaymentTerms, invoice_date: date, paid: date) -> Decimal:
    """The Skonto that this item would be closed with by a payment of this day; 0 where it is too late (B8, C10.9)."""
    last_day = skonto_date(invoice_date, terms)
    if last_day is None or not skonto_in_time(last_day, paid):
        return ZERO
    return skonto_on_offer(item.open, item.entry.owed, terms)


def spread(money: Decimal, items: Sequence[OpenItem]) -> tuple[Allocation, ...]:
    """Money over debts in the order given, each at most what it still owes; credits are left alone."""
    found: list[Allocation] = []
    for item in items:
        part = min(money, item.open)
        if money <= 0:
            break
        if item.open > 0:
            found.append(Allocation(document_id=item.entry.document_id, amount=part))
            money -= part
    return tuple(found)
