"""Help text Intervallrechnungen by keys: order, form, selection, Entf, Erstellen, Rechnungsstellung, Massendruck."""

from dataclasses import replace
from datetime import date
from decimal import Decimal as D
from pathlib import Path

from screen_helpers import SIZE, balance, press, rows, settle, status, table, title, type_text, working_desk
from textual.pilot import Pilot

from tui_billing.app import BillingApp
from tui_billing.domain.creations import IntervalCreation, IntervalSelectionParameters
from tui_billing.domain.documents import Document, DocumentState
from tui_billing.domain.orders import IntervalTerms, IntervalUnit, Order, OrderLine, Period, PeriodState
from tui_billing.domain.parties import Customer
from tui_billing.domain.runs import InvoiceRun
from tui_billing.screens.widgets.lines import BalanceLine, KeyLine, TextLine
from tui_billing.screens.widgets.text_view import TextView
from tui_billing.services import orders
from tui_billing.services.desk import Desk
from tui_billing.services.interval_creation import apply_create
from tui_billing.services.intervals import finish, plan_select
from tui_billing.services.order_import import insert_with_history


def desk_with_orders(folder: Path) -> Desk:
    """Yearly A-1 billed for 2026, quarterly A-2 with one missed quarter, monthly A-3 paused; no other documents."""
    desk = working_desk(folder, copies=0)
    yearly = IntervalTerms(unit=IntervalUnit.YEAR, anchor=date(2026, 1, 1))
    quarterly = IntervalTerms(unit=IntervalUnit.QUARTER, anchor=date(2026, 1, 1))
    paused = IntervalTerms(anchor=date(2026, 1, 1), paused=True)
    with desk.store.transaction("Aufträge") as tx:
        for number, customer, name, price, terms, billed in (
            ("A-1", 5, "Beitrag {Jahr}", "96.00", yearly, date(2026, 12, 31)),
            ("A-2", 6, "{Quartal}", "450.00", quarterly, date(2026, 9, 30)),
            ("A-3", 3, "Miete {Monat}", "700.00", paused, date(2026, 12, 31)),
        ):
            line = OrderLine(name=name, unit_price=D(price))
            order = Order(number=number, customer_id=customer, lines=(line,), interval=terms)
            insert_with_history(tx, order, billed)
    return desk


async def ask(pilot: Pilot[int], execution: str, invoice: str = "2.1.27") -> None:
    """The form: both dates, then Weiter."""
    await type_text(pilot, execution)
    await press(pilot, "enter")
    await type_text(pilot, invoice)
    await press(pilot, "f8")


