"""Import of orders: read, plan with every refused row, then all or nothing (or what is good)."""

from collections.abc import Generator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from tui_billing.domain.interval_schedule import schedule
from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.domain.order_rules import check_order
from tui_billing.domain.orders import Order, Period
from tui_billing.domain.parties import Customer
from tui_billing.exchange.port import ImportedOrder, Item, NumberFormat, kept_out
from tui_billing.exchange.port import parse_orders as read_orders
from tui_billing.services import document_types, orders, settings
from tui_billing.services.desk import Desk, Progress
from tui_billing.services.imports import GROUP, ImportPlan, in_line_order, refuse_in_part, taken_problem
from tui_billing.store.repositories import Store, Transaction


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order ready to be stored; its periods up to `billed_until` (inclusive) go into the ledger as billed."""

    order: Order
    billed_until: date | None


def plan_orders(store: Store, data: bytes, numbers: NumberFormat | None = None) -> ImportPlan[NewOrder]:
    """Orders of a CSV file; customers must be there already."""
    parsed = read_orders(data, numbers, Decimal(settings.get(store, "invoice.vat_rate")))
    if parsed.fatal:
        raise Refused(*parsed.fatal)
    good: list[NewOrder] = []
    refused = list(parsed.refused)
    warnings = list(parsed.warnings)
    for item in parsed.items:
        imported, where = item.record, item.where
        customer = store.find_one(Customer, "number", imported.customer_number)
        order = replace(imported.order, customer_id=customer.id if customer else 0)
        problems = _problems(store, order, imported.customer_number, item)
        warnings += [replace(p, where=where) for p in problems if p.warning]
        if errors := [replace(p, where=where) for p in problems if not p.warning]:
            refused += [*errors, *kept_out(order.number, item.places, errors)]
        else:
            good.append(NewOrder(orders.cleaned(order), imported.billed_until))
    return ImportPlan(tuple(good), in_line_order(refused), tuple(warnings))


def _problems(store: Store, order: Order, customer_number: str, item: Item[ImportedOrder]) -> list[Problem]:
    problems: list[Problem] = []
    if not order.customer_id:
        text = N_("Kunde {number} gibt es nicht; zuerst die Kunden importieren.")
        problems.append(Problem("KUNDE_UNBEKANNT", text, {"number": customer_number}))
    if store.find_ids(Order, "number", order.number):
        problems.append(taken_problem(N_("Auftragsnummer {number} gibt es schon."), order.number, item.where))
    if no_type := document_types.unknown(store, order.document_type):
        problems.append(no_type)
    return problems + [p for p in check_order(order) if p.code != "KUNDE_FEHLT"]


def apply_orders(desk: Desk, plan: ImportPlan[NewOrder], *, partial: bool = False) -> Generator[Progress, None, None]:
    """Store the orders with their history. All or nothing is one commit; with `partial`, groups."""
    refuse_in_part(plan, partial)
    total = len(plan.items)
    size = GROUP if partial else max(total, 1)
    for start in range(0, total, size):
        group = plan.items[start : start + size]
        with desk.store.transaction(f"Import: {len(group)} Aufträge") as tx:
            for item in group:
                insert_with_history(tx, item.order, item.billed_until)
        yield Progress(start + len(group), total)


def insert_with_history(tx: Transaction, order: Order, billed_until: date | None) -> Order:
    """A new order and, as billed, all its periods that end on or before the day."""
    stored = orders.store_order(tx, order)
    if stored.interval is None or billed_until is None:
        return stored
    grid = schedule(stored.interval)
    for index in range(grid.first_index, grid.index_at(billed_until) + 1):
        period = grid.period(index)
        if period.end <= billed_until and not grid.is_after_end(period):
            tx.insert(
                Period(order_id=stored.id, period_start=period.start, period_end=period.end, reason=BILLED_BEFORE)
            )
    return stored


BILLED_BEFORE = "vor der Übernahme berechnet"
