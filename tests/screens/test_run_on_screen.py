"""Help text Rechnungsläufe, steps 1 to 6 and its two chapters on correcting and ignoring, key by key."""

import threading
from dataclasses import replace
from datetime import date
from pathlib import Path

from fakes import FakeTransport, add_invoice
from screen_helpers import SIZE, balance, press, rows, settle, status, table, title, type_text, working_desk

from tui_billing.app import BillingApp
from tui_billing.dispatch.lease import Lease
from tui_billing.dispatch.port import Outcome
from tui_billing.domain.documents import Document
from tui_billing.domain.parties import Company, Customer
from tui_billing.domain.runs import Dispatch, IgnoredKind, InvoiceRun, RowState, RunRow, RunState
from tui_billing.i18n import use_language
from tui_billing.screens.run_texts import row_note
from tui_billing.screens.widgets.filter_bar import FilterBar
from tui_billing.screens.widgets.text_view import TextView
from tui_billing.services import ignored, settings


async def test_the_help_text_steps_1_to_6(tmp_path: Path) -> None:
    transport = FakeTransport(outcomes={"buero@weiss.example": Outcome(RowState.REFUSED, "550 unknown user", 550)})
    desk = working_desk(tmp_path, transport=transport)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        # Abrechnung > Rechnungen > Rechnungsläufe
        await press(pilot, "r")
        assert title(app) == "Rechnungsläufe"
        # 1. Zeitraum, 2. per E-Mail, 3. Kontaktpräferenzen Ja, bereits versendete Nein
        await press(pilot, "n")
        await type_text(pilot, "1.11.")
        await press(pilot, "enter")
        await type_text(pilot, "ultimo")
        await press(pilot, "enter", "enter", "enter")
        assert balance(app) == "24 = 18 im Lauf 9.346,26 € + 6 nicht: 3 Brief, 3 ohne Versandart"
        # 4. Rechnungslauf anlegen: in der Tabelle erscheint ein Eintrag
        await press(pilot, "f8")
        assert rows(app) == ["> 1 01.11.–30.11.2026 E-Mail 18 9.346,26 angelegt"]
        assert status(app) == "Rechnungslauf 1 angelegt. Enter öffnet ihn."
        # 5. Öffnen, kontrollieren, durchführen
        await press(pilot, "enter")
        assert title(app) == "Rechnungslauf 1 · 01.11.–30.11.2026 · per E-Mail · angelegt"
        assert rows(app)[0] == "> RE-2026-00001 01.11.26 Bäckerei Öztürk & S… 238,00 E-Mail bereit"
        await press(pilot, "f8")
        assert status(app).replace("\xa0", " ") == (
            "15 Rechnungen per E-Mail an 5 Kunden, 8.096,76 €; nur als Dateien in outbox; "
            "3 bleiben liegen: keine E-Mail-Adresse. Durchführen?"
        )
        await press(pilot, "enter")
        assert desk.store.all(InvoiceRun)[0].state is RunState.CREATED, "the focus stands on Nein"
        await press(pilot, "f8", "j")
        assert title(app).endswith("teilweise")
        assert status(app) == "12 versendet · 3 Fehler · 3 abgelehnt"
        assert balance(app).startswith("24 = 18 im Lauf 9.346,26 €")
        # then the same table, filtered by what needs a look
        assert table(app).list.needle == "abgelehnt"
        assert len(rows(app)) == 3
        await press(pilot, "escape")
        assert app.screen.query_one(FilterBar).note == "12 versendet, 3 Fehler, 3 abgelehnt"
        assert len(transport.sent) == 12
        # 6. Ignorierte Kunden bearbeiten
        await press(pilot, "f7")
        assert title(app) == "Ignorierte Kunden"
        await press(pilot, "n")
        await type_text(pilot, "10003")
        await press(pilot, "enter")
        await type_text(pilot, "Zahlt bar")
        await press(pilot, "f8")
        assert rows(app) == ["> 10003 Hausverwaltung N… Zahlt bar 3 1.249,50"]


