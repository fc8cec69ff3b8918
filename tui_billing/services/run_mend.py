"""Mending a run in place: the way of each row, changed addresses confirmed, refused rows taken up again (E3, E7.2)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from enum import StrEnum

from tui_billing.domain.messages import N_
from tui_billing.domain.parties import Channel, Customer
from tui_billing.domain.run_selection import is_active, is_blocked, recipients
from tui_billing.domain.run_states import FINISHED_ROWS, RunAction
from tui_billing.domain.runs import RowState, RunRow, RunType
from tui_billing.services.desk import Desk
from tui_billing.services.run_facts import gather, need_run
from tui_billing.services.runs import RunView, allow
from tui_billing.store.repositories import Repository


class Way(StrEnum):
    """The channel triage: how the customer of a row can be reached."""

    EMAIL = "email"
    LETTER = "letter"
    NONE = "none"
    BLOCKED = "blocked"


WAY_NAMES = {
    Way.EMAIL: N_("E-Mail"),
    Way.LETTER: N_("Brief"),
    Way.NONE: N_("ohne Weg"),
    Way.BLOCKED: N_("gesperrt"),
}

UNTOUCHABLE = FINISHED_ROWS | {RowState.IN_FLIGHT, RowState.UNKNOWN}
"""Rows that mending leaves alone: done, on their way, or waiting for the clerk's decision in dispatch."""


def triage(store: Repository, view: RunView, today: date) -> dict[int, Way]:
    """Row id -> way. `gesperrt` is a customer or document on the ignore lists, or a blocked customer."""
    facts = gather(store, view.documents.values(), today)

    def way(row: RunRow) -> Way:
        customer = view.customers.get(row.customer_id)
        ignored = (facts.ignored_customers.get(row.customer_id), facts.ignored_documents.get(row.document_id))
        if any(is_active(entry, today) for entry in ignored) or is_blocked(customer):
            return Way.BLOCKED
        if view.run.parameters.type is RunType.EMAIL:
            return Way.EMAIL if recipients(customer) else Way.NONE
        return Way.LETTER if customer is None or customer.channel is not Channel.EMAIL else Way.EMAIL

    return {row.id: way(row) for row in view.rows}


def changed_addresses(view: RunView) -> list[RunRow]:
    """Rows whose customer has another e-mail address than the clerk saw (E7.2)."""
    if view.run.parameters.type is not RunType.EMAIL:
        return []
    rows = (row for row in view.rows if row.state not in UNTOUCHABLE)
    return [row for row in rows if address_changed(row, view.customers.get(row.customer_id))]


def address_changed(row: RunRow, customer: Customer | None) -> bool:
    """Whether the address of today is another one than when the run was built or confirmed."""
    return row.address != recipients(customer)


def confirm_addresses(desk: Desk, run_id: int, row_ids: Iterable[int] | None = None) -> list[RunRow]:
    """The clerk confirms the addresses of today; refused and failed rows are open again. All rows without ids."""
    return _mend(desk, run_id, row_ids, "Adressen bestätigt", only_changed=True)


def retry_rows(desk: Desk, run_id: int, row_ids: Iterable[int]) -> list[RunRow]:
    """Take refused, failed and returned rows up again as they are, because the clerk says so; never ungeklärte (E9)."""
    return _mend(desk, run_id, row_ids, "Zeilen erneut bereit", only_changed=False)


def _mend(desk: Desk, run_id: int, row_ids: Iterable[int] | None, why: str, *, only_changed: bool) -> list[RunRow]:
    number = need_run(desk.store, run_id).number
    wanted = None if row_ids is None else set(row_ids)
    with desk.store.transaction(f"Rechnungslauf {number}: {why}", undoable=True) as tx:
        allow(need_run(tx, run_id), RunAction.MEND)
        rows = [r for r in tx.find(RunRow, "run_id", run_id) if wanted is None or r.id in wanted]
        customers = tx.get_many(Customer, sorted({r.customer_id for r in rows}))
        done = []
        for row in rows:
            customer = customers.get(row.customer_id)
            if row.state in UNTOUCHABLE or (only_changed and not address_changed(row, customer)):
                continue
            now = recipients(customer)
            mended = replace(row, address=now, address_confirmed=True, state=RowState.OPEN, reason="", reply="")
            if row.state is RowState.BOUNCED:
                mended = replace(mended, copy=True, dispatch_id=None)  # the first one has left the house (E8)
            done.append(tx.put(replace(mended, changed_at=desk.timestamp())))
    return done
