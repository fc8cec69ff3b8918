"""The help text Rechnungsstapel key by key: Stichtage, generate, details, print, Neudruck, dates, payments, dummy."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from fakes import add_company, add_customer, add_invoice, make_desk
from screen_helpers import SIZE, balance, press, rows, settle, status, table, title, type_text

from tui_billing.app import BillingApp
from tui_billing.domain.batch_selection import BatchParameters
from tui_billing.domain.batches import BatchState, InvoiceBatch, Payment, ReceivableEntry
from tui_billing.domain.documents import DocumentKind
from tui_billing.domain.parties import Address
from tui_billing.screens.widgets.lines import TextLine
from tui_billing.screens.widgets.text_view import TextView
from tui_billing.services import batches, payments
from tui_billing.services.batch_check import plan_print
from tui_billing.services.batch_print import print_batches
from tui_billing.services.payments import NewPayment


def help_text_desk(folder: Path):
    """Customers 1, 3, 5 on the 15th, 4 and 6 on the 30th, 2 without; one invoice each on 3 November."""
    desk = make_desk(folder)
    add_company(desk)
    for number, cutoff in ((1, 15), (2, None), (3, 15), (4, 30), (5, 15), (6, 30)):
        customer = add_customer(desk, str(number), cutoff_day=cutoff, name=f"Kunde [/] {number}")
        add_invoice(desk, customer, date(2026, 11, 3))
    return desk


def text(app: BillingApp) -> list[str]:
    return app.screen.query_one(TextView).text.replace("\xa0", " ").splitlines()


def printed(desk, close: date) -> InvoiceBatch:
    batch = batches.generate(desk, BatchParameters(close_date=close))
    for _ in print_batches(desk, plan_print(desk.store, batch.number)):
        pass
    return desk.store.need(InvoiceBatch, batch.id)


async def test_a_batch_from_the_form_over_the_plan_to_the_print(tmp_path: Path) -> None:
    desk = help_text_desk(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "h")
        assert title(app) == "Rechnungsstapel"
        # Rechnungsstapel generieren: the next close date stands there, another is typed
        await press(pilot, "f8")
        assert balance(app) == ("6 = 2 im Stapel 238,00 € + 4 nicht: 3 anderer Stichtag, 1 ohne Stichtag")
        await type_text(pilot, "13.11.")
        await press(pilot, "enter")
        assert "Nächste passende Abschlussdaten: 30.10.2026 und 15.11.2026." in balance(app)
        await press(pilot, "f8")
        assert status(app).startswith("Zum 13.11.2026 passt kein Kunde mit Rechnungen.")
        await press(pilot, "shift+tab")
        await type_text(pilot, "15.11.")
        await press(pilot, "enter", "f8")
        # the plan: who and what, who not and why
        assert title(app) == "Rechnungsstapel generieren · Abschluss 15.11.2026"
        assert rows(app)[0] == "> RE-2026-00001 03.11.26 1 Kunde [/] 1 119,00 dabei"
        assert [r.split()[-2:] for r in rows(app)[3:]] == [
            ["ohne", "Stichtag"],
            ["anderer", "Stichtag"],
            ["anderer", "Stichtag"],
        ]
        await press(pilot, "end")
        assert status(app) == "RE-2026-00006: Stichtag 30 fällt nicht auf das Abschlussdatum 15.11.2026"
        await press(pilot, "f6")
        assert text(app)[1] == "Warum ist RE-2026-00006 nicht dabei?"
        assert "  ✗ Stichtag 30 fällt nicht auf das Abschlussdatum 15.11.2026" in text(app)
        await press(pilot, "escape", "f8")
        assert status(app).replace("\xa0", " ") == "3 Belege von 3 Kunden, 357,00 €: generieren?"
        await press(pilot, "j")
        assert title(app) == "Rechnungsstapel"
        assert rows(app) == ["> 1 15.11.26 offen 3 3 357,00"]
        # Rechnungsstapeldetails
        await press(pilot, "enter")
        assert title(app) == "Rechnungsstapel 1 · Abschluss 15.11.2026 · offen"
        assert rows(app)[0] == "> 1 Kunde [/] 1 1 0,00 0,00 119,00 119,00"
        await press(pilot, "delete")
        assert status(app) == "1 Kunde, 1 Beleg entfernt · u rückgängig"
        await press(pilot, "u")
        assert table(app).row_count == 3
        assert balance(app) == "3 Kunden · 3 Belege · neu 357,00 € · Rechnungsbeträge 357,00 €"
        # print: asks once, the focus on Nein
        await press(pilot, "f9")
        assert status(app).replace("\xa0", " ") == (
            "3 Aufstellungen mit 3 Originalen dahinter, 357,00 €. Drucken, festschreiben und sperren?"
        )
        await press(pilot, "enter")
        assert desk.store.need(InvoiceBatch, 1).state is BatchState.OPEN
        await press(pilot, "f9", "j")
        assert title(app).endswith("gedruckt")
        assert status(app).startswith("3 Aufstellungen gedruckt · Stapel 1 gesperrt · Druckdatei ")
        assert (tmp_path / "output" / "Rechnungsstapel_1.pdf").exists()
        # locked
        await press(pilot, "delete")
        assert status(app) == "Stapel 1 ist bereits gedruckt und wird nicht mehr geändert."
        await press(pilot, "escape", "delete")
        assert status(app) == "Stapel 1 ist bereits gedruckt und wird nicht gelöscht; möglich ist ein Neudruck."


async def test_no_amount_and_no_number_of_a_list_is_cut(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    add_company(desk)
    for number in ("K-2026-000001", "K-2026-000002"):
        customer = add_customer(desk, number, cutoff_day=15)
        add_invoice(desk, customer, date(2026, 10, 3), net="10000000")
    printed(desk, date(2026, 10, 15))
    add_invoice(desk, customer, date(2026, 11, 3), net="10000000", kind=DocumentKind.CREDIT_MEMO)
    batches.generate(desk, BatchParameters(close_date=date(2026, 11, 15)))
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "h", "enter")
        assert rows(app) == ["> K-2026-000002 Kunde K-2… 11.900.000,00 0,00 -11.900.000,00 0,00"]
        await press(pilot, "escape", "escape", "o")
        assert rows(app)[0].endswith(" 11.900.000,00 11.900.000,00")


async def test_only_the_marked_batches_are_printed_not_those_between_them(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    add_company(desk)
    for number, cutoff in ((1, 10), (2, 12), (3, 15)):
        add_invoice(desk, add_customer(desk, str(number), cutoff_day=cutoff), date(2026, 11, 3))
        batches.generate(desk, BatchParameters(close_date=date(2026, 11, cutoff)))
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "h", "space", "down", "space", "f9")
        assert title(app) == "Bericht Rechnungsstapel · 1, 3"
        await press(pilot, "f8", "j")
        assert status(app).startswith("2 Aufstellungen gedruckt · Stapel 1, 3 gesperrt")
        assert [b.state for b in desk.store.all(InvoiceBatch)] == [
            BatchState.PRINTED, BatchState.OPEN, BatchState.PRINTED
        ]  # fmt: skip
        # a range without a gap stays a range
        await press(pilot, "escape", "plus", "f9")
        assert title(app) == "Bericht Rechnungsstapel"


async def test_an_address_that_keeps_a_batch_from_the_printer_is_mended_in_its_details(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    add_company(desk)
    add_invoice(desk, add_customer(desk, "1", cutoff_day=15, address=Address()), date(2026, 11, 3), net="1000")
    batches.generate(desk, BatchParameters(close_date=date(2026, 11, 15)))
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "h", "enter", "f9")
        assert title(app) == "1 Hindernis"
        await press(pilot, "escape", "f4")
        for name, value in (("street", "Weg 1"), ("postcode", "10115"), ("city", "Berlin")):
            app.screen.field(f"address.{name}").set_text(value)
        await press(pilot, "f8")
        assert status(app) == "Kunde 1 gespeichert"
        await press(pilot, "f9")
        assert status(app).startswith("1 Aufstellung mit 1 Original dahinter")


async def test_the_details_of_a_customer_look_like_the_sketch(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    add_company(desk)
    customer = add_customer(desk, "10004", name="Hausverwaltung Nord GmbH", cutoff_day=31)
    add_invoice(desk, customer, date(2026, 10, 5), net="4000")
    printed(desk, date(2026, 10, 31))
    payments.add(desk, NewPayment(amount=Decimal("4760"), paid_date=date(2026, 11, 5), documents=("RE-2026-00001",)))
    add_invoice(desk, customer, date(2026, 11, 12), net="2000")
    add_invoice(desk, customer, date(2026, 11, 14), net="100", kind=DocumentKind.CREDIT_MEMO)
    add_invoice(desk, customer, date(2026, 11, 20), net="200", kind=DocumentKind.DEBIT_MEMO)
    batches.generate(desk, BatchParameters(close_date=date(2026, 11, 30)))
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "h", "enter", "enter")
        head = [app.screen.query_one(f"#{n}", TextLine).left for n in ("customer", "former", "new")]
        assert [title(app), *head] == [
            "Rechnungsstapel 2 · Abschluss 30.11.2026 · offen",
            "Kunde 10004 Hausverwaltung Nord GmbH · Stichtag 31",
            "Vorhergehende Rechnung 4.760,00 − Zahlungen 4.760,00 = Übertrag 0,00",
            "+ Neue Rechnungen 2.100,00 + Steuern 399,00 = Rechnungsbetrag 2.499,00",
        ]
        assert rows(app) == [
            "> RE-2026-00002 Rechnung 12.11.26 2.380,00 26.11.26",
            "GS-2026-00001 Gutschrift 14.11.26 -119,00 28.11.26",
            "LA-2026-00001 Lastschrift 20.11.26 238,00 04.12.26",
        ]
        # Entf takes a document out, u brings it back, the figures follow
        await press(pilot, "delete")
        assert app.screen.query_one("#new", TextLine).left.endswith("Rechnungsbetrag 119,00")
        await press(pilot, "u")
        assert app.screen.query_one("#new", TextLine).left.endswith("Rechnungsbetrag 2.499,00")
        # F4: Rechnungsdatum with a reason; without one it is refused
        await press(pilot, "home", "f4")
        await type_text(pilot, "1.12.")
        await press(pilot, "f8")
        assert "Grund" in app.screen.field("reason").problems[0].text
        await type_text(pilot, "Lieferung")
        await press(pilot, "f8")
        assert status(app).startswith("RE-2026-00002 geändert")
        entry = desk.store.find_one(ReceivableEntry, "document_id", 2)
        assert entry.batch_date == date(2026, 12, 1)
        # F5 in the details: it no longer belongs there
        await press(pilot, "escape", "f5")
        assert status(app) == "1 Beleg passt nicht mehr und ist entfernt · u rückgängig"


async def test_by_hand_the_form_offers_who_fits_and_says_who_does_not(tmp_path: Path) -> None:
    desk = help_text_desk(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "h", "n")
        await type_text(pilot, "15.11.")
        await press(pilot, "f8", "enter", "n")
        assert balance(app) == "Passende Kunden: 1, 3, 5"
        await type_text(pilot, "4")
        await press(pilot, "f8")
        assert status(app) == "4: Stichtag 30 fällt nicht auf das Abschlussdatum 15.11.2026"
        await press(pilot, "backspace")
        await type_text(pilot, "1, 3")
        await press(pilot, "f8")
        assert status(app) == "2 Belege aufgenommen · u rückgängig"
        assert len(rows(app)) == 2


async def test_what_cannot_be_printed_is_listed_before_anything_happens(tmp_path: Path) -> None:
    desk = help_text_desk(tmp_path)
    batches.generate(desk, BatchParameters(close_date=date(2026, 11, 15)))
    with desk.store.transaction("verschoben") as tx:
        entry = tx.find_one(ReceivableEntry, "document_id", 1)
        tx.put(replace(entry, batch_date=date(2026, 11, 20)))
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "h", "enter", "f9")
        assert title(app) == "1 Hindernis"
        assert text(app)[2] == "  RE-2026-00001: Rechnungsdatum 20.11.2026 liegt nach dem Abschlussdatum 15.11.2026"
        assert desk.store.need(InvoiceBatch, 1).state is BatchState.OPEN


async def test_the_neudruck_from_todays_data_names_cause_and_difference(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    add_company(desk)
    customer = add_customer(desk, "1", cutoff_day=31)
    add_invoice(desk, customer, date(2013, 4, 10), net="840.336134")
    printed(desk, date(2013, 4, 30))
    payments.add(desk, NewPayment(amount=Decimal(1000), paid_date=date(2013, 5, 12), documents=("RE-2013-00001",)))
    add_invoice(desk, customer, date(2013, 5, 20), net="420.168067")
    printed(desk, date(2013, 5, 31))
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        # Zahlungen: Bezahlt am to November
        await press(pilot, "z", "f4")
        await type_text(pilot, "12.11.2013")
        await press(pilot, "enter")
        await type_text(pilot, "Valuta")
        await press(pilot, "f8")
        assert desk.store.all(Payment)[0].paid_date == date(2013, 11, 12)
        await press(pilot, "escape", "h", "f9")
        assert title(app) == "Bericht Rechnungsstapel"
        await press(pilot, "right", "f8")
        shown = text(app)
        assert shown[:6] == [
            "Rechnungsstapel 2 · Abschluss 31.05.2013 · gedruckt",
            "1 Kunde 1",
            "  Zahlungen: gesendet 1.000,00, jetzt 0,00 (-1.000,00)",
            "  Übertrag: gesendet 0,00, jetzt 1.000,00 (+1.000,00)",
            "  Rechnungsbetrag: gesendet 500,00, jetzt 1.500,00 (+1.000,00)",
            "  Zahlung ZA-2013-00001 über 1.000,00 €: Bezahlt am verschoben von 12.05.2013 auf 12.11.2013",
        ]
        assert shown[6].endswith("– Valuta")
        assert (tmp_path / "output" / "Neuberechnung_Rechnungsstapel_2_1.pdf").exists()
        await press(pilot, "escape", "left", "f8")
        assert "Kopie_Rechnungsstapel_2.pdf" in status(app)


async def test_a_payment_is_entered_allocated_and_taken_back(tmp_path: Path) -> None:
    desk = help_text_desk(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "z", "n")
        await type_text(pilot, "1")
        await press(pilot, "enter")
        assert balance(app) == "Kunde [/] 1, offen: RE-2026-00001 119,00"
        await type_text(pilot, "200")
        await press(pilot, "f8")
        assert rows(app) == ["> ZA-2026-00001 22.11.2026 1 Kunde [/] 1 200,00 200,00"]
        await press(pilot, "f8", "f8")
        assert rows(app) == ["> ZA-2026-00001 22.11.2026 1 Kunde [/] 1 200,00 81,00"]
        await press(pilot, "f12")
        assert status(app) == "ZA-2026-00001 ist keiner Rechnung mehr zugeordnet · u rückgängig"
        assert rows(app) == ["> ZA-2026-00001 22.11.2026 1 Kunde [/] 1 200,00 200,00"]
        await press(pilot, "f12")
        assert status(app) == "Diese Zahlung ist keiner Rechnung zugeordnet."
        await press(pilot, "delete", "f8")
        assert status(app) == "ZA-2026-00001 gegengebucht mit ZA-2026-00002 · u rückgängig"
        assert len(rows(app)) == 2
        await press(pilot, "escape", "o")
        assert title(app).startswith("Gebuchte Debitorentransaktionen - Detail · offene Posten")
        assert rows(app)[0] == "> RE-2026-00001 1 Kunde [/] 1 03.11.26 17.11.26 119,00 119,00"
        assert balance(app) == "6 offene Posten 714,00 € · überfällig 714,00 €"
        await press(pilot, "tab")
        assert len(rows(app)) == 8


async def test_d5_11_a_return_has_the_day_of_the_bank_and_its_fee_as_a_lastschrift(tmp_path: Path) -> None:
    desk = help_text_desk(tmp_path)
    payments.add(desk, NewPayment(amount=Decimal(119), paid_date=date(2026, 11, 3), documents=("RE-2026-00001",)))
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "z", "delete")
        assert title(app).replace("\xa0", " ") == "Rückgabe von ZA-2026-00001 über 119,00 €"
        await type_text(pilot, "9.11.")
        await press(pilot, "enter")
        await type_text(pilot, "3,00")
        await press(pilot, "f8")
        assert status(app).replace("\xa0", " ") == (
            "ZA-2026-00001 gegengebucht mit ZA-2026-00002 · Gebühr 3,00 € als Lastschrift"
        )
        counter = desk.store.all(Payment)[-1]
        assert (counter.amount, counter.paid_date) == (Decimal("-119.00"), date(2026, 11, 9))
        assert [e.number for e in desk.store.all(ReceivableEntry) if e.amount == Decimal("3.00")] == ["LA-2026-00001"]


async def test_the_calendar_stands_on_the_next_close_date_and_generates_from_there(tmp_path: Path) -> None:
    desk = help_text_desk(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "h", "c")
        assert title(app) == "Abschlussdaten 2026"
        assert app.screen.current().close_date == date(2026, 11, 30)
        await press(pilot, "tab")
        assert title(app) == "Abschlussdaten 2027"
        assert any(r.split()[:4] == ["So", "28.02.2027", "30", "2"] for r in rows(app))


async def test_the_dummy_assistant_shows_before_and_after_and_can_be_taken_back(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    add_company(desk)
    customer = add_customer(desk, "1", cutoff_day=15)
    for day in (date(2026, 9, 3), date(2026, 11, 20)):
        add_invoice(desk, customer, day)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "h", "y")
        assert rows(app) == ["> 15 15.11.26 1 Kunde 1 1 119,00 238,00 238,00"]
        await press(pilot, "f8", "j")
        assert status(app) == "Dummy-Stapel 1 angelegt"
        assert rows(app) == ["> 1 15.11.26 gedruckt (Dummy) 1 1 119,00 Dummy Stich…"]
        await press(pilot, "delete")
        assert status(app).startswith("1 Stapel gelöscht")
        assert desk.store.count(InvoiceBatch) == 0


async def test_a_customer_who_joins_with_old_documents_is_offered_a_dummy_of_his_own(tmp_path: Path) -> None:
    """D6.5; the next close dates stand beside the Stichtag."""
    desk = make_desk(tmp_path)
    add_company(desk)
    add_invoice(desk, add_customer(desk, "10001"), date(2026, 9, 3))
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "k", "enter")
        app.screen.field("cutoff_day").enter()
        await type_text(pilot, "31")
        assert app.screen.field("cutoff_day").note() == "= 30.11.26, 31.12.26, 31.01.27"
        await press(pilot, "f8")
        assert status(app).startswith("Eine alte Rechnung über 119,00\u00a0€ käme auf den ersten Rechnungsstapel.")
        await press(pilot, "right", "enter")
        assert title(app) == "Dummy-Assistent"
        assert len(rows(app)) == 1
