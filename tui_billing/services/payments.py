"""Zahlungen: enter, allocate to documents with Skonto, take back by a counter-entry; open items per customer.

A payment is never changed in amount and never deleted: a return is a payment of its own with the other sign.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

from tui_billing.domain.batches import Allocation, Payment, ReceivableEntry
from tui_billing.domain.documents import ZERO, Document, DocumentKind, Line, VatCategory
from tui_billing.domain.format import day as show_day
from tui_billing.domain.format import number as show_number
from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.domain.open_items import (
    OpenItem,
    open_items,
    skonto_offered,
    spread,
    unallocated,
)
from tui_billing.domain.parties import Customer
from tui_billing.domain.skonto import SkontoRow, skonto_rows
from tui_billing.domain.texts import clean
from tui_billing.services import documents
from tui_billing.services.batch_rows import entry_by_number
from tui_billing.services.batches import customer_by_number
from tui_billing.services.company import company
from tui_billing.services.desk import Desk
from tui_billing.services.errors import not_found
from tui_billing.store.repositories import Repository, Transaction

PAYMENT_RANGE = "ZA"


@dataclass(frozen=True, kw_only=True, slots=True)
class NewPayment:
    """What the form Zahlungen asks. `documents` are settled in this order; else numbers in `text` are looked for.

    `skonto` None takes it where the money closes the document exactly and in time; ZERO never takes it.
    `oldest_first` spreads what is left over the oldest open items.
    """

    customer: str = ""
    amount: Decimal
    paid_date: date
    text: str = ""
    reference: str = ""
    documents: tuple[str, ...] = ()
    skonto: Decimal | None = None
    oldest_first: bool = False


def payment_by_number(reader: Repository, number: str) -> Payment:
    """The payment that the clerk names. Raises WrongUse where there is none."""
    found = reader.find_one(Payment, "number", number.strip())
    if found is None:
        raise not_found(N_("Zahlung"), number)
    return found


def items_of(reader: Repository, customer_id: int, *, only_open: bool = True) -> list[OpenItem]:
    """A customer's documents with what is settled of each, the earliest due first."""
    payments = reader.find(Payment, "customer_id", customer_id)
    found = open_items(reader.find(ReceivableEntry, "customer_id", customer_id), payments)
    ordered = sorted(found, key=lambda i: (i.entry.due_date or i.entry.batch_date, i.entry.document_id))
    return [i for i in ordered if not i.entry.cancelled and (i.open or not only_open)]


def add(desk: Desk, new: NewPayment) -> Payment:
    """Enter a payment and allocate it, in one undoable transaction."""
    with desk.store.transaction(f"Zahlung vom {show_day(new.paid_date)} erfasst", undoable=True) as tx:
        return store_payment(tx, new, at=desk.timestamp())


class _DryRun(Exception):
    """Ends a transaction so that nothing of it is kept."""

    def __init__(self, payment: Payment) -> None:
        self.payment = payment


def plan_payment(desk: Desk, new: NewPayment) -> Payment:
    """The payment as it would be stored, with its allocations; nothing is kept."""
    try:
        with desk.store.transaction("Zahlung geplant") as tx:
            raise _DryRun(store_payment(tx, new, at=desk.timestamp()))
    except _DryRun as end:
        return end.payment


def store_payment(tx: Transaction, new: NewPayment, *, at: str) -> Payment:
    """Enter a payment inside a transaction. Raises Refused where it belongs to nobody or settles too much."""
    if not new.amount:
        raise Refused(Problem("BETRAG_NULL", N_("Eine Zahlung über 0,00 € gibt es nicht.")))
    customer = payer(tx, new)
    payment = Payment(
        number=tx.allocate(PAYMENT_RANGE, new.paid_date.year),
        customer_id=customer.id,
        amount=new.amount,
        paid_date=new.paid_date,
        text=clean(new.text).strip(),
        reference=new.reference,
        created_at=at,
    )
    parts = _allocations(tx, customer, new)
    return _store(tx, replace(payment, allocations=parts, skonto=sum((a.skonto for a in parts), ZERO)))


def payer(reader: Repository, new: NewPayment) -> Customer:
    """Who paid: named, or the buyer of the first document that is named or stands in the text."""
    if new.customer:
        return customer_by_number(reader, new.customer)
    named = new.documents or numbers_in(reader, new.text)
    if not named:
        text = N_("Wer hat bezahlt? Kunde oder Rechnung angeben.")
        raise Refused(Problem("ZAHLER_UNBEKANNT", text))
    return reader.need(Customer, entry_by_number(reader, named[0]).customer_id)


def numbers_in(reader: Repository, text: str) -> tuple[str, ...]:
    """Document numbers in a text, also where the bank has broken them by blanks (G3.5)."""
    words = [w.strip(".,;:()") for w in text.split()]
    joined = [a + b for a, b in pairwise(words)]
    candidates = dict.fromkeys(w for w in (*words, *joined) if any(c.isdigit() for c in w) and len(w) > 3)
    return tuple(w for w in candidates if reader.find_ids(Document, "number", w))


