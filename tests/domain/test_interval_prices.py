"""Rules B10, B12, B13, C5.2, C5.3, C5.5, C5.6, C6, C9: what a period costs and when a contract ends."""

from datetime import date
from decimal import Decimal as D
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui_billing.domain.interval_invoice import interval_parts
from tui_billing.domain.interval_prices import line_amount, price_line
from tui_billing.domain.interval_schedule import BillingPeriod, schedule
from tui_billing.domain.money import r2
from tui_billing.domain.notice import effective_end, latest_notice_day
from tui_billing.domain.orders import (
    IntervalTerms,
    IntervalUnit,
    Order,
    OrderLine,
    PriceBasis,
    PriceChange,
    Proration,
    ScaleMode,
    ScaleStep,
    Timing,
)
from tui_billing.domain.proration import part_of, unused_amount
from tui_billing.domain.totals import line_net

U = IntervalUnit


def day(text: str) -> date:
    d, m, y = text.split(".")
    return date(int(y), int(m), int(d))


def first_periods(terms: IntervalTerms, count: int = 1) -> list[BillingPeriod]:
    grid = schedule(terms)
    return [grid.period(grid.first_index + n) for n in range(count)]


def amounts(line: OrderLine, terms: IntervalTerms, count: int) -> list[D]:
    return [line_amount(line, p, terms) for p in first_periods(terms, count)]


STEPS = (
    ScaleStep(from_quantity=D(1), unit_price=D("10.00")),
    ScaleStep(from_quantity=D(100), unit_price=D("9.00")),
    ScaleStep(from_quantity=D(500), unit_price=D("8.00")),
)


@pytest.mark.parametrize(
    ("rule", "quantity", "mode", "amount"),
    [
        ("B10.1", 99, ScaleMode.WHOLE, "990.00"),
        ("B10.1", 100, ScaleMode.WHOLE, "900.00"),
        ("B10.1", 500, ScaleMode.WHOLE, "4000.00"),
        ("B10.2", 150, ScaleMode.GRADUATED, "1449.00"),
    ],
)
def test_scales_of_an_order_line(rule: str, quantity: int, mode: ScaleMode, amount: str) -> None:
    line = OrderLine(name="Kopien", quantity=D(quantity), scale=STEPS, scale_mode=mode)
    terms = IntervalTerms(anchor=day("01.01.2026"))
    priced = price_line(line, first_periods(terms)[0], terms)
    assert priced.amount == D(amount), rule
    assert r2(priced.quantity * priced.unit_price / priced.price_unit) == D(amount)


def test_a_graduated_price_says_what_it_is_made_of() -> None:
    line = OrderLine(name="Kopien", quantity=D(150), scale=STEPS, scale_mode=ScaleMode.GRADUATED)
    assert price_line(line, None, None).note == "99 × 10,00 + 51 × 9,00"


@pytest.mark.parametrize(
    ("rule", "value", "terms", "expected"),
    [
        ("B13.1", "100.00", IntervalTerms(anchor=day("01.01.2026")), ["8.33"] * 11 + ["8.37"]),
        ("B13.2", "1000.00", IntervalTerms(anchor=day("01.01.2026"), unit=U.QUARTER), ["250.00"] * 4),
        ("B13.2", "1000.00", IntervalTerms(anchor=day("01.01.2026"), every=2), ["166.67"] * 5 + ["166.65"]),
    ],
)
def test_a_years_value_is_split_with_the_remainder_on_the_last(
    rule: str, value: str, terms: IntervalTerms, expected: list[str]
) -> None:
    by_value = OrderLine(name="Wartung", yearly_value=D(value))
    by_basis = OrderLine(name="Wartung", unit_price=D(value), price_basis=PriceBasis.YEAR)
    twice = [D(e) for e in expected] * 2
    assert amounts(by_value, terms, len(twice)) == twice, rule
    assert amounts(by_basis, terms, len(twice)) == twice, rule


