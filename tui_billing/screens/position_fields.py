"""The positions of an order or a document as fields of a form."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from tui_billing.domain import format as fmt
from tui_billing.domain.documents import Line, Totals, VatCategory
from tui_billing.domain.inputs import parse_amount, parse_date, parse_percent, parse_quantity
from tui_billing.domain.interval_names import BASIS_NAMES, SCALE_NAMES
from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.orders import OrderLine, PriceChange, ScaleStep
from tui_billing.i18n import _
from tui_billing.screens import show
from tui_billing.screens.readers import block_field, optional
from tui_billing.screens.widgets.field import NEIN_JA, Field

CATEGORIES: tuple[tuple[VatCategory, str], ...] = (
    (VatCategory.STANDARD, N_("steuerpflichtig")),
    (VatCategory.EXEMPT, N_("steuerfrei")),
    (VatCategory.REVERSE_CHARGE, N_("§ 13b Empfänger schuldet")),
    (VatCategory.INTRA_COMMUNITY, N_("innergemeinschaftlich")),
    (VatCategory.EXPORT, N_("Ausfuhr")),
    (VatCategory.ZERO_RATED, N_("0 %")),
    (VatCategory.OUT_OF_SCOPE, N_("nicht steuerbar")),
)
COMMON = ("name", "article", "description", "quantity", "unit", "unit_price", "price_unit", "discount_percent")
ORDER_ONLY = ("price_basis", "price_changes", "scale", "scale_mode", "yearly_value")
VAT = ("vat_category", "vat_rate")
DOCUMENT_TEXTS = (
    "header_text", "footer_text", "buyer_order_reference", "gross_prices", "exemption_reason", "property_work",
)  # fmt: skip
"""What orders and documents have in their heads."""
Parsed = tuple[Any, list[Problem]]


def prefix(position: int) -> str:
    """Names of the fields of position 1, 2 …"""
    return f"lines.{position}."


def place_of(name: str) -> tuple[int, str]:
    """(2, "unit_price") of lines.2.unit_price; position 0 for a field of the head."""
    head, _dot, rest = name.partition(".")
    number, _dot, field = rest.partition(".")
    return (int(number), field) if head == "lines" and number.isdigit() else (0, name)


def heading(position: int) -> str:
    """Above the fields of a position."""
    return _("Position {n}").format(n=position)


def is_taxed(category: VatCategory) -> bool:
    """Whether a line of this category carries a rate."""
    return category is VatCategory.STANDARD


def _price(text: str) -> Parsed:
    return parse_amount(text, 6)


def _number(value: Any) -> str:
    return "" if value is None else fmt.number(value)


def _amount(value: Any) -> str:
    return "" if value is None else fmt.number(value, min_decimals=2)


def pairs_reader(
    first: Callable[[str], Parsed], make: Callable[[Any, Any], Any], example: str
) -> Callable[[str], Parsed]:
    """Several FIRST:PRICE parted by blanks or semicolons."""

    def read(text: str) -> Parsed:
        found = []
        for part in text.replace(";", " ").split():
            left, sign, right = part.partition(":")
            value, problems = first(left)
            price, more = _price(right) if sign else (None, [])
            if value is None or price is None:
                sentence = N_("„{part}“ passt nicht; etwa {example}")
                return None, [*problems, *more] or [Problem("PAAR", sentence, {"part": part, "example": example})]
            found.append(make(value, price))
        return tuple(found), []

    return read


def _steps(value: Sequence[ScaleStep]) -> str:
    return " ".join(f"{fmt.number(s.from_quantity)}:{_amount(s.unit_price)}" for s in value)


def _changes(value: Sequence[PriceChange]) -> str:
    return " ".join(f"{fmt.day(c.valid_from)}:{_amount(c.unit_price)}" for c in value)


def document_text_fields() -> list[Field]:
    """The head of orders and documents: texts, and what the law wants to be told."""
    return [
        block_field("header_text", N_("Kopftext")),
        block_field("footer_text", N_("Schlusstext")),
        Field("buyer_order_reference", N_("Bestellnummer des Kunden"), width=24),
        Field("gross_prices", N_("Bruttopreise"), choices=NEIN_JA),
        Field("exemption_reason", N_("Grund der Steuerbefreiung"), width=46, hint=N_("etwa § 4 Nr. 12 UStG")),
        Field("property_work", N_("Hinweis § 14b (Grundstück)"), choices=NEIN_JA, hint=N_("Privatkunde bewahrt auf")),
    ]


def sums_text(totals: Totals) -> str:
    """Netto 100,00 · USt 19,00 · Brutto 119,00 €"""
    return _("Netto {net} · USt {tax} · Brutto {gross}").format(
        net=show.amount(totals.net), tax=show.amount(totals.tax), gross=show.eur(totals.gross)
    )


def common_fields(position: int) -> list[Field]:
    """What positions of orders and documents share."""
    p = prefix(position)
    return [
        Field(f"{p}name", N_("Bezeichnung"), width=46, heading=heading(position)),
        Field(f"{p}article", N_("Artikel"), width=14),
        block_field(f"{p}description", N_("Beschreibung")),
        Field(f"{p}quantity", N_("Menge"), parse=parse_quantity, show=_number, width=12),
        Field(f"{p}unit", N_("Einheit"), width=12),
        Field(f"{p}unit_price", N_("Preis"), parse=_price, show=_amount, width=14),
        Field(f"{p}price_unit", N_("Preis gilt für"), parse=parse_quantity, show=_number, width=8),
        Field(f"{p}discount_percent", N_("Rabatt %"), parse=lambda t: parse_percent(t, 100), show=_number, width=8),
        Field(f"{p}vat_category", N_("Umsatzsteuer"), choices=CATEGORIES),
        Field(f"{p}vat_rate", N_("Steuersatz %"), parse=lambda t: parse_percent(t, 100), show=_number, width=8),
    ]  # fmt: skip


def order_fields(position: int, today: Callable[[], date]) -> list[Field]:
    """What only positions of orders have."""
    p = prefix(position)

    def read_day(text: str) -> Parsed:
        return parse_date(text, today())

    changes = pairs_reader(read_day, lambda d, v: PriceChange(valid_from=d, unit_price=v), "1.7.2026:55,00")
    steps = pairs_reader(parse_quantity, lambda q, v: ScaleStep(from_quantity=q, unit_price=v), "100:9,00")
    return [
        Field(f"{p}price_basis", N_("Preis je"), choices=tuple(BASIS_NAMES.items())),
        Field(f"{p}price_changes", N_("Preis ab Tag"), parse=changes, show=_changes, width=28,
              hint=N_("1.7.2026:55,00")),
        Field(f"{p}scale", N_("Staffel ab Menge"), parse=steps, show=_steps, width=28, hint=N_("1:10 100:9 500:8")),
        Field(f"{p}scale_mode", N_("Staffelpreis"), choices=tuple(SCALE_NAMES.items())),
        Field(f"{p}yearly_value", N_("Jahreswert"), parse=optional(_price, None), show=_amount, width=14,
              hint=N_("wird auf die Perioden verteilt")),
    ]  # fmt: skip


def line_values(lines: Sequence[OrderLine] | Sequence[Line], names: Sequence[str]) -> dict[str, Any]:
    """Field name -> value of every line."""
    return {prefix(n) + name: getattr(line, name) for n, line in enumerate(lines, 1) for name in names}


def lines_of(bases: Sequence[Any], values: Mapping[str, Any], names: Sequence[str], blank: Any) -> tuple[Any, ...]:
    """The typed positions over the stored ones that they were; an empty one is left out."""
    empty = {name: getattr(blank, name) for name in names}
    made: list[Any] = []
    for n, base in enumerate(bases, 1):
        typed = {name: values[prefix(n) + name] for name in names}
        if typed != empty:
            made.append(replace(base, position=len(made) + 1, **typed))
    return tuple(made)


ORDER_NAMES = (*COMMON, *VAT, *ORDER_ONLY)
DOCUMENT_NAMES = (*COMMON, *VAT)


def at_name(problems: Sequence[Problem]) -> list[Problem]:
    """A problem of a whole position appears at its Bezeichnung."""
    return [
        replace(p, where=f"{p.where}.name") if p.where.startswith("lines.") and p.where.count(".") == 1 else p
        for p in problems
    ]
