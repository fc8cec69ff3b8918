"""The life of a document (ruling 1): created with its number, edited while open, final from its first output.

Every function that takes a transaction writes the document and its receivable entry in that one commit.
"""

import re
from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from typing import Any

from tui_billing.domain.batches import BatchRow, BatchState, InvoiceBatch, ReceivableEntry
from tui_billing.domain.cancellation import correction, correction_problems, storno, storno_problems
from tui_billing.domain.documents import (
    DEFAULT_RANGES,
    SECOND_KINDS,
    Document,
    DocumentKind,
    DocumentState,
    DocumentType,
    Line,
    NumberRange,
)
from tui_billing.domain.due_dates import due_date
from tui_billing.domain.law import check_document
from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.domain.orders import Period
from tui_billing.domain.parties import Company, Customer, CustomerHead, buyer_party, seller_party
from tui_billing.domain.runs import Dispatch
from tui_billing.domain.totals import compute, negated
from tui_billing.services.desk import Desk
from tui_billing.services.errors import not_found
from tui_billing.store.repositories import Repository, Transaction

DRAWN = re.compile(r"(?P<range>.+)-(?P<year>\d{4})-(?P<number>\d{5,12})", re.ASCII)
OPTIONAL = frozenset(f.name for f in fields(Document)) - {
    "id", "rev", "state", "kind", "customer_id", "invoice_date", "lines", "seller", "buyer", "totals",
}  # fmt: skip


def build(
    company: Company,
    customer: Customer,
    *,
    kind: DocumentKind,
    invoice_date: date,
    lines: tuple[Line, ...],
    document_type: str = "",
    **optional: Any,
) -> Document:
    """A new document, without a number unless it brings one: snapshots of both parties, totals and due date. Pure.

    `optional` are any other fields of Document (period_from, service_date, header_text, terms, order_id …).
    Lines of a credit memo are given with positive quantities and come out negative (amounts are signed).
    """
    if unknown := set(optional) - OPTIONAL:
        raise TypeError(f"a document has no {sorted(unknown)}")
    defaults: dict[str, Any] = {
        "language": customer.language,
        "invoice_format": customer.invoice_format,
        "terms": customer.terms,
        "due_date": due_date(invoice_date, optional.get("terms", customer.terms)),
    }
    document = compute(
        Document(
            kind=kind,
            document_type=document_type,
            customer_id=customer.id,
            invoice_date=invoice_date,
            seller=seller_party(company),
            buyer=buyer_party(customer),
            lines=tuple(lines),
            **{**defaults, **optional},
        )
    )
    is_credit = kind is DocumentKind.CREDIT_MEMO and document.totals.gross > 0
    return negated(document) if is_credit else document


def add(tx: Transaction, document: Document, *, at: str = "") -> Document:
    """Draw the number and store document and receivable entry; the number exists only if `tx` commits (A8).

    A document that brings its number (import) keeps it, and its range goes on behind it. Callers that create
    invoices ask `law.check_document` for all of them before the first number is drawn (A1). Raises Refused for a
    blocked customer (A10.4), whose invoices may only be corrected or cancelled.
    """
    customer = tx.get(CustomerHead, document.customer_id)
    if customer is not None and customer.blocked and document.kind not in SECOND_KINDS:
        text = N_("Kunde {number} ist gesperrt.")
        raise Refused(Problem("KUNDE_GESPERRT", text, {"number": customer.number}, where=customer.number))
    number = document.number or _draw(tx, document)
    if document.number:
        _pass_over(tx, document.number)
    stored = tx.insert(replace(document, number=number, created_at=document.created_at or at))
    tx.insert(_entry_of(stored, ReceivableEntry(batch_date=stored.invoice_date)))
    return stored


def change(tx: Transaction, document: Document, *, expect_rev: int | None = None) -> Document:
    """Store an edited document; totals, due date and receivable entry follow. Only while it is open (A9)."""
    before = tx.need(Document, document.id)
    _require_editable(before, document.invoice_date)
    # A PDF that was made for it shows the old contents: it must be made again.
    kept = replace(document, number=before.number, state=before.state, kind=before.kind, file="", file_hash="")
    dates_moved = (kept.invoice_date, kept.terms) != (before.invoice_date, before.terms)
    fresh = compute(replace(kept, due_date=due_date(kept.invoice_date, kept.terms) if dates_moved else kept.due_date))
    _require_within_original(tx, fresh)
    stored = tx.put(fresh, expect_rev=document.rev if expect_rev is None else expect_rev)
    entry = tx.find_one(ReceivableEntry, "document_id", document.id)
    if entry is not None:
        tx.put(_followed(entry, before, stored))
    return stored


