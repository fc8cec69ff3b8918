"""Which periods are due at an execution date, and why: one rule table selects and explains (rules C3-C5).

A candidate is a period that is neither billed nor waived and whose trigger is not after the execution date.
The clock is never read. Both ends of all periods are inclusive.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from tui_billing.domain.creations import IntervalSelectionParameters
from tui_billing.domain.interval_schedule import BillingPeriod, Schedule
from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.month_steps import add_months
from tui_billing.domain.orders import CatchUp, Order, PeriodState
from tui_billing.domain.parties import Customer
from tui_billing.domain.plans import Reason

MAX_ROWS_PER_ORDER = 12
MAX_MONTHS_AHEAD = 12


class LedgerEntry(NamedTuple):
    """One billed or waived period of an order as the selection needs it."""

    end: date
    state: PeriodState


class RowKey(NamedTuple):
    """What names a row of the selection: the order and its (first) period's start."""

    order_id: int
    start: date


@dataclass(frozen=True, slots=True)
class OrderCase:
    """One order with everything that decides about it; `schedule` is None without the container Intervallrechnungen."""

    order: Order
    customer: Customer | None
    ledger: Mapping[date, LedgerEntry]
    schedule: Schedule | None


class DueRow(NamedTuple):
    """One invoice to create: the periods it bills, oldest first (one, unless missed ones are combined)."""

    key: RowKey
    periods: tuple[BillingPeriod, ...]
    overdue: bool


class Judged(NamedTuple):
    """One candidate with the code of the first rule that it fails; an empty code means selected."""

    period: BillingPeriod
    out: str


class _Case(NamedTuple):
    """One period under the rules."""

    case: OrderCase
    schedule: Schedule
    period: BillingPeriod
    parameters: IntervalSelectionParameters
    first_open: date
    dropped: Collection[RowKey]


class _Rule(NamedTuple):
    code: str
    holds: Callable[[_Case], bool]
    passed: str
    failed: str


def _matches(c: _Case) -> bool:
    order, wanted = c.case.order, c.parameters
    return (
        (not wanted.customer_ids or order.customer_id in wanted.customer_ids)
        and (not wanted.order_ids or order.id in wanted.order_ids)
        and (not wanted.document_type_filter or order.document_type == wanted.document_type_filter)
    )


def _paused(c: _Case) -> bool:
    return c.case.order.interval is not None and c.case.order.interval.paused


def _state(c: _Case) -> PeriodState | None:
    entry = c.case.ledger.get(c.period.start)
    return entry.state if entry else None


def _overlaps(c: _Case) -> bool:
    return covers_billed_days(c.case, c.period)


def covers_billed_days(case: OrderCase, period: BillingPeriod) -> bool:
    """A billed or waived period of another grid (terms were changed) covers a day of this one."""
    start, end = period.start, period.end
    return any(s <= end and e.end >= start and s != start for s, e in case.ledger.items())


def _is_next(c: _Case) -> bool:
    terms = c.case.order.interval
    return terms is None or terms.catch_up is not CatchUp.NEXT_ONLY or c.period.start == c.first_open