async def test_the_yearly_order_is_due_from_the_first_of_january_whenever_it_is_asked(tmp_path: Path) -> None:
    app = BillingApp(desk_with_orders(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "t")
        assert title(app) == "Intervallrechnungen"
        await ask(pilot, "31.12.26")
        assert [r.split()[1] for r in rows(app)] == ["A-2"]
        await press(pilot, "escape")
        await press(pilot, "shift+tab")
        await ask(pilot, "1.1.27")
        assert title(app) == "Intervallrechnungen · Ausführung 01.01.2027 · Rechnungsdatum 02.01.2027"
        assert rows(app) == [
            "> A-1 Turnverein 1899… 01.01.27–31.12.27 Beitrag 2027 96,00",
            "A-2 Praxis Dr. Yılm… 01.10.26–31.12.26 ! 4. Quartal 2026 450,00",
            "A-2 Praxis Dr. Yılm… 01.01.27–31.03.27 1. Quartal 2027 450,00",
        ]
        assert balance(app) == "3 fällig · 0 entfernt · 3 zu erstellen 996,00 € netto · ! überfällig 1"


async def test_the_sign_stays_with_what_is_overdue_where_the_line_is_broken(tmp_path: Path) -> None:
    app = BillingApp(desk_with_orders(tmp_path))
    async with app.run_test(size=(62, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "t")
        await ask(pilot, "1.1.27")
        line = app.screen.query_one(BalanceLine)
        painted = [line.render_line(y).text.strip() for y in range(line.size.height)]
        assert painted == ["3 fällig · 0 entfernt · 3 zu erstellen 996,00 € netto ·", "! überfällig 1"]


async def test_a_creation_that_is_finished_does_not_offer_to_go_on(tmp_path: Path) -> None:
    desk = desk_with_orders(tmp_path)
    days = IntervalSelectionParameters(execution_date=date(2027, 1, 1), invoice_date=date(2027, 1, 2))
    with desk.store.transaction("Erstellung") as tx:
        half = tx.insert(IntervalCreation(parameters=days, planned=3))
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        app.open("interval_created", creation_id=half.id)
        await settle(pilot)
        assert ("F8", "Fortsetzen") in app.screen.query_one(KeyLine).pairs(79)
        with desk.store.transaction("fertig") as tx:
            tx.put(replace(half, planned=0, finished=True))
        await press(pilot, "f5")
        assert balance(app) == "0 geplant = 0 erstellt 0,00 € + 0 nicht + 0 offen"
        assert "F8" not in [key for key, _label in app.screen.query_one(KeyLine).pairs(79)]


async def test_entf_drops_a_row_from_this_selection_only_and_u_brings_it_back(tmp_path: Path) -> None:
    desk = desk_with_orders(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "t")
        await ask(pilot, "1.1.27")
        await press(pilot, "space", "space", "delete")
        assert [r.split()[1] for r in rows(app)] == ["A-2"]
        assert status(app) == "2 Zeilen entfernt · u rückgängig"
        assert balance(app).startswith("3 fällig · 2 entfernt · 1 zu erstellen 450,00 € netto")
        await press(pilot, "u")
        assert table(app).row_count == 3
        await press(pilot, "delete", "f5")
        assert table(app).row_count == 2, "selecting again keeps what was dropped"
        assert desk.store.count(Period) == 16


async def test_the_hint_of_the_first_row_stands_there_at_once(tmp_path: Path) -> None:
    desk = desk_with_orders(tmp_path)
    order = orders.find(desk.store, "A-1")
    orders.save(desk, replace(order, header_text="{Abrechnungszeitraum}"))
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "t")
        await ask(pilot, "1.1.27")
        assert status(app).startswith("A-1: kein Abrechnungszeitraum eingegeben")


async def test_esc_asks_before_rows_deleted_by_hand_are_forgotten(tmp_path: Path) -> None:
    app = BillingApp(desk_with_orders(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "t")
        await ask(pilot, "1.1.27")
        await press(pilot, "delete", "escape")
        assert status(app) == "1 Zeile ist gelöscht. Die Auswahl verwerfen?"
        await press(pilot, "enter")
        assert title(app).startswith("Intervallrechnungen · Ausführung"), "the focus stands on Nein"
        await press(pilot, "escape", "j")
        assert title(app) == "Intervallrechnungen"


async def test_an_address_that_is_missing_is_mended_from_the_list(tmp_path: Path) -> None:
    desk = desk_with_orders(tmp_path)
    customer = desk.store.need(Customer, 6)
    with desk.store.transaction("Adresse weg") as tx:
        tx.put(replace(customer, address=replace(customer.address, street="")))
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "t")
        await ask(pilot, "1.1.27")
        await press(pilot, "delete", "f8")
        assert status(app).startswith("Keine Zeile lässt sich berechnen. A-2: Die Anschrift von Praxis Dr. Yılmaz")
        await press(pilot, "f4")
        app.screen.field("address.street").set_text("Weg 1")
        await press(pilot, "f8")
        assert status(app) == "Kunde 10006 gespeichert, neu selektiert"
        await press(pilot, "f8")
        assert status(app).replace("\xa0", " ") == "2 Rechnungen über 1.071,00 € erstellen?"


async def test_a_row_that_could_not_be_billed_says_when_and_why_and_leads_to_the_customer(tmp_path: Path) -> None:
    desk = desk_with_orders(tmp_path)
    customer = desk.store.need(Customer, 6)
    with desk.store.transaction("Adresse weg") as tx:
        tx.put(replace(customer, address=replace(customer.address, street="")))
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "t")
        await ask(pilot, "1.1.27")
        await press(pilot, "f8", "j")
        assert rows(app)[0].startswith("> nicht erstellt A-2 Die Anschrift")
        assert rows(app)[0].endswith("ab 01.10.26")
        await press(pilot, "enter")
        assert status(app).startswith("A-2 ab 01.10.2026: Die Anschrift von Praxis Dr. Yılmaz ist unvollständig")
        await press(pilot, "f4")
        assert title(app) == "Kunde 10006 · Praxis Dr. Yılmaz"