def test_b12_1_the_rate_is_that_of_the_periods_last_day_not_of_the_invoice_date() -> None:
    terms = IntervalTerms(anchor=day("01.12.2020"), timing=Timing.IN_ARREARS)
    order = Order(lines=(OrderLine(name="Miete", unit_price=D(100)),), interval=terms)
    assert interval_parts(order, first_periods(terms)).lines[0].vat_rate == 16
    after = interval_parts(order, [schedule(terms).period(1)])
    assert after.lines[0].vat_rate == 19


YEARLY = IntervalTerms(unit=U.YEAR, anchor=day("01.01.2026"), end=day("30.09.2026"), prorate_end=True)


@pytest.mark.parametrize(
    ("rule", "price", "terms", "end", "amount"),
    [
        ("C5.2", "1200.00", YEARLY, "30.09.2026", "897.53"),
        ("C6.1", "100.00", IntervalTerms(anchor=day("15.01.2026"), aligned=True), "31.01.2026", "54.84"),
        (
            "C6.2",
            "100.00",
            IntervalTerms(anchor=day("15.01.2026"), aligned=True, proration=Proration.THIRTY_360),
            "31.01.2026",
            "53.33",
        ),
        (
            "C6 voll",
            "100.00",
            IntervalTerms(anchor=day("15.01.2026"), aligned=True, proration=Proration.FULL),
            "31.01.2026",
            "100.00",
        ),
        (
            "C6.5",
            "300.00",
            IntervalTerms(anchor=day("15.02.2026"), aligned=True, unit=U.QUARTER),
            "31.03.2026",
            "150.00",
        ),
    ],
)
def test_a_part_of_a_period_costs_its_part(rule: str, price: str, terms: IntervalTerms, end: str, amount: str) -> None:
    period = first_periods(terms)[0]
    line = OrderLine(name="x", unit_price=D(price))
    assert (period.end, line_amount(line, period, terms)) == (day(end), D(amount)), rule
    printed = interval_parts(Order(lines=(line,), interval=terms), [period]).lines[0]
    assert line_net(printed) == D(amount)


def test_c5_3_what_is_given_back_and_what_is_kept_add_to_the_whole() -> None:
    part = part_of(first_periods(YEARLY)[0], YEARLY)
    assert part == Fraction(273, 365)
    assert unused_amount(D("1200.00"), part) == D("302.47")


@pytest.mark.parametrize(
    ("rule", "end", "months", "last_day"),
    [
        ("C5.5", "30.06.2027", 6, "31.12.2026"),
        ("C5", "28.02.2027", 3, "30.11.2026"),
        ("C5", "31.03.2027", 1, "28.02.2027"),
        ("C5", "30.04.2027", 0, "30.04.2027"),
    ],
)
def test_latest_notice_day_is_counted_forward(rule: str, end: str, months: int, last_day: str) -> None:
    assert latest_notice_day(day(end), months) == day(last_day), rule


@pytest.mark.parametrize(
    ("received", "end"),
    [("01.12.2026", "29.02.2028"), ("30.11.2026", "28.02.2027"), (None, None), ("01.03.2024", "28.02.2025")],
)
def test_c5_6_a_renewing_contract_ends_with_the_first_term_whose_notice_day_was_met(
    received: str | None, end: str | None
) -> None:
    terms = IntervalTerms(
        anchor=day("01.03.2024"),
        end=day("28.02.2025"),
        renew_months=12,
        notice_months=3,
        notice_received=day(received) if received else None,
    )
    assert effective_end(terms) == (day(end) if end else None)


def test_an_open_ended_contract_ends_when_the_notice_period_is_over() -> None:
    terms = IntervalTerms(anchor=day("01.03.2024"), notice_months=1, notice_received=day("31.01.2027"))
    assert effective_end(terms) == day("28.02.2027")


CHANGED = OrderLine(
    name="Miete",
    unit_price=D("50.00"),
    price_changes=(PriceChange(valid_from=day("01.07.2026"), unit_price=D("55.00")),),
)


def test_c9_1_the_price_is_that_of_the_periods_first_day() -> None:
    terms = IntervalTerms(anchor=day("01.06.2026"))
    assert amounts(CHANGED, terms, 2) == [D("50.00"), D("55.00")]