async def test_correcting_a_run_before_it_is_executed(tmp_path: Path) -> None:
    desk = working_desk(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "r", "n", "f8", "enter")
        # Auswahl entfernen, at once and undoable
        await press(pilot, "space", "space", "delete")
        assert status(app) == "2 Zeilen entfernt · u rückgängig"
        assert balance(app).endswith("3 Brief, 3 ohne Versandart, 2 entfernt")
        await press(pilot, "u")
        assert status(app) == "Rückgängig gemacht: Rechnungslauf 1: Auswahl entfernt"
        assert table(app).row_count == 18
        await press(pilot, "delete")
        assert table(app).row_count == 17
        # neu aufbauen: the difference first, removals stay
        customer = desk.store.all(RunRow)[1].customer_id
        with desk.store.transaction("neu") as tx:
            add_invoice(tx, tx.need(Customer, customer), date(2026, 11, 21), company=tx.need(Company, 1))
        await press(pilot, "f5")
        assert title(app) == "Rechnungslauf 1 · neu aufbauen"
        assert rows(app) == [
            "> + RE-2026-00025 21.11.26 Kanzlei Dr. We… 119,00 neu im Lauf",
            "RE-2026-00003 03.11.26 Hausverwaltung… 414,12 bleibt entfernt",
        ]
        assert app.screen.query_one(FilterBar).note.replace("\xa0", " ") == "bisher 17 im Lauf 8.932,14 €"
        await press(pilot, "f8")
        assert status(app) == "Neu aufgebaut: 1 neu, 0 entfallen, 0 geändert · u rückgängig"
        assert table(app).row_count == 18


async def test_warum_answers_for_a_row_and_for_any_number(tmp_path: Path) -> None:
    app = BillingApp(working_desk(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "r", "n", "f8", "enter", "f6")
        text = app.screen.query_one(TextView).text
        assert "Warum ist RE-2026-00001 im Lauf 1?" in text
        await type_text(pilot, "10005")
        await press(pilot, "enter")
        text = app.screen.query_one(TextView).text
        assert "Warum ist RE-2026-00005 nicht im Lauf 1?" in text
        assert "✗ Versandart Brief passt nicht zum E-Mail-Lauf" in text
        await type_text(pilot, "9")
        await press(pilot, "enter")
        assert "gibt es nicht" in app.screen.query_one(TextView).text


async def test_a_contact_is_mended_in_place_and_the_run_built_anew(tmp_path: Path) -> None:
    desk = working_desk(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "r", "n", "f8", "enter", "t")
        assert balance(app) == "E-Mail 15 8.096,76 € · Brief 3 1.777,86 € · ohne Weg 6 3.291,54 €"
        await press(pilot, "tab", "tab", "tab")
        assert title(app) == "Versandwege · ohne Weg"
        assert rows(app)[0].startswith("> RE-2026-00003 Hausverwaltung")
        await press(pilot, "f4", "tab")
        await type_text(pilot, "post@nord.example")
        await press(pilot, "f8")
        assert status(app) == "Kontakt gespeichert · u rückgängig"
        assert balance(app) == "E-Mail 18 9.346,26 € · Brief 3 1.777,86 € · ohne Weg 3 2.042,04 €"
        await press(pilot, "escape")
        assert status(app) == "Kontakt gespeichert. F5 baut den Lauf damit neu auf."
        await press(pilot, "f5")
        assert any("Adresse geändert" in row for row in rows(app))
        await press(pilot, "f8")
        assert desk.store.find(RunRow, "run_id", 1)[2].address == ("post@nord.example",)


async def test_a_mended_customer_outside_the_run_stays_in_the_triage_and_comes_in_with_f5(tmp_path: Path) -> None:
    app = BillingApp(working_desk(tmp_path, copies=1))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "r", "n", "f8", "enter", "t", "tab", "tab")
        assert rows(app) == ["> RE-2026-00005 Turnverein 1899 No… Brief – nein"]
        await press(pilot, "f4")
        await type_text(pilot, "e")
        await press(pilot, "tab")
        await type_text(pilot, "kasse@turnverein.example")
        await press(pilot, "f8")
        assert rows(app) == [], "it is no letter any more"
        await press(pilot, "tab", "tab", "end")
        assert title(app) == "Versandwege · E-Mail"
        assert rows(app)[-1].endswith("kasse@turnverein.examp… mit F5")
        assert status(app) == "10005 Turnverein 1899 Nordhafen · kasse@turnverein.example"
        await press(pilot, "escape", "f5")
        assert rows(app) == ["> + RE-2026-00005 05.11.26 Turnverein 189… 590,24 neu im Lauf"]


