"""Warum drin / warum nicht: the selection asked again about one document or one customer, in the run or not."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from tui_billing.domain.documents import DocumentHead
from tui_billing.domain.messages import N_
from tui_billing.domain.parties import Customer
from tui_billing.domain.plans import Verdict
from tui_billing.domain.run_selection import judge
from tui_billing.domain.runs import InvoiceRun, RunParameters, RunRow
from tui_billing.services.errors import not_found
from tui_billing.services.run_facts import SENT_ROWS, gather, need_run
from tui_billing.store.repositories import Repository


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a document is in a run or not; `row` is its row there, if it has one."""

    document: DocumentHead
    verdict: Verdict
    row: RunRow | None = None


def explain(store: Repository, run_id: int, number: str, today: date) -> list[Explanation]:
    """Warum drin / warum nicht, for an invoice's number or a customer's: the same function as the selection.

    For a customer every document in the period is answered, or his latest one where none lies in it.
    """
    run = need_run(store, run_id)
    documents = _asked(store, number.strip(), run.parameters)
    found = (store.find_one(RunRow, "run_document", f"{run_id}|{d.id}") for d in documents)
    rows = {row.document_id: row for row in found if row is not None}
    facts = gather(store, documents, today, rows.values())
    facts = replace(facts, sent_by=_sent_by(store, documents, run_id))
    return [Explanation(d, judge(d, run.parameters, facts), rows.get(d.id)) for d in documents]


def explain_parameters(store: Repository, parameters: RunParameters, number: str, today: date) -> list[Explanation]:
    """The same question to a run that is only planned."""
    documents = _asked(store, number.strip(), parameters)
    facts = replace(gather(store, documents, today), sent_by=_sent_by(store, documents, 0))
    return [Explanation(d, judge(d, parameters, facts)) for d in documents]


def _asked(store: Repository, number: str, parameters: RunParameters) -> list[DocumentHead]:
    document = store.find_one(DocumentHead, "number", number)
    if document is not None:
        return [document]
    customer = store.find_one(Customer, "number", number)
    if customer is None:
        raise not_found(N_("Rechnung oder Kunde"), number)
    documents = sorted(store.find(DocumentHead, "customer_id", customer.id), key=lambda d: (d.invoice_date, d.id))
    inside = [d for d in documents if parameters.date_from <= d.invoice_date <= parameters.date_to]
    return inside or documents[-1:]


def _sent_by(store: Repository, documents: Iterable[DocumentHead], own_run: int) -> dict[int, str]:
    """Document id -> number of the run that sent it first, other than this one."""
    found: dict[int, str] = {}
    for document in documents:
        for row in store.find(RunRow, "document_id", document.id):
            if row.state in SENT_ROWS and row.run_id != own_run and (run := store.get(InvoiceRun, row.run_id)):
                found.setdefault(document.id, str(run.number))
    return found