async def test_erstellen_keeps_the_numbers_and_leads_to_rechnungsstellung_and_massendruck(tmp_path: Path) -> None:
    desk = desk_with_orders(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "t")
        await ask(pilot, "1.1.27")
        await press(pilot, "delete", "f8")
        assert status(app).replace("\xa0", " ") == "2 Rechnungen über 1.071,00 € erstellen?"
        await press(pilot, "enter")
        assert desk.store.count(Document) == 0, "the focus stands on Nein"
        await press(pilot, "f8", "j")
        assert title(app) == "Erstellte Rechnungen · Erstellung 1 · Ausführung 01.01.2027"
        assert rows(app) == [
            "> RE-2027-00001 A-2 Praxis Dr. Yılmaz 01.10.26–31.12.26 535,50",
            "RE-2027-00002 A-2 Praxis Dr. Yılmaz 01.01.27–31.03.27 535,50",
        ]
        assert balance(app) == "2 geplant = 2 erstellt 1.071,00 € + 0 nicht + 0 offen"
        # the list can be opened again from the form
        await press(pilot, "escape", "f2", "enter")
        assert title(app).startswith("Erstellte Rechnungen · Erstellung 1")
        # exported
        await press(pilot, "c")
        assert (tmp_path / "output" / "Erstellung-1.csv").read_text(encoding="utf-8-sig").count("RE-2027") == 2
        # edited while angelegt
        await press(pilot, "enter")
        assert title(app) == "Rechnung RE-2027-00001 bearbeiten"
        await press(pilot, "escape")
        # Massendruck of exactly these
        await press(pilot, "f9")
        assert title(app) == "Rechnungen Massendruck"
        assert balance(app) == "2 von 2 Belegen 1.071,00 €"
        await press(pilot, "f8", "j")
        assert status(app).startswith("2 gedruckt · ")
        assert {d.state for d in desk.store.all(Document)} == {DocumentState.FINAL}
        assert (tmp_path / "output" / "Massendruck_RE-2027-00001_RE-2027-00002.pdf").exists()


async def test_f12_waives_a_period_with_a_reason_and_u_takes_it_back(tmp_path: Path) -> None:
    desk = desk_with_orders(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "t")
        await ask(pilot, "1.1.27")
        await press(pilot, "f12")
        await type_text(pilot, "Kulanz")
        await press(pilot, "f8")
        assert [r.removeprefix("> ").split()[0] for r in rows(app)] == ["A-2", "A-2"]
        waived = [p for p in desk.store.all(Period) if p.state is PeriodState.WAIVED]
        assert [(p.period_start, p.reason) for p in waived] == [(date(2027, 1, 1), "Kulanz")]
        await press(pilot, "u")
        assert table(app).row_count == 3


async def test_f6_explains_an_order_that_is_not_in_the_list(tmp_path: Path) -> None:
    app = BillingApp(desk_with_orders(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "t")
        await ask(pilot, "1.1.27")
        await press(pilot, "f6")
        await type_text(pilot, "A-3")
        await press(pilot, "enter")
        text = app.screen.query_one(TextView).text
        assert "Warum steht A-3 01.01.–31.01.2027 nicht an?" in text
        assert "✗ Auftrag ist pausiert" in text
        assert "· nicht mehr entscheidend: 01.01.2027–31.01.2027 ist noch nicht berechnet" in text


async def test_c4_7_the_form_asks_about_a_mistyped_year(tmp_path: Path) -> None:
    app = BillingApp(desk_with_orders(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "t")
        await ask(pilot, "1.1.2072")
        assert title(app) == "Intervallrechnungen"
        assert status(app).endswith("Stimmt das Jahr? Trotzdem?")
        await press(pilot, "enter")
        assert title(app) == "Intervallrechnungen", "the focus stands on Nein"


async def test_nothing_due_is_said(tmp_path: Path) -> None:
    app = BillingApp(working_desk(tmp_path, copies=0))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "t", "f8")
        assert status(app).startswith("Zu diesem Ausführungsdatum steht nichts an.")


async def test_an_order_is_made_by_keys_and_shows_its_dates_while_it_is_typed(tmp_path: Path) -> None:
    desk = working_desk(tmp_path, copies=0)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "a", "n")
        await type_text(pilot, "10005")
        for name, text in (("anchor", "31.01.26"), ("lines.1.name", "Miete {Monat}"), ("lines.1.unit_price", "700,00")):
            app.screen.field(name).focus()
            await settle(pilot)
            await type_text(pilot, text)
        lines = {
            name: app.screen.query_one(f"#{name}", TextLine).left for name in ("balance", "strip", "dates", "dates2")
        }
        assert lines == {
            "balance": "nächste Rechnung: Netto 700,00 · USt 133,00 · Brutto 833,00\xa0€",
            "strip": "2026 □□□□□□□□□□··  2027 ············",
            "dates": "nächste 31.01.26 28.02.26 31.03.26 30.04.26 31.05.26 30.06.26",
            "dates2": "        31.07.26 31.08.26 30.09.26 31.10.26 30.11.26 31.12.26",
        }
        await press(pilot, "f8")
        assert title(app) == "Aufträge"
        assert rows(app) == ["> A-1001 Turnverein 1899… monatlich Miete {Mona… 31.01.26 aktiv"]
        (order,) = desk.store.all(Order)
        assert (order.lines[0].name, order.lines[0].unit_price, len(order.lines)) == ("Miete {Monat}", D("700.00"), 1)