async def test_warum_names_what_a_row_waits_for_and_whom_a_customer_number_means(tmp_path: Path) -> None:
    desk = working_desk(tmp_path, copies=1)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "r", "n")
        await type_text(pilot, "2.11.")
        await press(pilot, "f8", "enter", "f6")
        await type_text(pilot, "RE-2026-00003")
        await press(pilot, "enter")
        text = app.screen.query_one(TextView).text
        assert "  Stand: bereit · keine E-Mail-Adresse" in text
        assert "  ! Ohne E-Mail-Adresse bleibt sie liegen; F4 im Lauf ändert den Kontakt." in text
        await type_text(pilot, "10001")
        await press(pilot, "enter")
        text = app.screen.query_one(TextView).text
        assert "10001 Bäckerei Öztürk & Söhne: keine Rechnung im Zeitraum 02.11.–30.11.2026; seine letzte:" in text
        behind = [line for line in text.splitlines() if "nicht mehr entscheidend" in line]
        assert len(behind) == 1, "what no longer decides is named once"
        await type_text(pilot, "10002")
        await press(pilot, "enter")
        assert (
            "Kanzlei Dr. Weiß: 1 im Zeitraum 02.11.–30.11.2026, davon 1 im Lauf" in app.screen.query_one(TextView).text
        )


async def test_an_amount_is_never_cut(tmp_path: Path) -> None:
    desk = working_desk(tmp_path, copies=1)
    with desk.store.transaction("groß") as tx:
        add_invoice(tx, tx.need(Customer, 1), date(2026, 11, 20), company=tx.need(Company, 1), net="123456789.99")
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "b")
        assert "146.913.580,09" in rows(app)[0]
        await press(pilot, "escape", "r", "n", "f8")
        assert "146.916.681,23" in rows(app)[0]
        await press(pilot, "enter", "end")
        assert "146.913.580,09" in rows(app)[-1]


async def test_a_state_is_never_cut(tmp_path: Path) -> None:
    transport = FakeTransport(outcomes={"buero@weiss.example": Outcome(RowState.DEFERRED, "4.2.1 try later", 451)})
    app = BillingApp(working_desk(tmp_path, copies=1, transport=transport))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "r", "n", "f8", "enter", "f8", "j", "escape")
        assert rows(app)[1].endswith("E-Mail zurückgestellt")


async def test_the_sentence_about_a_new_run_is_gone_when_the_clerk_comes_back(tmp_path: Path) -> None:
    app = BillingApp(working_desk(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "r", "n", "f8", "f1", "escape")
        assert status(app) == "Rechnungslauf 1 angelegt. Enter öffnet ihn.", "the help only lay over it"
        await press(pilot, "enter", "escape")
        assert status(app) == ""


async def test_while_a_run_is_executed_its_invoices_can_be_looked_at(tmp_path: Path) -> None:
    transport = FakeTransport()
    app = BillingApp(working_desk(tmp_path, copies=8, transport=transport))
    looked: list[str] = []
    once = threading.Lock()

    def look(envelope: object) -> None:
        # Two connections send at once: only the first of them looks.
        if len(transport.sent) >= 3 and once.acquire(blocking=False):
            detail = app.screen
            app.call_from_thread(detail.action_do, "delete")  # type: ignore[attr-defined]
            looked.append(app.call_from_thread(lambda: status(app)))
            app.call_from_thread(detail.action_do, "open")  # type: ignore[attr-defined]
            looked.append(app.call_from_thread(lambda: app.screen.NAME))  # type: ignore[attr-defined]

    transport.on_dot = look
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "r", "n", "f8", "enter", "f8", "j")
        assert looked[1] == "invoice_detail"
        await press(pilot, "escape")
        assert status(app) == "40 versendet · 8 Fehler"


async def test_the_log_shows_whole_hashes_also_of_what_was_overwritten(tmp_path: Path) -> None:
    desk = working_desk(tmp_path, copies=1)
    with desk.store.transaction("ein früheres PDF") as tx:
        document = tx.need(Document, 1)
        tx.put(replace(document, file="documents/2026/alt.pdf", file_hash="a" * 64))
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "r", "n", "f8", "enter", "f8", "j", "f2")
        text = app.screen.query_one(TextView).text
        assert text.startswith("Lauf\n")
        assert f"überschrieben {'a' * 64}" in text
        spooled = desk.store.all(Dispatch)[0]
        assert f"    SHA-256 {spooled.spool_hash}" in text


