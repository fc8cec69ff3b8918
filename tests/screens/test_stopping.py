"""Esc halts everything that takes longer than a moment; what has no effect leaves nothing, and that is said."""

from collections.abc import Callable, Generator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fakes import add_company, add_customer, add_invoice, make_desk
from screen_helpers import SIZE, press, settle, status, title, working_desk
from test_interval_scenario import desk_with_orders
from textual.pilot import Pilot

from tui_billing.app import BillingApp
from tui_billing.domain.batch_selection import BatchParameters
from tui_billing.domain.batches import InvoiceBatch
from tui_billing.screens.base import DeskScreen
from tui_billing.screens.messages import TaskProgress
from tui_billing.screens.tasks import Task, until_stopped
from tui_billing.services import batches
from tui_billing.services.desk import Desk, Progress, finish


def endless(*_args: Any, stop: Callable[[], bool] = lambda: False, **_more: Any) -> Generator[Progress, None, None]:
    """A use case that would never end, but asks."""
    while not stop():
        yield Progress(1, 1000, note="A-1")


def count_to(number: int, seen: list[int]) -> Generator[Progress, None, str]:
    try:
        for n in range(number):
            seen.append(n)
            yield Progress(n, number)
    finally:
        seen.append(-1)
    return "done"


def test_a_use_case_without_effect_is_left_where_the_clerk_asks() -> None:
    seen: list[int] = []
    assert finish(until_stopped(count_to(3, seen), lambda: len(seen) == 2)) is None
    assert seen == [0, 1, -1]
    assert finish(until_stopped(count_to(3, []), lambda: False)) == "done"


async def halted(pilot: Pilot[int]) -> str:
    """What the status line says once Esc has halted the task."""
    await pilot.pause(0.05)
    await pilot.press("escape")
    await settle(pilot)
    return status(pilot.app)


async def test_esc_halts_the_selection_of_interval_invoices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui_billing.screens.interval_form.plan_select", endless)
    app = BillingApp(desk_with_orders(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "t")
        await pilot.press("f8")
        assert await halted(pilot) == "Angehalten."
        assert title(app) == "Intervallrechnungen"


def batch_desk(folder: Path) -> Desk:
    desk = make_desk(folder)
    add_company(desk)
    add_invoice(desk, add_customer(desk, "1", cutoff_day=15), date(2026, 11, 3))
    return desk


@pytest.mark.parametrize(
    ("use_case", "key", "said"),
    [
        ("tui_billing.screens.batch_actions.plan_steps", "f9", "Angehalten."),
        ("tui_billing.screens.batch_actions.make_preview", "f3", "Angehalten."),
    ],
)
async def test_esc_halts_the_check_and_the_preview_of_a_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, use_case: str, key: str, said: str
) -> None:
    monkeypatch.setattr(use_case, endless)
    desk = batch_desk(tmp_path)
    batches.generate(desk, BatchParameters(close_date=date(2026, 11, 15)))
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "h", "enter")
        await pilot.press(key)
        assert await halted(pilot) == said
        assert title(app) == "Rechnungsstapel 1 · Abschluss 15.11.2026 · offen"


async def test_esc_halts_generating_and_nothing_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "generate_steps", lambda desk, plan, stop: endless(stop=stop))
    desk = batch_desk(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        app.open("batch_plan", plan=batches.plan_generate(desk.store, BatchParameters(close_date=date(2026, 11, 15))))
        await settle(pilot)
        await press(pilot, "f8")
        await pilot.press("j")
        assert await halted(pilot) == "Angehalten; es ist nichts generiert."
        assert desk.store.count(InvoiceBatch) == 0


async def test_a_refusal_can_be_read_while_the_bar_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = BillingApp(working_desk(tmp_path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "k")
        screen = app.screen
        assert isinstance(screen, DeskScreen)
        screen.task_now = Task("work", screen, lambda stop: None)
        await press(pilot, "insert")
        assert status(app) == "Es läuft noch etwas; Esc hält an."
        screen.on_task_progress(TaskProgress("work", Progress(1, 2)))
        assert status(app) == "Es läuft noch etwas; Esc hält an."
        monkeypatch.setattr("tui_billing.screens.base.ALERT_SECONDS", 0.0)
        await press(pilot, "insert")
        screen.on_task_progress(TaskProgress("work", Progress(1, 2)))
        assert "1/2" in status(app)
        screen.task_now = None
