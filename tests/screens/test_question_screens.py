"""F6 on every list: a number, the answer rule by rule, and a long answer that scrolls under the number."""

from datetime import date
from decimal import Decimal as D
from pathlib import Path

from fakes import add_company, add_customer, add_invoice, make_desk
from screen_helpers import SIZE, press, settle, type_text, working_desk

from tui_billing.app import BillingApp
from tui_billing.domain.batch_selection import BatchParameters
from tui_billing.domain.orders import IntervalTerms, Order, OrderLine
from tui_billing.screens.widgets.field import TextField
from tui_billing.screens.widgets.text_view import TextView
from tui_billing.services import batches, receivables
from tui_billing.services.receivables import Edit


async def test_a_long_answer_scrolls_while_the_number_keeps_the_focus(tmp_path: Path) -> None:
    desk = working_desk(tmp_path, copies=0)
    with desk.store.transaction("Auftrag") as tx:
        line = OrderLine(name="Miete {Monat}", unit_price=D(700))
        tx.insert(Order(number="A-1", customer_id=3, lines=(line,), interval=IntervalTerms(anchor=date(2026, 1, 1))))
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        app.open("interval_why", number="A-1", execution_date=date(2026, 11, 22))
        await settle(pilot)
        view = app.screen.query_one(TextView)
        await press(pilot, "pagedown", "down")
        below = view.top
        assert below > 1
        await press(pilot, "up")
        assert view.top == below - 1
        await press(pilot, "pageup", "pageup")
        assert view.top == 0
        # the number still has the focus: what is typed goes there
        await type_text(pilot, "A-9")
        await press(pilot, "enter")
        assert view.text.splitlines()[1] == "Auftrag A-9 gibt es nicht. Die Liste zeigt, was es gibt."
        assert app.screen.query_one(TextField).has_focus


async def test_a_row_that_fits_no_longer_is_said_to_be_in_the_batch_still(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    add_company(desk)
    invoice = add_invoice(desk, add_customer(desk, "1", cutoff_day=20), date(2026, 10, 10))
    batches.generate(desk, BatchParameters(close_date=date(2026, 10, 20)))
    receivables.edit(desk, invoice.number, Edit(batch_date=date(2026, 11, 10), reason="Lieferung"))
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "h", "enter", "enter", "f6")
        lines = app.screen.query_one(TextView).text.splitlines()
        assert lines[1] == "RE-2026-00001 ist im Stapel, passt aber nicht mehr hinein (F5 entfernt den Beleg):"
        assert "  ✗ Rechnungsdatum 10.11.2026 liegt nach dem Abschlussdatum 20.10.2026" in lines