def _require_editable(before: Document, day: date) -> None:
    """Only an open document is edited, and its number's year stays that of the invoice date (A8, A9)."""
    if before.state is DocumentState.CANCELLED and not before.final_at:
        raise Refused(_problem("BELEG_STORNIERT", N_("{number} ist storniert und wird nicht mehr geändert."), before))
    if before.state is not DocumentState.OPEN:
        text = N_("{number} ist festgeschrieben und wird nicht mehr geändert; möglich ist Storno.")
        raise Refused(_problem("BELEG_FESTGESCHRIEBEN", text, before))
    match = DRAWN.fullmatch(before.number)
    if match and int(match["year"]) == before.invoice_date.year != day.year:
        text = N_("{number} bleibt im Jahr ihrer Nummer; für ein anderes Jahr stornieren und neu anlegen.")
        raise Refused(_problem("NUMMER_ANDERES_JAHR", text, before))


def _require_within_original(tx: Transaction, edited: Document) -> None:
    """An edited Korrektur still takes back at most what the invoice and its other corrections have left (A6.4)."""
    original = tx.get(Document, edited.reference.document_id) if edited.reference else None
    if original is None or edited.kind is not DocumentKind.CORRECTION:
        return
    others = [d for d in tx.find(Document, "reference", original.id) if d.id != edited.id]
    if problems := correction_problems(original, edited, others):
        raise Refused(*problems)


def mark_output(
    tx: Transaction, document: Document, *, at: str, mailed: bool, file: str = "", file_hash: str = ""
) -> Document:
    """Record that it leaves the house: final from now on, first time of this way, archived file (A10).

    The file of what went out first stays the archived one (E8.1). Raises Refused where the law forbids it.
    """
    current = tx.need(Document, document.id)
    fresh = make_final(tx, current, at=at, store=False)
    if not current.was_sent and file:
        fresh = replace(fresh, file=file, file_hash=file_hash)
    if mailed:
        fresh = replace(fresh, mailed_at=fresh.mailed_at or at)
    else:
        fresh = replace(fresh, printed_at=fresh.printed_at or at)
    return current if fresh == current else tx.put(fresh)


def make_final(tx: Transaction, document: Document, *, at: str, store: bool = True) -> Document:
    """Festschreiben inside a transaction; what is final already stays as it is."""
    if document.state is DocumentState.CANCELLED and not document.final_at:
        text = N_("{number} wurde vor der ersten Ausgabe storniert und geht nicht mehr aus dem Haus.")
        raise Refused(_problem("BELEG_STORNIERT", text, document))
    if document.state is not DocumentState.OPEN:
        return document
    if problems := [p for p in check_document(document) if not p.warning]:
        raise Refused(*(replace(p, where=p.where or document.number) for p in problems))
    final = replace(document, state=DocumentState.FINAL, final_at=at)
    return tx.put(final) if store else final


def finalise(desk: Desk, document_id: int) -> Document:
    """The clerk's action Festschreiben."""
    document = need_document(desk.store, document_id)
    with desk.store.transaction(f"{document.number} festgeschrieben") as tx:
        return make_final(tx, tx.need(Document, document_id), at=desk.timestamp())


def cancel(desk: Desk, document_id: int, reason: str, *, free_period: bool = False) -> Document:
    """Stornieren (ruling 1, A6): an open document keeps its number and is `storniert`, without a Stornorechnung.

    A final one gets a Stornorechnung with a number of its own, which is returned (else the cancelled document).
    `free_period` gives the billed periods of an interval invoice back, so that they are due again.
    """
    require_reason(reason)
    number = need_document(desk.store, document_id).number
    with desk.store.transaction(f"{number} storniert", reason=reason.strip()) as tx:
        document = tx.need(Document, document_id)
        if tx.find_ids(Dispatch, "open_document", document.id):
            text = N_("Der Versand von {number} ist ungeklärt; bitte zuerst klären, ob sie angekommen ist.")
            raise Refused(_problem("VERSAND_UNGEKLAERT", text, document))
        if document.state is DocumentState.OPEN:
            result = tx.put(replace(document, state=DocumentState.CANCELLED))
            _drop_receivable(tx, document)
        else:
            result = _storno(tx, document, desk.today(), desk.timestamp())
        if free_period:
            for period in tx.find(Period, "document_id", document_id):
                tx.delete(Period, period.id)
        return result


