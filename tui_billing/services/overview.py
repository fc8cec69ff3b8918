"""The counters of the start screen: what waits today."""

from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal

from tui_billing.domain.batches import BatchState, InvoiceBatch
from tui_billing.domain.documents import DocumentHead
from tui_billing.domain.parties import Company, Customer
from tui_billing.domain.runs import Dispatch, Ignored, InvoiceRun, RowState, RunState
from tui_billing.services.desk import Desk
from tui_billing.services.errors import StoreError
from tui_billing.services.order_list import due_orders
from tui_billing.services.send_orphans import settle_orphans


@dataclass(frozen=True, slots=True)
class Overview:
    """Counts and sums; `is_empty` says that nobody has entered anything yet."""

    is_empty: bool
    due_orders: int = 0
    open_runs: int = 0
    unsent: int = 0
    unsent_eur: Decimal = Decimal(0)
    unknown: int = 0
    open_batches: int = 0
    customers: int = 0
    ignored: int = 0


def overview(desk: Desk) -> Overview:
    """Count by index. Not sent is also what is final and did not go out: festgeschrieben by hand, or its mail failed.

    What a dead process left in flight is settled first, so that the start shows it as ungeklärt (E9.1).
    """
    store = desk.store
    with suppress(StoreError):  # a store that is read-only shows its counters all the same
        settle_orphans(desk)
    if store.get(Company, 1) is None and not store.count(Customer):
        return Overview(is_empty=True)
    unsent = store.find(DocumentHead, "unsent", 1)
    open_runs = sum(len(store.find_ids(InvoiceRun, "state", s)) for s in RunState if s is not RunState.DONE)
    return Overview(
        is_empty=False,
        due_orders=due_orders(store, desk.today()),
        open_runs=open_runs,
        unsent=len(unsent),
        unsent_eur=sum((d.totals.gross for d in unsent), Decimal(0)),
        unknown=len(store.find_ids(Dispatch, "state", RowState.UNKNOWN)),
        open_batches=len(store.find_ids(InvoiceBatch, "state", BatchState.OPEN)),
        customers=store.count(Customer),
        ignored=store.count(Ignored),
    )
