"""What the selection of a run needs to know, read in bulk: nothing here is asked once per row."""

from collections.abc import Iterable
from datetime import date

from tui_billing.domain.documents import DocumentHead
from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.parties import CustomerHead
from tui_billing.domain.run_selection import AnyDocument, RunFacts
from tui_billing.domain.runs import Dispatch, Ignored, IgnoredKind, InvoiceRun, RowState, RunParameters, RunRow
from tui_billing.services.errors import WrongUse, not_found
from tui_billing.store.repositories import Repository

SENT_ROWS = frozenset({RowState.SENT, RowState.ISSUED})


def check_parameters(parameters: RunParameters) -> None:
    """Raises WrongUse where the period ends before it starts."""
    if parameters.date_from > parameters.date_to:
        text = N_("Der Zeitraum endet am {date_to}, bevor er am {date_from} beginnt; bitte von und bis tauschen.")
        params = {"date_from": parameters.date_from, "date_to": parameters.date_to}
        raise WrongUse(Problem("ZEITRAUM_VERKEHRT", text, params))


def candidates(store: Repository, parameters: RunParameters) -> list[DocumentHead]:
    """Documents dated in the period, by day and then in the order they were made; only the marked ones where given."""
    if not parameters.document_ids:
        return store.between(DocumentHead, "invoice_date", parameters.date_from, parameters.date_to)
    marked = store.get_many(DocumentHead, parameters.document_ids).values()
    inside = [d for d in marked if parameters.date_from <= d.invoice_date <= parameters.date_to]
    return sorted(inside, key=lambda d: (d.invoice_date, d.id))


def gather(store: Repository, documents: Iterable[AnyDocument], today: date, rows: Iterable[RunRow] = ()) -> RunFacts:
    """The facts for these documents; `rows` are those of the run in question, if there is one."""
    ignored = store.all(Ignored)
    rows = list(rows)
    return RunFacts(
        today=today,
        customers=store.get_many(CustomerHead, sorted({d.customer_id for d in documents})),
        ignored_customers={e.target_id: e for e in ignored if e.kind is IgnoredKind.CUSTOMER},
        ignored_documents={e.target_id: e for e in ignored if e.kind is IgnoredKind.DOCUMENT},
        open_documents=open_documents(store),
        removed=frozenset(r.document_id for r in rows if r.state is RowState.REMOVED and r.reason == "removed"),
        own_sent=frozenset(r.document_id for r in rows if r.state in SENT_ROWS),
    )


def open_documents(store: Repository) -> dict[int, str]:
    """Documents whose dispatch is in flight or unknown -> number of its run, empty for a single mail (E1)."""
    found = [d for state in (RowState.IN_FLIGHT, RowState.UNKNOWN) for d in store.find(Dispatch, "state", state)]
    runs = store.get_many(InvoiceRun, {d.run_id for d in found if d.run_id})
    return {
        document_id: str(runs[d.run_id].number) if d.run_id in runs else ""
        for d in found
        for document_id in d.document_ids
    }


def run_by_number(store: Repository, number: int | str) -> InvoiceRun:
    """The run that the clerk names. Raises WrongUse where there is none."""
    text = str(number).strip()
    found = store.find_one(InvoiceRun, "number", int(text)) if text.isascii() and text.isdigit() else None
    if found is None:
        raise not_found(N_("Rechnungslauf"), number)
    return found


def need_run(store: Repository, run_id: int) -> InvoiceRun:
    """The run with this id. Raises WrongUse where a colleague has deleted it."""
    run = store.get(InvoiceRun, run_id)
    if run is None:
        raise not_found(N_("Rechnungslauf"), run_id)
    return run
