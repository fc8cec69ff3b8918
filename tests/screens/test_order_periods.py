"""Perioden: an order's life on one screen; periods are left out, taken back, and given back where a contract ends."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from screen_helpers import SIZE, balance, press, rows, settle, status, table, title, type_text, working_desk
from test_interval_scenario import desk_with_orders

from tui_billing.app import BillingApp
from tui_billing.domain.creations import IntervalSelectionParameters
from tui_billing.domain.documents import Document
from tui_billing.domain.orders import IntervalTerms, IntervalUnit, Period, PeriodState
from tui_billing.services import documents, interval_questions, orders
from tui_billing.services.desk import Desk, finish
from tui_billing.services.interval_creation import select_and_create


def billed(folder: Path) -> Desk:
    """A-2 is billed up to the quarter of October by an invoice."""
    desk = desk_with_orders(folder)
    day = date(2026, 10, 1)
    order = orders.find(desk.store, "A-2")
    finish(
        select_and_create(
            desk, IntervalSelectionParameters(execution_date=day, invoice_date=day, order_ids=(order.id,))
        )
    )
    return desk


async def test_the_life_of_an_order_says_what_was_billed_with_what_and_what_comes(tmp_path: Path) -> None:
    app = BillingApp(billed(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "a", "down", "p")
        assert title(app) == "Perioden · Auftrag A-2"
        assert rows(app)[2:6] == [
            "01.07.26–30.09.26 01.07.26 berechnet vor der Übernahme bere…",
            "01.10.26–31.12.26 01.10.26 berechnet RE-2026-00001 535,50",
            "> 01.01.27–31.03.27 01.01.27 künftig",
            "01.04.27–30.06.27 01.04.27 künftig",
        ]
        assert balance(app) == "4 berechnet · 0 ausgelassen · 0 fällig · 12 künftig · berechnet 535,50 €"
        await press(pilot, "up", "f12")
        assert status(app) == "Berechnete Perioden bleiben; möglich ist ein Storno ihres Belegs."
        await press(pilot, "enter")
        assert title(app).startswith("Rechnung RE-2026-00001")


async def test_f12_leaves_out_with_a_reason_and_takes_back_long_after(tmp_path: Path) -> None:
    desk = billed(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "a", "down", "p", "f12")
        await type_text(pilot, "Kulanz")
        await press(pilot, "f8")
        assert rows(app)[4] == "> 01.01.27–31.03.27 01.01.27 ausgelassen Kulanz"
        await press(pilot, "f12")
        assert status(app) == "1 Periode steht wieder an · u rückgängig"
        assert not [p for p in desk.store.all(Period) if p.state is PeriodState.WAIVED]
        await press(pilot, "u")
        assert rows(app)[4].endswith("ausgelassen Kulanz")
        await press(pilot, "space", "space", "f12")
        assert status(app).startswith("Entweder auslassen oder zurückholen")


async def test_a_period_whose_invoice_was_cancelled_is_taken_back(tmp_path: Path) -> None:
    desk = billed(tmp_path)
    documents.cancel(desk, desk.store.all(Document)[0].id, "Irrtum")
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "a", "down", "p", "up")
        assert rows(app)[3] == "> 01.10.26–31.12.26 01.10.26 storniert RE-2026-00001 535,50"
        await press(pilot, "f12")
        assert rows(app)[3] == "> 01.10.26–31.12.26 01.10.26 fällig"


async def test_f8_gives_back_what_was_billed_beyond_the_contract_s_end(tmp_path: Path) -> None:
    desk = desk_with_orders(tmp_path)
    order = orders.find(desk.store, "A-1")
    yearly = IntervalTerms(unit=IntervalUnit.YEAR, anchor=date(2027, 1, 1), prorate_end=True)
    orders.save(desk, replace(order, interval=replace(yearly, anchor=date(2026, 1, 1))))
    day = date(2027, 1, 1)
    finish(
        select_and_create(
            desk, IntervalSelectionParameters(execution_date=day, invoice_date=day, order_ids=(order.id,))
        )
    )
    stored = orders.find(desk.store, "A-1")
    assert stored.interval is not None
    orders.save(desk, replace(stored, interval=replace(stored.interval, end=date(2027, 9, 30))))
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "a", "p", "f8")
        assert status(app).replace("\xa0", " ") == "Gutschrift über 28,80 € für 01.10.–31.12.2027 anlegen?"
        await press(pilot, "j")
        assert status(app).startswith("GS-2026-00001 angelegt, -28,80")
        await press(pilot, "f8")
        assert status(app).startswith("Auftrag A-1 ist schon gutgeschrieben")


async def test_a_list_does_not_say_that_there_is_nothing_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = Event()
    real = interval_questions.find_gaps

    def slow(*arguments: Any) -> Any:
        go.wait(10)
        return (yield from real(*arguments))

    monkeypatch.setattr(interval_questions, "find_gaps", slow)
    app = BillingApp(working_desk(tmp_path, copies=0))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await pilot.press("w")
        await pilot.pause(0.05)
        assert table(app).empty == ""
        go.set()
        await settle(pilot)
        assert table(app).empty == "Keine Lücke: alles ist berechnet oder ausgelassen."


async def test_a_gap_that_was_left_on_purpose_is_waived_from_the_list_of_gaps(tmp_path: Path) -> None:
    desk = desk_with_orders(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "w", "f12")
        await type_text(pilot, "Umbau")
        await press(pilot, "f8")
        assert rows(app) == []
        assert status(app) == "1 ausgelassen · u rückgängig"
        await press(pilot, "u")
        assert len(rows(app)) == 1
