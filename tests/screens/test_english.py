"""What the English of the screens needs besides words: room for its days and headings, its signs in numbers."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal as D
from pathlib import Path

import pytest
from fakes import add_company, add_customer, add_invoice, make_desk
from screen_helpers import SIZE, press, rows, settle, table

from tui_billing import i18n
from tui_billing.app import BillingApp
from tui_billing.domain.documents import Document
from tui_billing.screens import show
from tui_billing.screens.document_text import document_lines
from tui_billing.services import payments
from tui_billing.services.desk import Desk
from tui_billing.services.payments import NewPayment


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    i18n.use_language("en")
    yield
    i18n.use_language("de")


def billed_desk(folder: Path) -> Desk:
    desk = make_desk(folder)
    add_company(desk)
    customer = add_customer(desk, "10001", cutoff_day=30, name="Hausverwaltung Nord GmbH")
    add_invoice(desk, customer, date(2026, 11, 3), net="37.50")
    return desk


def heading(app: BillingApp) -> str:
    return table(app).render_line(0).text


async def test_a_day_of_two_digits_keeps_its_year_among_the_payments(tmp_path: Path) -> None:
    desk = billed_desk(tmp_path)
    payments.add(desk, NewPayment(customer="10001", amount=D(10), paid_date=date(2026, 11, 21)))
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "z")
        assert "21 Nov 2026" in rows(app)[0]


async def test_close_dates_keep_their_year_behind_the_weekday(tmp_path: Path) -> None:
    app = BillingApp(billed_desk(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "h", "c")
        assert len(rows(app)) > 10
        assert all(" 2026 " in r for r in rows(app))


async def test_headings_of_counts_are_whole_where_there_is_room(tmp_path: Path) -> None:
    app = BillingApp(billed_desk(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        for keys in (("k",), ("r",), ("h",), ("f2",), ("h", "c")):
            await press(pilot, *keys)
            assert "…" not in heading(app), keys
            await press(pilot, *["escape"] * len(keys))


def test_a_period_is_written_like_the_other_days_of_its_title() -> None:
    assert show.period(date(2026, 11, 1), date(2026, 11, 30)) == "1 Nov–30 Nov 2026"
    assert show.period(date(2026, 12, 1), date(2027, 1, 31)) == "1 Dec 2026–31 Jan 2027"
    i18n.use_language("de")
    assert show.period(date(2026, 11, 1), date(2026, 11, 30)) == "01.11.–30.11.2026"
    assert show.period(date(2026, 12, 1), date(2027, 1, 31)) == "01.12.2026–31.01.2027"


def test_price_and_amount_of_a_position_have_the_same_point(tmp_path: Path) -> None:
    desk = billed_desk(tmp_path)
    (document,) = desk.store.all(Document)
    texts = [text for text, _tone in document_lines(document)]
    (line,) = (t for t in texts if t.split()[:1] == ["1"])
    assert line.split()[-2:] == ["37.50", "37.50"]
    assert any("19% " in t for t in texts)