def _allocations(tx: Transaction, customer: Customer, new: NewPayment) -> tuple[Allocation, ...]:
    """Over the named documents, then over the oldest where asked."""
    every = items_of(tx, customer.id, only_open=False)
    by_number = {i.entry.number: i for i in every}
    named = new.documents or tuple(n for n in numbers_in(tx, new.text) if n in by_number)
    items = []
    for number in dict.fromkeys(named):
        if number not in by_number:
            text = N_("{number} gehört nicht zu Kunde {customer} oder ist storniert.")
            params = {"number": number, "customer": customer.number}
            raise Refused(Problem("RECHNUNG_FREMD", text, params, where=number))
        items.append(by_number[number])
    if new.amount < 0:
        return ()
    parts = allocate_to(tx, customer, new.amount, items, new.paid_date, new.skonto)
    if new.oldest_first:
        rest = new.amount - sum((a.amount for a in parts), ZERO)
        taken = {a.document_id for a in parts}
        parts += spread(rest, [i for i in every if i.entry.document_id not in taken])
    return parts


def allocate_to(
    tx: Repository, customer: Customer, money: Decimal, items: Sequence[OpenItem], paid: date, skonto: Decimal | None
) -> tuple[Allocation, ...]:
    """Money over these items; Skonto where it closes them exactly and in time, or as the clerk says.

    Money that is just what is open of all of them, credits taken off, closes them all.
    """
    if skonto:
        _require_fitting(items, skonto)
        offers = [skonto, *[ZERO] * (len(items) - 1)]
        return _closing(money, items, offers) or _with_given_skonto(money, items, skonto)
    heads = tx.get_many(Document, [i.entry.document_id for i in items])
    terms = {d.id: (d.terms, d.invoice_date) for d in heads.values()}
    known = [terms.get(i.entry.document_id) for i in items]
    offers = [skonto_offered(i, *known_terms, paid) if known_terms and skonto is None else ZERO
              for i, known_terms in zip(items, known, strict=True)]  # fmt: skip
    without = [ZERO] * len(items)
    return _closing(money, items, offers) or _closing(money, items, without) or spread(money, items)


def _closing(money: Decimal, items: Sequence[OpenItem], skontos: Sequence[Decimal]) -> tuple[Allocation, ...]:
    """All items closed where the money is just what is open of them less Skonto; else nothing."""
    if not items or money != sum((i.open for i in items), ZERO) - sum(skontos, ZERO):
        return ()
    pairs = zip(items, skontos, strict=True)
    return tuple(Allocation(document_id=i.entry.document_id, amount=i.open - s, skonto=s) for i, s in pairs if i.open)


def _require_fitting(items: Sequence[OpenItem], skonto: Decimal) -> None:
    """The clerk grants Skonto on the first document: there is one, and it owes that much."""
    if not items:
        raise Refused(Problem("SKONTO_OHNE_RECHNUNG", N_("Skonto braucht die Rechnung, zu der es gehört.")))
    first = items[0]
    if skonto < 0 or skonto > first.open:
        text = N_("Skonto {skonto} € passt nicht zu den offenen {open} € von {number}.")
        params = {
            "skonto": show_number(skonto, min_decimals=2),
            "open": show_number(first.open, min_decimals=2),
            "number": first.entry.number,
        }
        raise Refused(Problem("SKONTO_ZU_HOCH", text, params, where=first.entry.number))


def _with_given_skonto(money: Decimal, items: Sequence[OpenItem], skonto: Decimal) -> tuple[Allocation, ...]:
    """The first document with its Skonto, then the others as far as the money goes."""
    first, *others = items
    part = min(money, first.open - skonto)
    head = Allocation(document_id=first.entry.document_id, amount=part, skonto=skonto)
    return (head, *spread(money - part, others))


def allocate(
    desk: Desk, number: str, numbers: Sequence[str] = (), *, skonto: Decimal | None = None, oldest_first: bool = False
) -> Payment:
    """Spread what a payment has left over documents. Raises Refused where nothing is left or fits. Undoable."""
    with desk.store.transaction(f"Zahlung {number} zugeordnet", undoable=True) as tx:
        payment = payment_by_number(tx, number)
        _refuse_return(tx, payment)
        rest = unallocated(payment)
        if rest <= 0:
            text = N_("Von Zahlung {number} ist nichts mehr zuzuordnen.")
            raise Refused(Problem("ZAHLUNG_VERTEILT", text, {"number": number}, where=number))
        customer = tx.need(Customer, payment.customer_id)
        new = NewPayment(customer=customer.number, amount=rest, paid_date=payment.paid_date, documents=tuple(numbers),
                         skonto=skonto, oldest_first=oldest_first)  # fmt: skip
        parts = _allocations(tx, customer, new)
        if not parts:
            text = N_("Keine der Rechnungen ist noch offen.")
            raise Refused(Problem("NICHTS_OFFEN", text, where=number))
        merged = (*payment.allocations, *parts)
        return _store(tx, replace(payment, allocations=merged, skonto=sum((a.skonto for a in merged), ZERO)))


