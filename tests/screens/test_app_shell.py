"""The shell: others' changes, help, palette, undo, questions, language; nothing typed, marked or chosen is lost."""

from dataclasses import replace
from pathlib import Path

import pytest
from sample_desk import empty_desk
from screen_helpers import SIZE, press, rows, settle, status, table, title, type_text, working_desk
from textual.pilot import Pilot

from tui_billing import i18n
from tui_billing.app import SCREENS, BillingApp
from tui_billing.domain.parties import Customer
from tui_billing.screens.widgets import record_table, row_list
from tui_billing.screens.widgets.filter_bar import FilterBar
from tui_billing.screens.widgets.status_line import duration, progress_text
from tui_billing.screens.widgets.text_view import TextView, with_indent
from tui_billing.services import maintenance


async def look(pilot: Pilot[int]) -> None:
    """What the timer does every half second."""
    app = pilot.app
    assert isinstance(app, BillingApp)
    app.poll()
    assert app._poll is not None
    await app._poll
    await settle(pilot)


async def test_others_changes_appear_and_cursor_marks_and_filter_stay(tmp_path: Path) -> None:
    desk = working_desk(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "k", "down", "down", "space", "slash")
        await type_text(pilot, "e")
        cursor = table(app).cursor_id
        with desk.store.transaction("Kollege") as tx:
            tx.put(replace(tx.need(Customer, 4), name="Elektro Neu"))
            tx.insert(Customer(number="09999", name="Erster"))
        await look(pilot)
        assert table(app).marks == {3}
        assert table(app).cursor_id == cursor
        assert app.screen.query_one(FilterBar).text == "e"
        assert app.screen.query_one(FilterBar).has_focus
        assert any("Elektro Neu" in row for row in rows(app))


async def test_typed_text_of_a_form_is_not_touched_by_others(tmp_path: Path) -> None:
    desk = working_desk(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "k", "enter", "tab")
        await type_text(pilot, "Halb getip")
        with desk.store.transaction("Kollege") as tx:
            tx.put(replace(tx.need(Customer, 1), name="Anders"))
        await look(pilot)
        await type_text(pilot, "pt")
        assert app.screen.field("name").text == "Halb getippt"  # type: ignore[attr-defined]


async def test_what_changed_below_is_there_when_a_screen_comes_back(tmp_path: Path) -> None:
    desk = working_desk(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "k", "f1")
        with desk.store.transaction("Kollege") as tx:
            tx.put(replace(tx.need(Customer, 1), name="Aaa"))
        await look(pilot)
        await press(pilot, "escape")
        assert "Aaa" in rows(app)[0]


