"""Two clerks at one record: what the other one stored is in sight at once, and nothing typed or marked is lost."""

import threading
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sample_desk import fill
from screen_helpers import SIZE, press, rows, settle, status, table, title, type_text, working_desk
from textual.pilot import Pilot

from tui_billing.app import BillingApp
from tui_billing.domain.orders import Order, OrderLine
from tui_billing.domain.parties import Company, Customer
from tui_billing.domain.runs import RunParameters
from tui_billing.screens.form import FormScreen
from tui_billing.screens.widgets.status_line import StatusLine
from tui_billing.services import runs
from tui_billing.services.desk import Desk
from tui_billing.store.journal_engine import open_engine
from tui_billing.wiring import open_desk


def field_lines(app: BillingApp, name: str) -> list[str]:
    assert isinstance(app.screen, FormScreen)
    widget = app.screen.field(name)
    return [" ".join(widget.render_line(y).text.split()) for y in range(widget.size.height)]


async def polled(app: BillingApp, pilot: Pilot[Any]) -> None:
    """One turn of the timer that looks for others' commits."""
    app.poll()
    assert app._poll is not None
    await app._poll
    await settle(pilot)


def rename(desk: Desk, name: str) -> None:
    with desk.store.transaction("Kollege") as tx:
        tx.put(replace(tx.need(Customer, 1), name=name))


async def test_a_form_without_typed_text_follows_what_the_other_stored(tmp_path: Path) -> None:
    desk = working_desk(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "k", "enter", "tab")
        rename(desk, "Seine Fassung")
        await polled(app, pilot)
        assert field_lines(app, "name") == [">Name Seine Fassung"]
        assert status(app) == "Inzwischen geändert; das ist die neue Fassung."
        await type_text(pilot, "Meine Fassung")
        await press(pilot, "f8")
        assert desk.store.need(Customer, 1).name == "Meine Fassung"


async def test_typed_text_stays_and_the_other_version_stands_below_it_before_anything_is_saved(tmp_path: Path) -> None:
    desk = working_desk(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "k", "enter", "tab")
        await type_text(pilot, "Meine")
        rename(desk, "Seine Fassung")
        await polled(app, pilot)
        assert field_lines(app, "name") == [">Name Meine", "Inzwischen gespeichert: Seine Fassung"]
        assert status(app) == "Inzwischen geändert: die andere Fassung steht bei den Feldern, F5 übernimmt sie."
        await type_text(pilot, "X")
        assert field_lines(app, "name")[0] == ">Name MeineX"
        await press(pilot, "f8")
        assert status(app) == "Inzwischen geändert. F8 speichert Ihre Fassung, F5 übernimmt die andere."
        assert desk.store.need(Customer, 1).name == "Seine Fassung"
        await press(pilot, "f8")
        assert desk.store.need(Customer, 1).name == "MeineX"


async def test_another_record_that_was_changed_does_not_concern_a_form(tmp_path: Path) -> None:
    desk = working_desk(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "k", "enter", "tab")
        await type_text(pilot, "Meine")
        with desk.store.transaction("Kollege") as tx:
            tx.put(replace(tx.need(Customer, 2), name="Andere"))
        await polled(app, pilot)
        assert (field_lines(app, "name"), status(app)) == ([">Name Meine"], "")


@pytest.mark.parametrize("key", ["f8", "f5"])
@pytest.mark.parametrize("typed", ["", "XY"])
async def test_a_record_that_was_deleted_meanwhile_is_said_and_ends_nothing(
    tmp_path: Path, key: str, typed: str
) -> None:
    desk = working_desk(tmp_path, copies=0)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "k", "enter", "tab")
        await type_text(pilot, typed)
        with desk.store.transaction("Kollege") as tx:
            tx.delete(Customer, 1)
        await polled(app, pilot)
        assert status(app) == "Der Datensatz ist inzwischen gelöscht; Esc verlässt ihn."
        if typed or key == "f5":
            await press(pilot, key)
            assert status(app) == "Der Datensatz ist inzwischen gelöscht; Esc verlässt ihn."
        await press(pilot, "escape", *(("j",) if typed else ()))
        assert title(app) == "Kunden"
        assert table(app).row_count == 7


async def test_the_company_form_follows_too(tmp_path: Path) -> None:
    desk = working_desk(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "f")
        with desk.store.transaction("Kollege") as tx:
            tx.put(replace(tx.need(Company, 1), phone="0123 456"))
        await polled(app, pilot)
        assert field_lines(app, "phone") == ["Telefon 0123 456"]


