"""Prüfung of the whole data folder: numbers against documents, sums of runs and batches, every file against its hash.

The store's own check (hash chain, files) comes first and is handed in, because a damaged store cannot be asked.
"""

import hashlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from tui_billing.domain.batches import BatchRow, BatchStatement, InvoiceBatch, ReceivableEntry
from tui_billing.domain.documents import Document, DocumentHead, DocumentState
from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.orders import Period
from tui_billing.domain.runs import Dispatch, InvoiceRun, RowState, RunRow
from tui_billing.services.desk import Desk, Progress
from tui_billing.services.numbers import number_problems
from tui_billing.services.runs import balance_of
from tui_billing.store.repositories import Store

STEP = 500
OUT_OF_HOUSE = frozenset({RowState.SENT, RowState.ISSUED})


@dataclass(slots=True)
class Report:
    """What was found, first broken place first, and how many records and files were looked at."""

    problems: list[Problem] = field(default_factory=list)
    checked: dict[str, int] = field(default_factory=dict)

    @property
    def is_clean(self) -> bool:
        """Whether there are no problems but warnings."""
        return all(p.warning for p in self.problems)

    def count(self, what: str, number: int = 1) -> None:
        self.checked[what] = self.checked.get(what, 0) + number


def verify(desk: Desk) -> Generator[Progress, None, Report]:
    """Check everything that the records say of each other and of the files; reads only."""
    report, store = Report(), desk.store
    total = store.count(Document) + store.count(InvoiceRun) + store.count(InvoiceBatch) + store.count(Dispatch)
    report.problems += number_problems(store)
    done = 0
    for check in (_documents, _runs, _batches, _dispatches):
        for found in check(desk, report):
            report.problems += found
            done += 1
            if done % STEP == 0:
                yield Progress(done, total, failed=len(report.problems))
    report.problems += _periods(store, report)
    yield Progress(total, total, failed=len(report.problems))
    return report


def _documents(desk: Desk, report: Report) -> Iterator[list[Problem]]:
    """Sums of each document, its receivable, and the bytes of its archived PDF."""
    entries = {e.document_id: e for e in desk.store.scan(ReceivableEntry)}
    for document in desk.store.scan(Document):
        report.count("invoices")
        yield [
            *_sums(document),
            *_receivable(document, entries.get(document.id)),
            *_file(desk, report, document.file, document.file_hash, document.number),
        ]


def _sums(document: Document) -> list[Problem]:
    totals = document.totals
    by_rate = (sum((r.net for r in totals.vat), Decimal(0)), sum((r.tax for r in totals.vat), Decimal(0)))
    if totals.net + totals.tax == totals.gross and (not totals.vat or by_rate == (totals.net, totals.tax)):
        return []
    text = N_("{number}: Netto {net} + Steuer {tax} ergibt nicht Brutto {gross}.")
    params = {"number": document.number, "net": totals.net, "tax": totals.tax, "gross": totals.gross}
    return [Problem("BELEG_SUMME", text, params, where=document.number)]


def _receivable(document: Document, entry: ReceivableEntry | None) -> list[Problem]:
    if entry is None:
        text = N_("{number}: Die Debitorentransaktion fehlt.")
        return [Problem("DEBITOR_FEHLT", text, {"number": document.number}, where=document.number)]
    dropped = document.state is DocumentState.CANCELLED and not document.final_at
    if entry.amount == document.totals.gross and entry.cancelled is dropped:
        return []
    text = N_("{number}: Die Debitorentransaktion über {amount} passt nicht zum Beleg über {gross}.")
    params = {"number": document.number, "amount": entry.amount, "gross": document.totals.gross}
    return [Problem("DEBITOR_BETRAG", text, params, where=document.number)]


