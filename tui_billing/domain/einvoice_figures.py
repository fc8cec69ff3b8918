"""The figures of an e-invoice (EN 16931) made from a document: signs, net lines, adjustments per VAT group, totals.

A commercial credit note (381) carries its amounts with reversed signs, Storno and Korrektur (384) with stored signs
(rule A7). Gross prices become net lines that add to the stored net of their group; where net x rate differs from the
printed tax by a cent, the difference stands as BT-114, so that the payable amount is the printed one (rule B6.2).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import floor

from tui_billing.domain.documents import ZERO, Adjustment, Document, DocumentKind, Line, VatCategory
from tui_billing.domain.money import CENT, EXACT, percent_of, product, r2
from tui_billing.domain.totals import Group, adjustment_shares, group_nets, group_of, negated

TYPE_CODES: dict[DocumentKind, str] = {
    DocumentKind.INVOICE: "380",
    DocumentKind.CREDIT_MEMO: "381",
    DocumentKind.DEBIT_MEMO: "380",
    DocumentKind.CANCELLATION: "384",
    DocumentKind.CORRECTION: "384",
    DocumentKind.SELF_BILLING: "389",
}
"""UNTDID 1001 as XRechnung accepts it (BR-DE-17): never 383."""

_PRICE_STEP = Decimal("0.0000000001")


@dataclass(frozen=True, slots=True)
class LineFigures:
    """BG-25: quantity x price / price unit + adjustment = net; the price is never negative (BR-27)."""

    quantity: Decimal
    price: Decimal
    price_unit: Decimal
    gross: Decimal
    adjustment: Decimal
    net: Decimal


@dataclass(frozen=True, slots=True)
class AdjustmentFigures:
    """BG-20 (negative amount) or BG-21 (positive): one document adjustment's part of one VAT group."""

    group: Group
    amount: Decimal
    text: str
    percent: Decimal | None
    basis: Decimal


@dataclass(frozen=True, slots=True)
class VatFigures:
    """BG-23."""

    category: VatCategory
    rate: Decimal
    net: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class Figures:
    """All amounts of the XML; allowances and charges are sizes, the other sums are signed."""

    type_code: str
    lines: tuple[LineFigures, ...]
    adjustments: tuple[AdjustmentFigures, ...]
    vat: tuple[VatFigures, ...]
    line_total: Decimal
    allowances: Decimal
    charges: Decimal
    net: Decimal
    tax: Decimal
    gross: Decimal
    prepaid: Decimal
    rounding: Decimal
    payable: Decimal


def figures(document: Document) -> Figures:
    """The figures of a computed document, signed as its type code wants them."""
    stored = negated(document) if document.kind is DocumentKind.CREDIT_MEMO else document
    lines, adjustments = _net_parts(stored) if stored.gross_prices else _parts(stored)
    vat = tuple(VatFigures(r.category, r.rate, r.net, percent_of(r.net, r.rate)) for r in stored.totals.vat)
    net = sum((row.net for row in vat), ZERO)
    tax = sum((row.tax for row in vat), ZERO)
    rounding = stored.totals.gross - net - tax
    return Figures(
        type_code=TYPE_CODES[document.kind],
        lines=lines,
        adjustments=adjustments,
        vat=vat,
        line_total=sum((line.net for line in lines), ZERO),
        allowances=-sum((a.amount for a in adjustments if a.amount < 0), ZERO),
        charges=sum((a.amount for a in adjustments if a.amount > 0), ZERO),
        net=r2(net),
        tax=r2(tax),
        gross=r2(net + tax),
        prepaid=r2(stored.prepaid),
        rounding=r2(rounding),
        payable=r2(net + tax - stored.prepaid + rounding),
    )


def _positive_price(line: Line) -> tuple[Decimal, Decimal]:
    """(quantity, price) with the sign on the quantity."""
    if line.unit_price < 0:
        return -line.quantity, -line.unit_price
    return line.quantity, line.unit_price


def _line(line: Line, price: Decimal, net: Decimal) -> LineFigures:
    """A line whose discount is what is missing between quantity x price and net."""
    quantity, _ = _positive_price(line)
    price_unit = line.price_unit or Decimal(1)
    gross = r2(EXACT.divide(product(quantity, price), price_unit))
    return LineFigures(quantity, price, price_unit, gross, net - gross, net)


def _parts(document: Document) -> tuple[tuple[LineFigures, ...], tuple[AdjustmentFigures, ...]]:
    """Lines and adjustments as they are stored."""
    lines = tuple(_line(line, _positive_price(line)[1], line.net) for line in document.lines)
    nets = group_nets(document.lines)
    adjustments = tuple(
        AdjustmentFigures(group, share, adjustment.text, _stated_percent(adjustment, net, share), abs(net))
        for adjustment, shares in adjustment_shares(document.lines, document.adjustments)
        for (group, net), share in zip(nets.items(), shares, strict=True)
        if share
    )
    return lines, adjustments


def _stated_percent(adjustment: Adjustment, net: Decimal, share: Decimal) -> Decimal | None:
    """The percentage where basis x percentage is the share: returns in one group can move it by more than a cent.

    PEPPOL-EN16931-R040 refuses a percentage that does not fit; without one the amount alone is stated.
    """
    if adjustment.percent is None or abs(percent_of(abs(net), adjustment.percent) - abs(share)) > CENT:
        return None
    return adjustment.percent


def _net_parts(document: Document) -> tuple[tuple[LineFigures, ...], tuple[AdjustmentFigures, ...]]:
    """Lines and adjustments of gross prices, taken to net so that each group adds to its stored net."""
    pieces: list[tuple[Group, Decimal]] = [(group_of(line), line.net) for line in document.lines]
    groups = list(group_nets(document.lines))
    shares = [
        (adjustment, group, share)
        for adjustment, parts in adjustment_shares(document.lines, document.adjustments)
        for group, share in zip(groups, parts, strict=True)
        if share
    ]
    pieces += [(group, share) for _, group, share in shares]
    nets = _to_net(pieces, {(row.category, row.rate): row.net for row in document.totals.vat})
    count = len(document.lines)
    lines = tuple(_line(line, _net_price(line), net) for line, net in zip(document.lines, nets[:count], strict=True))
    adjustments = tuple(
        AdjustmentFigures(group, net, adjustment.text, None, ZERO)
        for (adjustment, group, _), net in zip(shares, nets[count:], strict=True)
        if net
    )
    return lines, adjustments


def _net_price(line: Line) -> Decimal:
    _, price = _positive_price(line)
    rate = group_of(line)[1]
    return EXACT.divide(product(price, Decimal(100)), 100 + rate).quantize(_PRICE_STEP, context=EXACT)


def _to_net(pieces: Sequence[tuple[Group, Decimal]], nets: dict[Group, Decimal]) -> list[Decimal]:
    """Each gross piece as net cents; per group the pieces add to the stored net (largest remainder).

    A negative group mirrors a positive one, so that a Storno's lines are those of its original negated.
    """
    result = [ZERO] * len(pieces)
    for group, net in nets.items():
        members = [i for i, (other, _) in enumerate(pieces) if other == group]
        sign = -1 if net < 0 else 1
        exact = [sign * Fraction(pieces[i][1]) * 10_000 / (100 + Fraction(group[1])) for i in members]
        cents = [floor(value) for value in exact]
        missing = int(sign * net / CENT) - sum(cents)
        for n in sorted(range(len(members)), key=lambda n: cents[n] - exact[n])[:missing]:
            cents[n] += 1
        for i, value in zip(members, cents, strict=True):
            result[i] = Decimal(sign * value).scaleb(-2)
    return result
