"""Prüfung of the documents: their sums, their receivables, their payments, and that none was taken away."""

from collections.abc import Iterator

from tui_billing.domain.batches import Payment, ReceivableEntry
from tui_billing.domain.cancellation import is_over_corrected
from tui_billing.domain.documents import ZERO, Document, DocumentHead, DocumentKind, DocumentState
from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.orders import Period
from tui_billing.services.desk import Desk
from tui_billing.services.verify_report import Report, file_problems
from tui_billing.store.repositories import Store


def check_documents(desk: Desk, report: Report) -> Iterator[list[Problem]]:
    """Sums of each document, its receivable, and the bytes of its archived PDF; then receivables without a document."""
    store = desk.store
    entries = {e.document_id: e for e in store.scan(ReceivableEntry)}
    corrected = set()
    for document in store.scan(Document):
        report.count("invoices")
        if document.kind is DocumentKind.CORRECTION and document.reference:
            corrected.add(document.reference.document_id)
        found = [*_sums(document), *_receivable(document, entries.pop(document.id, None))]
        if found:  # somebody may have written between the two reads
            fresh, entry = store.get(Document, document.id), store.find_one(ReceivableEntry, "document_id", document.id)
            found = [*_sums(fresh), *_receivable(fresh, entry)] if fresh is not None else []
        yield [*found, *file_problems(desk, report, document.file, document.file_hash, document.number)]
    text = N_("{number}: Zur Debitorentransaktion fehlt der Beleg.")
    for entry in entries.values():
        yield [Problem("BELEG_FEHLT", text, {"number": entry.number}, where=entry.number)]
    yield [p for document_id in sorted(corrected) for p in _corrections(store, document_id)]


def _corrections(store: Store, document_id: int) -> list[Problem]:
    document = store.get(Document, document_id)
    made = store.find(Document, "reference", document_id)
    if document is None or not is_over_corrected(document, made):
        return []
    text = N_("{number}: Die Korrekturen nehmen mehr zurück, als die Rechnung hat ({numbers}).")
    params = {"number": document.number, "numbers": ", ".join(d.number for d in made)}
    return [Problem("KORREKTUR_UEBERSTEIGT_RECHNUNG", text, params, where=document.number)]


def _sums(document: Document) -> list[Problem]:
    totals, number = document.totals, document.number
    by_rate = (sum((r.net for r in totals.vat), ZERO), sum((r.tax for r in totals.vat), ZERO))
    problems = []
    if totals.net + totals.tax != totals.gross or (totals.vat and by_rate != (totals.net, totals.tax)):
        text = N_("{number}: Netto {net} + Steuer {tax} ergibt nicht Brutto {gross}.")
        params = {"number": number, "net": totals.net, "tax": totals.tax, "gross": totals.gross}
        problems.append(Problem("BELEG_SUMME", text, params, where=number))
    lines = sum((line.net for line in document.lines), ZERO)
    if document.lines and lines != totals.lines:
        text = N_("{number}: Die Positionen ergeben {lines}, der Beleg nennt {total}.")
        params = {"number": number, "lines": lines, "total": totals.lines}
        problems.append(Problem("BELEG_POSITIONEN", text, params, where=number))
    return problems


def _receivable(document: Document, entry: ReceivableEntry | None) -> list[Problem]:
    number, totals = document.number, document.totals
    if entry is None:
        text = N_("{number}: Die Debitorentransaktion fehlt.")
        return [Problem("DEBITOR_FEHLT", text, {"number": number}, where=number)]
    dropped = document.state is DocumentState.CANCELLED and not document.final_at
    same = (entry.amount, entry.number, entry.customer_id) == (totals.gross, number, document.customer_id)
    if same and entry.net + entry.tax == entry.amount and entry.cancelled is dropped:
        return []
    text = N_("{number}: Die Debitorentransaktion über {amount} passt nicht zum Beleg über {gross}.")
    params = {"number": number, "amount": entry.amount, "gross": totals.gross}
    return [Problem("DEBITOR_BETRAG", text, params, where=number)]


def check_payments(desk: Desk, report: Report) -> Iterator[list[Problem]]:
    """No payment settles more than was paid, and Skonto is that of its parts."""
    text = N_("Zahlung {number} über {amount}: zugeordnet sind {allocated}, mit Skonto {skonto}.")
    for payment in desk.store.scan(Payment):
        report.count("payments")
        allocated = sum((a.amount for a in payment.allocations), ZERO)
        skonto = sum((a.skonto for a in payment.allocations), ZERO)
        if abs(allocated) <= abs(payment.amount) and skonto == payment.skonto:
            yield []
            continue
        params = {"number": payment.number, "amount": payment.amount, "allocated": allocated, "skonto": skonto}
        yield [Problem("ZAHLUNG_SUMME", text, params, where=payment.number)]


def check_periods(store: Store, report: Report) -> list[Problem]:
    """Every billed period names a document that exists."""
    periods = [p for p in store.scan(Period) if p.document_id is not None]
    report.count("periods", len(periods))
    known = store.get_many(DocumentHead, {p.document_id for p in periods if p.document_id is not None})
    text = N_("Abgerechnete Periode ab {start}: Der Beleg {document} fehlt.")
    return [
        Problem("PERIODE_OHNE_BELEG", text, {"start": p.period_start, "document": p.document_id})
        for p in periods
        if p.document_id not in known
    ]


def removed_documents(store: Store) -> list[Problem]:
    """Documents are cancelled, never deleted, and ids are never used again: one that is missing was taken away.

    The journal still knows its number, who took it away, and when.
    """
    last = store.last_id(Document)
    if store.count(Document) == last == store.last_id(Document):
        return []
    there = {doc["id"] for doc in store.raw_scan(Document)}
    return [_removed(store, i) for i in range(1, last + 1) if i not in there]


def _removed(store: Store, document_id: int) -> Problem:
    for entry in store.history(Document, document_id, 1):
        old = next((old for table, i, old, _ in entry.changes if (table, i) == ("invoices", document_id)), None)
        if old is not None:
            text = N_("{number}: Der Beleg wurde aus dem Datenbestand entfernt (Buchung {seq} von {by}, {ts}).")
            params = {"number": old["number"], "seq": entry.seq, "by": entry.by, "ts": entry.ts}
            return Problem("BELEG_ENTFERNT", text, params, where=old["number"])
    text = N_("Ein Beleg wurde entfernt (Satz {id}); das Journal kennt ihn nicht mehr.")
    return Problem("BELEG_ENTFERNT", text, {"id": document_id}, where=str(document_id))
