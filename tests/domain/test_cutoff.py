"""Rules D1, D6.3 and D9: which Stichtag falls on which close date."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_billing.domain.cutoff import (
    Closing,
    calendar_of,
    days_without_closing,
    effective_day,
    fits,
    fitting_days,
    literal_warning,
    nearest_closings,
    next_closing,
    next_closings,
    next_span,
    previous_closing,
)

STICHTAGE = (15, 20, 28, 29, 30, 31)
days_of_month = st.integers(1, 31)
any_day = st.dates(date(2000, 1, 1), date(2100, 12, 31))


@pytest.mark.parametrize(
    ("rule", "close", "expected"),
    [
        ("D1.1", date(2026, 11, 15), (15,)),
        ("D1.2", date(2026, 11, 30), (30, 31)),
        ("D1.3", date(2026, 12, 30), (30,)),
        ("D1.4", date(2026, 12, 31), (31,)),
        ("D1.5", date(2027, 2, 28), (28, 29, 30, 31)),
        ("D1.6", date(2028, 2, 28), (28,)),
        ("D1.7", date(2028, 2, 29), (29, 30, 31)),
        ("D1.8", date(2027, 2, 27), ()),
    ],
)
def test_these_stichtage_match_the_close_date(rule, close, expected):
    assert tuple(d for d in STICHTAGE if fits(d, close)) == expected, rule


def test_the_literal_comparison_takes_the_written_day_only_and_names_who_has_no_closing():
    """D1.9"""
    close = date(2027, 2, 28)
    assert tuple(d for d in STICHTAGE if fits(d, close, month_end=False)) == (28,)
    assert days_without_closing(STICHTAGE, close, month_end=False) == (29, 30, 31)
    warning = literal_warning(STICHTAGE, close)
    assert warning.warning
    assert warning.text.format(**warning.params) == (
        "Stichtage werden wörtlich verglichen: 29, 30, 31 haben in diesem Monat keinen Stichtag."
    )


def test_the_literal_comparison_gives_a_31_customer_seven_closings_a_year():
    assert sum(31 in c.cutoff_days for c in calendar_of(2026, [31], month_end=False)) == 7
    assert len(calendar_of(2026, [31])) == 12


def test_a_blank_stichtag_never_fits():
    """D1.10, D2.12"""
    assert not fits(None, date(2026, 11, 15))


def test_the_help_texts_customers_fall_on_the_15th_and_the_30th():
    """D1.10: customers 1, 3, 5 on the 15th, 4 and 6 on the 30th, 2 blank."""
    stichtage = {1: 15, 2: None, 3: 15, 4: 30, 5: 15, 6: 30}
    assert [c for c, d in stichtage.items() if fits(d, date(2013, 11, 15))] == [1, 3, 5]


def test_the_nearest_days_that_would_match_are_named():
    """D1.12"""
    assert nearest_closings([30], date(2026, 12, 31)) == (date(2026, 12, 30), date(2027, 1, 30))
    assert nearest_closings([], date(2026, 12, 31)) == (None, None)
    assert nearest_closings([15, 28], date(2026, 11, 22)) == (date(2026, 11, 15), date(2026, 11, 28))


@pytest.mark.parametrize(
    ("cutoff_day", "first_real", "previous"),
    [
        (28, date(2027, 2, 28), date(2027, 1, 28)),
        (29, date(2027, 2, 28), date(2027, 1, 29)),
        (30, date(2027, 2, 28), date(2027, 1, 30)),
        (31, date(2027, 2, 28), date(2027, 1, 31)),
        (15, date(2026, 12, 15), date(2026, 11, 15)),
        (31, date(2026, 3, 31), date(2026, 2, 28)),
        (15, date(2026, 1, 10), date(2025, 12, 15)),
    ],
)
def test_the_previous_closing(cutoff_day, first_real, previous):
    """D1.13, D6.3"""
    assert previous_closing(cutoff_day, first_real) == previous


def test_the_closings_of_stichtag_30_from_january_to_april():
    """D1.14"""
    assert next_closings(30, date(2026, 12, 31), 4) == (
        date(2027, 1, 30),
        date(2027, 2, 28),
        date(2027, 3, 30),
        date(2027, 4, 30),
    )


@pytest.mark.parametrize(
    ("changed_on", "last", "days"),
    [(date(2026, 6, 25), date(2026, 6, 30), 10), (date(2026, 7, 1), date(2026, 7, 31), 41)],
)
def test_after_a_change_of_the_stichtag_the_first_span_may_be_short_or_long(changed_on, last, days):
    """D9.1: 20 -> 31, last batch on 20.06.2026."""
    span = next_span(31, date(2026, 6, 20), changed_on)
    assert (span.first, span.last, span.days) == (date(2026, 6, 21), last, days)


def test_a_customer_without_a_batch_has_a_span_without_beginning():
    span = next_span(15, None, date(2026, 11, 22))
    assert (span.first, span.last, span.days) == (None, date(2026, 12, 15), None)


def test_the_calendar_joins_stichtage_that_fall_on_the_same_day():
    calendar = calendar_of(2027, [15, 30, 31])
    assert calendar[:5] == (
        Closing(date(2027, 1, 15), (15,)),
        Closing(date(2027, 1, 30), (30,)),
        Closing(date(2027, 1, 31), (31,)),
        Closing(date(2027, 2, 15), (15,)),
        Closing(date(2027, 2, 28), (30, 31)),
    )


@given(days_of_month, any_day)
def test_every_month_has_exactly_one_closing_of_each_stichtag(cutoff_day, day):
    found = [d for d in range(1, 32) if _in_month(day, d) and fits(cutoff_day, day.replace(day=d))]
    assert found == [effective_day(cutoff_day, day.year, day.month).day]


@given(days_of_month, any_day, st.booleans())
def test_next_and_previous_are_each_others_neighbour(cutoff_day, day, month_end):
    after = next_closing(cutoff_day, day, month_end=month_end)
    before = previous_closing(cutoff_day, day, month_end=month_end)
    assert before < day < after
    assert fits(cutoff_day, after, month_end=month_end)
    assert fits(cutoff_day, before, month_end=month_end)
    assert next_closing(cutoff_day, before, month_end=month_end) in (day, after)
    assert previous_closing(cutoff_day, after, month_end=month_end) in (day, before)


@given(any_day, st.booleans())
def test_the_days_that_fit_a_close_date_are_those_that_match_it_one_by_one(day, month_end):
    assert fitting_days(day, month_end=month_end) == tuple(d for d in range(1, 32) if fits(d, day, month_end=month_end))


def _in_month(day: date, number: int) -> bool:
    return number <= ((day.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)).day
