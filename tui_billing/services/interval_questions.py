"""What a clerk asks besides the selection: one row's draft, why an order is due or not (F6), what was forgotten."""

from collections.abc import Collection, Generator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tui_billing.domain.creations import IntervalSelectionParameters
from tui_billing.domain.documents import ZERO, Document
from tui_billing.domain.interval_schedule import BillingPeriod
from tui_billing.domain.interval_selection import RowKey, explain, periods_to_explain
from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.orders import Order
from tui_billing.domain.plans import Reason
from tui_billing.services.desk import Desk, Progress
from tui_billing.services.interval_cases import case_of
from tui_billing.services.intervals import Drafting, IntervalRow, IntervalSelection, OutRow, plan_select
from tui_billing.store.repositories import Repository

Explained = tuple[BillingPeriod | None, tuple[Reason, ...]]
"""A period and every rule that was asked of it; None where the order has no period at all."""


def draft_of(store: Repository, parameters: IntervalSelectionParameters, row: IntervalRow) -> Document | None:
    """The invoice of one row as it would be created now, without a number; None where its periods are gone."""
    order = store.get(Order, row.key.order_id)
    if order is None or order.interval is None:
        return None
    case = case_of(store, order)
    periods = [case.schedule.period_from(start) if case.schedule else None for start in row.period_starts]
    found = tuple(p for p in periods if p is not None)
    if len(found) != len(periods) or case.customer is None:
        return None
    return Drafting.of(store, parameters).draft(case, found)[0]


def explain_order(
    store: Repository,
    order: Order,
    parameters: IntervalSelectionParameters,
    dropped: Collection[RowKey] = (),
) -> list[Explained]:
    """F6 for any order, also one that is not in the list: its candidates, else the last due period and the next."""
    case = case_of(store, order)
    periods = periods_to_explain(case, parameters.execution_date)
    if not periods:
        reason = Reason("no_interval", False, N_("Auftrag hat keine Periode, die berechnet werden kann"))
        return [(None, (reason,))]
    return [(p, explain(case, p, parameters, dropped)) for p in periods]


@dataclass(frozen=True, slots=True)
class Gaps:
    """Periods that were never billed nor waived up to a day (inclusive), and the balance of all that were looked at."""

    until: date
    rows: tuple[OutRow, ...]
    total: Decimal
    problems: tuple[Problem, ...]
    selection: IntervalSelection


def find_gaps(desk: Desk, until: date) -> Generator[Progress, None, Gaps]:
    """What was forgotten, over all orders: paused ones and blocked customers too, but nothing after a contract's end.

    `reason` of a row is empty where Erstellen would bill it at that execution date, else what keeps it out.
    """
    plan = yield from plan_select(desk.store, IntervalSelectionParameters(execution_date=until, invoice_date=until))
    rows = [OutRow(r.order_number, r.customer_name, r.period_start, r.period_end, "", r.gross) for r in plan.rows] + [
        o for o in plan.out if o.reason not in ("after_end", "closed")
    ]
    rows.sort(key=lambda r: (r.period_start, r.order_number))
    return Gaps(until, tuple(rows), sum((r.gross for r in rows), ZERO), plan.problems, plan)
