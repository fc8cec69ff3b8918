"""Orders of the demo company: Beiträge, Mieten and Wartungsverträge, some overdue, paused, ending; with their ledger.

The same customers and day give the same orders; customers are numbered from 0 by their place.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from tui_billing.domain.documents import VatCategory
from tui_billing.domain.interval_schedule import schedule
from tui_billing.domain.month_steps import add_months
from tui_billing.domain.orders import (
    CatchUp,
    IntervalTerms,
    IntervalUnit,
    Order,
    OrderLine,
    Period,
    PeriodState,
    PriceBasis,
    PriceChange,
    ScaleMode,
    ScaleStep,
    Timing,
)
from tui_billing.domain.parties import Customer
from tui_billing.services.order_import import insert_with_history
from tui_billing.store.repositories import Transaction

FIRST_NUMBER = 1041
WAIVED_REASON = "Kulanz wegen Umbau"


@dataclass(frozen=True, slots=True)
class DemoOrder:
    """An order, the day up to which (inclusive) its periods are billed, and how many open ones are then waived."""

    order: Order
    billed_until: date | None
    waived: int = 0


def demo_orders(customers: Sequence[Customer], rng: random.Random, today: date) -> list[DemoOrder]:
    """About two orders for three customers; every special case stands among the first dozen."""
    made: list[DemoOrder] = []
    for customer in customers:
        place = customer.id - 1
        for n, one in enumerate(_of_customer(customer, place, rng, today)):
            number = f"A-{FIRST_NUMBER + 2 * place + n}"
            made.append(replace(one, order=replace(one.order, number=number)))
    return made


def store_demo_orders(tx: Transaction, customers: Sequence[Customer], rng: random.Random, today: date) -> int:
    """Orders with their billed and waived periods; returns how many orders."""
    made = demo_orders(customers, rng, today)
    for one in made:
        order = insert_with_history(tx, one.order, one.billed_until)
        if one.waived and order.interval and one.billed_until:
            _waive(tx, order, order.interval, one)
    return len(made)


def _waive(tx: Transaction, order: Order, terms: IntervalTerms, one: DemoOrder) -> None:
    assert one.billed_until is not None
    grid = schedule(terms)
    index = grid.index_at(one.billed_until) + 1
    for period in (grid.period(index + n) for n in range(one.waived)):
        tx.insert(
            Period(
                order_id=order.id,
                period_start=period.start,
                period_end=period.end,
                state=PeriodState.WAIVED,
                reason=WAIVED_REASON,
            )
        )


def _of_customer(customer: Customer, place: int, rng: random.Random, today: date) -> Iterator[DemoOrder]:
    kind = place % 6
    if kind in (0, 4):
        yield _membership(customer, place, today)
    elif kind in (1, 3):
        yield _maintenance(customer, place, rng, today)
    elif kind == 2:
        yield _rent(customer, place, rng, today)
    if place % 12 == 5:
        yield _copies(customer, today)


def _membership(customer: Customer, place: int, today: date) -> DemoOrder:
    """Yearly in advance, billed for this year: due again on 1 January; every fifth ends with the year."""
    start = date(today.year - 2, 1, 1)
    ends = place % 30 == 10
    lines = (
        OrderLine(article="BEI", name="Beitrag {Jahr}", unit="Jahr", unit_price=Decimal("96.00")),
        *((_magazine(),) if place % 4 == 0 else ()),
    )
    order = Order(
        customer_id=customer.id,
        document_type="Beitragsrechnung",
        order_date=start,
        header_text="Beitrag für {Abrechnungszeitraum}" if place % 2 == 0 else "",
        lines=lines,
        interval=IntervalTerms(
            unit=IntervalUnit.YEAR, anchor=start, end=date(today.year, 12, 31) if ends else None, notice_months=3
        ),
    )
    return DemoOrder(order, date(today.year, 12, 31))


def _magazine() -> OrderLine:
    return OrderLine(
        article="ZTG",
        name="Vereinszeitung {Jahr}",
        unit="Jahr",
        unit_price=Decimal("24.00"),
        vat_rate=Decimal(7),
    )


def _rent(customer: Customer, place: int, rng: random.Random, today: date) -> DemoOrder:
    """Monthly in advance in the calendar's grid; some overdue, combined, paused, ending, or with a waived month."""
    first = date(today.year - 1, 1, 1)
    overdue = place % 18 == 2
    terms = IntervalTerms(
        anchor=first,
        start=first.replace(day=15) if place % 12 == 2 else first,
        aligned=True,
        catch_up=CatchUp.COMBINED if place % 36 == 8 else CatchUp.EACH,
        end=add_months(today.replace(day=1), 2) - timedelta(days=1) if place % 24 == 14 else None,
        paused=place % 24 == 20,
    )
    rent = Decimal(rng.randrange(480, 1900, 10))
    lines = (
        OrderLine(
            article="MI",
            name="Miete {Monat}",
            unit="Monat",
            unit_price=rent,
            price_changes=(PriceChange(valid_from=date(today.year, 7, 1), unit_price=rent * Decimal("1.03")),),
        ),
        OrderLine(article="NK", name="Vorauszahlung Nebenkosten", unit="Monat", unit_price=Decimal("145.00")),
    )
    order = Order(customer_id=customer.id, document_type="Mietrechnung", order_date=first, lines=lines, interval=terms)
    billed = add_months(today.replace(day=1), -2 if overdue else 1) - timedelta(days=1)
    return DemoOrder(order, billed, waived=1 if place % 30 == 26 else 0)


