"""Rules B2-B7: lines, document discounts, tax per group, totals, gross prices, negated documents."""

from dataclasses import replace
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_billing.domain.documents import Adjustment, Document, Line, VatCategory
from tui_billing.domain.money import percent_of, r2
from tui_billing.domain.totals import adjustment_shares, compute, group_nets, line_net, negated

E, AE, S = VatCategory.EXEMPT, VatCategory.REVERSE_CHARGE, VatCategory.STANDARD


def line(price: str, rate: str = "19", quantity: str = "1", **more: object) -> Line:
    category = more.pop("vat_category", E if rate == "E" else S)
    vat_rate = D(0) if rate == "E" else D(rate)
    return Line(
        name="Posten",
        unit_price=D(price),
        quantity=D(quantity),
        vat_rate=vat_rate,
        vat_category=category,  # type: ignore[arg-type]
        **more,  # type: ignore[arg-type]
    )


def computed(*lines: Line, **more: object) -> Document:
    return compute(Document(lines=lines, **more))  # type: ignore[arg-type]


def rows(document: Document) -> str:
    return "; ".join(f"{r.category} {r.rate}: {r.net}/{r.tax}" for r in document.totals.vat)


@pytest.mark.parametrize(
    ("made", "net"),
    [
        pytest.param(line("0.3245", quantity="1250"), "405.63", id="B2.1"),
        pytest.param(line("3.75", quantity="250", price_unit=D(100)), "9.38", id="B2.2"),
        pytest.param(line("3.33", quantity="3", discount_percent=D("10")), "8.99", id="9.99 less 1.00"),
        pytest.param(line("3.33", quantity="-3", discount_percent=D("10")), "-8.99", id="negative quantity"),
        pytest.param(line("10", quantity="0"), "0.00", id="zero quantity"),
        pytest.param(line("10", discount_percent=D(100)), "0.00", id="all of it"),
        pytest.param(line("10", price_unit=D(0)), "10.00", id="a missing price unit counts as one"),
    ],
)
def test_net_of_a_line(made: Line, net: str) -> None:
    assert str(line_net(made)) == net


@pytest.mark.parametrize(
    ("lines", "expected", "gross"),
    [
        pytest.param([line("33.33")] * 3, "S 19: 99.99/19.00", "118.99", id="B4.1"),
        pytest.param([line("1.03")] * 10, "S 19: 10.30/1.96", "12.26", id="B4.2"),
        pytest.param(
            [line("10"), line("10", "7"), line("10", "E"), line("10")],
            "S 19: 20.00/3.80; S 7: 10.00/0.70; E 0: 10.00/0.00",
            "44.50",
            id="B4.3",
        ),
        pytest.param([line("100"), line("100", quantity="-1")], "S 19: 0.00/0.00", "0.00", id="B4.4"),
        pytest.param([line("100", "19.0"), line("1", "19")], "S 19.0: 101.00/19.19", "120.19", id="19.0 is 19"),
        pytest.param([line("1000", vat_category=AE)], "AE 0: 1000.00/0.00", "1000.00", id="A4.1"),
        pytest.param([line("500", "E")], "E 0: 500.00/0.00", "500.00", id="A3.1"),
        pytest.param([line("-7612.50")], "S 19: -7612.50/-1446.38", "-9058.88", id="B1.5"),
        pytest.param([], "", "0.00", id="no line"),
    ],
)
def test_tax_once_per_group(lines: list[Line], expected: str, gross: str) -> None:
    document = computed(*lines)
    assert rows(document) == expected
    assert str(document.totals.gross) == gross


@pytest.mark.parametrize(
    ("lines", "adjustments", "shares", "sums"),
    [
        pytest.param(
            [line("100"), line("50", "7")],
            [Adjustment(percent=D(10))],
            "-10.00 -5.00",
            "150.00 -15.00 135.00 20.25 155.25",
            id="B3.1",
        ),
        pytest.param(
            [line("100"), line("50", "7"), line("33.33", "E")],
            [Adjustment(amount=D(10))],
            "-5.45 -2.73 -1.82",
            "183.33 -10.00 173.33 21.27 194.60",
            id="B3.2",
        ),
        pytest.param(
            [line("100"), line("50", "7")],
            [Adjustment(percent=D(10)), Adjustment(amount=D("7.5"), is_charge=True)],
            "-5.00 -2.50",
            "150.00 -7.50 142.50 21.38 163.88",
            id="discount and charge",
        ),
    ],
)
def test_document_discounts_by_group(lines: list[Line], adjustments: list[Adjustment], shares: str, sums: str) -> None:
    document = computed(*lines, adjustments=tuple(adjustments))
    totals = document.totals
    assert " ".join(str(row.adjustment) for row in totals.vat) == shares
    assert " ".join(map(str, (totals.lines, totals.adjustment, totals.net, totals.tax, totals.gross))) == sums


def test_prepaid_amounts_are_taken_off_the_payable_amount_only() -> None:
    """B5.1"""
    totals = computed(line("100"), prepaid=D(50)).totals
    assert (str(totals.gross), str(totals.payable)) == ("119.00", "69.00")


