"""What was just recorded is under the cursor, so that the next key is about it."""

from datetime import date
from decimal import Decimal as D
from pathlib import Path

from fakes import add_company, add_customer, add_invoice, make_desk
from screen_helpers import SIZE, press, rows, settle, status, table, title, type_text, working_desk

from tui_billing.app import BillingApp
from tui_billing.domain.batch_selection import BatchParameters
from tui_billing.domain.batches import Payment
from tui_billing.domain.parties import Customer
from tui_billing.services import batches, payments
from tui_billing.services.desk import Desk
from tui_billing.services.payments import NewPayment


def desk_with_payments(folder: Path) -> Desk:
    """Three customers with an invoice each and a payment on an earlier and on a later day."""
    desk = make_desk(folder)
    add_company(desk)
    for number in ("1", "2", "3"):
        add_invoice(desk, add_customer(desk, number, cutoff_day=30), date(2026, 11, 3))
    for n, day in ((1, 3), (2, 21), (3, 22)):
        payments.add(desk, NewPayment(customer=str(n), amount=D(10), paid_date=date(2026, 11, day)))
    return desk


def at_cursor(app: BillingApp) -> str:
    return next(r for r in rows(app) if r.startswith((">", "*>")))


async def test_after_a_payment_is_recorded_the_next_key_is_about_it(tmp_path: Path) -> None:
    desk = desk_with_payments(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "z", "end", "n")
        await type_text(pilot, "2")
        await press(pilot, "tab")
        await type_text(pilot, "100")
        await press(pilot, "f8")
        assert status(app).startswith("Zahlung ZA-2026-00004 erfasst")
        assert at_cursor(app).startswith("> ZA-2026-00004")
        await press(pilot, "d")
        assert title(app).startswith("Rückgabe von ZA-2026-00004")


async def test_after_a_return_the_cursor_stands_on_the_counter_entry(tmp_path: Path) -> None:
    desk = desk_with_payments(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "z", "end")
        assert at_cursor(app).startswith("> ZA-2026-00001")
        await press(pilot, "delete", "f8")
        counter = desk.store.all(Payment)[-1]
        assert status(app) == f"ZA-2026-00001 gegengebucht mit {counter.number} · u rückgängig"
        assert at_cursor(app).startswith(f"> {counter.number}")


async def test_a_payment_whose_day_was_moved_stays_under_the_cursor(tmp_path: Path) -> None:
    desk = desk_with_payments(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "z")
        assert at_cursor(app).startswith("> ZA-2026-00003")
        await press(pilot, "e")
        await type_text(pilot, "2.11.")
        await press(pilot, "enter")
        await type_text(pilot, "Valuta")
        await press(pilot, "f8")
        assert status(app).startswith("ZA-2026-00003 geändert")
        assert [r.lstrip("> ").split()[0] for r in rows(app)][-1] == "ZA-2026-00003"
        assert at_cursor(app).startswith("> ZA-2026-00003")


async def test_a_customer_taken_into_a_batch_is_under_the_cursor_in_its_details(tmp_path: Path) -> None:
    desk = desk_with_payments(tmp_path)
    batch = batches.generate(desk, BatchParameters(close_date=date(2026, 11, 30)))
    add_invoice(desk, add_customer(desk, "4", cutoff_day=30), date(2026, 11, 4))
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        app.open("batch_detail", batch_id=batch.id)
        await settle(pilot)
        assert table(app).row_count == 3
        await press(pilot, "insert")
        await type_text(pilot, "4")
        await press(pilot, "f8")
        assert status(app) == "1 Beleg aufgenommen · u rückgängig"
        assert at_cursor(app).startswith("> 4 ")


async def test_a_document_taken_into_a_batch_is_under_the_cursor_among_those_of_its_customer(tmp_path: Path) -> None:
    desk = desk_with_payments(tmp_path)
    batch = batches.generate(desk, BatchParameters(close_date=date(2026, 11, 30)))
    customer = desk.store.all(Payment)[0].customer_id
    late = add_invoice(desk, desk.store.need(Customer, customer), date(2026, 11, 9))
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        app.open("batch_customer", batch_id=batch.id, customer_id=customer)
        await settle(pilot)
        await press(pilot, "insert", "f8")
        assert table(app).row_count == 2
        assert at_cursor(app).startswith(f"> {late.number}")


async def test_dummy_batches_just_made_are_under_the_cursor(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    add_company(desk)
    new, old = add_customer(desk, "1", cutoff_day=15), add_customer(desk, "2", cutoff_day=30)
    add_invoice(desk, old, date(2026, 11, 3))
    batches.generate(desk, BatchParameters(close_date=date(2026, 11, 30)))
    add_invoice(desk, new, date(2026, 9, 3))
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "h", "y", "f8", "j")
        assert status(app) == "Dummy-Stapel 2 angelegt"
        assert at_cursor(app).startswith("> 2 15.11.26")


async def test_the_range_of_a_new_belegart_is_under_the_cursor(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    add_company(desk)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        app.open("numbers")
        await settle(pilot)
        await press(pilot, "insert")
        await type_text(pilot, "Barverkauf")
        await press(pilot, "enter", "enter")
        await type_text(pilot, "BV")
        await press(pilot, "f8")
        assert status(app).startswith("Belegart Barverkauf gespeichert")
        assert at_cursor(app).startswith("> BV 2026")


async def test_a_filter_that_would_hide_the_new_record_goes(tmp_path: Path) -> None:
    app = BillingApp(working_desk(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "k", "slash", "ö", "z", "enter", "n", "tab")
        await type_text(pilot, "Neu")
        await press(pilot, "f8")
        assert (table(app).list.needle, rows(app)[-1].split()[2]) == ("", "Neu")
        assert rows(app)[-1].startswith(">")
