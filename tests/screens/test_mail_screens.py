"""Versand und Mailtext, Testmail, Nummernkreise: what a company needs before its first run, without a command line."""

from pathlib import Path

import pytest
from fakes import FakeTransport
from screen_helpers import SIZE, press, rows, settle, status, title, type_text, working_desk

from tui_billing.app import BillingApp
from tui_billing.dispatch.port import Outcome
from tui_billing.domain.documents import Document, NumberRange
from tui_billing.domain.runs import Dispatch, RowState
from tui_billing.screens.form import FormScreen
from tui_billing.screens.widgets.area_field import AreaField, spans
from tui_billing.screens.widgets.text_view import TextView
from tui_billing.services import settings


def area(app: BillingApp, name: str = "mail.text.de") -> AreaField:
    assert isinstance(app.screen, FormScreen)
    field = app.screen.field(name)
    assert isinstance(field, AreaField)
    return field


def lines_of(field: AreaField) -> list[str]:
    return [field.render_line(y).text.strip() for y in range(field.size.height)]


def shown_text(app: BillingApp) -> str:
    return app.screen.query_one(TextView).text


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("", 5, [""]),
        ("ab cd", 5, ["ab cd"]),
        ("ab cd", 4, ["ab", "cd"]),
        ("abcdefgh", 5, ["abcde", "fgh"]),
        ("a\n\nb", 5, ["a", "", "b"]),
        ("ab cdefgh ij", 6, ["ab", "cdefgh", "ij"]),
        ("漢字漢字", 5, ["漢字", "漢字"]),
    ],
)
def test_a_text_is_broken_at_blanks_and_never_overflows(text: str, width: int, expected: list[str]) -> None:
    assert [text[start:end] for start, end in spans(text, width)] == expected


async def test_the_mail_text_is_written_in_several_lines_and_stored(tmp_path: Path) -> None:
    desk = working_desk(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "m")
        assert title(app) == "Versand und Mailtext"
        area(app).enter()
        await press(pilot, "down", "down", "down", "enter")
        await type_text(pilot, "Danke, {Kunde}")
        await press(pilot, "home", "up", "end", "delete", "f8")
        assert status(app) == "Gespeichert. F9 schickt eine Testmail, Esc geht zurück."
        assert settings.get(desk.store, "mail.text.de").splitlines()[2:5] == [
            "anbei erhalten Sie {Belegart} {Nummer} vom {Rechnungsdatum} über {Betrag}.",
            "Danke, {Kunde}",
            "Bei Fragen antworten Sie gern auf diese E-Mail.",
        ]
        assert settings.get(desk.store, "mail.text.en") == "", "the shipped text stays the shipped one"
        await press(pilot, "escape")
        assert title(app).startswith("Abrechnung"), "nothing is unsaved, so nothing is asked"


