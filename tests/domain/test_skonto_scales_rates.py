"""Rules B8, B10, B12 and C10: Skonto, scale prices, rates by date, due dates."""

from dataclasses import replace
from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_billing.domain.documents import Document, Line, VatCategory
from tui_billing.domain.due_dates import days_late, due_date, next_working_day, skonto_date, skonto_in_time
from tui_billing.domain.orders import ScaleMode, ScaleStep
from tui_billing.domain.parties import PaymentTerms
from tui_billing.domain.scales import scaled_amount, scaled_parts
from tui_billing.domain.skonto import skonto_amount, skonto_rows, xrechnung_line
from tui_billing.domain.totals import compute
from tui_billing.domain.vat_rates import adjusted_rate, rate_on, supply_end

SCALE = [ScaleStep(from_quantity=D(f), unit_price=D(p)) for f, p in (("1", "10"), ("100", "9"), ("500", "8"))]


def document(*nets: tuple[str, str]) -> Document:
    return compute(Document(lines=tuple(Line(unit_price=D(net), vat_rate=D(rate)) for net, rate in nets)))


@pytest.mark.parametrize(
    ("nets", "percent", "amount", "rows"),
    [
        pytest.param([("1000", "19")], "2", "23.80", "23.80=20.00+3.80", id="B8.1"),
        pytest.param([("100", "19"), ("50", "7")], "3", "5.18", "3.57=3.00+0.57 1.61=1.50+0.11", id="B8.2"),
        pytest.param([("-100", "19")], "2", "-2.38", "-2.38=-2.00+-0.38", id="taken back"),
    ],
)
def test_skonto_and_its_relief(nets: list[tuple[str, str]], percent: str, amount: str, rows: str) -> None:
    totals = document(*nets).totals
    taken = skonto_amount(totals.gross, D(percent))
    assert str(taken) == amount
    assert " ".join(f"{r.gross}={r.net}+{r.tax}" for r in skonto_rows(totals, taken)) == rows


@given(st.decimals(1, 10**6, places=2), st.decimals(1, 10**6, places=2), st.decimals(0, 5, places=2))
def test_skonto_rows_add_to_the_amount(one: D, two: D, percent: D) -> None:
    totals = document((str(one), "19"), (str(two), "7")).totals
    amount = skonto_amount(totals.gross, percent)
    rows = skonto_rows(totals, amount)
    assert sum(r.gross for r in rows) == sum(r.net + r.tax for r in rows) == amount


@pytest.mark.parametrize(
    ("terms", "line"),
    [
        pytest.param(PaymentTerms(skonto_percent=D(2), skonto_days=14), "#SKONTO#TAGE=14#PROZENT=2.00#\n", id="B8.4"),
        pytest.param(PaymentTerms(), "", id="no Skonto"),
    ],
)
def test_line_for_xrechnung(terms: PaymentTerms, line: str) -> None:
    assert xrechnung_line(terms) == line


@pytest.mark.parametrize(
    ("quantity", "mode", "amount"),
    [
        pytest.param("99", ScaleMode.WHOLE, "990.00", id="B10.1 99"),
        pytest.param("100", ScaleMode.WHOLE, "900.00", id="B10.1 100"),
        pytest.param("500", ScaleMode.WHOLE, "4000.00", id="B10.1 500"),
        pytest.param("150", ScaleMode.GRADUATED, "1449.00", id="B10.2"),
        pytest.param("99", ScaleMode.GRADUATED, "990.00", id="the whole first step"),
        pytest.param("100", ScaleMode.GRADUATED, "999.00", id="first piece of the second step"),
        pytest.param("600", ScaleMode.GRADUATED, "5398.00", id="three steps"),
        pytest.param("0.5", ScaleMode.WHOLE, "5.00", id="below the first step"),
        pytest.param("0", ScaleMode.GRADUATED, "0.00", id="nothing"),
        pytest.param("-150", ScaleMode.GRADUATED, "-1449.00", id="taken back"),
    ],
)
def test_scale_prices(quantity: str, mode: ScaleMode, amount: str) -> None:
    assert str(scaled_amount(D(quantity), D(1), SCALE, mode)) == amount
    assert str(scaled_amount(D(quantity), D(1), SCALE[::-1], mode)) == amount


def test_a_scale_from_zero_is_continuous() -> None:
    steps = [ScaleStep(from_quantity=D(f), unit_price=D(p)) for f, p in ((0, "0.40"), (1000, "0.30"))]
    assert scaled_amount(D("1250.5"), D(1), steps, ScaleMode.GRADUATED) == D("475.15")


@given(st.decimals(0, 2000, places=2))
def test_graduated_parts_add_to_the_quantity(quantity: D) -> None:
    assert sum(part for part, _ in scaled_parts(quantity, SCALE, ScaleMode.GRADUATED)) == quantity


@pytest.mark.parametrize(
    ("kind", "day", "rate"),
    [
        ("standard", date(2020, 6, 30), 19),
        ("standard", date(2020, 7, 1), 16),
        ("standard", date(2020, 12, 31), 16),
        ("standard", date(2021, 1, 1), 19),
        ("standard", date(2006, 12, 31), 16),
        ("standard", date(1990, 1, 1), 16),
        ("reduced", date(2020, 12, 31), 5),
        ("reduced", date(2026, 11, 22), 7),
    ],
)
def test_rate_of_a_day(kind: str, day: date, rate: int) -> None:
    assert rate_on(kind, day) == rate  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rate", "end", "expected"),
    [
        pytest.param("19", date(2020, 12, 31), "16", id="B12.1"),
        pytest.param("16", date(2021, 1, 1), "19", id="the rate came back"),
        pytest.param("7", date(2020, 8, 1), "5", id="reduced"),
        pytest.param("5", date(2026, 1, 1), "7", id="reduced came back"),
        pytest.param("0", date(2020, 8, 1), "0", id="no German rate"),
        pytest.param("20", date(2020, 8, 1), "20", id="a foreign rate stays"),
    ],
)
def test_rate_for_the_end_of_the_supply(rate: str, end: date, expected: str) -> None:
    assert adjusted_rate(D(rate), end) == D(expected)


