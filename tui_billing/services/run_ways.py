"""The channel triage of a whole run: its rows, and the candidates that only their way keeps out (E2, E11)."""

from dataclasses import dataclass
from datetime import date

from tui_billing.domain.documents import DocumentHead
from tui_billing.domain.parties import Channel, Customer
from tui_billing.domain.run_selection import recipients
from tui_billing.domain.run_states import RunAction, refusal
from tui_billing.domain.runs import RowState, RunRow, RunType
from tui_billing.services.run_mend import Way, triage
from tui_billing.services.runs import RunView, open_run, plan_create_run
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
    joins: bool = False
    """Not in the run, and a rebuild would take it: its contact was mended, or it is new."""


@dataclass(frozen=True, slots=True)
class Ways:
    """The documents with their ways, and how many candidates are out for any other reason."""

    rows: list[WayRow]
    others: int


def ways(store: Repository, run_id: int, today: date) -> Ways:
    """In the order of the run, what is not in it behind it."""
    view = open_run(store, run_id)
    found = triage(store, view, today)
    inside = [
        WayRow(view.documents[row.document_id], view.customers.get(row.customer_id), found[row.id], row)
        for row in view.rows
        if row.state is not RowState.REMOVED and row.document_id in view.documents
    ]
    known = {row.document_id for row in view.rows}
    plan = plan_create_run(store, view.run.parameters, today)
    out = {v.key: WAY_OF_REASON.get(v.out_reason) for v in plan.verdicts if v.is_in or v.out_reason in WAY_OF_REASON}
    heads = store.get_many(DocumentHead, [key for key in out if key not in known])
    customers = store.get_many(Customer, {head.customer_id for head in heads.values()})
    can_rebuild = refusal(view.run, RunAction.REBUILD) is None
    outside = [
        WayRow(head, customer, out[i] or _way_in(view, customer), None, joins=out[i] is None and can_rebuild)
        for i, head in heads.items()
        for customer in (customers.get(head.customer_id),)
    ]
    rows = inside + outside
    return Ways(rows, len({v.key for v in plan.verdicts} - {r.document.id for r in rows}))


def _way_in(view: RunView, customer: Customer | None) -> Way:
    """The way of a document that a rebuild would take."""
    if view.run.parameters.type is RunType.EMAIL:
        return Way.EMAIL if recipients(customer) else Way.NONE
    return Way.EMAIL if customer is not None and customer.channel is Channel.EMAIL else Way.LETTER
