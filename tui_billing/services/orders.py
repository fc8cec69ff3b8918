"""Aufträge: saved, found, deleted, and their life at a glance (next dates, strip of periods)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from tui_billing.domain.documents import Document, Line, VatCategory
from tui_billing.domain.interval_invoice import interval_parts, once_parts
from tui_billing.domain.interval_schedule import BillingPeriod, StripMark, schedule
from tui_billing.domain.interval_selection import LedgerEntry
from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.domain.order_rules import NO_ANCHOR, check_against_ledger, check_order
from tui_billing.domain.orders import Order, OrderLine, PeriodState
from tui_billing.domain.parties import Company, Customer
from tui_billing.domain.texts import clean, clean_block
from tui_billing.services import document_types as document_types_of
from tui_billing.services import settings
from tui_billing.services.desk import Desk
from tui_billing.services.errors import not_found
from tui_billing.services.interval_cases import ledger_of
from tui_billing.store.repositories import Repository, Transaction

NEXT_DATES = 12
STRIP_PERIODS = 24
MANY_YEARS = 6
BOXES = {StripMark.BILLED: "■", StripMark.DUE: "□", StripMark.WAIVED: "–", StripMark.FUTURE: "·"}


@dataclass(frozen=True, slots=True)
class OrderPreview:
    """What an order will do: the next periods to bill, the strip around a day, lines of the next invoice, problems."""

    next: tuple[BillingPeriod, ...]
    strip: tuple[tuple[BillingPeriod, StripMark], ...]
    lines: tuple[Line, ...]
    problems: tuple[Problem, ...]


def find(store: Repository, number: str) -> Order:
    """The order that the clerk names. Raises WrongUse where there is none."""
    found = store.find_one(Order, "number", number.strip())
    if found is None:
        raise not_found(N_("Auftrag"), number)
    return found


def find_customer(store: Repository, number: str) -> Customer:
    """The customer that the clerk names. Raises WrongUse where there is none."""
    found = store.find_one(Customer, "number", number.strip())
    if found is None:
        raise not_found(N_("Kunde"), number)
    return found


def cleaned(order: Order) -> Order:
    """The order without control characters, its positions numbered, its anchor the start where none is given."""
    interval = order.interval
    if interval is not None and interval.anchor == NO_ANCHOR and interval.start is not None:
        interval = replace(interval, anchor=interval.start)
    return replace(
        order,
        number=clean(order.number).strip(),
        document_type=clean(order.document_type).strip(),
        header_text=clean_block(order.header_text),
        footer_text=clean_block(order.footer_text),
        buyer_order_reference=clean(order.buyer_order_reference).strip(),
        exemption_reason=clean(order.exemption_reason).strip(),
        note=clean_block(order.note),
        lines=tuple(_cleaned_line(line, n) for n, line in enumerate(order.lines, 1)),
        interval=interval,
    )


def _cleaned_line(line: OrderLine, position: int) -> OrderLine:
    return replace(
        line,
        position=position,
        article=clean(line.article).strip(),
        name=clean(line.name),
        description=clean_block(line.description),
        unit=clean(line.unit).strip(),
    )


def document_fields(order: Order) -> dict[str, Any]:
    """What every document of an order takes over from it, beside lines and texts."""
    return {
        "buyer_order_reference": order.buyer_order_reference,
        "gross_prices": order.gross_prices,
        "exemption_reason": order.exemption_reason,
        "property_work": order.property_work,
        "order_id": order.id,
        "order_number": order.number,
    }


def check(store: Repository, order: Order) -> list[Problem]:
    """Everything that speaks against saving this order, warnings included."""
    problems = check_order(order)
    if no_type := document_types_of.unknown(store, order.document_type):
        problems.append(no_type)
    if order.customer_id and store.get(Customer, order.customer_id) is None:
        problems.append(Problem("KUNDE_UNBEKANNT", N_("Kunden des Auftrags gibt es nicht"), where="customer"))
    if order.id:
        problems += check_against_ledger(order, ledger_of(store, order.id))
    return problems


def save(desk: Desk, order: Order, *, reason: str = "") -> tuple[Order, list[Problem]]:
    """Store a new order (id 0, number drawn where it has none) or an edited one; returns it with its warnings.

    Raises Refused with every problem at once, Stale where another clerk has changed it, NotUnique for a taken number.
    """
    order = cleaned(order)
    if order.id and desk.store.get(Order, order.id) == order:
        return order, check(desk.store, order)  # nothing to write, and nothing for the audit trail
    with desk.store.transaction(_why(order), reason=reason) as tx:
        problems = check(tx, order)
        errors = [p for p in problems if not p.warning]
        if errors:
            raise Refused(*errors)
        return store_order(tx, order), problems


def _why(order: Order) -> str:
    return f"Auftrag {order.number} geändert" if order.id else f"Auftrag {order.number} angelegt".replace("  ", " ")


def store_order(tx: Transaction, order: Order) -> Order:
    """Insert or replace inside a transaction; a new one without a number draws the next free one."""
    if order.id:
        return tx.put(order, expect_rev=order.rev)
    return tx.insert(order if order.number else replace(order, number=_next_number(tx)))


def _next_number(tx: Transaction) -> str:
    """The next free order number, from A-1001."""
    while True:
        number = f"A-{1000 + tx.allocate_int('order')}"
        if not tx.find_ids(Order, "number", number):
            return number


def delete(desk: Desk, order: Order) -> None:
    """Delete an order that has never been billed; others are closed instead. Undoable."""
    with desk.store.transaction(f"Auftrag {order.number} gelöscht", undoable=True) as tx:
        if tx.find_ids(Document, "order_id", order.id) or ledger_of(tx, order.id):
            text = N_("Auftrag {number} hat Rechnungen oder ausgelassene Perioden; bitte abschließen statt löschen")
            raise Refused(Problem("AUFTRAG_BERECHNET", text, {"number": order.number}, where=order.number))
        tx.delete(Order, order.id, expect_rev=order.rev)


def preview(order: Order, ledger: Collection[date] | dict[date, LedgerEntry], day: date) -> OrderPreview:
    """Next 12 dates and the strip of 24 periods around `day`; pure, so that a form can ask while it is edited."""
    problems = check_order(order)
    if order.interval is None:
        return OrderPreview((), (), once_parts(order, day, day).lines, tuple(problems))
    if any(not p.warning and p.where in _GRID for p in problems):
        return OrderPreview((), (), (), tuple(problems))
    grid = schedule(order.interval)
    states = {s: e.state for s, e in ledger.items()} if isinstance(ledger, dict) else dict.fromkeys(ledger, _BILLED)
    upcoming = grid.next_periods(states, NEXT_DATES)
    lines = interval_parts(order, upcoming[:1]).lines if upcoming and order.lines else ()
    return OrderPreview(tuple(upcoming), tuple(grid.strip(states, day, STRIP_PERIODS)), lines, tuple(problems))


_GRID = ("every", "anchor", "start", "end")
_BILLED = PeriodState.BILLED


def stored_preview(store: Repository, order: Order, day: date) -> OrderPreview:
    """The preview of an order as it is, with its own ledger."""
    return preview(order, ledger_of(store, order.id) if order.id else {}, day)


def strip_text(strip: Sequence[tuple[BillingPeriod, StripMark]]) -> str:
    """2026 ■■■■■■■■■■■□  2027 ····; where every period is a year, the first and the last year frame the boxes."""
    years: dict[int, str] = {}
    for period, mark in strip:
        years[period.start.year] = years.get(period.start.year, "") + BOXES[mark]
    if len(years) <= MANY_YEARS:
        return "  ".join(f"{year} {boxes}" for year, boxes in years.items())
    return f"{min(years)} {''.join(years.values())} {max(years)}"


def new_line(store: Repository) -> OrderLine:
    """An empty position with the usual rate; a Kleinunternehmer shows no tax (§ 19 UStG)."""
    seller = store.get(Company, 1)
    if seller is not None and seller.small_business:
        return OrderLine(vat_category=VatCategory.EXEMPT, vat_rate=Decimal(0))
    try:
        return OrderLine(vat_rate=Decimal(settings.get(store, "invoice.vat_rate")))
    except InvalidOperation:
        return OrderLine()