def release(desk: Desk, number: str) -> Payment:
    """Take a payment off its documents, Skonto included; the money stays. Undoable."""
    with desk.store.transaction(f"Zuordnung von Zahlung {number} aufgehoben", undoable=True) as tx:
        payment = payment_by_number(tx, number)
        _refuse_return(tx, payment)
        stored = tx.put(replace(payment, allocations=(), skonto=ZERO))
        settle(tx, (a.document_id for a in payment.allocations))
        return stored


def take_back(
    desk: Desk, number: str, on: date, *, text: str = "", reference: str = "", fee: Decimal = ZERO
) -> Payment:
    """A return (Rücklastschrift): a counter-entry that opens the documents again; `fee` becomes a Lastschrift (D5.11).

    Raises Refused for a second return, and for a return of a return. With a fee it is not undoable: the Lastschrift
    has drawn its number, which is never used again (A8).
    """
    with desk.store.transaction(f"Zahlung {number} zurückgegeben", undoable=not fee) as tx:
        at = desk.timestamp()
        counter = store_return(tx, payment_by_number(tx, number), on, at=at, text=text, reference=reference)
        if fee:
            add_fee(desk, tx, tx.need(Customer, counter.customer_id), on, fee)
        return counter


def store_return(
    tx: Transaction, payment: Payment, on: date, *, at: str, text: str = "", reference: str = ""
) -> Payment:
    """The counter-entry inside a transaction."""
    _refuse_return(tx, payment)
    return _store(
        tx,
        Payment(
            number=tx.allocate(PAYMENT_RANGE, on.year),
            customer_id=payment.customer_id,
            amount=-payment.amount,
            skonto=-payment.skonto,
            paid_date=on,
            text=text or f"Rückgabe {payment.number}",
            reference=reference,
            allocations=tuple(replace(a, amount=-a.amount, skonto=-a.skonto) for a in payment.allocations),
            returns=payment.id,
            created_at=at,
        ),
    )


def add_fee(desk: Desk, tx: Transaction, customer: Customer, on: date, fee: Decimal) -> Document:
    """The bank's fee as a debit memo; damages are outside the scope of VAT."""
    line = Line(name="Gebühr für Rücklastschrift", unit_price=fee, vat_category=VatCategory.OUT_OF_SCOPE, vat_rate=ZERO)
    memo = documents.build(
        company(tx), customer, kind=DocumentKind.DEBIT_MEMO, invoice_date=on, lines=(line,), service_date=on
    )
    return documents.add(tx, memo, at=desk.timestamp())


def _refuse_return(tx: Repository, payment: Payment) -> None:
    if payment.returns is not None:
        text = N_("{number} ist selbst eine Rückgabe.")
        raise Refused(Problem("RUECKGABE_EINER_RUECKGABE", text, {"number": payment.number}, where=payment.number))
    if tx.find_ids(Payment, "returns", payment.id):
        text = N_("Zahlung {number} ist schon zurückgegeben.")
        raise Refused(Problem("SCHON_ZURUECKGEGEBEN", text, {"number": payment.number}, where=payment.number))


def tax_relief(reader: Repository, payment: Payment) -> list[SkontoRow]:
    """What the Skonto taken with a payment takes off the tax, per rate over all its documents (B8, § 17 UStG)."""
    documents_ = reader.get_many(Document, [a.document_id for a in payment.allocations if a.skonto])
    found: dict[tuple[VatCategory, Decimal], SkontoRow] = {}
    for part in payment.allocations:
        document = documents_.get(part.document_id)
        for row in skonto_rows(document.totals, part.skonto) if document and part.skonto else ():
            known = found.get((row.category, row.rate))
            found[row.category, row.rate] = row + known if known else row
    return list(found.values())


def _store(tx: Transaction, payment: Payment) -> Payment:
    stored = tx.put(payment) if payment.id else tx.insert(payment)
    settle(tx, (a.document_id for a in stored.allocations))
    return stored


def settle(tx: Transaction, document_ids: Iterable[int]) -> None:
    """Bezahlt am of a document is the day of the payment that settled it; empty while something is open."""
    for document_id in set(document_ids):
        entry = tx.find_one(ReceivableEntry, "document_id", document_id)
        if entry is None:
            continue
        payments = tx.find(Payment, "customer_id", entry.customer_id)
        (item,) = open_items([entry], payments)
        paid = item.last_paid if not item.open else None
        if entry.paid_date != paid:
            tx.put(replace(entry, paid_date=paid))