async def test_what_does_not_apply_says_why(tmp_path: Path) -> None:
    app = BillingApp(working_desk(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "r", "delete")
        assert status(app) == "Hier ist kein Rechnungslauf. Einfg legt einen an."
        await press(pilot, "n", "f8", "enter", "f8", "j", "f5")
        assert status(app) == "Neu aufbauen geht nur, solange der Lauf angelegt ist; Lauf 1: teilweise."
        await press(pilot, "escape", "escape", "delete")
        assert status(app) == "Löschen geht nur, solange der Lauf angelegt ist; Lauf 1: teilweise."


async def test_an_empty_run_is_not_created_and_says_why(tmp_path: Path) -> None:
    desk = working_desk(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "r", "n")
        await type_text(pilot, "1.1.20")
        await press(pilot, "enter")
        await type_text(pilot, "31.1.20")
        await press(pilot, "f8")
        assert "keine Rechnungen; der Lauf wird nicht angelegt" in status(app)
        assert desk.store.count(InvoiceRun) == 0


async def test_marked_rows_of_the_list_become_a_run(tmp_path: Path) -> None:
    app = BillingApp(working_desk(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "b", "slash")
        await type_text(pilot, "muller")
        await press(pilot, "enter", "plus", "m", "f8")
        assert title(app) == "Rechnungslauf 1 · 04.11.–16.11.2026 · per E-Mail · angelegt"
        assert table(app).row_count == 3


async def test_esc_halts_between_two_documents(tmp_path: Path) -> None:
    transport = FakeTransport()
    app = BillingApp(working_desk(tmp_path, copies=8, transport=transport))

    def stop_after_three(envelope: object) -> None:
        if len(transport.sent) == 3:
            app.call_from_thread(app.screen.action_back)  # type: ignore[attr-defined]

    transport.on_dot = stop_after_three
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "r", "n", "f8", "enter", "f8", "j")
        assert title(app).endswith("angehalten")
        assert 3 < len(transport.sent) < 40
        # Wiederaufnahme continues where it stopped
        transport.on_dot = None
        await press(pilot, "f8", "j")
        assert len(transport.sent) == 40
        assert len({message_id for _mail, _envelope, message_id in transport.sent}) == 40


async def test_a_killed_run_is_shown_as_interrupted_and_f8_resumes_it(tmp_path: Path) -> None:
    desk = working_desk(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "r", "n", "f8")
        lease = Lease(tmp_path)
        with desk.store.transaction("ein anderer Prozess") as tx:
            run = tx.need(InvoiceRun, 1)
            tx.put(replace(run, state=RunState.RUNNING, executed_at="x", owners=(lease.token,)))
        await press(pilot, "f5")
        assert rows(app)[0].endswith("läuft")
        lease.release()  # what the kernel does when the process is killed: nobody writes anything
        app.screen.look_after_runs()  # type: ignore[attr-defined]
        await settle(pilot)
        assert rows(app)[0].endswith("unterbrochen")
        assert balance(app) == "1 Rechnungslauf · 1 unterbrochen"
        await press(pilot, "enter")
        assert title(app).endswith("per E-Mail · unterbrochen")
        await press(pilot, "f5")
        assert status(app) == "Neu aufbauen geht nur, solange der Lauf angelegt ist; Lauf 1: unterbrochen."
        await press(pilot, "f8")
        assert status(app).endswith("Fortsetzen?")
        await press(pilot, "j")
        assert title(app).endswith("teilweise")


async def test_a_run_that_another_program_executes_says_so_before_it_goes_on(tmp_path: Path) -> None:
    desk = working_desk(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "r", "n", "f8", "enter")
        lease = Lease(tmp_path)
        with desk.store.transaction("ein anderer Prozess") as tx:
            tx.put(replace(tx.need(InvoiceRun, 1), state=RunState.RUNNING, owners=(lease.token,)))
        await press(pilot, "f8")
        assert status(app).startswith("Der Lauf läuft schon in einem anderen Programm; 15 Rechnungen")
        lease.release()


async def test_an_unknown_placeholder_is_said_before_the_question(tmp_path: Path) -> None:
    desk = working_desk(tmp_path)
    settings.set_value(desk, "mail.subject.de", "Rechnung {Nummmer}")
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "r", "n", "f8", "enter", "f8")
        assert status(app).startswith("Den Platzhalter {Nummmer} gibt es nicht")
        assert not app.screen.status.is_asking  # type: ignore[attr-defined]


