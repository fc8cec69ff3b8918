"""A contract that ends inside a period which is billed already: the unused part is given back (rule C5.3)."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from tui_billing.domain.documents import ZERO, Document, DocumentKind, DocumentState, Line
from tui_billing.domain.interval_invoice import interval_parts
from tui_billing.domain.interval_prices import FLAT_UNIT
from tui_billing.domain.interval_schedule import Schedule, schedule
from tui_billing.domain.law import check_document
from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.domain.orders import Order, Period, PeriodState
from tui_billing.domain.parties import Customer
from tui_billing.domain.totals import line_net
from tui_billing.services import documents, orders
from tui_billing.services.company import company
from tui_billing.services.invoicing import DocumentPlan
from tui_billing.store.repositories import Repository


def plan_end_credit(store: Repository, order: Order, invoice_date: date) -> DocumentPlan:
    """A Gutschrift over what was billed beyond the contract's end: full minus prorated, so that both add up.

    Raises Refused where the order does not prorate, does not end, or nothing was billed beyond its end.
    """
    terms = order.interval
    if terms is None or not (terms.aligned or terms.prorate_end):
        raise Refused(
            _problem("KEINE_TEILBERECHNUNG", N_("Auftrag {number} rechnet die letzte Periode voll ab."), order)
        )
    grid = schedule(terms)
    end = grid.last_day
    billed = [p for p in store.find(Period, "order_id", order.id) if p.state is PeriodState.BILLED]
    beyond = sorted((p for p in billed if end and p.period_end > end), key=lambda p: p.period_start)
    if end is None or not beyond:
        text = N_("Bei Auftrag {number} ist nichts über das Vertragsende hinaus berechnet.")
        raise Refused(_problem("NICHTS_ZU_ERSTATTEN", text, order))
    first = max(end + timedelta(days=1), beyond[0].period_start)
    _refuse_second(store, order, first)
    whole = schedule(replace(terms, end=None, notice_received=None, renew_months=0))
    lines = tuple(line for p in beyond for line in _unused(order, grid, whole, p))
    customer = store.need(Customer, order.customer_id)
    document = documents.build(
        company(store),
        customer,
        kind=DocumentKind.CREDIT_MEMO,
        invoice_date=invoice_date,
        lines=lines,
        period_from=first,
        period_to=beyond[-1].period_end,
        **orders.document_fields(order),
    )
    return DocumentPlan(document, tuple(check_document(document)))


def _unused(order: Order, grid: Schedule, whole: Schedule, billed: Period) -> list[Line]:
    """Per position what was billed less what the used part costs; a period behind the end is given back whole."""
    full = whole.period_from(billed.period_start)
    used = grid.period_from(billed.period_start)
    if full is None:
        return []
    full_lines = interval_parts(order, [full]).lines
    kept = interval_parts(order, [used]).lines if used is not None and not grid.is_after_end(used) else ()
    lines = []
    for n, line in enumerate(full_lines):
        rest = line_net(line) - (line_net(kept[n]) if kept else ZERO)
        if rest:
            lines.append(
                replace(
                    line,
                    quantity=Decimal(1),
                    unit=FLAT_UNIT,
                    unit_price=rest,
                    price_unit=Decimal(1),
                    discount_percent=ZERO,
                )
            )
    return lines


def _refuse_second(store: Repository, order: Order, first: date) -> None:
    for document in store.find(Document, "order_id", order.id):
        is_credit = document.kind is DocumentKind.CREDIT_MEMO and document.state is not DocumentState.CANCELLED
        if is_credit and document.period_from == first:
            text = N_("Auftrag {number} ist schon gutgeschrieben mit {document}.")
            raise Refused(replace(_problem("SCHON_GUTGESCHRIEBEN", text, order), params=_names(order, document)))


def _names(order: Order, document: Document) -> dict[str, str]:
    return {"number": order.number, "document": document.number}


def _problem(code: str, text: str, order: Order) -> Problem:
    return Problem(code, text, {"number": order.number}, where=order.number)
