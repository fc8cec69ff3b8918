"""Forms that count along ask once the fingers rest, one question at a time, and show the answer to the last one."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fakes import add_company, add_customer, add_invoice, make_desk
from screen_helpers import SIZE, balance, press, settle, type_text

from tui_billing.app import BillingApp
from tui_billing.services import batches


async def test_ten_letters_are_one_question(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[date] = []
    real = batches.plan_generate

    def counted(store: Any, parameters: Any) -> Any:
        asked.append(parameters.close_date)
        return real(store, parameters)

    monkeypatch.setattr(batches, "plan_generate", counted)
    desk = make_desk(tmp_path)
    add_company(desk)
    add_invoice(desk, add_customer(desk, "1", cutoff_day=15), date(2026, 11, 3))
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await press(pilot, "h", "f8")
        asked.clear()
        await pilot.press(*"15", "full_stop", *"11", "full_stop", *"2026")
        await settle(pilot)
        assert asked == [date(2026, 11, 15)]
        assert balance(app) == "1 = 1 im Stapel 119,00 €"
        await type_text(pilot, "x")
        assert balance(app) == ""