async def test_an_order_that_cannot_be_meant_says_so_at_its_field(tmp_path: Path) -> None:
    desk = desk_with_orders(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "a", "enter")
        app.screen.field("end").focus()
        await settle(pilot)
        await type_text(pilot, "1.1.2020")
        await press(pilot, "f8")
        assert [p.code for p in app.screen.field("end").problems] == ["ENDE_VOR_BEGINN"]
        assert orders.find(desk.store, "A-1").interval.end is None


async def test_orders_are_deleted_only_while_never_billed(tmp_path: Path) -> None:
    desk = desk_with_orders(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "a", "delete")
        assert status(app).startswith("Auftrag A-1 hat Rechnungen oder ausgelassene Perioden")
        assert desk.store.count(Order) == 3


async def test_gaps_show_what_was_forgotten(tmp_path: Path) -> None:
    desk = desk_with_orders(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "w")
        assert title(app) == "Lücken bis 22.11.2026"
        assert rows(app) == ["> A-2 Praxis Dr. Yılmaz 01.10.26–31.12.26 vergessen? 535,50"]
        assert balance(app) == "1 Periode nie berechnet, 535,50 €"


async def test_an_unfinished_creation_goes_on_with_f8(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("tui_billing.services.interval_creation.GROUP", 1)
    desk = desk_with_orders(tmp_path)
    parameters = IntervalSelectionParameters(execution_date=date(2027, 1, 1), invoice_date=date(2027, 1, 2))
    plan = finish(plan_select(desk.store, parameters))
    steps = apply_create(desk, plan)
    next(steps)
    next(steps)
    steps.close()
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "t", "f2", "enter")
        assert balance(app).endswith("1 erstellt 114,24 € + 0 nicht + 2 offen · F8 setzt fort")
        await press(pilot, "f8")
        assert balance(app).endswith("3 erstellt 1.185,24 € + 0 nicht + 0 offen")
        assert desk.store.need(IntervalCreation, 1).finished


async def test_rechnungsstellung_new_edit_print_and_storno(tmp_path: Path) -> None:
    desk = working_desk(tmp_path, copies=0)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "e", "n")
        await type_text(pilot, "10001")
        for name, text in (("lines.1.name", "Beratung"), ("lines.1.unit_price", "100")):
            app.screen.field(name).focus()
            await settle(pilot)
            await type_text(pilot, text)
        assert balance(app) == "Netto 100,00 · USt 19,00 · Brutto 119,00 €"
        await press(pilot, "f8")
        assert rows(app) == ["> RE-2026-00001 Rechnung 22.11.26 Bäckerei Öztürk & Söhne 119,00"]
        # edited while angelegt
        await press(pilot, "enter")
        app.screen.field("lines.1.quantity").focus()
        await settle(pilot)
        await type_text(pilot, "2")
        await press(pilot, "f8")
        assert rows(app)[0].endswith(" 238,00")
        # printed, thereby final
        await press(pilot, "f9", "j")
        assert status(app).startswith("1 gedruckt · ")
        await press(pilot, "tab")
        assert rows(app)[0].endswith("238,00 festgeschr.")
        await press(pilot, "f4")
        assert status(app) == "RE-2026-00001 ist festgeschrieben; möglich ist Storno (Entf)."
        # Storno
        await press(pilot, "delete")
        await type_text(pilot, "Irrtum")
        await press(pilot, "f8")
        assert status(app) == "RE-2026-00001 storniert mit ST-2026-00001"


async def test_massendruck_counts_while_it_is_typed_and_makes_a_run(tmp_path: Path) -> None:
    desk = working_desk(tmp_path, copies=1)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "x")
        await type_text(pilot, "RE-2026-00002")
        await press(pilot, "enter")
        await type_text(pilot, "RE-2026-00004")
        assert balance(app).startswith("3 von 3 Belegen")
        await press(pilot, "f4")
        assert title(app).startswith("Rechnungslauf 1")
        assert desk.store.all(InvoiceRun)[0].parameters.document_ids == (2, 3, 4)


async def test_hostile_text_in_orders_is_shown_as_text(tmp_path: Path) -> None:
    desk = working_desk(tmp_path, copies=0)
    terms = IntervalTerms(anchor=date(2026, 11, 1))
    with desk.store.transaction("feindlich") as tx:
        for n, text in enumerate(("a [/] b", "[red]x", "\x1b[31mrot", "zeile\r\nzwei", "=1+1"), 1):
            line = OrderLine(name=text, unit_price=D(100))
            tx.insert(Order(number=f"A-{n}", customer_id=4, header_text=text, lines=(line,), interval=terms))
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "a", "enter", "escape", "escape", "t", "f8")
        assert table(app).row_count == 5
        assert not any("\x1b" in row for row in rows(app))
        await press(pilot, "f3", "escape", "enter", "escape", "f6", "escape")
        assert title(app).startswith("Intervallrechnungen · Ausführung")