_RULES: tuple[_Rule, ...] = (
    _Rule("filtered", _matches, N_("Auftrag passt zu den Filtern"), N_("Auftrag passt nicht zu den Filtern")),
    _Rule(
        "closed",
        lambda c: not c.case.order.closed,
        N_("Auftrag ist nicht abgeschlossen"),
        N_("Auftrag ist abgeschlossen"),
    ),
    _Rule("paused", lambda c: not _paused(c), N_("Auftrag ist nicht pausiert"), N_("Auftrag ist pausiert")),
    _Rule(
        "billed",
        lambda c: _state(c) is not PeriodState.BILLED,
        N_("{start}–{end} ist noch nicht berechnet"),
        N_("{start}–{end} ist schon berechnet"),
    ),
    _Rule(
        "waived",
        lambda c: _state(c) is not PeriodState.WAIVED,
        N_("{start}–{end} ist nicht ausgelassen"),
        N_("{start}–{end} ist ausgelassen (Periode auslassen)"),
    ),
    _Rule(
        "not_due",
        lambda c: c.period.trigger <= c.parameters.execution_date,
        N_("fällig ab {trigger}, Ausführungsdatum {execution}"),
        N_("erst fällig ab {trigger}, Ausführungsdatum ist {execution}"),
    ),
    _Rule(
        "after_end",
        lambda c: not c.schedule.is_after_end(c.period),
        N_("Periode beginnt nicht nach dem Vertragsende"),
        N_("Periode beginnt am {start}, der Vertrag endet am {contract_end}"),
    ),
    _Rule(
        "customer_missing", lambda c: c.case.customer is not None, N_("Kunde ist vorhanden"), N_("Kunde fehlt im Stamm")
    ),
    _Rule(
        "customer_blocked",
        lambda c: not (c.case.customer and c.case.customer.blocked),
        N_("Kunde ist nicht gesperrt"),
        N_("Kunde {customer} ist gesperrt"),
    ),
    _Rule(
        "overlap",
        lambda c: not _overlaps(c),
        N_("kein Tag der Periode ist schon berechnet"),
        N_("{start}–{end} überschneidet eine Periode, die schon berechnet oder ausgelassen ist"),
    ),
    _Rule(
        "next_only",
        _is_next,
        N_("Nachholen lässt die Periode zu"),
        N_("nachholen „nur nächste“: zuerst ist die Periode ab {first_open} an der Reihe"),
    ),
    _Rule(
        "dropped",
        lambda c: RowKey(c.case.order.id, c.period.start) not in c.dropped,
        N_("nicht aus dieser Auswahl gelöscht"),
        N_("mit Entf aus dieser Auswahl gelöscht, die Periode bleibt offen"),
    ),
)

OUT_NAMES: dict[str, str] = {
    "closed": N_("abgeschlossen"),
    "paused": N_("pausiert"),
    "after_end": N_("nach Vertragsende"),
    "customer_missing": N_("Kunde fehlt"),
    "customer_blocked": N_("Kunde gesperrt"),
    "overlap": N_("überschneidet Berechnetes"),
    "next_only": N_("nur nächste"),
    "dropped": N_("entfernt"),
    "filtered": N_("gefiltert"),
}


def candidates(case: OrderCase, execution_date: date) -> list[BillingPeriod]:
    """The order's periods that are neither billed nor waived and whose trigger is not after the execution date."""
    if case.schedule is None:
        return []
    return [p for p in case.schedule.periods_until(execution_date) if p.start not in case.ledger]


def judge(case: OrderCase, parameters: IntervalSelectionParameters, dropped: Collection[RowKey] = ()) -> list[Judged]:
    """Every candidate of one order, oldest first, with the first rule that keeps it out."""
    periods = candidates(case, parameters.execution_date)
    if not periods or case.schedule is None:
        return []
    asks_order = case.order.interval is not None and case.order.interval.catch_up is CatchUp.NEXT_ONLY
    first = first_open(case, periods) if asks_order else None
    judged = [
        Judged(p, _first_failing(_Case(case, case.schedule, p, parameters, first or p.start, dropped))) for p in periods
    ]
    return _drop_whole_rows(case, judged)


def first_open(case: OrderCase, periods: Sequence[BillingPeriod]) -> date | None:
    """Start of the oldest period that can be billed: one that overlaps billed days never can, and holds up none."""
    return next((p.start for p in periods if not covers_billed_days(case, p)), None)


def _first_failing(one: _Case) -> str:
    return next((rule.code for rule in _RULES if not rule.holds(one)), "")


def _drop_whole_rows(case: OrderCase, judged: list[Judged]) -> list[Judged]:
    """A combined row is dropped as a whole: its key is its first period's."""
    terms = case.order.interval
    if terms is None or terms.catch_up is not CatchUp.COMBINED:
        return judged
    if not any(j.out == "dropped" for j in judged):
        return judged
    return [Judged(j.period, j.out or "dropped") for j in judged]


