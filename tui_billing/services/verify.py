"""Prüfung of the whole data folder: numbers against documents, sums of runs and batches, every file against its hash.

The store's own check (hash chain, files) comes first and is handed in, because a damaged store cannot be asked.
Others go on writing meanwhile: what seems wrong is read a second time before it is said.
"""

from collections.abc import Callable, Generator, Iterator
from decimal import Decimal

from tui_billing.domain.batches import BatchRow, BatchState, BatchStatement, InvoiceBatch, Payment, ReceivableEntry
from tui_billing.domain.documents import ZERO, Document, DocumentHead
from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.runs import Dispatch, InvoiceRun, RowState, RunRow
from tui_billing.services.desk import Desk, Progress
from tui_billing.services.numbers import number_problems
from tui_billing.services.runs import balance_of
from tui_billing.services.verify_documents import check_documents, check_payments, check_periods, removed_documents
from tui_billing.services.verify_report import Report, file_problems, second_look
from tui_billing.store.repositories import Store

__all__ = ["Report", "verify"]

STEP = 500
OUT_OF_HOUSE = frozenset({RowState.SENT, RowState.ISSUED})
COUNTED = (Document, Payment, InvoiceRun, InvoiceBatch, Dispatch)


def verify(desk: Desk) -> Generator[Progress, None, Report]:
    """Check everything that the records say of each other and of the files; reads only."""
    report, store = Report(), desk.store
    total = sum(store.count(cls) for cls in COUNTED)
    report.problems += number_problems(store)
    report.problems += removed_documents(store)
    done = 0
    for check in (check_documents, check_payments, _runs, _batches, _dispatches):
        for found in check(desk, report):
            report.problems += found
            done += 1
            if done % STEP == 0:
                yield Progress(min(done, total), total, failed=len(report.problems))
    report.problems += check_periods(store, report)
    yield Progress(total, total, failed=len(report.problems))
    return report


def _runs(desk: Desk, report: Report) -> Iterator[list[Problem]]:
    """candidates = in + out, in = rows that were not removed; rows agree with their documents and files."""
    for run in desk.store.scan(InvoiceRun):
        report.count("runs")
        rows = desk.store.find(RunRow, "run_id", run.id)
        files = [
            problem
            for row in rows
            if row.state in OUT_OF_HOUSE
            for problem in file_problems(desk, report, row.file, row.file_hash, row.number)
        ]
        yield [*second_look(_run_check(desk.store, run.id)), *files]


def _run_check(store: Store, run_id: int) -> Callable[[], list[Problem]]:
    def check() -> list[Problem]:
        run, rows = store.get(InvoiceRun, run_id), store.find(RunRow, "run_id", run_id)
        return [] if run is None else [*_run_balance(run, rows), *_run_rows(store, run, rows)]

    return check


def _run_balance(run: InvoiceRun, rows: list[RunRow]) -> list[Problem]:
    inside = [row for row in rows if row.state is not RowState.REMOVED]
    counted = balance_of(run)
    eur = sum((row.gross for row in inside), Decimal(0))
    if (len(inside), eur) == (counted.taken, counted.taken_eur):
        return []
    text = N_("Rechnungslauf {number}: {rows} Zeilen über {eur}, laut Bilanz {taken} über {taken_eur}.")
    params = {"number": run.number, "rows": len(inside), "eur": eur}
    params |= {"taken": counted.taken, "taken_eur": counted.taken_eur}
    return [Problem("LAUF_BILANZ", text, params, where=str(run.number))]


def _run_rows(store: Store, run: InvoiceRun, rows: list[RunRow]) -> list[Problem]:
    """What a row that left the house says of its document; the others follow it when the run is built anew."""
    gone = [row for row in rows if row.state in OUT_OF_HOUSE]
    heads = store.get_many(DocumentHead, [row.document_id for row in gone])
    other = N_("Rechnungslauf {run}: Die Zeile {number} über {gross} passt nicht zu ihrem Beleg.")
    unsent = N_("Rechnungslauf {run}: {number} steht als versendet, der Beleg nicht.")
    problems = []
    for row in gone:
        head = heads.get(row.document_id)
        params = {"run": run.number, "number": row.number, "gross": row.gross}
        if head is None or not head.was_sent:
            problems.append(Problem("VERSAND_WIDERSPRUCH", unsent, params, where=row.number))
        elif (row.number, row.gross, row.customer_id) != (head.number, head.totals.gross, head.customer_id):
            problems.append(Problem("LAUF_ZEILE", other, params, where=row.number))
    return problems


def _batches(desk: Desk, report: Report) -> Iterator[list[Problem]]:
    """Each printed statement adds up and its file is as it was sent; rows and receivables name the same batch."""
    for batch in desk.store.scan(InvoiceBatch):
        report.count("batches")
        number = str(batch.number)
        problems = second_look(_batch_check(desk.store, batch.id))
        problems += file_problems(desk, report, batch.file, batch.file_hash, number)
        for statement in desk.store.find(BatchStatement, "batch_id", batch.id):
            problems += file_problems(desk, report, statement.file, statement.file_hash, number)
        yield problems


def _batch_check(store: Store, batch_id: int) -> Callable[[], list[Problem]]:
    def check() -> list[Problem]:
        batch = store.get(InvoiceBatch, batch_id)
        if batch is None:
            return []
        entries = store.find(ReceivableEntry, "batch_id", batch_id)
        statements = store.find(BatchStatement, "batch_id", batch_id)
        problems = [p for s in statements for p in _statement(batch, s, entries)]
        rows = {(row.document_id, row.customer_id) for row in store.find(BatchRow, "batch_id", batch_id)}
        if rows != {(entry.document_id, entry.customer_id) for entry in entries}:
            text = N_("Rechnungsstapel {number}: Zeilen und Debitorentransaktionen nennen verschiedene Belege.")
            problems.append(Problem("STAPEL_ZEILEN", text, {"number": batch.number}, where=str(batch.number)))
        return problems

    return check


def _statement(batch: InvoiceBatch, sent: BatchStatement, entries: list[ReceivableEntry]) -> list[Problem]:
    """What was printed adds up and is the sum of the documents in it."""
    carried = sent.carry_over == sent.former_amount - sent.payments
    if not carried or sent.amount_due != sent.carry_over + sent.invoiced + sent.taxes:
        text = N_("Rechnungsstapel {number}: Die gedruckten Zahlen einer Aufstellung gehen nicht auf.")
        return [Problem("STAPEL_SUMME", text, {"number": batch.number}, where=str(batch.number))]
    rows = [e for e in entries if e.customer_id == sent.customer_id and not e.cancelled]
    total = sum((e.amount for e in rows), ZERO)
    if batch.state is not BatchState.PRINTED or total == sent.invoiced + sent.taxes:
        return []
    text = N_("Rechnungsstapel {number}: Eine Aufstellung nennt {printed}, ihre Belege ergeben {total}.")
    params = {"number": batch.number, "printed": sent.invoiced + sent.taxes, "total": total}
    return [Problem("STAPEL_BELEGE", text, params, where=str(batch.number))]


def _dispatches(desk: Desk, report: Report) -> Iterator[list[Problem]]:
    """The spooled mails are the bytes that were sent."""
    for dispatch in desk.store.scan(Dispatch):
        report.count("dispatches")
        if dispatch.state is not RowState.SENT:
            yield []
            continue
        yield file_problems(desk, report, dispatch.spool, dispatch.spool_hash, dispatch.message_id)
