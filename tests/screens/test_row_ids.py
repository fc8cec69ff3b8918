"""Marks and cursor stay with their row in lists whose rows are no records: what another clerk does moves none."""

from dataclasses import replace
from datetime import date
from decimal import Decimal as D
from pathlib import Path
from typing import Any

from fakes import add_company, add_customer, add_invoice, make_desk
from screen_helpers import SIZE, balance, press, rows, settle, status, table, type_text, working_desk

from tui_billing.app import BillingApp
from tui_billing.domain.creations import IntervalCreation, IntervalSelectionParameters
from tui_billing.domain.documents import DocumentType
from tui_billing.domain.interval_selection import RowKey
from tui_billing.domain.orders import IntervalTerms, Order, OrderLine, Period, PeriodState
from tui_billing.domain.runs import RunParameters
from tui_billing.screens.row_ids import RowIds
from tui_billing.services import document_types, interval_ledger, orders, runs
from tui_billing.services.desk import Desk
from tui_billing.services.order_import import insert_with_history


def desk_with_gaps(folder: Path) -> Desk:
    """Three monthly orders; October of each was forgotten, November is due."""
    desk = working_desk(folder, copies=0)
    with desk.store.transaction("Aufträge") as tx:
        for number, customer in (("A-1", 1), ("A-2", 2), ("A-4", 4)):
            line = OrderLine(name="Wartung {Monat}", unit_price=D("100"))
            terms = IntervalTerms(anchor=date(2026, 10, 1))
            order = Order(number=number, customer_id=customer, lines=(line,), interval=terms)
            insert_with_history(tx, order, date(2026, 9, 30))
    return desk


def waive(desk: Desk, number: str, start: date) -> None:
    interval_ledger.waive_all(desk, [RowKey(orders.find(desk.store, number).id, start)], "Kulanz")


def waived(desk: Desk) -> set[tuple[str, date]]:
    return {
        (desk.store.need(Order, p.order_id).number, p.period_start)
        for p in desk.store.all(Period)
        if p.state is PeriodState.WAIVED
    }


def marked(app: BillingApp) -> list[str]:
    return [r.lstrip("*> ") for r in rows(app) if r.startswith("*")]


async def polled(app: BillingApp, pilot: Any) -> None:
    """One turn of the timer that looks for others' commits."""
    app.poll()
    assert app._poll is not None
    await app._poll
    await settle(pilot)


def test_a_key_keeps_its_number_and_two_rows_of_one_key_have_two() -> None:
    ids = RowIds()
    first = ids.of(["a", "b", "b", "c"])
    assert len(set(first)) == 4
    assert ids.of(["c", "b", "a"]) == [first[3], first[1], first[0]]
    assert ids.of(["b", "b", "d"])[:2] == first[1:3]


async def test_a_gap_that_is_marked_stays_marked_while_another_clerk_waives_one_above_it(tmp_path: Path) -> None:
    desk = desk_with_gaps(tmp_path)
    october = date(2026, 10, 1)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "w")
        assert [r.lstrip("> ").split()[0] for r in rows(app)] == ["A-1", "A-2", "A-4", "A-1", "A-2", "A-4"]
        await press(pilot, "down", "space")
        (before,) = marked(app)
        assert before.startswith("A-2")
        waive(desk, "A-1", october)
        await polled(app, pilot)
        assert table(app).row_count == 5
        assert marked(app) == [before]
        assert rows(app)[1].startswith("> A-4"), "the cursor stays on its row too"
        await press(pilot, "f12")
        await type_text(pilot, "ruht")
        await press(pilot, "f8")
        assert waived(desk) == {("A-1", october), ("A-2", october)}


async def test_after_waiving_one_gap_the_marks_of_the_others_are_gone_or_theirs(tmp_path: Path) -> None:
    desk = desk_with_gaps(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "w", "space")
        await press(pilot, "f12")
        await type_text(pilot, "ruht")
        await press(pilot, "f8")
        assert status(app) == "1 ausgelassen · u rückgängig"
        assert marked(app) == [], "the mark went with its row, none fell on the next one"


