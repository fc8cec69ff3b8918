"""Rules C3, C4, C5.1 and C7: which periods are selected at an execution date, why, and how their texts come out."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal as D

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui_billing.domain.creations import IntervalSelectionParameters
from tui_billing.domain.interval_invoice import interval_parts, row_warnings
from tui_billing.domain.interval_schedule import schedule
from tui_billing.domain.interval_selection import (
    LedgerEntry,
    OrderCase,
    RowKey,
    candidates,
    due_rows,
    explain,
    guard_dates,
    guard_rows,
    judge,
    periods_to_explain,
)
from tui_billing.domain.orders import CatchUp, IntervalTerms, IntervalUnit, Order, OrderLine, PeriodState, Timing
from tui_billing.domain.parties import Customer

U = IntervalUnit


def day(text: str) -> date:
    d, m, y = text.split(".")
    return date(int(y), int(m), int(d))


def case(terms: IntervalTerms, billed: int = 0, *, waived: tuple[str, ...] = (), **order: object) -> OrderCase:
    """An order whose first `billed` periods are in the ledger."""
    grid = schedule(terms)
    ledger: dict[date, LedgerEntry] = {}
    for n in range(billed):
        p = grid.period(grid.first_index + n)
        ledger[p.start] = LedgerEntry(p.end, PeriodState.BILLED)
    for text in waived:
        found = grid.period_from(day(text))
        assert found is not None
        ledger[found.start] = LedgerEntry(found.end, PeriodState.WAIVED)
    lines = (OrderLine(name="Beitrag {Jahr}", unit_price=D(100)),)
    made = Order(**{"id": 1, "number": "A-1", "customer_id": 7, "lines": lines, "interval": terms, **order})  # type: ignore[arg-type]
    return OrderCase(made, Customer(id=7, number="10007", name="Verein"), ledger, grid)


def at(execution: str, invoice: str = "22.11.2026", **more: object) -> IntervalSelectionParameters:
    return IntervalSelectionParameters(execution_date=day(execution), invoice_date=day(invoice), **more)  # type: ignore[arg-type]


def selected(one: OrderCase, execution: str) -> list[tuple[str, str]]:
    rows = due_rows(one, judge(one, at(execution)), day(execution))
    return [(f"{r.periods[0].start:%d.%m.%Y}", f"{r.periods[-1].end:%d.%m.%Y}") for r in rows]


YEARLY = IntervalTerms(unit=U.YEAR, anchor=day("01.01.2026"))
MONTHLY = IntervalTerms(anchor=day("01.01.2026"))


@pytest.mark.parametrize(
    ("rule", "execution", "rows"),
    [
        ("C3.1", "31.12.2026", []),
        ("C3.2 and C3.3", "01.01.2027", [("01.01.2027", "31.12.2027")]),
        ("C3.5", "15.03.2027", [("01.01.2027", "31.12.2027")]),
    ],
)
def test_the_help_texts_yearly_order_with_2026_billed(rule: str, execution: str, rows: list[tuple[str, str]]) -> None:
    assert selected(case(YEARLY, billed=1), execution) == rows, rule


SEP, OCT, NOV = (
    ("01.09.2026", "30.09.2026"),
    ("01.10.2026", "31.10.2026"),
    ("01.11.2026", "30.11.2026"),
)


@pytest.mark.parametrize(
    ("rule", "catch_up", "execution", "rows"),
    [
        ("C4.1", CatchUp.EACH, "01.11.2026", [SEP, OCT, NOV]),
        ("C4.2", CatchUp.EACH, "31.10.2026", [SEP, OCT]),
        ("C4.8", CatchUp.NEXT_ONLY, "01.11.2026", [SEP]),
        ("C4.9", CatchUp.COMBINED, "01.11.2026", [("01.09.2026", "30.11.2026")]),
    ],
)
def test_missed_periods(rule: str, catch_up: CatchUp, execution: str, rows: list[tuple[str, str]]) -> None:
    terms = IntervalTerms(anchor=day("01.01.2026"), catch_up=catch_up)
    assert selected(case(terms, billed=8), execution) == rows, rule


def test_c4_9_a_combined_invoice_has_a_line_with_its_own_period_for_each() -> None:
    terms = IntervalTerms(anchor=day("01.01.2026"), catch_up=CatchUp.COMBINED)
    one = case(terms, billed=8)
    (row,) = due_rows(one, judge(one, at("01.11.2026")), day("01.11.2026"))
    parts = interval_parts(one.order, row.periods)
    assert [(x.service_from, x.service_to, x.unit_price) for x in parts.lines] == [
        (day(a), day(b), D(100)) for a, b in (SEP, OCT, NOV)
    ]
    assert (parts.period_from, parts.period_to) == (day("01.09.2026"), day("30.11.2026"))


def test_c5_1_nothing_starts_after_the_end_and_the_end_is_inclusive() -> None:
    terms = IntervalTerms(anchor=day("01.07.2026"), end=day("30.09.2026"))
    assert [start for start, _ in selected(case(terms), "31.12.2026")] == ["01.07.2026", "01.08.2026", "01.09.2026"]
    codes = [j.out for j in judge(case(terms), at("31.12.2026"))]
    assert codes == ["", "", "", "after_end", "after_end", "after_end"]


@pytest.mark.parametrize(
    ("execution", "count"), [("30.01.2026", 0), ("31.01.2026", 1), ("27.02.2026", 1), ("28.02.2026", 2)]
)
def test_in_arrears_a_period_is_due_at_its_end(execution: str, count: int) -> None:
    terms = IntervalTerms(anchor=day("01.01.2026"), timing=Timing.IN_ARREARS)
    assert len(selected(case(terms), execution)) == count


@pytest.mark.parametrize(
    ("reason", "one"),
    [
        ("paused", case(IntervalTerms(anchor=day("01.01.2026"), paused=True), billed=10)),
        ("closed", case(MONTHLY, billed=10, closed=True)),
    ],
)
def test_candidates_that_are_out_name_the_first_rule_that_failed(reason: str, one: OrderCase) -> None:
    assert [j.out for j in judge(one, at("01.11.2026"))] == [reason]


def test_a_blocked_customer_and_a_missing_one_are_out() -> None:
    one = case(MONTHLY, billed=10)
    blocked = OrderCase(one.order, Customer(id=7, blocked=True), one.ledger, one.schedule)
    missing = OrderCase(one.order, None, one.ledger, one.schedule)
    assert [j.out for j in judge(blocked, at("01.11.2026"))] == ["customer_blocked"]
    assert [j.out for j in judge(missing, at("01.11.2026"))] == ["customer_missing"]


def test_waived_periods_are_no_candidates() -> None:
    one = case(MONTHLY, billed=8, waived=("01.10.2026",))
    assert selected(one, "01.11.2026") == [SEP, NOV]


def test_a_period_that_covers_billed_days_of_other_terms_is_never_billed_again() -> None:
    grid = schedule(MONTHLY)
    ledger = {day("15.10.2026"): LedgerEntry(day("14.11.2026"), PeriodState.BILLED)}
    one = OrderCase(case(MONTHLY).order, Customer(id=7), ledger, grid)
    out = {j.period.start: j.out for j in judge(one, at("01.12.2026"))}
    assert (out[day("01.10.2026")], out[day("01.11.2026")], out[day("01.12.2026")]) == ("overlap", "overlap", "")


def test_c4_8_a_period_that_can_never_be_billed_does_not_hold_up_the_next() -> None:
    """„Nur nächste“: the first that can be billed, not one that overlaps what was billed by other terms."""
    terms = replace(MONTHLY, catch_up=CatchUp.NEXT_ONLY)
    ledger = {day("15.10.2026"): LedgerEntry(day("14.11.2026"), PeriodState.BILLED)}
    billed = {day(f"01.{m:02d}.2026"): LedgerEntry(day(f"28.{m:02d}.2026"), PeriodState.BILLED) for m in range(1, 10)}
    one = OrderCase(case(terms).order, Customer(id=7), {**billed, **ledger}, schedule(terms))
    assert selected(one, "01.01.2027") == [("01.12.2026", "31.12.2026")]
    (december,) = [p for p in candidates(one, day("01.01.2027")) if p.start == day("01.12.2026")]
    assert all(r.passed is not False for r in explain(one, december, at("01.01.2027")))


def test_overdue_is_a_row_whose_following_period_is_due_as_well() -> None:
    one = case(MONTHLY, billed=8)
    rows = due_rows(one, judge(one, at("01.11.2026")), day("01.11.2026"))
    assert [r.overdue for r in rows] == [True, True, False]


def test_dropped_rows_leave_this_selection_only() -> None:
    one = case(MONTHLY, billed=8)
    drop = {RowKey(1, day("01.10.2026"))}
    assert [j.out for j in judge(one, at("01.11.2026"), drop)] == ["", "dropped", ""]
    assert [j.out for j in judge(one, at("01.11.2026"))] == ["", "", ""]


def test_why_tells_every_rule_and_what_is_no_longer_decisive() -> None:
    one = case(IntervalTerms(anchor=day("01.01.2026"), paused=True), billed=11)
    (current, following) = periods_to_explain(one, day("30.11.2026"))
    assert (current.start, following.start) == (day("01.11.2026"), day("01.12.2026"))
    reasons = {r.code: r.passed for r in explain(one, following, at("30.11.2026"))}
    assert reasons["closed"] is True
    assert reasons["paused"] is False
    assert reasons["not_due"] is None


def test_c4_7_an_execution_date_more_than_twelve_months_after_the_invoice_date_is_asked_about() -> None:
    assert guard_dates(at("22.11.2027")) == []
    assert [p.code for p in guard_dates(at("23.11.2027"))] == ["AUSFUEHRUNGSDATUM_WEIT_VORAUS"]
    assert guard_rows("A-1", 12) == []
    assert [p.code for p in guard_rows("A-1", 13)] == ["VIELE_PERIODEN"]


@pytest.mark.parametrize(
    ("rule", "name", "text", "printed", "unknown"),
    [
        ("C7.9", "{abrechnungszeitraum}", "Winter", "Winter", ()),
        ("C7.9", "{Unbekannt}", "", "{Unbekannt}", ("Unbekannt",)),
        ("C7.9", "{von.__class__}", "", "{von.__class__}", ()),
        ("C7.9", "{0}", "", "{0}", ()),
        ("C7.9", "100 % {{von}}", "", "100 % {von}", ()),
        ("C7.10", "{Abrechnungszeitraum}", "ab {von}", "ab {von}", ()),
        ("C7", "{Abrechnungszeitraum}", "", "01.01.2026-31.12.2026", ()),
        ("C7", "Beitrag {Jahr}", "egal", "Beitrag 2026", ()),
    ],
)
def test_texts_are_filled_in_one_literal_pass(
    rule: str, name: str, text: str, printed: str, unknown: tuple[str, ...]
) -> None:
    order = Order(lines=(OrderLine(name=name),), header_text=name, interval=YEARLY)
    parts = interval_parts(order, [schedule(YEARLY).period(0)], text)
    assert (parts.lines[0].name, parts.header_text, parts.unknown) == (printed, printed, unknown), rule


@pytest.mark.parametrize(
    ("header", "name", "text", "different", "codes"),
    [
        ("", "Beitrag", "2027", False, ["TEXT_OHNE_PLATZHALTER"]),
        ("{Abrechnungszeitraum}", "Beitrag", "2027", False, []),
        ("{Abrechnungszeitraum}", "Beitrag", "2027", True, ["TEXT_BEI_VERSCHIEDENEN_ZEITRAEUMEN"]),
        ("", "Beitrag {Abrechnungszeitraum}", "", True, ["PLATZHALTER_OHNE_TEXT"]),
        ("{Huch}", "Beitrag", "", False, ["PLATZHALTER_UNBEKANNT"]),
        ("", "Beitrag", "", False, []),
    ],
)
def test_warnings_of_a_row(header: str, name: str, text: str, different: bool, codes: list[str]) -> None:
    order = Order(lines=(OrderLine(name=name),), header_text=header, interval=YEARLY)
    parts = interval_parts(order, [schedule(YEARLY).period(0)], text)
    found = row_warnings(parts, text, different_periods=different, is_zero=False)
    assert [p.code for p in found] == codes
    assert all(p.warning for p in found)


anchors = st.dates(date(2020, 1, 1), date(2026, 12, 31))
any_terms = st.builds(
    IntervalTerms,
    every=st.integers(1, 4),
    unit=st.sampled_from([U.WEEK, U.MONTH, U.QUARTER, U.HALF_YEAR, U.YEAR]),
    anchor=anchors,
    end=st.none() | st.dates(date(2027, 1, 1), date(2030, 1, 1)),
    timing=st.sampled_from(list(Timing)),
    month_end=st.booleans(),
    aligned=st.booleans(),
    prorate_end=st.booleans(),
    catch_up=st.sampled_from([CatchUp.EACH, CatchUp.COMBINED]),
)


def starts(one: OrderCase, execution: date, dropped: frozenset[RowKey] = frozenset()) -> set[date]:
    parameters = IntervalSelectionParameters(execution_date=execution, invoice_date=execution)
    return {j.period.start for j in judge(one, parameters, dropped) if not j.out}


def billed(one: OrderCase, periods: set[date]) -> OrderCase:
    assert one.schedule is not None
    ledger: Mapping[date, LedgerEntry] = {
        **one.ledger,
        **{p.start: LedgerEntry(p.end, PeriodState.BILLED) for s in periods if (p := one.schedule.period_from(s))},
    }
    return OrderCase(one.order, one.customer, ledger, one.schedule)


@settings(max_examples=80, deadline=None)
@given(any_terms, st.integers(0, 5), st.dates(date(2026, 1, 1), date(2029, 1, 1)), st.integers(0, 500))
def test_selected_at_a_is_among_selected_at_b_and_selecting_changes_nothing(
    terms: IntervalTerms, done: int, a: date, later: int
) -> None:
    one = case(terms, billed=done)
    first = starts(one, a)
    assert starts(one, a) == first
    assert first <= starts(one, a + timedelta(days=later))


@settings(max_examples=80, deadline=None)
@given(any_terms, st.integers(0, 5), st.dates(date(2026, 1, 1), date(2029, 1, 1)))
def test_after_creating_the_same_selection_is_empty(terms: IntervalTerms, done: int, a: date) -> None:
    one = case(terms, billed=done)
    assert starts(billed(one, starts(one, a)), a) == set()


@settings(max_examples=60, deadline=None)
@given(any_terms, st.dates(date(2026, 1, 1), date(2028, 1, 1)), st.data())
def test_dropping_rows_changes_nothing_but_the_selection(terms: IntervalTerms, a: date, data: st.DataObject) -> None:
    if terms.catch_up is CatchUp.COMBINED:
        return
    one = case(terms)
    before = starts(one, a)
    drop = data.draw(st.sets(st.sampled_from(sorted(before)), max_size=5)) if before else set()
    keys = frozenset(RowKey(1, s) for s in drop)
    assert starts(one, a, keys) == before - drop
    assert starts(one, a) == before
    assert [p.start for p in candidates(one, a)] == [j.period.start for j in judge(one, _at(a), keys)]


def _at(execution: date) -> IntervalSelectionParameters:
    return IntervalSelectionParameters(execution_date=execution, invoice_date=execution)
