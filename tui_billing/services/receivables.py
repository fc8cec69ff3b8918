"""Gebuchte Debitorentransaktionen - Detail: dates that the clerk may move, with a reason and an audit entry (A9).

The printed document never changes. A payment is a posted transaction too: its Bezahlt am decides the statement.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from tui_billing.domain.batches import InvoiceBatch, Payment, ReceivableEntry
from tui_billing.domain.documents import ZERO
from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.domain.open_items import OpenItem, open_items
from tui_billing.domain.parties import Customer
from tui_billing.services.batch_rows import entry_by_number
from tui_billing.services.batches import customer_by_number
from tui_billing.services.desk import Desk
from tui_billing.services.errors import not_found
from tui_billing.services.payments import settle
from tui_billing.store.repositories import Repository, Transaction


@dataclass(frozen=True, slots=True)
class Transactions:
    """A customer's posted transactions: documents with what is open of each, and payments."""

    customer: Customer
    items: tuple[OpenItem, ...]
    payments: tuple[Payment, ...]

    @property
    def open(self) -> Decimal:
        """What the customer owes: documents less payments and Skonto."""
        owed = sum((i.entry.owed for i in self.items if not i.entry.cancelled), ZERO)
        return owed - sum((p.amount + p.skonto for p in self.payments), ZERO)


@dataclass(frozen=True, kw_only=True, slots=True)
class Edit:
    """Only the dates that are given change; the reason is mandatory."""

    batch_date: date | None = None
    due_date: date | None = None
    paid_date: date | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Edited:
    """The transaction afterwards, and what the clerk should know."""

    entry: ReceivableEntry | None
    payments: tuple[Payment, ...]
    warnings: tuple[Problem, ...] = ()


def transactions_of(reader: Repository, number: str) -> Transactions:
    """Everything posted for one customer, by date."""
    customer = customer_by_number(reader, number)
    payments = sorted(reader.find(Payment, "customer_id", customer.id), key=lambda p: (p.paid_date, p.id))
    entries = reader.find(ReceivableEntry, "customer_id", customer.id)
    items = open_items(sorted(entries, key=lambda e: (e.batch_date, e.document_id)), payments)
    return Transactions(customer, items, tuple(payments))


def in_period(reader: Repository, low: date | None, high: date | None) -> list[OpenItem]:
    """Documents of all customers by Rechnungsdatum in the receivable, both ends inclusive."""
    entries = reader.between(ReceivableEntry, "batch_date", low, high)
    payments = [p for c in sorted({e.customer_id for e in entries}) for p in reader.find(Payment, "customer_id", c)]
    return list(open_items(entries, payments))


class _DryRun(Exception):
    """Ends a transaction so that nothing of it is kept."""

    def __init__(self, result: Edited) -> None:
        self.result = result


def edit(desk: Desk, number: str, change: Edit, *, dry_run: bool = False) -> Edited:
    """Move dates of a document's receivable or of a payment (number ZA-…). Raises Refused without a reason.

    With `dry_run` the result is what it would be, and nothing is kept.
    """
    if not change.reason.strip():
        text = N_("Eine Änderung an gebuchten Transaktionen braucht einen Grund.")
        raise Refused(Problem("GRUND_FEHLT", text, where=number))
    if change == Edit(reason=change.reason):
        raise Refused(Problem("NICHTS_GEAENDERT", N_("Es ist kein Datum angegeben."), where=number))
    payment = desk.store.find_one(Payment, "number", number.strip())
    why = f"{number.strip()}: Daten der Debitorentransaktion geändert"
    try:
        with desk.store.transaction(why, reason=change.reason.strip(), undoable=True) as tx:
            if payment is not None:
                result = _edit_payment(tx, tx.need(Payment, payment.id), change)
            else:
                result = _edit_entry(tx, entry_by_number(tx, number), change)
            if dry_run:
                raise _DryRun(result)
            return result
    except _DryRun as end:
        return end.result


def _edit_payment(tx: Transaction, payment: Payment, change: Edit) -> Edited:
    if change.paid_date is None:
        text = N_("Eine Zahlung hat nur das Datum Bezahlt am.")
        raise Refused(Problem("NUR_BEZAHLT_AM", text, where=payment.number))
    return Edited(None, (_move(tx, payment, change.paid_date),))


def _edit_entry(tx: Transaction, entry: ReceivableEntry, change: Edit) -> Edited:
    if entry.cancelled:
        raise Refused(Problem("BELEG_STORNIERT", N_("{number} ist storniert."), {"number": entry.number}, entry.number))
    moved = replace(entry, batch_date=change.batch_date or entry.batch_date, due_date=change.due_date or entry.due_date)
    if moved != entry:
        moved = tx.put(moved)
    payments: tuple[Payment, ...] = ()
    if change.paid_date is not None:
        payments = (_move(tx, _paid_by(tx, entry), change.paid_date),)
        moved = tx.find_one(ReceivableEntry, "document_id", entry.document_id) or moved
    return Edited(moved, payments, tuple(_warnings(tx, entry, change)))


def _paid_by(tx: Transaction, entry: ReceivableEntry) -> Payment:
    """The one payment that stands behind a document. Raises Refused where there is none or more than one."""
    every = tx.find(Payment, "customer_id", entry.customer_id)
    returned = {p.returns for p in every}
    found = [
        p
        for p in every
        if p.returns is None and p.id not in returned and any(a.document_id == entry.document_id for a in p.allocations)
    ]
    if len(found) == 1:
        return found[0]
    if not found:
        text = N_("Zu {number} ist keine Zahlung zugeordnet; Bezahlt am kommt von der Zahlung.")
        raise Refused(Problem("KEINE_ZAHLUNG", text, {"number": entry.number}, entry.number))
    text = N_("Zu {number} gibt es mehrere Zahlungen; bitte die Zahlung selbst nennen: {payments}.")
    params = {"number": entry.number, "payments": ", ".join(p.number for p in found)}
    raise Refused(Problem("MEHRERE_ZAHLUNGEN", text, params, entry.number))


def _move(tx: Transaction, payment: Payment, day: date) -> Payment:
    """Bezahlt am of the payment, and of the documents that it settled."""
    stored = tx.put(replace(payment, paid_date=day))
    settle(tx, (a.document_id for a in stored.allocations))
    return stored


def _warnings(tx: Transaction, entry: ReceivableEntry, change: Edit) -> Iterable[Problem]:
    """A document stays in the batch that holds it: assignment decides, not the date (D5.7)."""
    if change.batch_date is None or entry.batch_id is None:
        return
    batch = tx.get(InvoiceBatch, entry.batch_id)
    if batch is None:
        raise not_found(N_("Rechnungsstapel"), entry.batch_id)
    text = N_("{number} bleibt im Rechnungsstapel {batch}; das neue Datum ändert die Zuordnung nicht.")
    yield Problem("BLEIBT_IM_STAPEL", text, {"number": entry.number, "batch": batch.number}, entry.number, True)
