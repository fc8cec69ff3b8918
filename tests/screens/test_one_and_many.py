"""The line below a list says one thing as one."""

from datetime import date
from decimal import Decimal as D
from pathlib import Path

from fakes import add_company, add_customer, add_invoice, make_desk
from screen_helpers import SIZE, balance, press, settle

from tui_billing.app import BillingApp
from tui_billing.domain.orders import IntervalTerms, Order, OrderLine


async def test_one_document_one_order_one_close_date(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    add_company(desk)
    customer = add_customer(desk, "1", cutoff_day=15)
    add_invoice(desk, customer, date(2026, 9, 3))
    line = OrderLine(name="Miete", unit_price=D(10))
    with desk.store.transaction("Auftrag") as tx:
        terms = IntervalTerms(anchor=date(2027, 1, 1))
        tx.insert(Order(number="A-1", customer_id=customer.id, lines=(line,), interval=terms))
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        for keys, text in (
            (("e",), "1 Beleg 119,00 €"),
            (("b",), "1 Beleg 119,00 € · 1 nicht versendet 119,00 €"),
            (("a",), "1 Auftrag · 1 aktiv · 0 pausiert · 0 abgeschlossen"),
            (("h", "y"), "1 Dummy-Stapel, 1 Beleg · Stichtage 15 → 15.11.26"),
        ):
            await press(pilot, *keys)
            assert balance(app) == text
            await press(pilot, *["escape"] * len(keys))