async def test_f1_shows_this_screens_keys_from_the_key_table(tmp_path: Path) -> None:
    app = BillingApp(working_desk(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "r", "n", "f8", "enter", "f1")
        text = app.screen.query_one(TextView).text
        assert "F8, x" in text
        assert "Durchführen – PDF erstellen und versenden" in text
        assert "Entf, d" in text
        assert "Umkehren – Markierung umkehren" in text


async def test_the_palette_runs_a_command_by_name(tmp_path: Path) -> None:
    app = BillingApp(working_desk(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "k", "ctrl+p")
        await type_text(pilot, "neu")
        await press(pilot, "enter")
        assert title(app) == "Neuer Kunde"


async def test_a_question_has_its_focus_on_nein(tmp_path: Path) -> None:
    app = BillingApp(working_desk(tmp_path))
    done: list[str] = []
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        for keys, expected in (
            (["enter"], []),
            (["tab", "enter"], ["ja"]),
            (["escape"], []),
            (["n"], []),
            (["j"], ["ja"]),
        ):
            done.clear()
            app.screen.ask("Wirklich?", ("Ja", lambda: done.append("ja")))  # type: ignore[attr-defined]
            await press(pilot, *keys)
            assert done == expected, keys
        await press(pilot, "k")
        assert title(app) == "Kunden", "the focus is back on the table"


async def test_nothing_to_undo_is_said(tmp_path: Path) -> None:
    app = BillingApp(working_desk(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "k", "u")
        assert status(app) == "Nichts zum Rückgängigmachen"


async def test_a_table_that_damaged_the_store_is_said_not_thrown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tui_billing.services.errors import Damaged
    from tui_billing.store.repositories import Store

    app = BillingApp(working_desk(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)

        def broken(*_: object) -> None:
            raise Damaged("Zeile {n} ist beschädigt", n=7)

        monkeypatch.setattr(Store, "scan", broken)
        await press(pilot, "k")
        assert status(app) == "Zeile 7 ist beschädigt"


async def test_the_demo_fills_an_empty_folder_with_a_bar(tmp_path: Path) -> None:
    app = BillingApp(empty_desk(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        assert "Demo ansehen" in rows(app)[0]
        await press(pilot, "d")
        await settle(pilot)
        assert status(app).startswith("Die Musterfirma ist angelegt")
        await press(pilot, "r")
        assert title(app) == "Rechnungsläufe"


async def test_english_speaks_english(tmp_path: Path) -> None:
    i18n.use_language("en")
    try:
        app = BillingApp(working_desk(tmp_path))
        async with app.run_test(size=SIZE) as pilot:
            await settle(pilot)
            await press(pilot, "k")
            assert title(app) == i18n._("Kunden")
    finally:
        i18n.use_language("de")


@pytest.mark.parametrize(
    "name", [n for n in SCREENS if n in ("start", "runs", "customers", "invoices", "unknowns", "audit")]
)
async def test_every_list_bears_every_key_while_it_is_empty(name: str, tmp_path: Path) -> None:
    app = BillingApp(empty_desk(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        app.open(name)
        await settle(pilot)
        for key in (
            "down",
            "space",
            "v",
            "plus",
            "asterisk",
            "s",
            "S",
            "delete",
            "enter",
            "e",
            "o",
            "l",
            "w",
            "x",
            "u",
            "f5",
        ):
            await pilot.press(key)
            if name != app.screen.NAME:  # type: ignore[attr-defined]
                await press(pilot, "escape")
        await settle(pilot)
        assert app.is_running


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "1 s"), (59, "60 s"), (61, "2 min"), (660, "12 min"), (7500, "2 h 6 min")]
)
def test_time_left_is_rounded_up(seconds: float, text: str) -> None:
    assert duration(seconds) == text


LONG, SHORT = "Esc hält nach dieser Rechnung an", "Esc hält an"


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (118, f"{'█' * 12}{'░' * 8} 112/185 · 60 % · noch 11 min · 1 abgelehnt · {LONG}"),
        (78, f"{'█' * 6}{'░' * 4} 112/185 · 60 % · noch 11 min · 1 abgelehnt · {SHORT}"),
        (64, f"112/185 · 60 % · noch 11 min · 1 abgelehnt · {SHORT}"),
        (58, f"112/185 · 60 % · noch 11 min · 1 abgelehnt · {SHORT}"),
    ],
)
def test_progress_stays_in_one_line_so_that_the_table_does_not_jump(width: int, line: str) -> None:
    text = progress_text(112, 185, 640, ["1 abgelehnt", LONG], width, SHORT)
    assert text == line
    assert len(text) <= width


async def test_a_programming_error_ends_in_a_sentence_and_the_traceback_in_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app = BillingApp(working_desk(tmp_path))
    with pytest.raises(ZeroDivisionError):  # Pilot raises it again for the tests
        async with app.run_test(size=SIZE) as pilot:
            await settle(pilot)
            app.screen.action_customers = lambda: 1 / 0  # type: ignore[attr-defined]
            await pilot.press("k")
            await pilot.pause()
    said = " ".join(capsys.readouterr().err.split())
    assert "ZeroDivisionError: division by zero" in said
    assert "Das Programm wurde beendet. Was gespeichert war, ist gespeichert." in said
    assert "Traceback" not in said
    assert "Traceback (most recent call last):" in (tmp_path / "error.log").read_text(encoding="utf-8")


async def test_a_broken_task_is_said_and_noted_and_the_app_goes_on(tmp_path: Path) -> None:
    app = BillingApp(working_desk(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        screen = app.desk_screen
        assert screen is not None
        screen.start_task("kaputt", lambda stop: 1 / 0)
        await settle(pilot)
        assert status(app).startswith("Unerwarteter Fehler: ZeroDivisionError: division by zero.")
        assert (tmp_path / "error.log").exists()


async def test_the_check_shows_the_first_broken_file_of_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finding = maintenance.Finding("KETTE", "die Kette ist unterbrochen", "journal/000000000005.jsonl", 7, 400)
    monkeypatch.setattr(maintenance, "check_files", lambda folder: [finding])
    app = BillingApp(working_desk(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "p")
        assert rows(app)[0] == "> ✗ …000000005.jsonl:7 die Kette ist unterbrochen"


async def test_a_filter_without_a_hit_does_not_say_that_there_is_nothing_at_all(tmp_path: Path) -> None:
    app = BillingApp(working_desk(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "k", "slash")
        await type_text(pilot, "gibtesnicht")
        assert table(app).render_line(2).text.strip() == "Nichts passt zum Filter. Esc hebt ihn auf."


def test_a_long_line_is_wrapped_under_its_own_text() -> None:
    assert with_indent("  F9, p     Alle Rechnungen drucken", 24) == [
        "  F9, p     Alle",
        "            Rechnungen",
        "            drucken",
    ]
    assert with_indent("  ✗ bereits versendet", 16) == ["  ✗ bereits", "    versendet"]
    assert with_indent("  a@x.de, b@y.de", 14) == ["  a@x.de,", "  b@y.de"]


async def test_leaving_the_filter_finds_every_row_before_the_next_key_acts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for where, name, value in (
        (row_list, "AT_ONCE", 1),
        (row_list, "SLICE", 1),
        (row_list, "STEP", 1),
        (record_table, "FIRST_SEARCHED", 1),
        (record_table, "FOLDED", 1),
        (record_table, "ENOUGH", 2),
    ):
        monkeypatch.setattr(where, name, value)
    app = BillingApp(working_desk(tmp_path, copies=20))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "k")
        everybody = table(app).row_count
        await press(pilot, "slash", "e")
        await pilot.pause(0.3)
        assert 2 <= table(app).row_count < everybody
        await press(pilot, "enter", "plus")
        assert len(table(app).marks) == table(app).row_count > 2
        assert not table(app).list.is_filtering
