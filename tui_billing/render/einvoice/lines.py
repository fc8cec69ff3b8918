"""BG-25: the lines with price, quantity, period, discount and VAT category."""

from decimal import Decimal

from drafthorse.models.accounting import TradeAllowanceCharge
from drafthorse.models.document import Document as Cii
from drafthorse.models.tradelines import LineItem

from tui_billing.domain.documents import Document, Line, VatCategory
from tui_billing.domain.einvoice_figures import Figures, LineFigures
from tui_billing.render.einvoice.units import unit_code
from tui_billing.render.einvoice.xmltext import amount, block, line, plain

DISCOUNT_CODE = "95"
"""UNTDID 5189: discount."""


def add_lines(cii: Cii, document: Document, amounts: Figures) -> None:
    """All lines in their order; BT-126 is the printed position."""
    for position, (source, found) in enumerate(zip(document.lines, amounts.lines, strict=True), start=1):
        cii.trade.items.add(line_item(document, source, found, source.position or position))


def line_item(document: Document, source: Line, found: LineFigures, position: int) -> LineItem:
    """One line as drafthorse object."""
    item = LineItem()
    item.document.line_id = str(position)
    _product(item, source)
    unit = unit_code(source.unit)
    item.agreement.net.amount = plain(found.price)
    if found.price_unit != 1:
        item.agreement.net.basis_quantity = (plain(found.price_unit), unit)
    item.delivery.billed_quantity = (plain(found.quantity), unit)
    tax = item.settlement.trade_tax
    tax.type_code = "VAT"
    tax.category_code = source.vat_category.value
    if source.vat_category is not VatCategory.OUT_OF_SCOPE:
        is_standard = source.vat_category is VatCategory.STANDARD
        tax.rate_applicable_percent = plain(source.vat_rate if is_standard else Decimal(0))
    if source.service_from and source.service_to:
        item.settlement.period.start, item.settlement.period.end = source.service_from, source.service_to
    if found.adjustment:
        item.settlement.allowance_charge.add(_discount(document, source, found))
    item.settlement.monetary_summation.total_amount = amount(found.net)
    return item


def product_texts(source: Line) -> tuple[str, str]:
    """BT-153 is one line; where only a description was given, its first line is the name."""
    name, description = line(source.name), block(source.description)
    if not name:
        name, _, description = description.partition("\n")
    return name, description


def _product(item: LineItem, source: Line) -> None:
    name, description = product_texts(source)
    item.product.name = name
    if line(source.article):
        item.product.seller_assigned_id = line(source.article)
    if description:
        item.product.description = description


def _discount(document: Document, source: Line, found: LineFigures) -> TradeAllowanceCharge:
    """BG-27, on a returned line (negative quantity) BG-28, because amounts here are sizes."""
    entry = TradeAllowanceCharge()
    is_charge = found.adjustment > 0
    entry.indicator = is_charge
    if not document.gross_prices and source.discount_percent:
        entry.calculation_percent = plain(source.discount_percent)
        entry.basis_amount = amount(abs(found.gross))
    entry.actual_amount = amount(abs(found.adjustment))
    if not is_charge:
        entry.reason_code = DISCOUNT_CODE
    entry.reason = "Discount" if document.language == "en" else "Rabatt"
    return entry
