"""Sums of a document (rules B2-B7): line nets, adjustments per VAT group, tax once per group, gross and payable."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from tui_billing.domain.documents import ZERO, Adjustment, Document, Line, Totals, VatCategory, VatRow
from tui_billing.domain.money import EXACT, percent_of, product, r2, split

Group = tuple[VatCategory, Decimal]


def line_net(line: Line) -> Decimal:
    """r2(quantity x price / price unit) less r2 of its discount (rule B2); gross where prices are gross."""
    value = EXACT.divide(product(line.quantity, line.unit_price), line.price_unit or Decimal(1))
    gross = r2(value)
    return gross - percent_of(gross, line.discount_percent)


def group_of(line: Line) -> Group:
    """The line's VAT group; only the standard category has a rate."""
    return line.vat_category, line.vat_rate if line.vat_category is VatCategory.STANDARD else ZERO


def compute(document: Document) -> Document:
    """The document with lines numbered 1..n, each line's net, and the totals (BR-CO-10 to BR-CO-16).

    With gross prices `totals.lines`, `totals.adjustment` and each row's adjustment are gross amounts, and
    net + tax of a group keep its gross amount (rule B6).
    """
    lines = tuple(
        replace(line, position=n, net=line_net(line), vat_rate=group_of(line)[1])
        for n, line in enumerate(document.lines, start=1)
    )
    groups = group_nets(lines)
    shares = [share for _, share in adjustment_shares(lines, document.adjustments)]
    adjusted = [sum((share[i] for share in shares), ZERO) for i in range(len(groups))]
    vat = tuple(
        _vat_row(group, net, adjustment, document.gross_prices)
        for (group, net), adjustment in zip(groups.items(), adjusted, strict=True)
    )
    return replace(document, lines=lines, totals=_totals(lines, vat, document.prepaid))


def group_nets(lines: Sequence[Line]) -> dict[Group, Decimal]:
    """Sum of the lines per VAT group, in the order in which the groups appear."""
    groups: dict[Group, Decimal] = {}
    for line in lines:
        key = group_of(line)
        groups[key] = groups.get(key, ZERO) + line.net
    return groups


def adjustment_amount(lines: Sequence[Line], adjustment: Adjustment) -> Decimal:
    """What the adjustment adds to the lines' sum: negative for a discount, positive for a charge."""
    if adjustment.percent is not None:
        amount = percent_of(sum((line.net for line in lines), ZERO), adjustment.percent)
    else:
        amount = r2(adjustment.amount or ZERO)
    return amount if adjustment.is_charge else -amount


def adjustment_shares(
    lines: Sequence[Line], adjustments: Sequence[Adjustment]
) -> list[tuple[Adjustment, list[Decimal]]]:
    """Each adjustment with its signed part per VAT group, in the order of group_nets (rule B3)."""
    weights = list(group_nets(lines).values())
    if not weights:
        return []
    return [(adjustment, split(adjustment_amount(lines, adjustment), weights)) for adjustment in adjustments]


def line_costs(document: Document) -> list[Decimal]:
    """What each line costs once the discounts and charges on the whole document are spread over its group's lines."""
    groups = group_nets(document.lines)
    shares = [share for _, share in adjustment_shares(document.lines, document.adjustments)]
    added = {group: sum((share[n] for share in shares), ZERO) for n, group in enumerate(groups)}
    costs: dict[int, Decimal] = {}
    for group, change in added.items():
        members = [n for n, line in enumerate(document.lines) if group_of(line) == group]
        parts = split(change, [document.lines[n].net for n in members])
        costs |= {n: document.lines[n].net + part for n, part in zip(members, parts, strict=True)}
    return [costs[n] for n in range(len(document.lines))]


def _vat_row(group: Group, lines_sum: Decimal, adjustment: Decimal, gross_prices: bool) -> VatRow:
    category, rate = group
    amount = lines_sum + adjustment
    if gross_prices:
        net = net_of_gross(amount, rate)
        return VatRow(category=category, rate=rate, net=net, tax=amount - net, adjustment=adjustment)
    return VatRow(category=category, rate=rate, net=amount, tax=percent_of(amount, rate), adjustment=adjustment)


def net_of_gross(gross: Decimal, rate: Decimal) -> Decimal:
    """The net part of a gross amount: r2(gross x 100 / (100 + rate)) (rule B6)."""
    return r2(EXACT.divide(product(gross, Decimal(100)), 100 + rate))


def _totals(lines: Sequence[Line], vat: tuple[VatRow, ...], prepaid: Decimal) -> Totals:
    net = sum((row.net for row in vat), ZERO)
    tax = sum((row.tax for row in vat), ZERO)
    return Totals(
        lines=r2(sum((line.net for line in lines), ZERO)),
        adjustment=r2(sum((row.adjustment for row in vat), ZERO)),
        net=r2(net),
        tax=r2(tax),
        gross=r2(net + tax),
        payable=r2(net + tax - prepaid),
        vat=vat,
    )


def negated(document: Document) -> Document:
    """The same document with stored amounts and quantities negated, unit prices positive (rules A6.1, B7).

    Nothing is recomputed: document and negated document add to zero in every figure.
    """
    totals = document.totals
    return replace(
        document,
        lines=tuple(_negated_line(line) for line in document.lines),
        adjustments=tuple(a if a.amount is None else replace(a, amount=-a.amount) for a in document.adjustments),
        prepaid=-document.prepaid,
        totals=Totals(
            lines=-totals.lines,
            adjustment=-totals.adjustment,
            net=-totals.net,
            tax=-totals.tax,
            gross=-totals.gross,
            payable=-totals.payable,
            rounding=-totals.rounding,
            vat=tuple(replace(r, net=-r.net, tax=-r.tax, adjustment=-r.adjustment) for r in totals.vat),
        ),
    )


def _negated_line(line: Line) -> Line:
    if line.unit_price < 0:
        return replace(line, unit_price=-line.unit_price, net=-line.net)
    return replace(line, quantity=-line.quantity, net=-line.net)