async def test_rows_of_the_selection_keep_marks_and_cursor_when_it_is_selected_again(tmp_path: Path) -> None:
    desk = desk_with_gaps(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "t")
        await type_text(pilot, "30.11.26")
        await press(pilot, "f8")
        assert [r.lstrip("> ").split()[0] for r in rows(app)] == ["A-1", "A-1", "A-2", "A-2", "A-4", "A-4"]
        await press(pilot, "down", "down", "space")
        (before,) = marked(app)
        waive(desk, "A-1", date(2026, 10, 1))
        await press(pilot, "f5")
        assert table(app).row_count == 5
        assert marked(app) == [before]
        assert rows(app)[2].startswith("> A-2")


async def test_undo_after_selecting_again_drops_no_row_that_is_not_there(tmp_path: Path) -> None:
    desk = desk_with_gaps(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "t")
        await type_text(pilot, "30.11.26")
        await press(pilot, "f8", "delete", "delete")
        waive(desk, "A-1", date(2026, 10, 1))
        await press(pilot, "f5", "u")
        assert balance(app).startswith("5 fällig · 0 entfernt · 5 zu erstellen 500,00 € netto")
        assert table(app).row_count == 5


async def test_the_cursor_stays_on_its_range_when_another_clerk_adds_a_belegart(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    customer = add_customer(desk, "1")
    add_company(desk)
    for day in (date(2025, 3, 3), date(2026, 3, 3)):
        add_invoice(desk, customer, day)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        app.open("numbers")
        await settle(pilot)
        await press(pilot, "end")
        before = app.screen.current().it
        document_types.save_type(desk, DocumentType(name="Barverkauf", number_range="BV"))
        await polled(app, pilot)
        after = app.screen.current().it
        assert (after.name, after.year) == (before.name, before.year)


async def test_the_dummy_assistant_keeps_the_cursor_on_its_customer(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    add_company(desk)
    for number in ("2", "3"):
        add_invoice(desk, add_customer(desk, number, cutoff_day=15), date(2026, 9, 3))
    late = add_customer(desk, "1", cutoff_day=15)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "h", "y", "end")
        before = app.screen.current().statement.facts.number
        add_invoice(desk, late, date(2026, 9, 4))
        await polled(app, pilot)
        assert table(app).row_count == 3
        assert app.screen.current().statement.facts.number == before


async def test_the_difference_of_a_run_keeps_the_cursor_on_its_document(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    add_company(desk)
    customer = add_customer(desk, "1")
    add_invoice(desk, customer, date(2026, 11, 2))
    parameters = RunParameters(date_from=date(2026, 11, 1), date_to=date(2026, 11, 30))
    run = runs.apply_create_run(desk, runs.plan_create_run(desk.store, parameters, desk.today()))
    second = add_invoice(desk, customer, date(2026, 11, 9))
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        app.open("rebuild", run_id=run.id)
        await settle(pilot)
        await press(pilot, "end")
        assert app.screen.current().row.document_id == second.id
        add_invoice(desk, customer, date(2026, 11, 4))
        await polled(app, pilot)
        assert table(app).row_count == 2
        assert app.screen.current().row.document_id == second.id


async def test_a_row_that_could_not_be_billed_keeps_the_cursor_when_the_one_above_was_billed_after_all(
    tmp_path: Path,
) -> None:
    desk = make_desk(tmp_path)
    add_company(desk)
    days = IntervalSelectionParameters(execution_date=date(2026, 11, 1), invoice_date=date(2026, 11, 1))
    failed = {f"A-{n}:2026-10-01": "Die Anschrift fehlt." for n in (1, 2, 3)}
    with desk.store.transaction("Erstellung") as tx:
        creation = tx.insert(IntervalCreation(parameters=days, planned=3, failed=failed))
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        app.open("interval_created", creation_id=creation.id)
        await settle(pilot)
        await press(pilot, "down")
        assert app.screen.current().order_number == "A-2"
        with desk.store.transaction("Kollege") as tx:
            tx.put(replace(creation, failed={k: v for k, v in failed.items() if not k.startswith("A-1")}))
        await polled(app, pilot)
        assert table(app).row_count == 2
        assert app.screen.current().order_number == "A-2"
