"""Orders with customer, ledger and grid, read so that one broken record never stops the others."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from tui_billing.domain.codec import decode
from tui_billing.domain.interval_schedule import schedule
from tui_billing.domain.interval_selection import LedgerEntry, OrderCase
from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.orders import Order, Period, PeriodState
from tui_billing.domain.parties import Customer
from tui_billing.store.repositories import Repository

Ledger = dict[date, LedgerEntry]
KEPT_CUSTOMERS = 2000
"""Customers that a selection remembers: enough for those with several orders in a row, little memory."""


@lru_cache(maxsize=65536)
def _day(text: str) -> date:
    """ISO days repeat in a ledger; the cache keeps one object for each."""
    return date.fromisoformat(text)


@lru_cache(maxsize=65536)
def _entry(end: str, state: str) -> LedgerEntry:
    return LedgerEntry(_day(end), PeriodState(state))


def ledger_of(reader: Repository, order_id: int) -> Ledger:
    """The ledger of one order by period start."""
    found = reader.find(Period, "order_id", order_id)
    return {p.period_start: LedgerEntry(p.period_end, p.state) for p in found}


def all_ledgers(reader: Repository) -> dict[int, Ledger]:
    """The ledgers of all orders in one pass."""
    ledgers: dict[int, Ledger] = {}
    for doc in reader.raw_scan(Period):
        entry = _entry(doc["period_end"], doc.get("state", "billed"))
        ledgers.setdefault(doc["order_id"], {})[_day(doc["period_start"])] = entry
    return ledgers


def case_of(reader: Repository, order: Order, customer: Customer | None = None) -> OrderCase:
    """One order with everything that decides about it."""
    return OrderCase(
        order=order,
        customer=customer or reader.get(Customer, order.customer_id),
        ledger=ledger_of(reader, order.id),
        schedule=schedule(order.interval) if order.interval else None,
    )


@dataclass(slots=True)
class CaseReader:
    """Reads the cases of a selection; customers are remembered for a while.

    `problems` gathers orders that cannot be read at all.
    """

    reader: Repository
    customer_ids: tuple[int, ...] = ()
    order_ids: tuple[int, ...] = ()
    problems: list[Problem] = field(default_factory=list)
    _customers: dict[int, Customer | None] = field(default_factory=dict)

    def customer(self, customer_id: int) -> Customer | None:
        """The customer, or None where there is none or the record cannot be read."""
        if customer_id not in self._customers:
            if len(self._customers) >= KEPT_CUSTOMERS:
                self._customers.clear()
            try:
                self._customers[customer_id] = self.reader.get(Customer, customer_id)
            except (KeyError, ValueError, TypeError, ArithmeticError):
                self._customers[customer_id] = None
        return self._customers[customer_id]

    def total(self) -> int:
        """How many orders there are to look at, for progress."""
        if self.order_ids:
            return len(self.order_ids)
        if self.customer_ids:
            return sum(len(self.reader.find_ids(Order, "customer_id", c)) for c in self.customer_ids)
        return self.reader.count(Order)

    def cases(self) -> Iterator[OrderCase]:
        """Every order with the container Intervallrechnungen, in id order."""
        narrow = bool(self.order_ids or self.customer_ids)
        ledgers = {} if narrow else all_ledgers(self.reader)
        for doc in self._docs():
            if not doc.get("interval"):
                continue
            case = self._case(doc, ledgers, narrow)
            if case is not None:
                yield case

    def _docs(self) -> Iterable[dict[str, Any]]:
        if not self.order_ids and not self.customer_ids:
            return self.reader.raw_scan(Order)
        wanted = set(self.order_ids)
        for customer_id in self.customer_ids:
            found = set(self.reader.find_ids(Order, "customer_id", customer_id))
            wanted = wanted & found if self.order_ids else wanted | found
        return self.reader.raw_many(Order, sorted(wanted))

    def _case(self, doc: dict[str, Any], ledgers: Mapping[int, Ledger], narrow: bool) -> OrderCase | None:
        try:
            order = decode(Order, doc)
            assert order.interval is not None
            grid = schedule(order.interval)
            ledger = ledger_of(self.reader, order.id) if narrow else ledgers.get(order.id, {})
            return OrderCase(order, self.customer(order.customer_id), ledger, grid)
        except (KeyError, ValueError, TypeError, ArithmeticError, OverflowError) as error:
            number = str(doc.get("number") or doc.get("id"))
            self.problems.append(unreadable(number, error))
            return None


def unreadable(number: str, error: Exception) -> Problem:
    """An order whose record or terms cannot be used."""
    return Problem(
        "AUFTRAG_UNLESBAR",
        N_("Auftrag {number} ist nicht lesbar: {message}"),
        {"number": number, "message": f"{type(error).__name__}: {error}"},
        where=number,
    )