def test_the_period_decides_not_the_invoice_date() -> None:
    """B12.1: period 01.12.-31.12.2020, invoice 05.01.2021."""
    made = Document(invoice_date=date(2021, 1, 5), period_from=date(2020, 12, 1), period_to=date(2020, 12, 31))
    assert adjusted_rate(D(19), supply_end(made)) == 16
    line = Line(service_to=date(2021, 1, 2), vat_category=VatCategory.STANDARD)
    assert supply_end(made, line) == date(2021, 1, 2)
    assert supply_end(Document(invoice_date=date(2021, 1, 5))) == date(2021, 1, 5)


def test_a_supply_that_stands_on_the_lines_only_ends_with_the_last_of_them() -> None:
    lines = (Line(service_to=date(2026, 9, 10)), Line(service_to=date(2026, 9, 8)))
    made = Document(invoice_date=date(2026, 11, 22), lines=lines)
    assert supply_end(made) == date(2026, 9, 10)
    assert supply_end(replace(made, lines=(*lines, Line()))) == date(2026, 11, 22)


@pytest.mark.parametrize(
    ("invoice", "terms", "due"),
    [
        pytest.param(date(2026, 11, 22), PaymentTerms(days=14), date(2026, 12, 6), id="C10.1 14 days"),
        pytest.param(date(2026, 11, 22), PaymentTerms(days=0), date(2026, 11, 22), id="at once"),
        pytest.param(date(2027, 1, 31), PaymentTerms(days=0, months=1), date(2027, 2, 28), id="C10.4"),
        pytest.param(date(2028, 1, 31), PaymentTerms(days=0, months=1), date(2028, 2, 29), id="leap year"),
        pytest.param(date(2026, 12, 24), PaymentTerms(days=10), date(2027, 1, 3), id="over the year's end"),
    ],
)
def test_due_dates(invoice: date, terms: PaymentTerms, due: date) -> None:
    assert due_date(invoice, terms) == due


@pytest.mark.parametrize(
    ("due", "paid", "late"),
    [
        pytest.param(date(2026, 12, 6), date(2026, 12, 7), 0, id="C10.9 in time"),
        pytest.param(date(2026, 12, 6), date(2026, 12, 8), 1, id="C10.9 one day late"),
        pytest.param(date(2026, 12, 4), date(2026, 12, 7), 3, id="a Friday is not moved"),
        pytest.param(date(2026, 12, 4), date(2026, 12, 1), 0, id="early"),
    ],
)
def test_lateness_counts_from_the_next_working_day(due: date, paid: date, late: int) -> None:
    assert days_late(due, paid) == late


@pytest.mark.parametrize(
    ("day", "holidays", "expected"),
    [
        pytest.param(date(2026, 4, 3), {date(2026, 4, 3), date(2026, 4, 6)}, date(2026, 4, 7), id="C10.6"),
        pytest.param(date(2026, 1, 6), {date(2026, 1, 6)}, date(2026, 1, 7), id="C10.7 BY"),
        pytest.param(date(2026, 1, 6), set(), date(2026, 1, 6), id="C10.7 NW"),
    ],
)
def test_next_working_day(day: date, holidays: set[date], expected: date) -> None:
    assert next_working_day(day, holidays) == expected


@pytest.mark.parametrize(
    ("due", "paid", "late"),
    [
        pytest.param(date(2026, 12, 25), date(2026, 12, 28), 0, id="Christmas Day, a Friday: Monday is in time"),
        pytest.param(date(2026, 12, 25), date(2026, 12, 29), 1, id="one day late measured from 28.12."),
        pytest.param(date(2026, 4, 3), date(2026, 4, 7), 0, id="C10.6 Good Friday: Tuesday after Easter is in time"),
        pytest.param(date(2027, 1, 1), date(2027, 1, 4), 0, id="New Year, a Friday"),
        pytest.param(date(2026, 5, 14), date(2026, 5, 15), 0, id="Ascension Day"),
        pytest.param(date(2026, 5, 25), date(2026, 5, 26), 0, id="Whit Monday"),
        pytest.param(date(2026, 10, 3), date(2026, 10, 5), 0, id="3 October on a Saturday"),
        pytest.param(date(2026, 1, 6), date(2026, 1, 7), 1, id="C10.7 Epiphany is no holiday of all Länder"),
        pytest.param(date(2026, 12, 24), date(2026, 12, 28), 4, id="Christmas Eve is a working day"),
    ],
)
def test_lateness_knows_the_holidays_of_all_of_germany(due: date, paid: date, late: int) -> None:
    """C10, § 193 BGB: Saturday, Sunday, holiday -> next working day."""
    assert days_late(due, paid) == late


def test_skonto_day_on_a_sunday_ends_on_monday() -> None:
    terms = PaymentTerms(skonto_percent=D(2), skonto_days=14)
    last = skonto_date(date(2026, 11, 22), terms)
    assert last == date(2026, 12, 6)
    assert skonto_in_time(last, date(2026, 12, 7)) and not skonto_in_time(last, date(2026, 12, 8))
    assert skonto_date(date(2026, 11, 22), PaymentTerms()) is None
