"""Positions of orders and documents by key: add, insert, delete with undo, move; sums, tax, texts of several lines."""

from dataclasses import replace
from datetime import date
from decimal import Decimal as D
from pathlib import Path

import pytest
from screen_helpers import SIZE, balance, press, settle, status, title, type_text, working_desk
from textual.pilot import Pilot

from tui_billing.app import BillingApp
from tui_billing.domain.documents import Document, Line, VatCategory
from tui_billing.domain.orders import IntervalTerms, Order, OrderLine, PriceChange
from tui_billing.screens.form import FormHeading
from tui_billing.services import invoicing, orders
from tui_billing.services.desk import Desk
from tui_billing.services.invoicing import NewDocument

DAY = date(2026, 11, 22)
NAMES = ("eins", "zwei", "drei")


def desk_with_invoice(folder: Path, *names: str) -> Desk:
    """One open invoice with these positions at 10, 20 … EUR."""
    desk = working_desk(folder, copies=0)
    lines = tuple(Line(name=name, unit_price=D(10 * n)) for n, name in enumerate(names, 1))
    new = NewDocument(customer_id=1, invoice_date=DAY, service_date=DAY, lines=lines)
    invoicing.apply_new(desk, invoicing.plan_new(desk.store, new))
    return desk


def stored(desk: Desk) -> list[tuple[int, str, D]]:
    (document,) = desk.store.all(Document)
    return [(line.position, line.name, line.net) for line in document.lines]


def headings(app: BillingApp) -> list[str]:
    return [h.left for h in app.screen.query(FormHeading) if h.left.startswith("Position")]


def shown(app: BillingApp) -> list[str]:
    widgets = (w for w in app.screen.widgets if w.spec.name.startswith("lines.") and w.spec.name.endswith(".name"))
    return [w.text for w in widgets]


async def open_first(pilot: Pilot[int]) -> None:
    await settle(pilot)
    await press(pilot, "e", "enter")


async def go(pilot: Pilot[int], field: str) -> None:
    pilot.app.screen.field(field).enter()
    await settle(pilot)


async def test_whoever_types_into_the_empty_position_finds_another_one_behind_it(tmp_path: Path) -> None:
    desk = working_desk(tmp_path, copies=0)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "e", "n")
        await type_text(pilot, "10001")
        assert headings(app) == ["Position 1"]
        await go(pilot, "lines.1.name")
        await type_text(pilot, "eins")
        await go(pilot, "lines.1.unit_price")
        await type_text(pilot, "10")
        assert headings(app) == ["Position 1 · 10,00", "Position 2"]
        await press(pilot, "pagedown")
        await type_text(pilot, "zwei")
        await go(pilot, "lines.2.unit_price")
        await type_text(pilot, "20")
        assert headings(app) == ["Position 1 · 10,00", "Position 2 · 20,00", "Position 3"]
        assert balance(app) == "Netto 30,00 · USt 5,70 · Brutto 35,70 €"
        await press(pilot, "pagedown", "enter")
        assert status(app) == "F8 speichert."
        await press(pilot, "f8")
        assert stored(desk) == [(1, "eins", D("10.00")), (2, "zwei", D("20.00"))]


async def test_einfg_opens_a_position_before_the_one_at_the_cursor(tmp_path: Path) -> None:
    desk = desk_with_invoice(tmp_path, *NAMES)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await open_first(pilot)
        await go(pilot, "lines.2.quantity")
        await press(pilot, "insert")
        assert shown(app) == ["eins", "", "zwei", "drei", ""]
        assert headings(app)[:3] == ["Position 1 · 10,00", "Position 2", "Position 3 · 20,00"]
        await type_text(pilot, "anderthalb")
        await press(pilot, "f8")
        assert [(n, name) for n, name, _net in stored(desk)] == [
            (1, "eins"),
            (2, "anderthalb"),
            (3, "zwei"),
            (4, "drei"),
        ]


async def test_einfg_from_the_head_goes_to_the_empty_position_at_the_end(tmp_path: Path) -> None:
    app = BillingApp(desk_with_invoice(tmp_path, *NAMES))
    async with app.run_test(size=SIZE) as pilot:
        await open_first(pilot)
        await press(pilot, "insert")
        assert app.screen.focused.spec.name == "lines.4.name"
        assert shown(app) == [*NAMES, ""]


