"""Lines as text: drafthorse builds one line of each shape, and its XML is filled for every other line of that shape.

Building and serialising drafthorse's objects is most of the cost of a document with many lines. A test compares the
result with drafthorse's own, byte by byte.
"""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from xml.sax.saxutils import escape

from drafthorse.models.tradelines import LineItem

from tui_billing.domain.documents import Document, Line, VatCategory
from tui_billing.domain.einvoice_figures import Figures, LineFigures
from tui_billing.render.einvoice.lines import line_item, product_texts
from tui_billing.render.einvoice.units import unit_code
from tui_billing.render.einvoice.xmltext import amount, line, plain

_NAMESPACES = re.compile(r' xmlns:[a-z]+="[^"]*"')
_MARK = re.compile(r"\[\[([a-z_]+)\]\]")
_FROM, _TO = date(1001, 1, 1), date(1002, 2, 2)
_DATES = {"10010101": "[[service_from]]", "10020202": "[[service_to]]"}

Shape = tuple[bool, bool, bool, bool, int, bool, bool, str, str]


def lines_xml(document: Document, amounts: Figures) -> str:
    """All lines in their order, with the prefixes ram and udt that the document declares."""
    parts = []
    for n, (source, found) in enumerate(zip(document.lines, amounts.lines, strict=True), start=1):
        values = _values(source, found, source.position or n)
        template = _template(_shape(document, source, found, values))
        parts.append("".join(values[part] if is_mark else part for is_mark, part in template))
    return "".join(parts)


def _shape(document: Document, source: Line, found: LineFigures, values: dict[str, str]) -> Shape:
    """What decides which elements a line has."""
    sign = (found.adjustment > 0) - (found.adjustment < 0)
    return (
        bool(values["article"]),
        bool(values["description"]),
        found.price_unit != 1,
        bool(source.service_from and source.service_to),
        sign,
        bool(source.discount_percent),
        document.gross_prices,
        source.vat_category.value,
        document.language,
    )


def _values(source: Line, found: LineFigures, position: int) -> dict[str, str]:
    """Every value that a template may ask for, escaped."""
    name, description = product_texts(source)
    is_standard = source.vat_category is VatCategory.STANDARD
    return {
        "position": str(position),
        "name": escape(name),
        "description": escape(description),
        "article": escape(line(source.article)),
        "quantity": plain(found.quantity),
        "unit": unit_code(source.unit),
        "price": plain(found.price),
        "price_unit": plain(found.price_unit),
        "rate": plain(source.vat_rate if is_standard else Decimal(0)),
        "percent": plain(source.discount_percent),
        "basis": amount(abs(found.gross)),
        "adjustment": amount(abs(found.adjustment)),
        "net": amount(found.net),
        "service_from": f"{source.service_from:%Y%m%d}" if source.service_from else "",
        "service_to": f"{source.service_to:%Y%m%d}" if source.service_to else "",
    }


@cache
def _template(shape: Shape) -> tuple[tuple[bool, str], ...]:
    """The XML of a line of this shape as (is a mark, text), made from one that drafthorse builds."""
    has_article, has_description, has_basis, has_period, sign, has_percent, gross_prices, category, language = shape
    source = Line(
        position=1,
        name="[[name]]",
        description="[[description]]" if has_description else "",
        article="[[article]]" if has_article else "",
        unit="C62",
        discount_percent=Decimal(1) if has_percent else Decimal(0),
        vat_category=VatCategory(category),
        service_from=_FROM if has_period else None,
        service_to=_TO if has_period else None,
    )
    found = LineFigures(
        quantity=Decimal(1),
        price=Decimal(1),
        price_unit=Decimal(2) if has_basis else Decimal(1),
        gross=Decimal(1),
        adjustment=Decimal(sign),
        net=Decimal(1),
    )
    item = line_item(replace(Document(), gross_prices=gross_prices, language=language), source, found, 1)
    _mark(item, has_basis, bool(sign), has_percent and not gross_prices)
    text = _NAMESPACES.sub("", ET.tostring(item.to_etree(), "unicode"))
    for sample, mark in _DATES.items():
        text = text.replace(sample, mark)
    pieces = _MARK.split(text)
    return tuple((bool(n % 2), piece) for n, piece in enumerate(pieces))


def _mark(item: LineItem, has_basis: bool, has_adjustment: bool, has_percent: bool) -> None:
    """Put marks where the values of a line go."""
    item.document.line_id = "[[position]]"
    item.agreement.net.amount = "[[price]]"
    if has_basis:
        item.agreement.net.basis_quantity = ("[[price_unit]]", "[[unit]]")
    item.delivery.billed_quantity = ("[[quantity]]", "[[unit]]")
    if item.settlement.trade_tax._data["rate_applicable_percent"]._value is not None:
        item.settlement.trade_tax.rate_applicable_percent = "[[rate]]"
    if has_adjustment:
        (entry,) = item.settlement.allowance_charge.children
        entry.actual_amount = "[[adjustment]]"
        if has_percent:
            entry.calculation_percent = "[[percent]]"
            entry.basis_amount = "[[basis]]"
    item.settlement.monetary_summation.total_amount = "[[net]]"