@pytest.mark.parametrize(
    ("gross", "net", "tax"),
    [
        pytest.param("119.00", "100.00", "19.00", id="B6.1"),
        pytest.param("100.00", "84.03", "15.97", id="B6.1 round figure"),
        pytest.param("9.99", "8.39", "1.60", id="B6.2"),
        pytest.param("-9.99", "-8.39", "-1.60", id="taken back"),
    ],
)
def test_gross_prices_keep_the_gross_amount(gross: str, net: str, tax: str) -> None:
    totals = computed(line(gross), gross_prices=True).totals
    assert (str(totals.net), str(totals.tax), str(totals.gross)) == (net, tax, gross)


def test_3193_gross_amounts_differ_from_net_times_rate_by_a_cent() -> None:
    """B6: 3.193 of the 19.999 amounts 0,01-199,99 at 19 %, 1.308 at 7 %."""
    for rate, expected in ((D(19), 3193), (D(7), 1308)):
        found = 0
        for n in range(1, 20_000):
            gross = D(n).scaleb(-2)
            net = r2(gross * 100 / (100 + rate))
            found += percent_of(net, rate) != gross - net
        assert found == expected


def test_lines_are_numbered_and_rates_without_meaning_dropped() -> None:
    document = computed(line("1"), line("2", vat_category=AE), line("3"))
    assert [(made.position, made.vat_rate) for made in document.lines] == [(1, 19), (2, 0), (3, 19)]


def test_a_negated_document_has_negative_quantities_and_positive_prices() -> None:
    """A6.1"""
    original = computed(line("7612.50"))
    made = negated(original)
    totals = made.totals
    assert (str(totals.net), str(totals.tax), str(totals.gross)) == ("-7612.50", "-1446.38", "-9058.88")
    assert (made.lines[0].quantity, made.lines[0].unit_price) == (D(-1), D("7612.50"))


def test_a_negative_price_becomes_positive_when_negated() -> None:
    made = negated(computed(line("-5", quantity="2")))
    assert (made.lines[0].quantity, made.lines[0].unit_price, made.lines[0].net) == (D(2), D(5), D("10.00"))


money_lines = st.builds(
    Line,
    name=st.just("x"),
    quantity=st.decimals(-500, 500, places=4),
    unit_price=st.decimals(0, 5000, places=6),
    price_unit=st.sampled_from([D(1), D(100), D(1000)]),
    discount_percent=st.sampled_from([D(0), D("2.5"), D(10), D("33.33")]),
    vat_category=st.sampled_from([S, S, S, E, AE]),
    vat_rate=st.sampled_from([D(19), D(7), D(16)]),
)
adjustments = st.lists(
    st.one_of(
        st.builds(Adjustment, percent=st.decimals(0, 50, places=2), is_charge=st.booleans()),
        st.builds(Adjustment, amount=st.decimals(0, 500, places=2), is_charge=st.booleans()),
    ),
    max_size=3,
).map(tuple)
documents = st.builds(
    Document,
    lines=st.lists(money_lines, min_size=1, max_size=8).map(tuple),
    adjustments=adjustments,
    gross_prices=st.booleans(),
    prepaid=st.decimals(0, 1000, places=2),
).map(compute)


@given(documents)
def test_totals_follow_the_rules_of_en_16931(document: Document) -> None:
    totals = document.totals
    assert totals.lines == sum(made.net for made in document.lines)  # BR-CO-10
    shares = [sum(share) for _, share in adjustment_shares(document.lines, document.adjustments)]
    assert totals.adjustment == sum(shares) == sum(row.adjustment for row in totals.vat)  # BR-CO-11, BR-CO-12
    assert totals.net == sum(row.net for row in totals.vat)
    assert totals.tax == sum(row.tax for row in totals.vat)  # BR-CO-14
    assert totals.gross == totals.net + totals.tax  # BR-CO-15
    assert totals.payable == totals.gross - document.prepaid  # BR-CO-16
    if document.gross_prices:
        assert totals.gross == totals.lines + totals.adjustment
    else:
        assert totals.net == totals.lines + totals.adjustment  # BR-CO-13
        assert all(row.tax == percent_of(row.net, row.rate) for row in totals.vat)  # BR-CO-17


@given(documents)
def test_tax_groups_are_unique_and_add_their_lines(document: Document) -> None:
    keys = [(row.category, row.rate) for row in document.totals.vat]
    assert len(keys) == len(set(keys)) and set(keys) == set(group_nets(document.lines))


@given(documents)
def test_document_and_negated_document_sum_to_zero_for_every_rate(document: Document) -> None:
    """B7.1"""
    made = negated(document)
    for name in ("lines", "adjustment", "net", "tax", "gross", "payable"):
        assert getattr(document.totals, name) + getattr(made.totals, name) == 0
    for one, other in zip(document.totals.vat, made.totals.vat, strict=True):
        assert (one.category, one.rate) == (other.category, other.rate)
        assert one.net + other.net == 0 and one.tax + other.tax == 0
    assert negated(made).totals == document.totals


@given(documents)
def test_computing_a_negated_document_again_changes_nothing(document: Document) -> None:
    made = negated(document)
    assert compute(made).totals == made.totals


@given(documents)
def test_computing_twice_is_computing_once(document: Document) -> None:
    assert compute(document) == document == compute(replace(document))
