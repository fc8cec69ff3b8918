"""What a batch comes to: the customers' accounts read from the store and handed to the rules of D5."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tui_billing.domain.batch_selection import number_key
from tui_billing.domain.batches import BatchState, BatchStatement, InvoiceBatch, Payment, ReceivableEntry
from tui_billing.domain.documents import ZERO
from tui_billing.domain.messages import N_
from tui_billing.domain.parties import Customer
from tui_billing.domain.statement_rules import CustomerBatch, Figures, figures
from tui_billing.services.errors import not_found
from tui_billing.store.repositories import Repository


@dataclass(frozen=True, slots=True)
class Account:
    """A customer's printed batches in print order, with pending ones behind them, and the figures of each."""

    batches: tuple[CustomerBatch, ...]
    figures: tuple[Figures, ...]

    def place(self, batch_id: int) -> int:
        """Where this batch stands; -1 where it holds nothing of the customer."""
        return next((n for n, b in enumerate(self.batches) if b.batch_id == batch_id), -1)


@dataclass(frozen=True, slots=True)
class CustomerPart:
    """One customer of a batch as the details show him; `sent` is what was printed."""

    customer: Customer
    rows: tuple[ReceivableEntry, ...]
    figures: Figures
    sent: BatchStatement | None = None


class Accounts:
    """Reads accounts one customer at a time and each batch once; never holds more than one customer."""

    def __init__(self, reader: Repository, pending: Sequence[InvoiceBatch] = ()) -> None:
        self.reader = reader
        self.pending = tuple(pending)
        self._batches: dict[int, InvoiceBatch] = {b.id: b for b in pending}

    def of(self, customer_id: int) -> Account:
        """The account as the statements see it; `pending` batches count as if they were printed in that order."""
        by_batch: dict[int, list[ReceivableEntry]] = {}
        for entry in self.reader.find(ReceivableEntry, "customer_id", customer_id):
            if entry.batch_id:
                by_batch.setdefault(entry.batch_id, []).append(entry)
        pending = {b.id for b in self.pending}
        printed = [self._batch(s.batch_id) for s in self.reader.find(BatchStatement, "customer_id", customer_id)]
        order = sorted((b for b in printed if b.id not in pending), key=lambda b: b.printed_order)
        batches = tuple(
            CustomerBatch(b.id, b.number, b.close_date, tuple(sorted(by_batch.get(b.id, ()), key=row_order)))
            for b in (*order, *self.pending)
            if b.id not in pending or b.id in by_batch
        )
        return Account(batches, figures(batches, self.reader.find(Payment, "customer_id", customer_id)))

    def _batch(self, batch_id: int) -> InvoiceBatch:
        if batch_id not in self._batches:
            self._batches[batch_id] = self.reader.need(InvoiceBatch, batch_id)
        return self._batches[batch_id]


def row_order(entry: ReceivableEntry) -> tuple[str, int]:
    """Rows by date, then in the order in which they were created."""
    return entry.batch_date.isoformat(), entry.document_id


def batch_by_number(reader: Repository, number: int) -> InvoiceBatch:
    """The batch that the clerk names. Raises WrongUse where there is none."""
    found = reader.find_one(InvoiceBatch, "number", number)
    if found is None:
        raise not_found(N_("Rechnungsstapel"), number)
    return found


def customers_of(reader: Repository, batch: InvoiceBatch) -> list[Customer]:
    """The customers of a batch in the order of their numbers."""
    found = reader.get_many(Customer, batch.customer_ids).values()
    return sorted(found, key=lambda c: (number_key(c.number), c.id))


def part_of(accounts: Accounts, customer: Customer, batch: InvoiceBatch) -> CustomerPart | None:
    """What the batch holds of this customer, or None where he has no row in it (D2.11)."""
    account = accounts.of(customer.id)
    place = account.place(batch.id)
    if place < 0 or not account.batches[place].rows:
        return None
    sent = accounts.reader.find_one(BatchStatement, "batch_customer", f"{batch.id}|{customer.id}")
    return CustomerPart(customer, account.batches[place].rows, account.figures[place], sent)


def parts(reader: Repository, batch: InvoiceBatch) -> Iterable[CustomerPart]:
    """Every customer of the batch who has rows, with his figures from current data."""
    accounts = Accounts(reader, [batch] if batch.state is BatchState.OPEN else ())
    for customer in customers_of(reader, batch):
        part = part_of(accounts, customer, batch)
        if part is not None:
            yield part


@dataclass(frozen=True, slots=True)
class BatchSum:
    """What the list of batches shows of one."""

    batch: InvoiceBatch
    customers: int
    documents: int
    amount: Decimal


def batch_sum(reader: Repository, batch: InvoiceBatch) -> BatchSum:
    """Counts and sum of one batch's rows."""
    # Unread records: a list of batches adds up many thousand rows of which two fields are needed.
    rows = reader.raw_many(ReceivableEntry, reader.find_ids(ReceivableEntry, "batch_id", batch.id))
    amount = sum((Decimal(r.get("amount", "0")) for r in rows if not r.get("cancelled")), ZERO)
    return BatchSum(batch, len({r["customer_id"] for r in rows}), len(rows), amount)
