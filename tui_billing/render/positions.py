"""The table of items with its totals and VAT rows (rules A1, A3-A5, B2-B6)."""

from decimal import Decimal

from tui_billing.domain.documents import Document, Line, VatCategory, VatRow
from tui_billing.domain.format import NBSP, day, money, number, percent
from tui_billing.domain.totals import adjustment_amount
from tui_billing.render.letter import Column, Row, Sum, Table
from tui_billing.render.markup import escape, escape_block, plain
from tui_billing.render.texts import VAT_NOTES, label

WIDTH = 467.7  # 165 mm
RATED = (VatCategory.STANDARD, VatCategory.ZERO_RATED)


def item_table(document: Document, language: str) -> Table:
    """One row per line; the columns for discount and VAT only where a line needs them."""
    discounts = any(line.discount_percent for line in document.lines)
    rates = not document.seller.small_business and any(line.vat_category in RATED for line in document.lines)
    columns = _columns(discounts, rates, document.gross_prices, language)
    rows = tuple(_row(line, n, discounts, rates, language) for n, line in enumerate(document.lines, start=1))
    return Table(columns, rows, tuple(totals(document, language)))


def _columns(discounts: bool, rates: bool, gross: bool, language: str) -> tuple[Column, ...]:
    fixed = [
        Column(label(language, "position"), 28),
        Column(label(language, "quantity"), 66, right=True),
        Column(label(language, "unit_price"), 70, right=True),
        *([Column(label(language, "discount"), 42, right=True)] if discounts else []),
        *([Column(label(language, "vat"), 34, right=True)] if rates else []),
        Column(label(language, "amount_gross" if gross else "amount"), 78, right=True),
    ]
    name = Column(label(language, "name"), WIDTH - sum(column.width for column in fixed))
    return fixed[0], name, *fixed[1:]


def _row(line: Line, position: int, discounts: bool, rates: bool, language: str) -> Row:
    cells = [
        str(line.position or position),
        _text(line, language),
        f"{escape(number(line.quantity, language))}{NBSP}{escape(line.unit)}",
        _price(line, language),
    ]
    if discounts:
        cells.append(percent(line.discount_percent, language) if line.discount_percent else "")
    if rates:
        cells.append(percent(line.vat_rate, language) if line.vat_category in RATED else "–")
    cells.append(money(line.net, language))
    return Row(tuple(cells), line.net, str(line.position or position))


def _text(line: Line, language: str) -> str:
    """Name in bold, article number, description and the line's own period below."""
    name, article = escape(line.name), escape(line.article)
    parts = [f"<b>{name}</b> {article}" if name and article else f"<b>{name or article}</b>"]
    if line.description.strip():
        parts.append(escape_block(line.description))
    days = dict.fromkeys(day(d, language) for d in (line.service_from, line.service_to) if d)
    if days:
        key = "service_period" if len(days) > 1 else "service_date"
        parts.append(f"{label(language, key)} {f'{NBSP}– '.join(days)}")
    return "<br/>".join(parts)


def _price(line: Line, language: str) -> str:
    amount = number(line.unit_price, language, 2)
    price = f"€{amount}" if language == "en" else f"{amount}{NBSP}€"
    if line.price_unit == 1:
        return price
    return f"{price}<br/>{label(language, 'per', unit=number(line.price_unit, language))}"


def totals(document: Document, language: str) -> list[Sum]:
    """Lines, reductions, net, tax per rate, total, prepaid, payable; gross prices: total first, then tax."""
    sums = [*_adjustments(document, language)]
    if document.seller.small_business:
        sums.append(_sum("total_gross", document.totals.gross, language, strong=True))
    elif document.gross_prices:
        sums.append(_sum("total_gross", document.totals.gross, language, strong=True))
        sums += [_vat(row, "vat_in", language) for row in document.totals.vat]
    else:
        sums.append(_sum("net_total", document.totals.net, language))
        sums += [_vat(row, "vat_of", language) for row in document.totals.vat]
        sums += [_sum("rounding", document.totals.rounding, language)] if document.totals.rounding else []
        sums.append(_sum("total_gross", document.totals.gross, language, strong=True))
    if document.prepaid:
        sums.append(_sum("prepaid", -document.prepaid, language))
        sums.append(_sum("payable", document.totals.payable, language, strong=True))
    return sums


def _adjustments(document: Document, language: str) -> list[Sum]:
    if not document.adjustments:
        return []
    sums = [_sum("lines_total", document.totals.lines, language)]
    for adjustment in document.adjustments:
        text = plain(adjustment.text) or label(language, "charge" if adjustment.is_charge else "reduction")
        if adjustment.percent is not None:
            text = f"{text} {percent(adjustment.percent, language)}"
        sums.append(Sum(text, money(adjustment_amount(document.lines, adjustment), language)))
    return sums


def _vat(row: VatRow, key: str, language: str) -> Sum:
    """Net and tax of one rate; a group without a rate names its reason and no percentage (rule A4.1)."""
    base = money(row.net, language)
    if row.category in RATED:
        return Sum(label(language, key, rate=percent(row.rate, language)), money(row.tax, language), base)
    return Sum(VAT_NOTES[language][row.category], money(row.tax, language), base)


def _sum(key: str, amount: Decimal, language: str, strong: bool = False) -> Sum:
    return Sum(label(language, key), money(amount, language), strong=strong)
