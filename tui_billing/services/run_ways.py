"""The channel triage of a whole run: its rows, and the candidates that only their way keeps out (E2, E11)."""

from dataclasses import dataclass
from datetime import date

from tui_billing.domain.documents import DocumentHead
from tui_billing.domain.parties import Customer
from tui_billing.domain.runs import RowState, RunRow
from tui_billing.services.run_mend import Way, triage
from tui_billing.services.runs import open_run, plan_create_run
from tui_billing.store.repositories import Repository

WAY_OF_REASON = {
    "letter": Way.LETTER,
    "email": Way.EMAIL,
    "no_channel": Way.NONE,
    "customer_blocked": Way.BLOCKED,
    "ignored_customer": Way.BLOCKED,
    "ignored_invoice": Way.BLOCKED,
}


@dataclass(frozen=True, slots=True)
class WayRow:
    """One document with the way it can take; `row` is its row, None where the way keeps it out."""

    document: DocumentHead
    customer: Customer | None
    way: Way
    row: RunRow | None


def ways(store: Repository, run_id: int, today: date) -> list[WayRow]:
    """In the order of the run, what is out for its way behind it."""
    view = open_run(store, run_id)
    found = triage(store, view, today)
    inside = [
        WayRow(view.documents[row.document_id], view.customers.get(row.customer_id), found[row.id], row)
        for row in view.rows
        if row.state is not RowState.REMOVED and row.document_id in view.documents
    ]
    known = {row.document_id for row in view.rows}
    plan = plan_create_run(store, view.run.parameters, today)
    out = {v.key: WAY_OF_REASON[v.out_reason] for v in plan.verdicts if v.out_reason in WAY_OF_REASON}
    heads = store.get_many(DocumentHead, [key for key in out if key not in known])
    customers = store.get_many(Customer, {head.customer_id for head in heads.values()})
    return inside + [WayRow(head, customers.get(head.customer_id), out[i], None) for i, head in heads.items()]
