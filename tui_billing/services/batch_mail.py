"""A printed Rechnungsstapel by e-mail: a Rechnungslauf over its documents, the statement travels with the first one.

Documents that were never output go as originals. A customer whose documents all went out before gets the last of
them again, as a copy, so that there is a mail for his statement to travel in.
"""

from collections.abc import Iterable

from tui_billing.domain.batch_states import BatchAction
from tui_billing.domain.batches import BatchStatement, InvoiceBatch, ReceivableEntry
from tui_billing.domain.documents import DocumentHead
from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.domain.parties import Channel, Customer
from tui_billing.domain.runs import InvoiceRun, RowState, RunParameters, RunRow, RunType
from tui_billing.services import runs
from tui_billing.services.batch_figures import customers_of
from tui_billing.services.batch_report import file_name
from tui_billing.services.batch_rows import allow
from tui_billing.services.desk import Desk
from tui_billing.store.repositories import Repository


def gets_mail(customer: Customer) -> bool:
    """Whether his batch goes by e-mail when a Rechnungslauf is asked for; everybody else gets paper."""
    return customer.channel is Channel.EMAIL and bool(customer.emails)


def create_run(desk: Desk, batch: InvoiceBatch) -> InvoiceRun:
    """The run for the e-mail customers of a printed batch. Raises Refused where nobody gets mail."""
    allow(batch, BatchAction.REPRINT)
    store = desk.store
    members = {c.id for c in customers_of(store, batch) if gets_mail(c)}
    heads = _heads(store, batch, members)
    if not heads:
        text = N_("Kein Kunde in Rechnungsstapel {number} bekommt seine Rechnungen per E-Mail.")
        raise Refused(Problem("KEIN_EMAIL_KUNDE", text, {"number": batch.number}, where=str(batch.number)))
    parameters = RunParameters(
        date_from=min(h.invoice_date for h in heads),
        date_to=max(h.invoice_date for h in heads),
        type=RunType.EMAIL,
        include_sent=True,
        document_ids=tuple(h.id for h in heads),
        batch_id=batch.id,
    )
    return runs.apply_create_run(desk, runs.plan_create_run(store, parameters, desk.today()))


def _heads(store: Repository, batch: InvoiceBatch, members: set[int]) -> list[DocumentHead]:
    """Per customer what was never output, else the last document."""
    by_customer: dict[int, list[DocumentHead]] = {}
    rows = [r for r in store.find(ReceivableEntry, "batch_id", batch.id) if r.customer_id in members]
    for head in store.get_many(DocumentHead, [r.document_id for r in rows]).values():
        by_customer.setdefault(head.customer_id, []).append(head)
    found: list[DocumentHead] = []
    for heads in by_customer.values():
        heads.sort(key=lambda h: (h.invoice_date, h.id))
        found += [h for h in heads if not h.was_sent] or heads[-1:]
    return found


def statement_files(reader: Repository, run: InvoiceRun, rows: Iterable[RunRow]) -> dict[int, tuple[str, str]]:
    """Row id -> (file name in the mail, path) of the statement that travels with it: each customer's first row."""
    batch = reader.get(InvoiceBatch, run.parameters.batch_id) if run.parameters.batch_id else None
    if batch is None:
        return {}
    first: dict[int, RunRow] = {}
    for row in rows:
        known = first.get(row.customer_id)
        if row.state is not RowState.REMOVED and (known is None or _order(row) < _order(known)):
            first[row.customer_id] = row
    found = {}
    for customer in reader.get_many(Customer, sorted(first)).values():
        sent = reader.find_one(BatchStatement, "batch_customer", f"{batch.id}|{customer.id}")
        if sent is not None and sent.file:
            row = first[customer.id]
            found[row.id] = file_name(batch, customer, "Kopie" if row.copy else ""), sent.file
    return found


def _order(row: RunRow) -> tuple[str, int]:
    return row.invoice_date.isoformat(), row.document_id
