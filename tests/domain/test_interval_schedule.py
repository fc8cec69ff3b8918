"""Rules C1, C5 (ends) and C6 (edges): when periods begin and end. Ends are inclusive."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given, settings
from hypothesis import strategies as st

from tui_billing.domain.interval_schedule import MONTHS, StripMark, schedule
from tui_billing.domain.month_steps import add_months
from tui_billing.domain.orders import IntervalTerms, IntervalUnit, PeriodState, Timing

U = IntervalUnit


def day(text: str) -> date:
    d, m, y = text.split(".")
    return date(int(y), int(m), int(d))


def days(*texts: str) -> list[date]:
    return [day(t) for t in texts]


@pytest.mark.parametrize(
    ("rule", "terms", "starts"),
    [
        ("C1.1", IntervalTerms(anchor=day("31.01.2026")), "31.01.2026 28.02.2026 31.03.2026 30.04.2026 31.05.2026"),
        ("C1.3", IntervalTerms(anchor=day("31.01.2028")), "31.01.2028 29.02.2028 31.03.2028"),
        ("C1.4", IntervalTerms(anchor=day("30.04.2026")), "30.04.2026 30.05.2026 30.06.2026 30.07.2026"),
        (
            "C1.5",
            IntervalTerms(anchor=day("30.04.2026"), month_end=True),
            "30.04.2026 31.05.2026 30.06.2026 31.07.2026",
        ),
        (
            "C1.6",
            IntervalTerms(unit=U.YEAR, anchor=day("29.02.2024")),
            "29.02.2024 28.02.2025 28.02.2026 28.02.2027 29.02.2028",
        ),
        (
            "C1.7",
            IntervalTerms(unit=U.QUARTER, anchor=day("30.11.2026")),
            "30.11.2026 28.02.2027 30.05.2027 30.08.2027 30.11.2027",
        ),
        (
            "C1.8",
            IntervalTerms(unit=U.HALF_YEAR, anchor=day("31.08.2026")),
            "31.08.2026 28.02.2027 31.08.2027 29.02.2028",
        ),
        (
            "C1.9",
            IntervalTerms(unit=U.WEEK, every=2, anchor=day("22.11.2026")),
            "22.11.2026 06.12.2026 20.12.2026 03.01.2027",
        ),
    ],
)
def test_starts_are_counted_from_the_anchor(rule: str, terms: IntervalTerms, starts: str) -> None:
    expected = days(*starts.split())
    grid = schedule(terms)
    assert [grid.period(k).start for k in range(len(expected))] == expected, rule


def test_c1_2_each_period_ends_the_day_before_the_next_start() -> None:
    grid = schedule(IntervalTerms(anchor=day("31.01.2026")))
    assert [(grid.period(k).start, grid.period(k).end) for k in range(4)] == [
        (day("31.01.2026"), day("27.02.2026")),
        (day("28.02.2026"), day("30.03.2026")),
        (day("31.03.2026"), day("29.04.2026")),
        (day("30.04.2026"), day("30.05.2026")),
    ]


@pytest.mark.parametrize(
    ("terms", "first", "second"),
    [
        (
            IntervalTerms(anchor=day("15.01.2026"), aligned=True),
            ("15.01.2026", "31.01.2026"),
            ("01.02.2026", "28.02.2026"),
        ),
        (
            IntervalTerms(anchor=day("01.01.2026"), start=day("15.02.2026"), aligned=True, unit=U.QUARTER),
            ("15.02.2026", "31.03.2026"),
            ("01.04.2026", "30.06.2026"),
        ),
        (
            IntervalTerms(anchor=day("01.01.2027"), start=day("15.11.2026"), aligned=True),
            ("15.11.2026", "30.11.2026"),
            ("01.12.2026", "31.12.2026"),
        ),
        (
            IntervalTerms(anchor=day("25.11.2026"), aligned=True, unit=U.WEEK),
            ("25.11.2026", "29.11.2026"),
            ("30.11.2026", "06.12.2026"),
        ),
        (
            IntervalTerms(anchor=day("10.02.2026"), aligned=True, every=2),
            ("10.02.2026", "28.02.2026"),
            ("01.03.2026", "30.04.2026"),
        ),
        (
            IntervalTerms(anchor=day("10.02.2026"), aligned=True, unit=U.YEAR),
            ("10.02.2026", "31.12.2026"),
            ("01.01.2027", "31.12.2027"),
        ),
        (
            IntervalTerms(anchor=day("01.01.2026"), start=day("01.03.2026")),
            ("01.03.2026", "31.03.2026"),
            ("01.04.2026", "30.04.2026"),
        ),
    ],
)
def test_the_first_period_is_cut_only_in_the_calendars_grid(
    terms: IntervalTerms, first: tuple[str, str], second: tuple[str, str]
) -> None:
    grid = schedule(terms)
    k = grid.first_index
    assert [(grid.period(i).start, grid.period(i).end) for i in (k, k + 1)] == [
        (day(first[0]), day(first[1])),
        (day(second[0]), day(second[1])),
    ]


@pytest.mark.parametrize(("cut", "last_end"), [(False, "31.12.2026"), (True, "30.09.2026")])
def test_c5_a_last_period_is_whole_unless_the_order_prorates(cut: bool, last_end: str) -> None:
    terms = IntervalTerms(unit=U.YEAR, anchor=day("01.01.2026"), end=day("30.09.2026"), prorate_end=cut)
    grid = schedule(terms)
    assert (grid.last_index, grid.period(0).end) == (0, day(last_end))


def test_in_arrears_the_cut_end_is_the_trigger() -> None:
    terms = IntervalTerms(
        unit=U.YEAR, anchor=day("01.01.2026"), end=day("30.09.2026"), prorate_end=True, timing=Timing.IN_ARREARS
    )
    grid = schedule(terms)
    assert [p.end for p in grid.periods_until(day("30.09.2026"))] == [day("30.09.2026")]
    assert list(grid.periods_until(day("29.09.2026"))) == []


def test_next_periods_are_those_not_in_the_ledger() -> None:
    grid = schedule(IntervalTerms(anchor=day("01.01.2026"), end=day("30.04.2026")))
    assert [p.start for p in grid.next_periods({day("01.01.2026"), day("01.03.2026")})] == days(
        "01.02.2026", "01.04.2026"
    )


def test_strip_shows_24_periods_half_of_them_before_the_day() -> None:
    grid = schedule(IntervalTerms(anchor=day("01.01.2026")))
    ledger = {day(f"01.{m:02}.2026"): PeriodState.BILLED for m in range(1, 10)}
    ledger[day("01.10.2026")] = PeriodState.WAIVED
    strip = grid.strip(ledger, day("22.11.2026"))
    letters = {StripMark.BILLED: "b", StripMark.WAIVED: "w", StripMark.DUE: "d", StripMark.FUTURE: "f"}
    assert len(strip) == 24
    assert "".join(letters[mark] for _, mark in strip) == "bbbbbbbbbwd" + "f" * 13
    assert strip[0][0].start == day("01.01.2026")


def test_strip_of_an_ended_order_stops_at_its_end() -> None:
    grid = schedule(IntervalTerms(anchor=day("01.01.2026"), end=day("31.03.2026")))
    assert [p.start for p, _ in grid.strip({}, day("22.11.2026"))] == days("01.01.2026", "01.02.2026", "01.03.2026")


def test_a_start_that_is_no_period_start_is_not_found() -> None:
    grid = schedule(IntervalTerms(anchor=day("31.01.2026")))
    assert grid.period_from(day("28.02.2026")) is not None
    assert grid.period_from(day("27.02.2026")) is None
    assert grid.period_from(day("31.12.2025")) is None


dates = st.dates(date(1980, 1, 1), date(2060, 12, 31))
terms_of_any_kind = st.builds(
    IntervalTerms,
    every=st.integers(1, 14),
    unit=st.sampled_from(list(IntervalUnit)),
    anchor=dates,
    month_end=st.booleans(),
    aligned=st.booleans(),
    timing=st.sampled_from(list(Timing)),
)


@settings(max_examples=60, deadline=None)
@given(terms_of_any_kind)
def test_1200_periods_tile_time_without_gap_or_overlap(terms: IntervalTerms) -> None:
    grid = schedule(terms)
    first = grid.first_index
    periods = [grid.period(first + k) for k in range(1200) if grid.grid_start(first + k + 1).year < 9999]
    for period, following in pairwise(periods):
        assert period.start <= period.end
        assert following.start == period.end + timedelta(days=1)


@settings(max_examples=200, deadline=None)
@given(terms_of_any_kind, st.integers(0, 1200), st.data())
def test_the_index_of_any_day_is_found_without_stepping(terms: IntervalTerms, k: int, data: st.DataObject) -> None:
    grid = schedule(terms)
    if grid.grid_start(k + 1).year >= 9999:
        return
    start, end = grid.grid_start(k), grid.grid_start(k + 1) - timedelta(days=1)
    assert grid.index_at(start) == grid.index_at(end) == k
    assert grid.index_at(data.draw(st.dates(start, end))) == k


@settings(max_examples=300, deadline=None)
@given(dates, st.integers(-1200, 1200))
def test_months_are_added_as_dateutil_does(start: date, months: int) -> None:
    assert add_months(start, months) == start + relativedelta(months=months)


@settings(max_examples=100, deadline=None)
@given(terms_of_any_kind, dates, dates)
def test_what_is_due_at_a_day_is_due_at_every_later_day(terms: IntervalTerms, a: date, b: date) -> None:
    a, b = min(a, b), min(max(a, b), min(a, b) + timedelta(days=2000))
    grid = schedule(terms)
    if (a - terms.anchor).days > 9000:
        a = terms.anchor
        b = a + timedelta(days=400)
    early = {p.start for p in grid.periods_until(a)}
    assert early <= {p.start for p in grid.periods_until(b)}
    assert all(p.trigger > a for p in grid.periods_until(b) if p.start not in early)


def test_all_units_have_a_step() -> None:
    assert set(MONTHS) | {U.DAY, U.WEEK} == set(IntervalUnit)