def test_c9_2_a_price_per_month_is_not_split_within_a_quarter() -> None:
    terms = IntervalTerms(anchor=day("01.05.2026"), unit=U.QUARTER)
    line = OrderLine(
        name="Miete",
        unit_price=CHANGED.unit_price,
        price_changes=CHANGED.price_changes,
        price_basis=PriceBasis.MONTH,
    )
    assert amounts(line, terms, 2) == [D("150.00"), D("165.00")]


@settings(max_examples=150, deadline=None)
@given(
    st.decimals(D("0.01"), D("99999.99"), places=2),
    st.sampled_from([IntervalTerms(anchor=date(2026, 3, 31), every=n) for n in (1, 2, 3, 4, 6, 12)]),
    st.integers(0, 9),
)
def test_twelve_months_of_a_yearly_value_add_to_it(value: D, terms: IntervalTerms, year: int) -> None:
    count = 12 // terms.every
    grid = schedule(terms)
    line = OrderLine(name="x", yearly_value=value)
    parts = [line_amount(line, grid.period(year * count + n), terms) for n in range(count)]
    assert sum(parts) == value


@pytest.mark.parametrize(
    ("quantity", "price", "price_unit", "basis", "amount"),
    [
        ("7", "0.58", "12", PriceBasis.MONTH, "1.02"),  # 1.015
        ("2", "340570.37", "12", PriceBasis.MONTH, "170285.19"),  # 170285.185
        ("1250", "0.3245", "1", PriceBasis.MONTH, "1216.88"),  # 1216.875
    ],
)
@pytest.mark.parametrize("is_scaled", [False, True])
def test_only_the_amount_itself_is_rounded(
    quantity: str, price: str, price_unit: str, basis: PriceBasis, amount: str, is_scaled: bool
) -> None:
    """B1, C6: one rounding at the end, half up, also behind a price unit that is no power of ten or a whole scale."""
    terms = IntervalTerms(anchor=date(2026, 1, 1), unit=U.QUARTER)
    line = OrderLine(
        name="x",
        quantity=D(quantity),
        unit_price=D(price),
        price_unit=D(price_unit),
        price_basis=basis,
        scale=(ScaleStep(from_quantity=D(1), unit_price=D(price)),) if is_scaled else (),
    )
    assert line_amount(line, schedule(terms).period(0), terms) == D(amount)


def test_a_part_of_a_scaled_price_is_rounded_once() -> None:
    terms = IntervalTerms(anchor=date(2026, 1, 15), aligned=True)
    scale = (ScaleStep(from_quantity=D(1), unit_price=D("5.4550")),)
    line = OrderLine(name="x", quantity=D(3), unit_price=D("5.4550"), scale=scale)
    assert line_amount(line, schedule(terms).period(0), terms) == D("8.97")  # 17/31 of 16.365 is 8.97435


@settings(max_examples=150, deadline=None)
@given(
    st.decimals(D("0.0001"), D(5000), places=4),
    st.decimals(D(0), D(5000), places=6),
    st.sampled_from([D(1), D(100), D(1000)]),
    st.dates(date(2026, 1, 1), date(2027, 12, 31)),
)
def test_every_printed_line_gives_its_amount_by_quantity_and_price(
    quantity: D, price: D, price_unit: D, start: date
) -> None:
    terms = IntervalTerms(anchor=start, aligned=True, unit=U.QUARTER)
    line = OrderLine(name="x", quantity=quantity, unit_price=price, price_unit=price_unit)
    period = first_periods(terms)[0]
    printed = interval_parts(Order(lines=(line,), interval=terms), [period]).lines[0]
    assert line_net(printed) == line_amount(line, period, terms)


@settings(max_examples=100, deadline=None)
@given(st.dates(date(2020, 1, 1), date(2035, 12, 31)), st.integers(0, 24))
def test_notice_on_the_latest_day_is_in_time_and_a_day_later_is_not(end: date, months: int) -> None:
    from datetime import timedelta

    from tui_billing.domain.month_steps import add_months

    last = latest_notice_day(end, months)
    assert add_months(last, months) <= end < add_months(last + timedelta(days=1), months)