async def test_strg_d_takes_a_position_away_and_strg_z_brings_it_back(tmp_path: Path) -> None:
    desk = desk_with_invoice(tmp_path, *NAMES)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await open_first(pilot)
        await press(pilot, "ctrl+d")
        assert status(app) == "Der Zeiger steht in keiner Position."
        await go(pilot, "lines.2.unit_price")
        await press(pilot, "ctrl+d")
        assert status(app) == "Position 2 gelöscht · Strg+Z bringt sie zurück"
        assert shown(app) == ["eins", "drei", ""]
        assert headings(app) == ["Position 1 · 10,00", "Position 2 · 30,00", "Position 3"]
        await press(pilot, "ctrl+z")
        assert shown(app) == [*NAMES, ""]
        assert app.screen.field("lines.2.unit_price").text == "20,00"
        await press(pilot, "ctrl+z")
        assert status(app) == "Nichts zum Rückgängigmachen"
        await press(pilot, "ctrl+d", "ctrl+d", "f8")
        assert stored(desk) == [(1, "eins", D("10.00"))]


async def test_esc_asks_where_only_a_position_was_taken_away(tmp_path: Path) -> None:
    app = BillingApp(desk_with_invoice(tmp_path, *NAMES))
    async with app.run_test(size=SIZE) as pilot:
        await open_first(pilot)
        await press(pilot, "pagedown", "ctrl+d", "escape")
        assert status(app) == "Getipptes verwerfen?"


async def test_strg_t_and_strg_g_exchange_a_position_with_its_neighbour(tmp_path: Path) -> None:
    desk = desk_with_invoice(tmp_path, *NAMES)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await open_first(pilot)
        await go(pilot, "lines.3.unit")
        await press(pilot, "ctrl+t")
        assert shown(app) == ["eins", "drei", "zwei", ""]
        assert app.screen.focused.spec.name == "lines.2.unit"
        await press(pilot, "ctrl+t", "ctrl+t")
        assert status(app) == "Hier ist nichts zu tauschen."
        assert shown(app) == ["drei", "eins", "zwei", ""]
        await press(pilot, "ctrl+g", "f8")
        assert [name for _n, name, _net in stored(desk)] == ["eins", "drei", "zwei"]


async def test_what_the_form_does_not_show_moves_along_with_its_position(tmp_path: Path) -> None:
    desk = desk_with_invoice(tmp_path, *NAMES)
    (document,) = desk.store.all(Document)
    lines = tuple(replace(line, service_from=date(2026, n, 1)) for n, line in enumerate(document.lines, 1))
    with desk.store.transaction("Zeitraum") as tx:
        tx.put(replace(document, lines=lines))
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await open_first(pilot)
        await go(pilot, "lines.3.name")
        await press(pilot, "ctrl+t")
        await go(pilot, "lines.1.name")
        await press(pilot, "ctrl+d", "f8")
        (document,) = desk.store.all(Document)
        assert [(line.name, line.service_from.month) for line in document.lines] == [("drei", 3), ("zwei", 2)]


async def test_a_position_with_a_price_and_no_name_is_not_lost_in_silence(tmp_path: Path) -> None:
    desk = desk_with_invoice(tmp_path, *NAMES)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await open_first(pilot)
        await go(pilot, "lines.4.unit_price")
        await type_text(pilot, "99")
        await press(pilot, "f8")
        assert title(app) == "Rechnung RE-2026-00001 bearbeiten"
        assert "Position 4" in status(app)
        assert len(stored(desk)) == 3


async def test_the_tax_rate_follows_the_kind_of_tax(tmp_path: Path) -> None:
    desk = desk_with_invoice(tmp_path, "Miete")
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await open_first(pilot)
        await go(pilot, "lines.1.vat_category")
        await press(pilot, "right")
        assert app.screen.field("lines.1.vat_rate").text == "0"
        assert balance(app) == "Netto 10,00 · USt 0,00 · Brutto 10,00 €"
        await go(pilot, "exemption_reason")
        app.screen.field("exemption_reason").set_text("Steuerfrei nach § 4 Nr. 12 UStG")
        await go(pilot, "property_work")
        await press(pilot, "right", "f8")
        (document,) = desk.store.all(Document)
        assert (document.lines[0].vat_category, document.lines[0].vat_rate) == (VatCategory.EXEMPT, D(0))
        assert (document.exemption_reason, document.property_work) == ("Steuerfrei nach § 4 Nr. 12 UStG", True)


