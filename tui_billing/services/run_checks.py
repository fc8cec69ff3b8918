"""Each row is checked again when it is executed: the run may be old by then (E1, E2, E3, E7.2, E11.1, A1).

What can never be sent leaves the run under its reason; what may still change stays open with its reason.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tui_billing.domain.documents import Document, DocumentHead, DocumentState
from tui_billing.domain.law import check_document
from tui_billing.domain.mail_jobs import MailJob
from tui_billing.domain.messages import Problem
from tui_billing.domain.parties import Customer, CustomerHead
from tui_billing.domain.run_selection import (
    BLOCKED,
    NO_ADDRESS,
    REASON_NAMES,
    AnyCustomer,
    RunFacts,
    is_active,
    is_blocked,
    other_channel,
    recipients,
)
from tui_billing.domain.run_states import TO_DO_ROWS
from tui_billing.domain.runs import Dispatch, Ignored, IgnoredKind, InvoiceRun, RowState, RunRow, RunType
from tui_billing.services.desk import Desk
from tui_billing.services.errors import problems_of
from tui_billing.services.run_facts import gather
from tui_billing.store.repositories import Repository, Transaction

ADDRESS_CHANGED = "address_changed"


@dataclass(frozen=True, slots=True)
class CheckedRow:
    """A row as it may go now (`goes`), or as it stays with state and reason."""

    row: RunRow
    document: Document | None
    customer: AnyCustomer | None
    goes: bool


def rows_to_do(run: InvoiceRun, rows: Iterable[RunRow], customers: dict[int, Customer]) -> list[RunRow]:
    """What executing takes up (E9): open, deferred, failed with us, and refused once its address is mended."""
    return [r for r in rows if r.state in TO_DO_ROWS or _is_mended(run, r, customers.get(r.customer_id))]


def _is_mended(run: InvoiceRun, row: RunRow, customer: Customer | None) -> bool:
    if row.state is not RowState.REFUSED or run.parameters.type is not RunType.EMAIL:
        return False
    return bool(recipients(customer)) and recipients(customer) != row.address


def check_rows(
    store: Repository, run: InvoiceRun, rows: Sequence[RunRow], desk: Desk, *, confirm_addresses: bool = False
) -> list[CheckedRow]:
    """Look at these rows with everything as it is now, read in bulk."""
    documents = store.get_many(Document, [row.document_id for row in rows])
    facts = gather(store, documents.values(), desk.today())
    return [
        _check(run, row, documents.get(row.document_id), facts, confirm_addresses=confirm_addresses) for row in rows
    ]


def _check(
    run: InvoiceRun, row: RunRow, document: Document | None, facts: RunFacts, *, confirm_addresses: bool
) -> CheckedRow:
    customer = facts.customers.get(row.customer_id)

    def stays(state: RowState, reason: str, reply: str = "") -> CheckedRow:
        return CheckedRow(replace(row, state=state, reason=reason, reply=reply), document, customer, False)

    if document is None:
        return stays(RowState.REMOVED, "beleg_fehlt")
    if document.state is DocumentState.CANCELLED and not document.final_at:
        return stays(RowState.REMOVED, "cancelled")
    if document.id in facts.open_documents:
        return stays(row.state, "unknown")
    if document.was_sent and not (row.copy or run.parameters.include_sent):
        return stays(RowState.REMOVED, "sent")
    if is_blocked(customer):
        return stays(RowState.OPEN, BLOCKED)
    if is_active(facts.ignored_customers.get(row.customer_id), facts.today):
        return stays(RowState.OPEN, "ignored_customer")
    if is_active(facts.ignored_documents.get(document.id), facts.today):
        return stays(RowState.OPEN, "ignored_invoice")
    if code := other_channel(run.parameters, customer):
        return stays(RowState.OPEN, code)
    fresh = replace(row, copy=document.was_sent, gross=document.totals.gross, reason="", reply="")
    if run.parameters.type is RunType.EMAIL:
        now = recipients(customer)
        if not now:
            return stays(RowState.FAILED, NO_ADDRESS)
        # From none to one is mended; from one to another is used only after somebody has confirmed it (E7.2).
        if row.address and now != row.address and not confirm_addresses:
            return stays(row.state, ADDRESS_CHANGED)
        confirmed = row.address_confirmed or now != row.address
        fresh = replace(fresh, address=now, address_confirmed=confirmed)
    if document.state is DocumentState.OPEN and (broken := [p for p in check_document(document) if not p.warning]):
        return stays(RowState.FAILED, broken[0].code, broken[0].sentence)
    return CheckedRow(fresh, document, customer, True)


def failed_row(row: RunRow, error: Exception | Problem) -> RunRow:
    """The row of a document that cannot be made or delivered: one bad invoice is one row with a reason."""
    problem = error if isinstance(error, Problem) else problems_of(error)[0]
    return replace(row, state=RowState.FAILED, reason=problem.code, reply=problem.sentence)


def forbidden_now(tx: Transaction, run_id: int, document_ids: Iterable[int], desk: Desk) -> Problem | None:
    """Asked inside the commit that sets a mail in flight or a file issued: deleted run, gesperrt, ignored (E11.1), or
    another Versandart (E2)."""
    run = tx.get(InvoiceRun, run_id)
    if run is None:
        return Problem("LAUF_GELOESCHT", "deleted")
    for document in tx.get_many(DocumentHead, document_ids).values():
        customer = tx.get(CustomerHead, document.customer_id)
        if is_blocked(customer):
            return Problem(BLOCKED.upper(), REASON_NAMES[BLOCKED], where=document.number)
        if code := other_channel(run.parameters, customer):
            return Problem(code.upper(), REASON_NAMES[code], where=document.number)
        targets = (
            ("ignored_customer", f"{IgnoredKind.CUSTOMER}|{document.customer_id}"),
            ("ignored_invoice", f"{IgnoredKind.DOCUMENT}|{document.id}"),
        )
        for reason, key in targets:
            if is_active(tx.find_one(Ignored, "kind_target", key), desk.today()):
                return Problem(reason.upper(), REASON_NAMES[reason], where=document.number)
    return None


def moved_address(tx: Transaction, job: MailJob) -> Problem | None:
    """Asked in the same commit: the customer's address is another one than when the row was checked (E7.2)."""
    if recipients(tx.get(CustomerHead, job.customer_id)) == job.recipients:
        return None
    return Problem(ADDRESS_CHANGED.upper(), REASON_NAMES[ADDRESS_CHANGED])


def has_open_dispatch(tx: Transaction, document_id: int) -> bool:
    """Whether a mail with this document is in flight or unknown anywhere (E1)."""
    return bool(tx.find_ids(Dispatch, "open_document", document_id))