async def test_keys_that_empty_a_line_do_not_empty_a_whole_letter(tmp_path: Path) -> None:
    app = BillingApp(working_desk(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "m")
        field = area(app)
        field.enter()
        await press(pilot, "down", "end", "ctrl+u", "ctrl+k", "ctrl+w")
        assert field.text == field.initial
        await type_text(pilot, "x")
        await press(pilot, "escape")
        assert status(app) == "Getipptes verwerfen?"


async def test_an_unknown_placeholder_is_refused_where_it_is_typed_and_named_in_the_preview(tmp_path: Path) -> None:
    app = BillingApp(working_desk(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "m")
        area(app).enter()
        await type_text(pilot, "{Kundde} ")
        await press(pilot, "f3")
        assert "✗ Den Platzhalter {Kundde} gibt es nicht; F1 nennt alle." in shown_text(app)
        await press(pilot, "escape", "f9")
        assert status(app) == "Erst speichern (F8), dann testen."
        await press(pilot, "f8")
        assert status(app) == "Bitte erst berichtigen: Text"
        assert lines_of(area(app))[1] == "Den Platzhalter {Kundde} gibt es nicht; F1 nennt"
        await press(pilot, "f1")
        assert "{Nummer}  {Belegart}  {Kunde}" in shown_text(app)


async def test_the_preview_shows_what_is_typed_with_a_real_document(tmp_path: Path) -> None:
    app = BillingApp(working_desk(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "m")
        area(app).enter()
        await type_text(pilot, "Lieber {Kunde}! ")
        await press(pilot, "f3")
        assert "  Lieber a [/] b Elektronik! Guten Tag," in shown_text(app)
        assert "Dear Sir or Madam," in shown_text(app)


async def test_a_testmail_goes_to_oneself_and_marks_nothing(tmp_path: Path) -> None:
    transport = FakeTransport()
    desk = working_desk(tmp_path, transport=transport)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "m", "f9")
        await type_text(pilot, "ich@muster.example")
        await press(pilot, "f8")
        assert status(app) == "Testmail gesendet: 250 ok"
        assert [envelope.recipients for _mail, envelope, _id in transport.sent] == [("ich@muster.example",)]
        assert b"Subject: Test: Rechnung RE-2026-" in transport.sent[0][0]
        assert desk.store.count(Dispatch) == 0
        assert not any(d.was_sent for d in desk.store.all(Document))


async def test_a_testmail_that_fails_stays_open_with_the_servers_words(tmp_path: Path) -> None:
    refused = FakeTransport(outcomes={"ich@muster.example": Outcome(RowState.REFUSED, "5.7.1 no relay", 550)})
    app = BillingApp(working_desk(tmp_path, transport=refused))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "b", "enter", "t")
        await type_text(pilot, "ich@muster.example")
        await press(pilot, "f8")
        assert title(app) == "Testmail"
        assert status(app) == "Die Testmail ging nicht hinaus: 550 5.7.1 no relay"


async def test_f3_on_an_invoice_shows_the_mail_as_it_would_go_out(tmp_path: Path) -> None:
    app = BillingApp(working_desk(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "b", "slash")
        await type_text(pilot, "nord gmbh")
        await press(pilot, "enter", "f3")
        assert shown_text(app).splitlines()[:3] == [
            "E-Mail",
            "  ✗ keine E-Mail-Adresse",
            "  Von:     rechnung@muster-soehne.example",
        ]
        await press(pilot, "escape", "escape", "slash")
        await type_text(pilot, "öztürk")
        await press(pilot, "enter", "enter", "f3")
        assert "  Anhang:  Rechnung_RE-2026-00017.pdf" in shown_text(app)


async def test_the_next_number_goes_on_from_another_program_and_never_back(tmp_path: Path) -> None:
    desk = working_desk(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "f", "f4")
        assert title(app) == "Nummernkreise"
        assert rows(app)[0] == "> RE 2026 Rechnung RE-2026-00024 RE-2026-00025"
        await press(pilot, "f4")
        await type_text(pilot, "24")
        await press(pilot, "f8")
        widget = app.screen.field("next")  # type: ignore[attr-defined]
        assert [str(p.params["last"]) for p in widget.problems] == ["RE-2026-00024"]
        await type_text(pilot, "4712")
        await press(pilot, "f8")
        assert status(app) == "Die nächste Nummer ist RE-2026-04712 · u rückgängig"
        assert desk.store.all(NumberRange)[0].last == 4711
        await press(pilot, "u")
        assert desk.store.all(NumberRange)[0].last == 24


async def test_a_belegart_gets_its_own_range(tmp_path: Path) -> None:
    app = BillingApp(working_desk(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "f", "f4", "n")
        await type_text(pilot, "Mietrechnung")
        await press(pilot, "tab", "tab")
        await type_text(pilot, "mr")
        await press(pilot, "f8")
        assert status(app) == "Belegart Mietrechnung gespeichert · u rückgängig"
        assert rows(app)[-1] == "> MR 2026 Mietrechnung – MR-2026-00001", "the new range is under the cursor"


async def test_f5_in_a_form_without_a_stored_version_keeps_what_is_typed(tmp_path: Path) -> None:
    app = BillingApp(working_desk(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "f", "f4", "f4")
        await type_text(pilot, "4712")
        await press(pilot, "f5")
        assert status(app) == "Hier gibt es keine andere Fassung."
        await press(pilot, "f8")
        assert status(app) == "Die nächste Nummer ist RE-2026-04712 · u rückgängig"


async def test_a_form_keeps_what_is_typed_while_another_is_open_above_it(tmp_path: Path) -> None:
    app = BillingApp(working_desk(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "f")
        await type_text(pilot, "Neue Firma")
        await press(pilot, "f6", "escape", "f4", "escape")
        assert app.screen.field("name").text == "Neue Firma"  # type: ignore[attr-defined]
