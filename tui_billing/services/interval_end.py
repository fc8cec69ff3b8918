"""A contract that ends inside a period which is billed already: the unused part is given back (rule C5.3)."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from tui_billing.domain.documents import ZERO, Document, DocumentKind, DocumentState, Line
from tui_billing.domain.interval_invoice import interval_parts
from tui_billing.domain.interval_prices import FLAT_UNIT
from tui_billing.domain.interval_schedule import BillingPeriod, schedule
from tui_billing.domain.law import check_document
from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.domain.orders import IntervalTerms, Order, Period, PeriodState
from tui_billing.domain.parties import Customer
from tui_billing.domain.proration import WHOLE, unused_amount, used_part
from tui_billing.domain.totals import group_of, line_costs, line_net, net_of_gross
from tui_billing.services import documents, orders
from tui_billing.services.company import company
from tui_billing.services.invoicing import DocumentPlan
from tui_billing.store.repositories import Repository


class _Unused(NamedTuple):
    """A position of the credit; its flat price is gross where the billed document's were."""

    line: Line
    is_gross: bool


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
    ordered = sorted(billed, key=lambda p: p.period_start)
    unused = [(p, _unused(store, order, p, end)) for p in ordered] if end else []
    unused = [(p, lines) for p, lines in unused if lines]
    if end is None or not unused:
        whole = bool(billed) and not (order.interval.aligned or order.interval.prorate_end)
        code, text = ("KEINE_TEILBERECHNUNG", _BILLED_WHOLE) if whole else ("NICHTS_ZU_ERSTATTEN", _NOTHING)
        raise Refused(_problem(code, text, order))
    first, last = max(end + timedelta(days=1), unused[0][0].period_start), unused[-1][0].period_end
    _refuse_second(store, order, first, last)
    parts = [part for _, found in unused for part in found]
    is_gross = all(part.is_gross for part in parts)
    document = documents.build(
        company(store),
        store.need(Customer, order.customer_id),
        kind=DocumentKind.CREDIT_MEMO,
        invoice_date=invoice_date,
        lines=tuple(part.line if is_gross else _as_net(part) for part in parts),
        period_from=first,
        period_to=last,
        **{**orders.document_fields(order), "gross_prices": is_gross},
    )
    return DocumentPlan(document, tuple(check_document(document)))


_NOTHING = N_("Bei Auftrag {number} ist nichts über das Vertragsende hinaus berechnet.")
_BILLED_WHOLE = N_("Auftrag {number} rechnet die letzte Periode voll ab.")


def _unused(store: Repository, order: Order, billed: Period, end: date) -> list[_Unused]:
    """Per billed position what it cost less the used part of that; nothing of a cancelled document."""
    assert order.interval is not None
    part = _used_part(order.interval, billed, end)
    found = []
    for line, cost, is_gross in _billed_lines(store, order, billed):
        rest = unused_amount(cost, part)
        if rest:
            flat = {"quantity": Decimal(1), "unit": FLAT_UNIT, "unit_price": rest, "price_unit": Decimal(1)}
            found.append(_Unused(replace(line, discount_percent=ZERO, **flat), is_gross))  # type: ignore[arg-type]
    return found


def _used_part(terms: IntervalTerms, billed: Period, end: date) -> Fraction:
    """The used part of what was billed for this period: nothing of one behind the end, all where nothing is cut."""
    if end < billed.period_start:
        return Fraction(0)
    if not schedule(terms).cuts_end:
        return WHOLE
    start, last = billed.period_start, billed.period_end
    full = _whole_period(terms, start)
    was_billed = full._replace(end=last) if full else BillingPeriod(0, start, last, start, last, start)
    return used_part(was_billed, end, terms)


def _whole_period(terms: IntervalTerms, start: date) -> BillingPeriod | None:
    """The period that begins on this day as if the contract went on; None where the grid is another one by now."""
    return schedule(replace(terms, end=None, notice_received=None, renew_months=0)).period_from(start)


def _billed_lines(store: Repository, order: Order, billed: Period) -> list[tuple[Line, Decimal, bool]]:
    """The positions of this period with what each cost, discounts on the whole document taken off, and whether that
    is gross; those of the order where no document is named. Raises Refused where the document was corrected since."""
    document = store.get(Document, billed.document_id) if billed.document_id else None
    if document is not None and document.state is DocumentState.CANCELLED:
        return []
    if document is not None:
        _refuse_corrected(store, order, document)
        several = len(document.period_starts) > 1
        costs = zip(document.lines, line_costs(document), strict=True)
        return [
            (line, cost, document.gross_prices)
            for line, cost in costs
            if not several or line.service_from == billed.period_start
        ]
    assert order.interval is not None
    full = _whole_period(order.interval, billed.period_start)
    lines = interval_parts(order, [full]).lines if full is not None else ()
    return [(line, line_net(line), order.gross_prices) for line in lines]


def _refuse_corrected(store: Repository, order: Order, document: Document) -> None:
    """What a Korrektur took back already is not known per day; the clerk corrects the invoice itself further."""
    for other in store.find(Document, "reference", document.id):
        if other.kind is DocumentKind.CORRECTION and other.state is not DocumentState.CANCELLED:
            text = N_(
                "Auftrag {number}: {document} ist schon mit {correction} berichtigt; bitte dort weiter berichtigen."
            )
            params = {**_names(order, document), "correction": other.number}
            raise Refused(Problem("SCHON_BERICHTIGT", text, params, where=order.number))


def _as_net(unused: _Unused) -> Line:
    """A gross amount as net, for a credit over documents of both kinds."""
    if not unused.is_gross:
        return unused.line
    return replace(unused.line, unit_price=net_of_gross(unused.line.unit_price, group_of(unused.line)[1]))


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