def due_rows(case: OrderCase, judged: Sequence[Judged], execution_date: date) -> list[DueRow]:
    """The rows of one order: one per selected period, or one for all of them where they are combined (C4)."""
    taken = [j.period for j in judged if not j.out]
    terms, grid = case.order.interval, case.schedule
    if not taken or terms is None or grid is None:
        return []
    if terms.catch_up is CatchUp.COMBINED:
        overdue = is_overdue(grid, taken[0], execution_date)
        return [DueRow(RowKey(case.order.id, taken[0].start), tuple(taken), overdue)]
    return [DueRow(RowKey(case.order.id, p.start), (p,), is_overdue(grid, p, execution_date)) for p in taken]


def is_overdue(grid: Schedule, period: BillingPeriod, execution_date: date) -> bool:
    """Whether the following period is due as well: this one was missed."""
    return grid.period(period.k + 1).trigger <= execution_date


def explain(
    case: OrderCase,
    period: BillingPeriod,
    parameters: IntervalSelectionParameters,
    dropped: Collection[RowKey] = (),
) -> tuple[Reason, ...]:
    """Every rule asked of one period of any order; what follows the first failure is no longer decisive."""
    if case.schedule is None:
        return (Reason("no_interval", False, N_("Auftrag hat keinen Container Intervallrechnungen")),)
    first = first_open(case, candidates(case, parameters.execution_date)) or period.start
    one = _Case(case, case.schedule, period, parameters, first, dropped)
    params = _params(one)
    reasons: list[Reason] = []
    failed = False
    for rule in _RULES:
        holds = rule.holds(one)
        reasons.append(Reason(rule.code, None if failed else holds, rule.passed if holds else rule.failed, params))
        failed = failed or not holds
    return tuple(reasons)


def periods_to_explain(case: OrderCase, execution_date: date) -> list[BillingPeriod]:
    """The candidates; where there is none, the last period that was due and the next one."""
    found = candidates(case, execution_date)
    if found or case.schedule is None:
        return found
    index = max(case.schedule.index_at(execution_date), case.schedule.first_index)
    near = {i: case.schedule.period(i) for i in (index, index + 1) if i >= case.schedule.first_index}
    return list(near.values())


def _params(one: _Case) -> dict[str, Any]:
    customer = one.case.customer
    return {
        "number": one.case.order.number,
        "customer": customer.number if customer else "",
        "start": one.period.start,
        "end": one.period.end,
        "trigger": one.period.trigger,
        "execution": one.parameters.execution_date,
        "contract_end": one.schedule.last_day,
        "first_open": one.first_open,
    }


def guard_dates(parameters: IntervalSelectionParameters) -> list[Problem]:
    """C4.7, asked before anything is selected: a year mistyped in the execution date."""
    if parameters.execution_date <= add_months(parameters.invoice_date, MAX_MONTHS_AHEAD):
        return []
    return [
        Problem(
            "AUSFUEHRUNGSDATUM_WEIT_VORAUS",
            N_("Ausführungsdatum {execution} liegt über 12 Monate nach dem Rechnungsdatum {invoice}. Stimmt das Jahr?"),
            {"execution": parameters.execution_date, "invoice": parameters.invoice_date},
            where="execution_date",
        )
    ]


def guard_rows(order_number: str, rows: int) -> list[Problem]:
    """C4.7, asked after the selection: more than 12 rows of one order."""
    if rows <= MAX_ROWS_PER_ORDER:
        return []
    return [
        Problem(
            "VIELE_PERIODEN",
            N_("{rows} Perioden des Auftrags {number} stehen an. Stimmen Ausführungsdatum und Beginn?"),
            {"rows": rows, "number": order_number},
            where=order_number,
        )
    ]


def row_keys(rows: Sequence[DueRow]) -> Iterator[RowKey]:
    """The keys of these rows."""
    return (row.key for row in rows)