async def test_a_text_of_several_lines_stays_one(tmp_path: Path) -> None:
    desk = desk_with_invoice(tmp_path, "eins")
    (document,) = desk.store.all(Document)
    with desk.store.transaction("Texte") as tx:
        line = replace(document.lines[0], description="oben\nunten")
        tx.put(replace(document, header_text="Guten Tag\n\nanbei", lines=(line,)))
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await open_first(pilot)
        assert app.screen.field("header_text").text == "Guten Tag↵↵anbei"
        await go(pilot, "footer_text")
        await pilot.press("a", "backslash", "n", "b")
        await press(pilot, "f8")
        (document,) = desk.store.all(Document)
        texts = (document.header_text, document.footer_text, document.lines[0].description)
        assert texts == ("Guten Tag\n\nanbei", "a\nb", "oben\nunten")


async def test_a_colleague_who_took_a_position_away_in_between_is_seen_and_f5_takes_his_version(tmp_path: Path) -> None:
    desk = desk_with_invoice(tmp_path, *NAMES)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await open_first(pilot)
        await go(pilot, "lines.1.unit_price")
        await type_text(pilot, "11")
        (document,) = desk.store.all(Document)
        invoicing.edit(desk, replace(document, lines=document.lines[:1]))
        await press(pilot, "f8")
        assert status(app).startswith("Inzwischen geändert.")
        await press(pilot, "f5")
        assert (shown(app), headings(app)) == (["eins", ""], ["Position 1 · 10,00", "Position 2"])
        await press(pilot, "escape")
        assert title(app).startswith("Rechnungsstellung")


async def test_a_colleague_s_version_with_fewer_positions_is_overwritten_by_f8(tmp_path: Path) -> None:
    desk = desk_with_invoice(tmp_path, *NAMES)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await open_first(pilot)
        await go(pilot, "lines.1.unit_price")
        await type_text(pilot, "11")
        (document,) = desk.store.all(Document)
        invoicing.edit(desk, replace(document, lines=document.lines[:1]))
        await press(pilot, "f8", "f8")
        assert stored(desk) == [(1, "eins", D("11.00")), (2, "zwei", D("20.00")), (3, "drei", D("30.00"))]


@pytest.mark.parametrize(
    ("interval", "text"),
    [
        (IntervalTerms(anchor=DAY), "nächste Rechnung: Netto 330,00 · USt 62,70 · Brutto 392,70 €"),
        (None, "nächste Rechnung: Netto 330,00 · USt 62,70 · Brutto 392,70 €"),
        (IntervalTerms(anchor=DAY, end=date(2026, 1, 1)), ""),
    ],
)
async def test_an_order_sums_up_its_next_invoice(tmp_path: Path, interval: IntervalTerms | None, text: str) -> None:
    desk = working_desk(tmp_path, copies=0)
    lines = tuple(
        OrderLine(position=n, name=name, unit_price=D(price)) for n, name, price in ((1, "a", 300), (2, "b", 30))
    )
    with desk.store.transaction("Auftrag") as tx:
        tx.insert(Order(number="A-1", customer_id=1, lines=lines, interval=interval))
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "a", "enter")
        assert balance(app) == (text or "keine Periode mehr zu berechnen")
        if text:
            assert headings(app) == ["Position 1 · 300,00", "Position 2 · 30,00", "Position 3"]


async def test_price_changes_of_an_order_move_with_their_position(tmp_path: Path) -> None:
    desk = working_desk(tmp_path, copies=0)
    change = PriceChange(valid_from=date(2027, 1, 1), unit_price=D(55))
    lines = (OrderLine(name="a", unit_price=D(1)), OrderLine(name="b", unit_price=D(2), price_changes=(change,)))
    orders.save(desk, Order(customer_id=1, lines=lines, interval=IntervalTerms(anchor=DAY)))
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "a", "enter")
        await go(pilot, "lines.2.price_changes")
        await press(pilot, "ctrl+t", "f8")
        (order,) = desk.store.all(Order)
        assert [(line.name, line.price_changes) for line in order.lines] == [("b", (change,)), ("a", ())]


@pytest.mark.parametrize("keys", [("e", "enter"), ("a", "enter")])
async def test_f8_without_a_change_writes_nothing(tmp_path: Path, keys: tuple[str, str]) -> None:
    desk = desk_with_invoice(tmp_path, *NAMES)
    orders.save(desk, Order(customer_id=1, lines=(OrderLine(name="a", unit_price=D(1)),)))
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, *keys)
        seq = desk.store.seq
        await press(pilot, "f8")
        assert (desk.store.seq, status(app)) == (seq, "Nichts geändert.")
