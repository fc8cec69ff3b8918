"""The table of items with its totals and VAT rows (rules A1, A3-A5, B2-B6)."""

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from html import unescape

from tui_billing.domain.documents import Document, Line, VatCategory, VatRow
from tui_billing.domain.format import NBSP, day, money, number, percent
from tui_billing.domain.totals import adjustment_amount
from tui_billing.render.letter import Column, Row, Sum, Table
from tui_billing.render.markup import as_html, escape, escape_block, plain
from tui_billing.render.metrics import BOLD, width
from tui_billing.render.texts import label

WIDTH = 467.7  # 165 mm
SIZE, HEAD_SIZE, GAP = 9.5, 8.5, 10.0
LEAST = {"quantity": 56.0, "unit_price": 60.0, "discount": 42.0, "vat": 36.0, "amount": 66.0}
POSITION, WIDEST_QUANTITY = 28.0, 104.0
RATED = (VatCategory.STANDARD, VatCategory.ZERO_RATED)
_DIGITS = re.compile(r"\d")
_BREAK = "<br/>"


def item_table(document: Document, language: str) -> Table:
    """One row per line; the columns for discount and VAT only where a line needs them."""
    lines = document.lines
    cells: dict[str, list[str]] = {
        "quantity": [_quantity(line, language) for line in lines],
        "unit_price": [_price(line, language) for line in lines],
    }
    if any(line.discount_percent for line in lines):
        cells["discount"] = [
            percent(line.discount_percent, language) if line.discount_percent else "" for line in lines
        ]
    if not document.seller.small_business and any(line.vat_category in RATED for line in lines):
        cells["vat"] = [percent(line.vat_rate, language) if line.vat_category in RATED else "–" for line in lines]
    cells["amount"] = [money(line.net, language) for line in lines]
    rows = []
    for n, (line, *figures) in enumerate(zip(lines, *cells.values(), strict=True), start=1):
        position = str(line.position or n)
        rows.append(Row((position, _text(line, language), *figures), line.net, position))
    columns = _columns(cells, document.gross_prices, language)
    return Table(columns, tuple(rows), tuple(totals(document, language)), carry_left=POSITION)


def _columns(cells: Mapping[str, Sequence[str]], gross: bool, language: str) -> tuple[Column, ...]:
    """Each column of figures as wide as its widest, so that the names get all the room that is left."""
    figures = []
    for key, texts in cells.items():
        title = label(language, "amount_gross" if key == "amount" and gross else key)
        natural = max(width(title, HEAD_SIZE, BOLD), _widest(texts)) + GAP
        if key == "quantity":
            natural = min(natural, WIDEST_QUANTITY)
        figures.append(Column(title, max(LEAST[key], natural), right=True))
    name = Column(label(language, "name"), WIDTH - POSITION - sum(column.width for column in figures))
    return Column(label(language, "position"), POSITION), name, *figures


def _widest(texts: Iterable[str]) -> float:
    """Points of the widest text. All digits are equally wide: of texts alike but for them one is measured."""
    parts = {_DIGITS.sub("0", part) for text in texts for part in text.split(_BREAK)}
    return max((width(unescape(part), SIZE) for part in parts), default=0.0)


def _quantity(line: Line, language: str) -> str:
    """1,5 Std. in one piece; a long unit stands below its number."""
    amount, unit = number(line.quantity, language), plain(line.unit)
    if not unit:
        return amount
    parts_lines = width(f"{amount} {unit}", SIZE) > WIDEST_QUANTITY - GAP
    return f"{amount}{_BREAK if parts_lines else NBSP}{as_html(unit)}"


def _text(line: Line, language: str) -> str:
    """Name in bold with the article number, smaller below it description and the line's own period."""
    name, article = escape(line.name), escape(line.article)
    title = f'<b>{name}</b> <span class="d">{article}</span>' if name and article else f"<b>{name or article}</b>"
    parts = [escape_block(line.description)] if line.description.strip() else []
    days = dict.fromkeys(day(d, language) for d in (line.service_from, line.service_to) if d)
    if days:
        key = "service_period" if len(days) > 1 else "service_date"
        parts.append(f"{label(language, key)} {f'{NBSP}– '.join(days)}")
    return title + (f'<div class="d">{_BREAK.join(parts)}</div>' if parts else "")


def _price(line: Line, language: str) -> str:
    amount = number(line.unit_price, language, 2)
    price = f"€{amount}" if language == "en" else f"{amount}{NBSP}€"
    if line.price_unit == 1:
        return price
    return f"{price}{_BREAK}{label(language, 'per', unit=number(line.price_unit, language))}"


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
            text = f"{text}{NBSP}{percent(adjustment.percent, language)}"
        sums.append(Sum(text, money(adjustment_amount(document.lines, adjustment), language)))
    return sums


def _vat(row: VatRow, key: str, language: str) -> Sum:
    """Net and tax of one rate; a group without a rate says why in a word, and no percentage (rule A4.1)."""
    base = money(row.net, language)
    if row.category in RATED:
        return Sum(label(language, key, rate=percent(row.rate, language)), money(row.tax, language), base)
    return Sum(label(language, f"untaxed_{row.category.value}", base=base), money(row.tax, language))


def _sum(key: str, amount: Decimal, language: str, strong: bool = False) -> Sum:
    return Sum(label(language, key), money(amount, language), strong=strong)
