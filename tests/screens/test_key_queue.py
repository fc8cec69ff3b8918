"""Keys in one piece, as a slow line or fast fingers send them: each goes where the one before it has led."""

from pathlib import Path

import pytest
from screen_helpers import SIZE, press, settle, status, table, title, working_desk
from textual import events
from textual.pilot import Pilot
from textual.widget import Widget

from tui_billing.app import BillingApp
from tui_billing.domain.parties import Customer
from tui_billing.domain.runs import InvoiceRun, RunState
from tui_billing.screens.form import FormBody, FormScreen
from tui_billing.screens.key_queue import PATIENCE
from tui_billing.screens.widgets.field import TextField
from tui_billing.screens.widgets.status_line import StatusLine

NAMED = {"⇥": "tab", "⏎": "enter", "⎋": "escape", "↓": "down", "⇩": "f8", "␡": "delete", "④": "f4", "⇟": "pagedown"}


def key(letter: str) -> events.Key:
    if letter in NAMED:
        return events.Key(NAMED[letter], None)
    return events.Key("slash" if letter == "/" else letter, letter)


async def in_one_piece(pilot: Pilot[int], *typed: str | events.Event) -> None:
    """Everything is in the app's queue before the first of it is handled."""
    for piece in typed:
        for event in [key(letter) for letter in piece] if isinstance(piece, str) else [piece]:
            pilot.app.post_message(event)
    await settle(pilot)


def text_of(app: BillingApp, name: str) -> str:
    assert isinstance(app.screen, FormScreen)
    field = app.screen.field(name)
    assert isinstance(field, TextField)
    return field.text


@pytest.mark.parametrize("on", ["⇥", "⏎"])
async def test_behind_tab_and_enter_letters_are_the_next_fields(tmp_path: Path, on: str) -> None:
    app = BillingApp(working_desk(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "r", "n")
        await in_one_piece(pilot, f"3.11.{on}ultimo")
        assert (text_of(app, "date_from"), text_of(app, "date_to")) == ("03.11.2026", "ultimo")


async def test_what_is_pasted_keeps_its_place_among_the_keys(tmp_path: Path) -> None:
    app = BillingApp(working_desk(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await in_one_piece(pilot, "rn3.11.⇥", events.Paste("30.11."), "26⇥")
        assert (text_of(app, "date_from"), text_of(app, "date_to")) == ("03.11.2026", "30.11.2026")


async def test_letters_behind_f8_do_not_get_into_what_is_saved(tmp_path: Path) -> None:
    desk = working_desk(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await in_one_piece(pilot, "k④⇥Neu⇩nnn")
        assert [c.name for c in desk.store.all(Customer)].count("Neu") == 1


async def test_a_whole_run_is_typed_ahead_from_the_start_screen(tmp_path: Path) -> None:
    desk = working_desk(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await in_one_piece(pilot, "rn3.11.⇥ultimo⇩")
        (run,) = desk.store.all(InvoiceRun)
        assert (run.parameters.date_from.day, run.parameters.date_to.day) == (3, 30)


async def test_a_filter_finds_before_enter_opens(tmp_path: Path) -> None:
    app = BillingApp(working_desk(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await in_one_piece(pilot, "k/öz⏎⏎")
        assert title(app).startswith("Kunde 10001")


async def test_a_key_behind_what_made_a_record_meets_that_record(tmp_path: Path) -> None:
    desk = working_desk(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await in_one_piece(pilot, "kn⇥Zuletzt⇩④")
        assert text_of(app, "name") == "Zuletzt"


async def test_a_key_behind_a_new_run_does_not_delete_the_old_one(tmp_path: Path) -> None:
    desk = working_desk(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await in_one_piece(pilot, "rn⇩")
        await in_one_piece(pilot, "⎋rn⇩␡")
        assert [run.number for run in desk.store.all(InvoiceRun)] == [1]


async def test_a_key_behind_undo_meets_what_came_back(tmp_path: Path) -> None:
    app = BillingApp(working_desk(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await in_one_piece(pilot, "rn⇩")
        await in_one_piece(pilot, "␡u⏎")
        assert title(app).startswith("Rechnungslauf 1")


async def test_what_is_typed_while_a_plan_is_made_is_meant_for_what_it_leads_to(tmp_path: Path) -> None:
    app = BillingApp(working_desk(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await in_one_piece(pilot, "rn⇩⏎")
        await in_one_piece(pilot, "⇩n")
        assert not app.screen.query_one(StatusLine).is_asking
        await in_one_piece(pilot, "⇩j")
        await settle(pilot)
        assert "angelegt" not in status(app)
        (run,) = app.desk.store.all(InvoiceRun)
        assert run.state is not RunState.CREATED


@pytest.mark.parametrize("rest", ["k", "enter"])
async def test_esc_and_a_key_in_one_packet_are_no_alt_key(tmp_path: Path, rest: str) -> None:
    app = BillingApp(working_desk(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "r")
        await in_one_piece(pilot, events.Key(f"alt+{rest}", rest if len(rest) == 1 else None))
        assert title(app).startswith("Kunden" if rest == "k" else "Intervallrechnungen")


async def test_an_alt_key_is_never_typed_into_a_field(tmp_path: Path) -> None:
    app = BillingApp(working_desk(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await in_one_piece(pilot, "k④⇥X", events.Key("alt+j", "j"))
        assert title(app).startswith("Kunden")


async def test_a_question_is_answered_by_the_letter_behind_its_key(tmp_path: Path) -> None:
    app = BillingApp(working_desk(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await in_one_piece(pilot, "k④⇥Neu⎋j")
        assert title(app).startswith("Kunden")


async def test_esc_gives_up_what_waits_for_a_list_that_does_not_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tui_billing.screens.customers import CustomersScreen

    monkeypatch.setattr(CustomersScreen, "reload", lambda self, cursor=None: None)
    app = BillingApp(working_desk(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await in_one_piece(pilot, "k⏎⏎")
        await pilot.pause(2 * PATIENCE)
        await in_one_piece(pilot, "⎋")
        assert title(app).startswith("Abrechnung")
        await press(pilot, "r")
        assert title(app).startswith("Rechnungsläufe")


async def test_a_widget_that_goes_away_takes_no_key_with_it(tmp_path: Path) -> None:
    app = BillingApp(working_desk(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "k")
        passing = Widget()
        passing.can_focus = True
        await app.screen.mount(passing)
        app.screen.set_focus(passing)
        await in_one_piece(pilot, "x")
        app.screen.set_focus(table(app))
        await passing.remove()
        await in_one_piece(pilot, "↓④")
        await pilot.pause(2 * PATIENCE)
        await settle(pilot)
        assert title(app).startswith("Kunde 10002")


async def test_the_field_that_is_wrong_is_in_sight_whatever_was_scrolled_before(tmp_path: Path) -> None:
    app = BillingApp(working_desk(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await in_one_piece(pilot, "kn⇟⇟⇟⇩")
        await settle(pilot)
        assert app.focused is not None and app.focused.id == "field-name"
        assert app.focused.region in app.screen.query_one(FormBody).region
