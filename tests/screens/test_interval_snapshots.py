"""Pictures of the screens of orders and interval invoices at 80×24; each docstring says what to see."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from screen_helpers import SIZE, settle
from test_interval_scenario import desk_with_orders
from textual.pilot import Pilot

from tui_billing.app import BillingApp
from tui_billing.domain.creations import IntervalSelectionParameters
from tui_billing.services.desk import Desk
from tui_billing.services.interval_creation import apply_create
from tui_billing.services.intervals import IntervalSelection, finish, plan_select

PARAMETERS = IntervalSelectionParameters(execution_date=date(2027, 1, 1), invoice_date=date(2027, 1, 2))
Compare = Callable[..., bool]


@pytest.fixture(params=["truecolor", "no_color"])
def colours(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """With all colours, and with none."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("COLORTERM", "truecolor")
    if request.param == "no_color":
        monkeypatch.setenv("NO_COLOR", "1")
    return str(request.param)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Three orders: due, with a missed quarter, paused."""
    return desk_with_orders(tmp_path)


def plan(desk: Desk) -> IntervalSelection:
    """What is due on 1 January 2027."""
    return finish(plan_select(desk.store, PARAMETERS))


def picture(compare: Compare, desk: Desk, name: str, *keys: str, **arguments: Any) -> bool:
    """Open one screen over Start, press keys, compare."""

    async def before(pilot: Pilot[int]) -> None:
        await settle(pilot)
        app = pilot.app
        assert isinstance(app, BillingApp)
        app.open(name, **arguments)
        await settle(pilot)
        for key in keys:
            await pilot.press(key)
            await settle(pilot)

    return compare(BillingApp(desk), terminal_size=SIZE, run_before=before)


def test_orders(desk: Desk, colours: str, snap_compare: Compare) -> None:
    """Three orders with rhythm, next period and state; the paused one is muted."""
    assert picture(snap_compare, desk, "orders")


def test_order_form(desk: Desk, colours: str, snap_compare: Compare) -> None:
    """The order A-2; below the fields the strip with one due quarter and the next twelve dates."""
    assert picture(snap_compare, desk, "order_form", order_id=2)


def test_interval_form(desk: Desk, colours: str, snap_compare: Compare) -> None:
    """The form of the help text: both dates are today, the filters are empty."""
    assert picture(snap_compare, desk, "interval_form")


def test_interval_grid(desk: Desk, colours: str, snap_compare: Compare) -> None:
    """Three rows, the missed quarter carries `!`, one row is marked; the sums stand below."""
    assert picture(snap_compare, desk, "interval_grid", "space", plan=plan(desk))


def test_interval_created(desk: Desk, colours: str, snap_compare: Compare) -> None:
    """The three created numbers with the balance of the creation."""
    finish(apply_create(desk, plan(desk)))
    assert picture(snap_compare, desk, "interval_created", creation_id=1)


def test_interval_why(desk: Desk, colours: str, snap_compare: Compare) -> None:
    """Why the paused order is not due: one rule failed, those behind it are no longer decisive."""
    assert picture(snap_compare, desk, "interval_why", number="A-3", execution_date=date(2027, 1, 1))


def test_gaps(desk: Desk, colours: str, snap_compare: Compare) -> None:
    """The one quarter that was never billed, in EUR."""
    assert picture(snap_compare, desk, "gaps")


def test_invoicing(desk: Desk, colours: str, snap_compare: Compare) -> None:
    """The created invoices, angelegt."""
    finish(apply_create(desk, plan(desk)))
    assert picture(snap_compare, desk, "invoicing")


def test_mass_print(desk: Desk, colours: str, snap_compare: Compare) -> None:
    """The range is open; all three invoices would be printed."""
    finish(apply_create(desk, plan(desk)))
    assert picture(snap_compare, desk, "mass_print")