async def test_a_postal_address_is_mended_in_place_and_the_letter_goes(tmp_path: Path) -> None:
    desk = working_desk(tmp_path, copies=1)
    app = BillingApp(desk)
    with desk.store.transaction("umgezogen") as tx:
        customer = tx.need(Customer, 5)
        tx.put(replace(customer, address=replace(customer.address, city="")))
        document = tx.need(Document, 5)
        buyer = replace(document.buyer, address=replace(document.buyer.address, city=""))
        tx.put(replace(document, buyer=buyer))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "b", "slash")
        await type_text(pilot, "turnverein")
        await press(pilot, "enter", "m", "tab", "tab", "a", "f8", "f8")
        assert status(app) == "Keine Rechnung kann gehen: Anschrift unvollständig. F6 und t sagen mehr."
        await press(pilot, "f6")
        assert (
            "  ! Die Anschrift von Turnverein 1899 Nordhafen ist unvollständig" in app.screen.query_one(TextView).text
        )
        await press(pilot, "escape", "f4")
        app.screen.field("address.city").enter()  # type: ignore[attr-defined]
        await type_text(pilot, "Nordhafen")
        await press(pilot, "f8", "f8", "j")
        assert title(app).endswith("durchgeführt")
        folder = tmp_path / "output" / "Rechnungslauf-1"
        assert status(app) == f"1 ausgegeben · 1 Datei in {folder} · Druckdatei Druck_Rechnungslauf-1.pdf"


async def test_a_run_without_a_row_that_can_go_is_not_begun(tmp_path: Path) -> None:
    desk = working_desk(tmp_path, copies=1)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "b", "slash")
        await type_text(pilot, "nord gmbh")
        await press(pilot, "enter", "m", "f8", "f8")
        assert status(app) == "Keine Rechnung kann gehen: keine E-Mail-Adresse. F6 und t sagen mehr."
        assert desk.store.all(InvoiceRun)[0].state is RunState.CREATED


async def test_a_mail_that_came_back_is_booked_with_a_reason_and_made_ready_again(tmp_path: Path) -> None:
    transport = FakeTransport()
    desk = working_desk(tmp_path, transport=transport)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "r", "n", "f8", "enter", "b")
        assert status(app) == "Zurückkommen kann nur, was per E-Mail versendet ist."
        await press(pilot, "f8", "j")
        (first, *_) = [r for r in desk.store.all(RunRow) if r.state is RowState.SENT]
        await press(pilot, "escape", "slash")  # the filter stands on what needs a look
        await type_text(pilot, first.number)
        await press(pilot, "enter", "b")
        await type_text(pilot, "Postfach voll")
        await press(pilot, "f8")
        assert status(app) == "1 Mail als unzustellbar gebucht"
        assert desk.store.need(RunRow, first.id).state is RowState.BOUNCED
        await press(pilot, "b")
        assert status(app) == "1 Zeile wieder bereit, als Kopie · u rückgängig"
        row = desk.store.need(RunRow, first.id)
        assert (row.state, row.copy) == (RowState.OPEN, True)


async def test_in_english_start_and_the_reason_of_a_row_are_english(tmp_path: Path) -> None:
    use_language("en")
    try:
        desk = working_desk(tmp_path, copies=1)
        with desk.store.transaction("ohne Ort") as tx:
            row = RunRow(
                run_id=1,
                number="RE-1",
                state=RowState.FAILED,
                reason="EMPFAENGER_ANSCHRIFT_UNVOLLSTAENDIG",
                reply="Die Anschrift von X ist unvollständig: Straße …",
            )
            tx.insert(row)
        assert row_note(row) == "RE-1: address incomplete"
        app = BillingApp(desk)
        async with app.run_test(size=SIZE) as pilot:
            await settle(pilot)
            assert "Today" in table(app).render_line(0).text
            await press(pilot, "f1")
            assert app.screen.query_one(TextView).text.startswith("What waits today.")
    finally:
        use_language("de")


async def test_ignored_invoices_are_counted_in_good_german(tmp_path: Path) -> None:
    desk = working_desk(tmp_path, copies=1)
    ignored.ignore(desk, IgnoredKind.DOCUMENT, [1, 2], "Reklamation", None)
    ignored.ignore(desk, IgnoredKind.CUSTOMER, [4], "zahlt bar", None)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "r", "n")
        assert "2 ignoriert (Rechnung)" in balance(app)
        assert "1 ignoriert (Kunde)" in balance(app)
