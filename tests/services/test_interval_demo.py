"""The demo company's orders: what a clerk must be able to see in the first minute."""

from datetime import date
from pathlib import Path

import pytest
from desks import memory_desk

from tui_billing.demo.company import build_demo
from tui_billing.domain.creations import IntervalSelectionParameters
from tui_billing.domain.order_rules import check_order
from tui_billing.domain.orders import CatchUp, Order, Period, PeriodState
from tui_billing.services.desk import Desk
from tui_billing.services.intervals import finish, plan_select


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    made = memory_desk(Path(tmp_path_factory.mktemp("demo")))
    list(build_demo(made, 60))
    return made


def test_it_has_beitraege_mieten_and_wartung_paused_ending_combined_and_waived(desk: Desk) -> None:
    orders = desk.store.all(Order)
    names = {line.name.split(" ")[0] for o in orders for line in o.lines}
    assert {"Beitrag", "Miete", "Wartung"} <= names
    terms = [o.interval for o in orders if o.interval]
    assert any(t.paused for t in terms) and any(t.end for t in terms) and any(t.month_end for t in terms)
    assert {t.catch_up for t in terms} == set(CatchUp)
    assert any(o.interval is None for o in orders)
    assert any(p.state is PeriodState.WAIVED for p in desk.store.all(Period))


def test_every_order_is_one_that_could_be_saved(desk: Desk) -> None:
    assert [p for o in desk.store.all(Order) for p in check_order(o) if not p.warning] == []


def test_today_some_are_overdue_and_on_the_first_of_january_the_beitraege_are_due(desk: Desk) -> None:
    def rows(day: date) -> list[tuple[str, bool]]:
        parameters = IntervalSelectionParameters(execution_date=day, invoice_date=day)
        plan = finish(plan_select(desk.store, parameters))
        return [(r.text, r.overdue) for r in plan.rows]

    assert any(overdue for _, overdue in rows(date(2026, 11, 22)))
    assert not any(text.startswith("Beitrag") for text, _ in rows(date(2026, 12, 31)))
    assert sum(text == "Beitrag 2027" for text, _ in rows(date(2027, 1, 1))) > 10


def test_the_same_day_gives_the_same_orders(desk: Desk, tmp_path: Path) -> None:
    again = memory_desk(tmp_path)
    list(build_demo(again, 60))
    assert again.store.all(Order) == desk.store.all(Order)
    assert again.store.all(Period) == desk.store.all(Period)
