"""What is given back when a contract ends inside a billed period: billed minus used, whatever was billed (C5.3)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal as D
from pathlib import Path

import pytest
from fakes import add_company, add_customer, make_desk

from tui_billing.domain.creations import IntervalSelectionParameters
from tui_billing.domain.documents import Adjustment, Document, DocumentKind
from tui_billing.domain.messages import Refused
from tui_billing.domain.orders import IntervalTerms, IntervalUnit, Order, OrderLine, Proration
from tui_billing.domain.totals import compute
from tui_billing.services import documents, interval_end, orders
from tui_billing.services.desk import Desk
from tui_billing.services.interval_creation import apply_create
from tui_billing.services.intervals import finish, plan_select

YEAR = IntervalUnit.YEAR
JULY = date(2026, 7, 1)
WHOLE_YEAR = IntervalTerms(unit=YEAR, anchor=date(2026, 1, 1), prorate_end=True)


def billed(folder: Path, terms: IntervalTerms, price: str, **fields: object) -> tuple[Desk, Order]:
    desk = make_desk(folder)
    add_company(desk)
    add_customer(desk, "1")
    orders.save(desk, Order(customer_id=1, lines=(OrderLine(name="W", unit_price=D(price)),), interval=terms, **fields))  # type: ignore[arg-type]
    selection = IntervalSelectionParameters(execution_date=JULY, invoice_date=JULY)
    finish(apply_create(desk, finish(plan_select(desk.store, selection))))
    return desk, desk.store.all(Order)[0]


def ended(desk: Desk, order: Order, end: date, **fields: object) -> Order:
    assert order.interval is not None
    orders.save(desk, replace(order, interval=replace(order.interval, end=end), **fields))  # type: ignore[arg-type]
    return desk.store.all(Order)[0]


def credit(desk: Desk, order: Order) -> Document:
    return interval_end.plan_end_credit(desk.store, order, date(2026, 12, 1)).document


@pytest.mark.parametrize(
    ("terms", "price", "end", "was_billed", "given_back"),
    [
        (WHOLE_YEAR, "1200", date(2026, 9, 30), ["1200.00"], ["-302.47"]),
        (IntervalTerms(unit=YEAR, anchor=JULY, aligned=True), "1200", date(2026, 9, 30), ["604.93"], ["-302.46"]),
        (
            IntervalTerms(anchor=date(2026, 6, 11), aligned=True),
            "300",
            date(2026, 6, 20),
            ["200.00", "300.00"],
            ["-100.00", "-300.00"],
        ),
        (replace(WHOLE_YEAR, end=date(2026, 9, 30)), "1200", date(2026, 6, 30), ["897.53"], ["-302.46"]),
        (replace(WHOLE_YEAR, proration=Proration.THIRTY_360), "1200", date(2026, 9, 30), ["1200.00"], ["-300.00"]),
        (
            IntervalTerms(unit=YEAR, anchor=JULY, aligned=True, proration=Proration.THIRTY_360),
            "1200",
            date(2026, 9, 30),
            ["600.00"],
            ["-300.00"],
        ),
    ],
)
def test_billed_minus_used_also_where_a_part_was_billed(
    tmp_path: Path, terms: IntervalTerms, price: str, end: date, was_billed: Sequence[str], given_back: Sequence[str]
) -> None:
    desk, order = billed(tmp_path, terms, price)
    assert [str(d.totals.net) for d in desk.store.all(Document)] == was_billed
    assert [str(line.net) for line in credit(desk, ended(desk, order, end)).lines] == given_back


def test_after_the_end_was_moved_twice_nothing_is_given_back_twice(tmp_path: Path) -> None:
    desk, order = billed(tmp_path, replace(WHOLE_YEAR, end=date(2026, 9, 30)), "1200")
    with pytest.raises(Refused) as refusal:
        credit(desk, order)
    assert refusal.value.problems[0].code == "NICHTS_ZU_ERSTATTEN"


def test_gross_prices_of_the_billed_document_stay_gross(tmp_path: Path) -> None:
    desk, order = billed(tmp_path, WHOLE_YEAR, "1200", gross_prices=True)
    made = credit(desk, ended(desk, order, date(2026, 9, 30), gross_prices=False))
    assert (made.gross_prices, made.totals.gross, made.totals.net) == (True, D("-302.47"), D("-254.18"))


def test_a_discount_on_the_whole_document_is_not_given_back(tmp_path: Path) -> None:
    desk, order = billed(tmp_path, WHOLE_YEAR, "1200")
    with desk.store.transaction("Rabatt") as tx:
        (document,) = tx.all(Document)
        tx.put(compute(replace(document, adjustments=(Adjustment(percent=D(10)),))))
    assert credit(desk, ended(desk, order, date(2026, 9, 30))).totals.net == D("-272.22")


def test_a_corrected_invoice_is_not_given_back_once_more(tmp_path: Path) -> None:
    desk, order = billed(tmp_path, WHOLE_YEAR, "1200")
    (document,) = desk.store.all(Document)
    documents.finalise(desk, document.id)
    documents.correct(desk, document.id, D(1428), "falsch")
    assert [d.kind for d in desk.store.all(Document)] == [DocumentKind.INVOICE, DocumentKind.CORRECTION]
    with pytest.raises(Refused) as refusal:
        credit(desk, ended(desk, order, date(2026, 9, 30)))
    assert refusal.value.problems[0].code == "SCHON_BERICHTIGT"
