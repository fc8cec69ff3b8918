"""How the screens of Rechnungsstapel look at 80×24, in truecolor and with NO_COLOR. A case's text says what to see."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from fakes import add_company, add_customer, add_invoice, make_desk
from sample_desk import HOSTILE
from screen_helpers import SIZE, settle, type_text
from textual.pilot import Pilot

from tui_billing.app import BillingApp
from tui_billing.domain.batch_selection import BatchParameters
from tui_billing.domain.documents import DocumentKind
from tui_billing.screens import show
from tui_billing.services import batches, payments
from tui_billing.services.batch_check import plan_print
from tui_billing.services.batch_print import print_batches
from tui_billing.services.desk import Desk
from tui_billing.services.payments import NewPayment

CASES: dict[str, tuple[str, tuple[str, ...]]] = {
    "batches": ("an open batch above a printed one", ("h",)),
    "batch_generate": (
        "the balance counts along, the nearest days where nothing fits",
        ("h", "f8", "text:13.11.", "enter"),
    ),
    "batch_plan": ("what is in first, then the reason of each that is out", ("h", "f8", "f8", "end")),
    "batch_detail": ("figures of each customer, hostile names as text", ("h", "enter")),
    "batch_customer": ("the two lines of the sketch above the documents", ("h", "enter", "enter")),
    "batch_why": ("every rule with its answer", ("h", "enter", "f6")),
    "batch_question": ("what will be printed, the focus on Nein", ("h", "enter", "f9")),
    "batch_report": ("from, to, what", ("h", "down", "f9")),
    "batch_add": ("who may be added", ("h", "n", "text:30.11.", "f8", "enter", "n")),
    "batch_calendar": ("the next close date under the cursor", ("h", "c")),
    "dummy": ("the first statement without and with", ("h", "y")),
    "receivables": ("open items, overdue ones in another tone", ("o",)),
    "receivable_form": ("three dates and the reason", ("o", "f4")),
    "payments": ("a part that is not allocated", ("z",)),
    "payment_form": ("open items of the customer below", ("z", "n", "text:10001", "enter")),
}


def batch_desk(folder: Path) -> Desk:
    """A printed batch of October, an open one of November, payments, hostile names."""
    desk = make_desk(folder)
    add_company(desk)
    names = ("Hausverwaltung Nord GmbH", *HOSTILE)
    people = [
        add_customer(desk, f"{10001 + n}", name=name, cutoff_day=(15, 15, 30, 31, 15)[n % 5])
        for n, name in enumerate(names)
    ]
    for n, customer in enumerate(people):
        add_invoice(desk, customer, date(2026, 10, 3), net=str(100 + 37 * n))
    october = batches.generate(desk, BatchParameters(close_date=date(2026, 10, 15)))
    for _ in print_batches(desk, plan_print(desk.store, october.number)):
        pass
    payments.add(
        desk, NewPayment(amount=Decimal(150), paid_date=date(2026, 11, 2), customer="10001", oldest_first=True)
    )
    for n, customer in enumerate(people):
        add_invoice(desk, customer, date(2026, 11, 4), net=str(200 + 11 * n))
    add_invoice(desk, people[0], date(2026, 11, 10), net="16", kind=DocumentKind.CREDIT_MEMO)
    add_invoice(desk, people[0], date(2026, 11, 15), net="42", kind=DocumentKind.DEBIT_MEMO)
    batches.generate(desk, BatchParameters(close_date=date(2026, 11, 15), description="November"))
    return desk


@pytest.fixture(params=["truecolor", "no_color"])
def colours(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Truecolor as a good terminal says it, or NO_COLOR."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("COLORTERM", "truecolor")
    if request.param == "no_color":
        monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(show, "stamp", lambda value: "22.11.26 12:00" if value else "")
    return str(request.param)


@pytest.mark.parametrize("name", CASES)
def test_batch_screen(name: str, colours: str, snap_compare: Callable[..., bool], tmp_path: Path) -> None:
    desk = batch_desk(tmp_path)

    async def go_there(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        for key in CASES[name][1]:
            if key.startswith("text:"):
                await type_text(pilot, key[5:])
            else:
                await pilot.press(key)
                await settle(pilot)

    assert snap_compare(BillingApp(desk), terminal_size=SIZE, run_before=go_there), CASES[name][0]
