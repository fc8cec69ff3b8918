"""Rules B1, B3, B13: rounding and splitting."""

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_billing.domain.money import percent_of, r2, split, split_evenly

cents = st.integers(-(10**12), 10**12).map(lambda n: D(n).scaleb(-2))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("2.675", "2.68", id="B1.1"),
        pytest.param("-2.675", "-2.68", id="B1.2 away from zero"),
        pytest.param("0.125", "0.13", id="B1.3"),
        pytest.param("0.005", "0.01", id="half a cent"),
        pytest.param("-0.004", "0.00", id="no negative zero"),
        pytest.param("12345678901234567890123456789.125", "12345678901234567890123456789.13", id="beyond 28 digits"),
    ],
)
def test_half_a_cent_goes_away_from_zero(value: str, expected: str) -> None:
    assert str(r2(D(value))) == expected


@pytest.mark.parametrize(
    ("value", "percent", "expected"),
    [
        pytest.param("-7612.50", "19", "-1446.38", id="B1.5"),
        pytest.param("7612.50", "19", "1446.38", id="A6.1 tax"),
        pytest.param("100", "0", "0.00", id="zero per cent"),
    ],
)
def test_percent_of_an_amount(value: str, percent: str, expected: str) -> None:
    assert str(percent_of(D(value), D(percent))) == expected


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        pytest.param("15.00", "100 50", "10.00 5.00", id="B3.1"),
        pytest.param("10.00", "100 50 33.33", "5.45 2.73 1.82", id="B3.2"),
        pytest.param("0.01", "1 1", "0.01 0.00", id="B3.3 a cent"),
        pytest.param("100.00", "1 1 1", "33.34 33.33 33.33", id="B3.3 three"),
        pytest.param("-10.00", "100 50 33.33", "-5.45 -2.73 -1.82", id="negative mirrors positive"),
        pytest.param("-0.01", "1 1", "-0.01 0.00", id="negative tie goes to the first"),
        pytest.param("10.00", "100 -50", "20.00 -10.00", id="one group is negative"),
        pytest.param("10.00", "100 -100", "5.00 5.00", id="weights add to zero"),
        pytest.param("10.00", "0 0", "5.00 5.00", id="all weights are zero"),
        pytest.param("0.00", "3 4", "0.00 0.00", id="nothing to split"),
    ],
)
def test_largest_remainder_split(total: str, weights: str, parts: str) -> None:
    assert " ".join(map(str, split(D(total), [D(w) for w in weights.split()]))) == parts


def test_splitting_on_nothing_is_a_programming_error() -> None:
    assert split(D(0), []) == []
    with pytest.raises(ValueError, match="nothing to split on"):
        split(D(1), [])
    with pytest.raises(ValueError, match="at least one part"):
        split_evenly(D(1), 0)


@pytest.mark.parametrize(
    ("total", "n", "each", "last"),
    [
        pytest.param("100.00", 12, "8.33", "8.37", id="B13.1"),
        pytest.param("1000.00", 4, "250.00", "250.00", id="B13.2 quarterly"),
        pytest.param("1000.00", 6, "166.67", "166.65", id="B13.2 every two months"),
        pytest.param("0.01", 3, "0.00", "0.01", id="less than a cent each"),
    ],
)
def test_order_value_over_its_periods(total: str, n: int, each: str, last: str) -> None:
    assert split_evenly(D(total), n) == [D(each)] * (n - 1) + [D(last)]


@given(cents, st.lists(st.integers(-(10**9), 10**9).map(lambda n: D(n).scaleb(-2)), min_size=1, max_size=8))
def test_a_split_adds_up_exactly_in_whole_cents(total: D, weights: list[D]) -> None:
    parts = split(total, weights)
    assert sum(parts) == total
    assert all(part == r2(part) for part in parts)
    assert split(-total, weights) == [-part for part in parts]


@given(cents, st.lists(st.integers(0, 10**9).map(D), min_size=1, max_size=8).filter(any))
def test_no_part_is_a_cent_away_from_its_share(total: D, weights: list[D]) -> None:
    whole = sum(weights)
    for part, weight in zip(split(total, weights), weights, strict=True):
        assert abs(part * whole - total * weight) < D("0.01") * whole


@given(st.decimals(-(10**9), 10**9, places=6))
def test_rounding_is_symmetric_and_within_half_a_cent(value: D) -> None:
    assert r2(-value) == -r2(value)
    assert abs(r2(value) - value) <= D("0.005")
    assert r2(r2(value)) == r2(value)


@given(cents, st.integers(1, 60))
def test_an_even_split_adds_up(total: D, n: int) -> None:
    parts = split_evenly(total, n)
    assert sum(parts) == total and len(set(parts[:-1])) <= 1
