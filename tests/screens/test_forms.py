"""Forms: dates as clerks type them, problems at the field, stale writes with both versions, nothing typed is lost."""

from dataclasses import replace
from pathlib import Path

import pytest
from screen_helpers import SIZE, press, rows, settle, status, table, title, type_text, working_desk

from tui_billing.app import BillingApp
from tui_billing.domain.parties import Channel, Customer
from tui_billing.screens.form import FormScreen
from tui_billing.screens.widgets.field import TextField


def form(app: BillingApp) -> FormScreen:
    assert isinstance(app.screen, FormScreen)
    return app.screen


def field_lines(app: BillingApp, name: str) -> list[str]:
    widget = form(app).field(name)
    return [" ".join(widget.render_line(y).text.split()) for y in range(widget.size.height)]


async def test_a_date_is_understood_as_it_is_typed(tmp_path: Path) -> None:
    app = BillingApp(working_desk(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "r", "n")
        await type_text(pilot, "1.3.")
        assert field_lines(app, "date_from") == [">Zeitraum von 1.3. = So 01.03.2026"]
        await press(pilot, "tab")
        assert field_lines(app, "date_from") == ["Zeitraum von 01.03.2026 = So 01.03.2026"]


async def test_a_wrong_date_says_what_is_wrong_below_the_field(tmp_path: Path) -> None:
    app = BillingApp(working_desk(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "r", "n")
        await type_text(pilot, "31.2.")
        await press(pilot, "enter")
        assert len(field_lines(app, "date_from")) == 2
        await press(pilot, "f8")
        assert status(app) == "Bitte erst berichtigen: Zeitraum von"
        assert form(app).field("date_from").has_focus


async def test_entering_a_field_selects_it_and_an_arrow_keeps_it(tmp_path: Path) -> None:
    app = BillingApp(working_desk(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "k", "enter", "tab")
        field = form(app).field("name")
        assert isinstance(field, TextField)
        await press(pilot, "home")
        await type_text(pilot, "X")
        assert field.text == "XBäckerei Öztürk & Söhne"
        await press(pilot, "ctrl+u", "ctrl+k")
        assert field.text == "Bäckerei Öztürk & Söhne"[:0]


async def test_esc_asks_only_if_typed_text_would_be_lost(tmp_path: Path) -> None:
    app = BillingApp(working_desk(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "k", "enter", "escape")
        assert title(app) == "Kunden"
        await press(pilot, "enter", "tab")
        await type_text(pilot, "Neu")
        await press(pilot, "escape")
        assert status(app) == "Getipptes verwerfen?"
        await press(pilot, "enter")
        assert title(app) == "Kunde 10001 · Bäckerei Öztürk & Söhne"
        await press(pilot, "escape", "j")
        assert title(app) == "Kunden"


async def test_a_new_customer_gets_the_next_number_and_undo_takes_it_back(tmp_path: Path) -> None:
    desk = working_desk(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "k", "n", "tab")
        await type_text(pilot, "Änne Groß")
        await press(pilot, "f8")
        assert status(app) == "Kunde 10009 gespeichert · u rückgängig"
        assert table(app).cursor_id == 9
        await press(pilot, "u")
        assert table(app).row_count == 8


@pytest.mark.parametrize("keys", [("k", "enter"), ("f",)])
async def test_f8_without_a_change_writes_nothing_and_says_so(tmp_path: Path, keys: tuple[str, ...]) -> None:
    desk = working_desk(tmp_path)
    before = desk.store.seq
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, *keys, "f8")
        assert status(app) == "Nichts geändert."
        assert desk.store.seq == before
        await press(pilot, "u")


async def test_an_address_typed_as_it_is_stored_already_is_no_change(tmp_path: Path) -> None:
    desk = working_desk(tmp_path)
    before = desk.store.seq
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "k", "enter")
        form(app).field("emails").enter()
        await type_text(pilot, "rechnung@OEZTUERK.example")
        await press(pilot, "f8")
        assert status(app) == "Nichts geändert."
        assert desk.store.seq == before


async def test_a_stale_write_shows_both_versions(tmp_path: Path) -> None:
    desk = working_desk(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "k", "enter", "tab")
        await type_text(pilot, "Meine Fassung")
        with desk.store.transaction("Kollege") as tx:
            tx.put(replace(tx.need(Customer, 1), name="Seine Fassung"))
        await press(pilot, "f8")
        assert status(app) == "Inzwischen geändert. F8 speichert Ihre Fassung, F5 übernimmt die andere."
        assert field_lines(app, "name") == [">Name Meine Fassung", "Inzwischen gespeichert: Seine Fassung"]
        await press(pilot, "f8")
        assert desk.store.need(Customer, 1).name == "Meine Fassung"


async def test_the_other_version_can_be_taken(tmp_path: Path) -> None:
    desk = working_desk(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "k", "enter", "tab")
        await type_text(pilot, "Meine Fassung")
        with desk.store.transaction("Kollege") as tx:
            tx.put(replace(tx.need(Customer, 1), name="Seine Fassung"))
        await press(pilot, "f8", "f5", "f8")
        assert desk.store.need(Customer, 1).name == "Seine Fassung"


async def test_versandart_and_addresses_are_stored(tmp_path: Path) -> None:
    desk = working_desk(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "k", "enter")
        form(app).field("channel").focus()
        await type_text(pilot, "b")
        await press(pilot, "tab")
        await type_text(pilot, "a@b.example, c@d.example")
        await press(pilot, "f8")
        stored = desk.store.need(Customer, 1)
        assert (stored.channel, stored.emails) == (Channel.LETTER, ("a@b.example", "c@d.example"))


async def test_a_wrong_address_stays_at_its_field(tmp_path: Path) -> None:
    app = BillingApp(working_desk(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "k", "enter")
        form(app).field("emails").focus()
        await type_text(pilot, "a@b..de")
        await press(pilot, "f8")
        assert form(app).field("emails").problems
        assert status(app) == "Bitte erst berichtigen: E-Mail"


async def test_the_company_is_stored_and_says_what_the_law_misses(tmp_path: Path) -> None:
    app = BillingApp(working_desk(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "f")
        for name in ("tax_number", "vat_id"):
            field = form(app).field(name)
            assert isinstance(field, TextField)
            field.set_text("")
        await press(pilot, "f8")
        assert status(app).startswith("Gespeichert. Weder Steuernummer noch USt-IdNr.")
        assert not form(app).is_dirty


async def test_customers_hostile_names_are_text_on_every_screen(tmp_path: Path) -> None:
    desk = working_desk(tmp_path)
    from sample_desk import HOSTILE

    with desk.store.transaction("böse") as tx:
        for n, text in enumerate(HOSTILE):
            tx.insert(Customer(number=f"2000{n}", name=text, emails=(text,), channel=Channel.EMAIL))
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "k")
        assert all(row.isprintable() for row in rows(app))
        await press(pilot, "end", *["up"] * 4)
        for _ in range(4):
            await press(pilot, "enter")
            assert all(line.isprintable() for line in field_lines(app, "name"))
            await press(pilot, "escape", "down")
