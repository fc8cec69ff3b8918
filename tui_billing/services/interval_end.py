"""A contract that ends inside a period which is billed already: the unused part is given back (rule C5.3)."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from tui_billing.domain.documents import ZERO, Document, DocumentKind, DocumentState, Line
from tui_billing.domain.interval_invoice import interval_parts
from tui_billing.domain.interval_prices import FLAT_UNIT
from tui_billing.domain.interval_schedule import schedule
from tui_billing.domain.law import check_document
from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.domain.orders import Order, Period, PeriodState
from tui_billing.domain.parties import Customer
from tui_billing.domain.proration import part_of, unused_amount
from tui_billing.domain.totals import line_net
from tui_billing.services import documents, orders
from tui_billing.services.company import company
from tui_billing.services.invoicing import DocumentPlan
from tui_billing.store.repositories import Repository


def plan_end_credit(store: Repository, order: Order, invoice_date: date) -> DocumentPlan:
    """A Gutschrift over what was billed beyond the contract's end: full minus prorated, so that both add up.

    Periods that begin after the end go back whole, the one that the end cuts only where the order prorates. What the
    billed documents say counts, not what the order costs today. Raises Refused where there is nothing to give back.
    """
    if order.interval is None:
        raise Refused(_problem("NICHTS_ZU_ERSTATTEN", _NOTHING, order))
    end = schedule(order.interval).last_day
    found = store.find(Period, "order_id", order.id)
    billed = [p for p in found if p.state is PeriodState.BILLED and end and p.period_end > end]
    unused = [(p, _unused(store, order, p)) for p in sorted(billed, key=lambda p: p.period_start)]
    unused = [(p, lines) for p, lines in unused if lines]
    if end is None or not unused:
        whole = bool(billed) and not (order.interval.aligned or order.interval.prorate_end)
        code, text = ("KEINE_TEILBERECHNUNG", _BILLED_WHOLE) if whole else ("NICHTS_ZU_ERSTATTEN", _NOTHING)
        raise Refused(_problem(code, text, order))
    first, last = max(end + timedelta(days=1), unused[0][0].period_start), unused[-1][0].period_end
    _refuse_second(store, order, first, last)
    document = documents.build(
        company(store),
        store.need(Customer, order.customer_id),
        kind=DocumentKind.CREDIT_MEMO,
        invoice_date=invoice_date,
        lines=tuple(line for _, lines in unused for line in lines),
        period_from=first,
        period_to=last,
        **orders.document_fields(order),
    )
    return DocumentPlan(document, tuple(check_document(document)))


_NOTHING = N_("Bei Auftrag {number} ist nichts über das Vertragsende hinaus berechnet.")
_BILLED_WHOLE = N_("Auftrag {number} rechnet die letzte Periode voll ab.")


def _unused(store: Repository, order: Order, billed: Period) -> list[Line]:
    """Per billed position its amount less the used part's; nothing of a cancelled document."""
    assert order.interval is not None
    grid = schedule(order.interval)
    used = grid.period_from(billed.period_start)
    part = part_of(used, order.interval) if used is not None and not grid.is_after_end(used) else None
    lines = []
    for line in _billed_lines(store, order, billed):
        rest = line.net if part is None else unused_amount(line.net, part)
        if rest:
            flat = {"quantity": Decimal(1), "unit": FLAT_UNIT, "unit_price": rest, "price_unit": Decimal(1)}
            lines.append(replace(line, discount_percent=ZERO, **flat))  # type: ignore[arg-type]
    return lines


def _billed_lines(store: Repository, order: Order, billed: Period) -> tuple[Line, ...]:
    """The positions of this period as they were billed; those of the order where no document is named."""
    document = store.get(Document, billed.document_id) if billed.document_id else None
    if document is not None and document.state is DocumentState.CANCELLED:
        return ()
    if document is not None:
        several = len(document.period_starts) > 1
        return tuple(li for li in document.lines if not several or li.service_from == billed.period_start)
    assert order.interval is not None
    whole = schedule(replace(order.interval, end=None, notice_received=None, renew_months=0))
    full = whole.period_from(billed.period_start)
    lines = interval_parts(order, [full]).lines if full is not None else ()
    return tuple(replace(line, net=line_net(line)) for line in lines)


def _refuse_second(store: Repository, order: Order, first: date, last: date) -> None:
    """No day is given back twice, also where the contract's end was moved since."""
    for document in store.find(Document, "order_id", order.id):
        is_credit = document.kind is DocumentKind.CREDIT_MEMO and document.state is not DocumentState.CANCELLED
        start, end = document.period_from, document.period_to
        if is_credit and not document.period_starts and start and end and start <= last and end >= first:
            text = N_("Auftrag {number} ist schon gutgeschrieben mit {document}.")
            raise Refused(replace(_problem("SCHON_GUTGESCHRIEBEN", text, order), params=_names(order, document)))


def _names(order: Order, document: Document) -> dict[str, str]:
    return {"number": order.number, "document": document.number}


def _problem(code: str, text: str, order: Order) -> Problem:
    return Problem(code, text, {"number": order.number}, where=order.number)