def _maintenance(customer: Customer, place: int, rng: random.Random, today: date) -> DemoOrder:
    """Quarterly in arrears; a month-end one and a yearly value in two-month parts among them."""
    quarter = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
    first = date(today.year - 1, 1, 1)
    terms = IntervalTerms(unit=IntervalUnit.QUARTER, anchor=first, timing=Timing.IN_ARREARS)
    line = OrderLine(
        article="WA",
        name="Wartung {Quartal}",
        unit="Quartal",
        unit_price=Decimal(rng.randrange(180, 690, 15)),
    )
    billed = quarter - timedelta(days=1)
    if place % 12 == 9:
        terms = IntervalTerms(anchor=date(today.year - 1, 1, 31), month_end=True, timing=Timing.IN_ADVANCE)
        line = replace(line, name="Fernwartung ab {von}", unit="Monat", unit_price=Decimal("39.90"))
        billed = add_months(today.replace(day=1), 0) - timedelta(days=1)
    elif place % 12 == 7:
        terms = IntervalTerms(every=2, anchor=first, timing=Timing.IN_ARREARS, catch_up=CatchUp.NEXT_ONLY)
        line = replace(
            line,
            name="Pauschale ab {von}",
            unit="Jahr",
            unit_price=Decimal(1000),
            price_basis=PriceBasis.YEAR,
        )
        billed = date(today.year, 6, 30)
    order = Order(customer_id=customer.id, order_date=first, lines=(line,), interval=terms)
    return DemoOrder(order, billed)


def _copies(customer: Customer, today: date) -> DemoOrder:
    """An order without interval, billed once by hand, with a scale."""
    steps = (
        ScaleStep(from_quantity=Decimal(1), unit_price=Decimal("10.00")),
        ScaleStep(from_quantity=Decimal(100), unit_price=Decimal("9.00")),
        ScaleStep(from_quantity=Decimal(500), unit_price=Decimal("8.00")),
    )
    line = OrderLine(
        article="DR",
        name="Festschrift, gebunden",
        quantity=Decimal(150),
        scale=steps,
        scale_mode=ScaleMode.GRADUATED,
        vat_category=VatCategory.STANDARD,
        vat_rate=Decimal(7),
    )
    return DemoOrder(Order(customer_id=customer.id, order_date=today, lines=(line,)), None)