def correct(desk: Desk, document_id: int, change: Decimal | tuple[Line, ...], reason: str) -> Document:
    """A Rechnungskorrektur over a gross amount (positive: less to pay) or over lines to take back (A6.3, A6.4)."""
    require_reason(reason)
    number = need_document(desk.store, document_id).number
    with desk.store.transaction(f"{number} korrigiert", reason=reason.strip()) as tx:
        document = tx.need(Document, document_id)
        made, problems = correction(document, change, desk.today(), tx.find(Document, "reference", document_id))
        if made is None:
            raise Refused(*problems)
        return add(tx, made, at=desk.timestamp())


def _storno(tx: Transaction, document: Document, day: date, at: str) -> Document:
    """The Stornorechnung is final at once: the original is cancelled only as long as it stands."""
    if problems := storno_problems(document, tx.find(Document, "reference", document.id)):
        raise Refused(*problems)
    tx.put(replace(document, state=DocumentState.CANCELLED))
    return add(tx, replace(storno(document, day), state=DocumentState.FINAL, final_at=at), at=at)


def require_reason(reason: str) -> None:
    """Raises Refused where no reason is given."""
    if not reason.strip():
        raise Refused(Problem("GRUND_FEHLT", N_("Dazu gehört ein Grund.")))


def by_number(store: Repository, number: str) -> Document:
    """The document that the clerk names. Raises WrongUse where there is none."""
    found = store.find_one(Document, "number", number.strip())
    if found is None:
        raise not_found(N_("Rechnung"), number)
    return found


def need_document(store: Repository, document_id: int) -> Document:
    """The document with this id. Raises WrongUse where it is gone."""
    found = store.get(Document, document_id)
    if found is None:
        raise not_found(N_("Rechnung"), document_id)
    return found


def _draw(tx: Transaction, document: Document) -> str:
    """The next free number of the range of its Belegart; the year is that of the invoice date (A8)."""
    known = tx.find_one(DocumentType, "name", document.document_type) if document.document_type else None
    name = known.number_range if known else DEFAULT_RANGES[document.kind]
    number = tx.allocate(name, document.invoice_date.year)
    while tx.find_ids(Document, "number", number):
        number = tx.allocate(name, document.invoice_date.year)
    return number


def _pass_over(tx: Transaction, number: str) -> None:
    """Let a range go on behind a number that came from elsewhere."""
    match = DRAWN.fullmatch(number)
    if not match:
        return
    name, year, last = match["range"], int(match["year"]), int(match["number"])
    current = tx.find_one(NumberRange, "name_year", f"{name}|{year}")
    if current is None:
        tx.insert(NumberRange(name=name, year=year, last=last))
    elif current.last < last:
        tx.put(replace(current, last=last))


def _entry_of(document: Document, entry: ReceivableEntry) -> ReceivableEntry:
    """The receivable entry brought in step with its document; its own dates are left alone."""
    return replace(
        entry,
        document_id=document.id,
        customer_id=document.customer_id,
        number=document.number,
        kind=document.kind,
        amount=document.totals.gross,
        net=document.totals.net,
        tax=document.totals.tax,
        prepaid=document.prepaid,
        due_date=document.due_date,
    )


def _followed(entry: ReceivableEntry, before: Document, stored: Document) -> ReceivableEntry:
    """The entry after its document was edited; a date that the clerk moved in the receivable stays moved (A9)."""
    fresh = _entry_of(stored, entry)
    if entry.batch_date == before.invoice_date:
        fresh = replace(fresh, batch_date=stored.invoice_date)
    return fresh if entry.due_date == before.due_date else replace(fresh, due_date=entry.due_date)


def _drop_receivable(tx: Transaction, document: Document) -> None:
    """An open document that is cancelled owes nothing and leaves the open batch that it is in.

    A dummy batch keeps it as a row that counts nothing: what is printed or taken as such is never changed (D4.2).
    """
    entry = tx.find_one(ReceivableEntry, "document_id", document.id)
    if entry is None:
        return
    batch = tx.get(InvoiceBatch, entry.batch_id) if entry.batch_id else None
    stays = batch is not None and batch.state is not BatchState.OPEN
    tx.put(replace(entry, cancelled=True, batch_id=entry.batch_id if stays else None))
    row = tx.find_one(BatchRow, "document_id", document.id)
    if row is not None and not stays:
        tx.delete(BatchRow, row.id)


def _problem(code: str, text: str, document: Document) -> Problem:
    return Problem(code, text, {"number": document.number}, where=document.number)