def _file(desk: Desk, report: Report, file: str, expected: str, where: str) -> list[Problem]:
    """The bytes on disk against the hash in the record (A10)."""
    if not file or not expected:
        return []
    report.count("files")
    try:
        actual = hashlib.sha256(desk.files.read(file)).hexdigest()
    except (OSError, ValueError):
        text = N_("{where}: Die Datei {file} fehlt oder ist nicht lesbar.")
        return [Problem("DATEI_FEHLT", text, {"where": where, "file": file}, where=file)]
    if actual == expected:
        return []
    text = N_("{where}: Die Datei {file} wurde verändert (Prüfsumme {actual}, erwartet {expected}).")
    params = {"where": where, "file": file, "actual": actual[:12], "expected": expected[:12]}
    return [Problem("DATEI_VERAENDERT", text, params, where=file)]


def _runs(desk: Desk, report: Report) -> Iterator[list[Problem]]:
    """candidates = in + out, in = rows that were not removed; what a row says was sent is sent."""
    for run in desk.store.scan(InvoiceRun):
        report.count("runs")
        rows = desk.store.find(RunRow, "run_id", run.id)
        inside = [row for row in rows if row.state is not RowState.REMOVED]
        counted = balance_of(run)
        eur = sum((row.gross for row in inside), Decimal(0))
        problems = []
        if (len(inside), eur) != (counted.taken, counted.taken_eur):
            text = N_("Rechnungslauf {number}: {rows} Zeilen über {eur}, laut Bilanz {taken} über {taken_eur}.")
            params = {
                "number": run.number,
                "rows": len(inside),
                "eur": eur,
                "taken": counted.taken,
                "taken_eur": counted.taken_eur,
            }
            problems.append(Problem("LAUF_BILANZ", text, params, where=str(run.number)))
        problems += _sent_rows(desk.store, run, rows)
        for row in rows:
            if row.state in OUT_OF_HOUSE:
                problems += _file(desk, report, row.file, row.file_hash, row.number)
        yield problems


def _sent_rows(store: Store, run: InvoiceRun, rows: list[RunRow]) -> list[Problem]:
    gone = [row for row in rows if row.state in OUT_OF_HOUSE]
    heads = store.get_many(DocumentHead, [row.document_id for row in gone])
    text = N_("Rechnungslauf {run}: {number} steht als versendet, der Beleg nicht.")
    return [
        Problem("VERSAND_WIDERSPRUCH", text, {"run": run.number, "number": row.number}, where=row.number)
        for row in gone
        if row.document_id not in heads or not heads[row.document_id].was_sent
    ]


def _batches(desk: Desk, report: Report) -> Iterator[list[Problem]]:
    """Each printed statement adds up and its file is as it was sent; rows and receivables name the same batch."""
    for batch in desk.store.scan(InvoiceBatch):
        report.count("batches")
        problems: list[Problem] = []
        for s in desk.store.find(BatchStatement, "batch_id", batch.id):
            carried = s.carry_over == s.former_amount - s.payments
            if not carried or s.amount_due != s.carry_over + s.invoiced + s.taxes:
                text = N_("Rechnungsstapel {number}: Die gedruckten Zahlen einer Aufstellung gehen nicht auf.")
                problems.append(Problem("STAPEL_SUMME", text, {"number": batch.number}, where=str(batch.number)))
            problems += _file(desk, report, s.file, s.file_hash, str(batch.number))
        rows = {row.document_id for row in desk.store.find(BatchRow, "batch_id", batch.id)}
        entries = {entry.document_id for entry in desk.store.find(ReceivableEntry, "batch_id", batch.id)}
        if rows != entries:
            text = N_("Rechnungsstapel {number}: Zeilen und Debitorentransaktionen nennen verschiedene Belege.")
            problems.append(Problem("STAPEL_ZEILEN", text, {"number": batch.number}, where=str(batch.number)))
        yield problems


def _dispatches(desk: Desk, report: Report) -> Iterator[list[Problem]]:
    """The spooled mails are the bytes that were sent."""
    for dispatch in desk.store.scan(Dispatch):
        report.count("dispatches")
        if dispatch.state is not RowState.SENT:
            yield []
            continue
        yield _file(desk, report, dispatch.spool, dispatch.spool_hash, dispatch.message_id)


def _periods(store: Store, report: Report) -> list[Problem]:
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
