"""The list of orders: a few fields of each and the next period that is neither billed nor waived."""

from dataclasses import dataclass
from datetime import date

from tui_billing.domain.codec import decode
from tui_billing.domain.interval_schedule import schedule
from tui_billing.domain.messages import N_
from tui_billing.domain.orders import IntervalTerms, Order
from tui_billing.domain.parties import Customer
from tui_billing.services.interval_cases import Ledger, all_ledgers
from tui_billing.store.repositories import Repository


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One order as a list shows it; `next_start` None where nothing is left to bill or there is no interval."""

    id: int
    number: str
    customer_id: int
    customer_name: str
    text: str
    interval: IntervalTerms | None
    closed: bool
    paused: bool
    next_start: date | None

    @property
    def is_active(self) -> bool:
        """Neither closed nor paused."""
        return not (self.closed or self.paused)

    @property
    def state_name(self) -> str:
        """German message id."""
        if self.closed:
            return N_("zu")
        return N_("pausiert") if self.paused else N_("aktiv")


def list_orders(store: Repository) -> list[OrderRow]:
    """All orders by number; one that cannot be read is left to `verify`."""
    ledgers = all_ledgers(store)
    names = {doc["id"]: str(doc.get("name", "")) for doc in store.raw_scan(Customer)}
    rows: list[OrderRow] = []
    for doc in store.raw_scan(Order):
        try:
            order = decode(Order, doc)
            rows.append(_row(order, names.get(order.customer_id, ""), ledgers.get(order.id, {})))
        except (KeyError, ValueError, TypeError, ArithmeticError):
            continue
    return sorted(rows, key=lambda r: r.number)


def _row(order: Order, customer_name: str, ledger: Ledger) -> OrderRow:
    terms = order.interval
    upcoming = schedule(terms).next_periods(ledger, 1) if terms and not order.closed else []
    return OrderRow(
        id=order.id,
        number=order.number,
        customer_id=order.customer_id,
        customer_name=customer_name,
        text=order.lines[0].name if order.lines else "",
        interval=terms,
        closed=order.closed,
        paused=bool(terms and terms.paused),
        next_start=upcoming[0].start if upcoming else None,
    )


def due_orders(store: Repository, day: date) -> int:
    """How many active orders have a period that is due on this day, for the counter of the start screen."""
    ledgers = all_ledgers(store)
    count = 0
    for doc in store.raw_scan(Order):
        terms = doc.get("interval")
        if not terms or doc.get("closed") or terms.get("paused"):
            continue
        try:
            grid = schedule(decode(IntervalTerms, terms))
        except (KeyError, ValueError, TypeError, ArithmeticError):
            continue
        ledger = ledgers.get(doc["id"], {})
        first = next(grid.open_periods(ledger), None)
        count += first is not None and first.trigger <= day
    return count