async def test_f2_tells_who_changed_the_record_that_is_shown(tmp_path: Path) -> None:
    app = BillingApp(working_desk(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        for keys, name in ((("f", "f2"), "Firma"), (("k", "f2"), "Kunde 10001"), (("b", "f2"), "Beleg RE-2026-")):
            await press(pilot, *keys)
            assert title(app).startswith(f"Protokoll · {name}")
            assert table(app).row_count == 1
            await press(pilot, "escape", "escape")


async def test_positions_that_the_other_added_are_shown_in_an_untouched_order(tmp_path: Path) -> None:
    desk = working_desk(tmp_path)
    with desk.store.transaction("Auftrag") as tx:
        tx.insert(Order(number="A-1", customer_id=1, order_date=date(2026, 1, 1), lines=(OrderLine(name="eins"),)))
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        app.open("order_form", order_id=1)
        await settle(pilot)
        with desk.store.transaction("Kollege") as tx:
            order = tx.need(Order, 1)
            tx.put(replace(order, lines=(*order.lines, OrderLine(name="zwei"))))
        await polled(app, pilot)
        names = [field_lines(app, f"lines.{n}.name")[0] for n in (1, 2, 3)]
        assert names == ["Bezeichnung eins", "Bezeichnung zwei", "Bezeichnung"]


async def test_a_run_that_was_deleted_while_it_is_open_is_said(tmp_path: Path) -> None:
    desk = working_desk(tmp_path)
    parameters = RunParameters(date_from=date(2026, 11, 1), date_to=date(2026, 11, 30))
    run = runs.apply_create_run(desk, runs.plan_create_run(desk.store, parameters, desk.today()))
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "r", "enter")
        runs.delete_run(desk, run.id)
        await polled(app, pilot)
        assert status(app) == "Rechnungslauf 1 gibt es nicht. Die Liste zeigt, was es gibt."
        await press(pilot, "escape")
        assert rows(app) == []


async def test_cursor_marks_and_the_filter_that_is_being_typed_survive_others_changes(tmp_path: Path) -> None:
    desk = working_desk(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "k", "down", "down", "space", "slash")
        await type_text(pilot, "mu")
        before = (table(app).cursor_id, set(table(app).marks), table(app).list.needle)
        with desk.store.transaction("Kollege") as tx:
            tx.insert(Customer(number="10000", name="Aaa Muster"))
            tx.put(replace(tx.need(Customer, 1), name="Bäckerei Mußler"))
        await polled(app, pilot)
        assert (table(app).cursor_id, set(table(app).marks), table(app).list.needle) == before
        assert any("Aaa Muster" in row for row in rows(app))
        await type_text(pilot, "s")
        assert table(app).list.needle == "mus"


async def test_undo_of_what_another_clerk_changed_since_is_refused_with_the_record_s_name(tmp_path: Path) -> None:
    desk = working_desk(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "k", "enter", "tab")
        await type_text(pilot, "Meine")
        await press(pilot, "f8")
        rename(desk, "Seine")
        await press(pilot, "u")
        assert status(app) == "Kunde 10001 wurde inzwischen geändert."
        assert desk.store.need(Customer, 1).name == "Seine"


async def test_who_holds_the_data_is_said_while_a_change_waits_and_then_it_is_stored(tmp_path: Path) -> None:
    desk = open_desk(tmp_path / "data", "anna", create=True)
    fill(desk, 0)
    app = BillingApp(desk)
    said: list[str] = []
    may_go = threading.Event()

    def told(holder: str) -> None:
        app.tell_waiting(holder)
        said.append(app.screen.query_one(StatusLine).text)
        may_go.set()

    desk.store.tell_who_holds_it(told)
    desk.store.engine.lock.notice_after = 0.01  # type: ignore[attr-defined]
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "k", "enter", "tab")
        await type_text(pilot, "Meine")
        holding = threading.Event()

        def hold() -> None:
            other = open_engine(tmp_path / "data")
            with other.writing():
                holding.set()
                may_go.wait(10)

        thread = threading.Thread(target=hold)
        thread.start()
        holding.wait(10)
        await press(pilot, "f8")
        thread.join()
        assert [text.split(" bei ")[0] for text in said] == ["In Arbeit"]
        assert said[0].endswith("; es wird gewartet.")
        assert status(app) == "Kunde 10001 gespeichert · u rückgängig"
        assert desk.store.need(Customer, 1).name == "Meine"
